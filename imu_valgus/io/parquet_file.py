"""Reads Parquet files that anyone may have written, within memory that their size explains."""

from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa
from pyarrow import parquet

SMALLEST_LIMIT_BYTES: Final = 64_000_000
LARGEST_RATIO: Final = 50
"""Samples of sensors shrink to a half or a third; only something made up shrinks to a fiftieth."""

_MOST_METADATA: Final = 1_000_000
"""Elements of a list in the file's own description, and bytes of a text in it."""


def read_parquet(
    content: bytes, *, most_rows: int, columns: Sequence[str] | None = None, checksums: bool = False
) -> Any:
    """Read a Parquet file.

    Parameters
    ----------
    content
        Bytes of the file.
    most_rows
        Largest number of rows that such a file can have.
    columns
        Names of the columns to read; those that are missing are left out. None for all.
    checksums
        Whether the checksums of pages are compared.

    Returns
    -------
    pyarrow.Table
        The columns.

    Raises
    ------
    ValueError
        If the file promises more rows, or more bytes than 64 MB or 50 times its size.
    OSError, pyarrow.ArrowException
        If it is damaged or no Parquet file.
    """
    file = parquet.ParquetFile(
        pa.BufferReader(content),
        page_checksum_verification=checksums,
        thrift_string_size_limit=_MOST_METADATA,
        thrift_container_size_limit=_MOST_METADATA,
    )
    groups = [file.metadata.row_group(index) for index in range(file.metadata.num_row_groups)]
    n_rows = max(file.metadata.num_rows, sum(group.num_rows for group in groups))
    if not 0 <= n_rows <= most_rows:
        raise ValueError(f"it promises {n_rows} rows, more than {most_rows:,}")
    n_bytes = sum(group.total_byte_size for group in groups)
    if not 0 <= n_bytes <= max(SMALLEST_LIMIT_BYTES, LARGEST_RATIO * len(content)):
        raise ValueError(
            f"its {len(content)} bytes promise {n_bytes} uncompressed, which no recording does"
        )
    return file.read(columns=None if columns is None else list(columns), use_threads=False)
