"""Tables that leave the store, as comma-separated text."""

import csv
import io
from collections.abc import Iterable, Sequence

Row = Sequence[object]


def csv_bytes(columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    r"""Write a table with its head; what is None stays empty.

    Examples
    --------
    >>> csv_bytes(("side", "value"), [("left", 1.5), (None, 2)])
    b'side,value\nleft,1.5\n,2\n'
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")
