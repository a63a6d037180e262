"""Text tables of numbers, plain or gzipped, read quickly and within bounded memory.

Used for every text format: the head is looked at in Python, the body goes through pyarrow.
"""

import gzip
import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from pyarrow import csv

from imu_valgus.errors import InputError
from imu_valgus.model import FloatArray

MOST_ROWS: Final = 4_000_000
"""Over an hour at 1000 Hz and 11 hours at 100 Hz; beyond, the analysis would not fit in 3 GB."""

_HEAD_BYTES: Final = 65_536
_GZIP_MAGIC: Final = b"\x1f\x8b"
_MOST_BROKEN_ROWS: Final = 1000
_READ_ERRORS: Final = (pa.ArrowException, OSError, EOFError, zlib.error)


@dataclass(frozen=True, slots=True)
class TableHead:
    """What stands above the numbers of a text table.

    Parameters
    ----------
    preamble
        Lines above the column names.
    columns
        Column names without surrounding blanks and quotes.
    delimiter
        Between columns.
    body_offset
        Where the first row of numbers starts in the unpacked file, bytes.
    """

    preamble: tuple[str, ...]
    columns: tuple[str, ...]
    delimiter: str
    body_offset: int


def shown(file: Path) -> str:
    """Name a file for a person: its folder and its name."""
    return f"{file.parent.name}/{file.name}" if file.parent.name else file.name


def read_head(file: Path, *, is_column_line: Callable[[str], bool]) -> TableHead | None:
    """Read the first lines of a text table.

    Parameters
    ----------
    file
        Plain or gzipped text; which of both is told from its first bytes, not from its name.
    is_column_line
        Recognises the line of column names.

    Returns
    -------
    TableHead or None
        None where no line among the first 64 kB is one of column names.

    Raises
    ------
    InputError
        If the file cannot be read or is not text.
    """
    data = _first_bytes(file)
    if b"\x00" in data:
        raise InputError(
            f"{shown(file)}: expected a text table of numbers, found binary data or UTF-16 text; "
            f"export it as CSV (UTF-8)."
        )
    offset = 0
    preamble: list[str] = []
    for line in data.splitlines(keepends=True):
        offset += len(line)
        text = line.decode("utf-8-sig", errors="replace").strip("\r\n")
        if is_column_line(text):
            delimiter = _delimiter(text)
            columns = tuple(name.strip().strip('"').strip() for name in text.split(delimiter))
            return TableHead(tuple(preamble), columns, delimiter, offset)
        preamble.append(text)
    return None


def read_numbers(file: Path, head: TableHead, columns: Sequence[str]) -> tuple[FloatArray, int]:
    """Read columns of numbers.

    Parameters
    ----------
    file
        As given to :func:`read_head`.
    head
        What :func:`read_head` returned.
    columns
        Names of the wanted columns, all of them among ``head.columns``.

    Returns
    -------
    FloatArray
        Shape (n, k); empty cells are NaN.
    int
        How many incomplete rows were skipped.

    Raises
    ------
    InputError
        If the body is not a table of numbers, is damaged, or has too many rows.
    """
    broken: list[Any] = []

    def skip_broken(row: Any) -> str:
        broken.append(row.actual_columns)
        return "skip" if len(broken) <= _MOST_BROKEN_ROWS else "error"

    names = [str(index) for index in range(len(head.columns))]
    wanted = [str(head.columns.index(name)) for name in columns]
    decimal = "," if head.delimiter == ";" else "."
    convert = csv.ConvertOptions(
        include_columns=wanted,
        column_types=dict.fromkeys(wanted, pa.float64()),
        decimal_point=decimal,
    )
    blocks: list[FloatArray] = []
    n_rows = 0
    try:
        with _opened(file) as stream:
            _skip(stream, head.body_offset)
            reader = _open_reader(stream, names, head.delimiter, convert, skip_broken)
            for batch in reader or ():
                blocks.append(_to_array(batch))
                n_rows += batch.num_rows
                _check_size(file, n_rows)
    except _READ_ERRORS as error:
        raise _body_error(file, error, columns, n_rows, len(broken)) from error
    _check_broken(file, broken, n_rows, len(names))
    body = np.concatenate(blocks) if blocks else np.empty((0, len(columns)))
    return body, len(broken)


def _first_bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as raw:
            is_gzip = raw.read(2) == _GZIP_MAGIC
        with gzip.open(file, "rb") if is_gzip else file.open("rb") as stream:
            return stream.read(_HEAD_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"{shown(file)}: expected a readable file, found damage or no access ({error}); "
            f"copy or export it again."
        ) from error


def _delimiter(line: str) -> str:
    return max((",", ";", "\t"), key=line.count)


def _opened(file: Path) -> Any:
    with file.open("rb") as raw:
        is_gzip = raw.read(2) == _GZIP_MAGIC
    return pa.input_stream(str(file), compression="gzip" if is_gzip else None)


def _skip(stream: Any, n_bytes: int) -> None:
    while n_bytes > 0:
        data = stream.read(n_bytes)
        if not data:
            return
        n_bytes -= len(data)


def _open_reader(
    stream: Any,
    names: list[str],
    delimiter: str,
    convert: Any,
    skip_broken: Callable[[Any], str],
) -> Any:
    try:
        return csv.open_csv(
            stream,
            read_options=csv.ReadOptions(column_names=names, block_size=1 << 22),
            parse_options=csv.ParseOptions(delimiter=delimiter, invalid_row_handler=skip_broken),
            convert_options=convert,
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            return None
        raise


def _to_array(batch: Any) -> FloatArray:
    columns = [column.to_numpy(zero_copy_only=False) for column in batch.columns]
    return np.stack(columns, axis=1) if columns else np.empty((batch.num_rows, 0))


def _check_size(file: Path, n_rows: int) -> None:
    if n_rows > MOST_ROWS:
        raise InputError(
            f"{shown(file)}: expected at most {MOST_ROWS:,} rows, found more; "
            f"cut the recording into shorter pieces, one folder each."
        )


def _check_broken(file: Path, broken: list[Any], n_rows: int, n_columns: int) -> None:
    if len(broken) > 10 and len(broken) > 0.01 * n_rows:
        raise InputError(
            f"{shown(file)}: expected {n_columns} columns in every row, found {len(broken)} rows "
            f"with other numbers of columns (such as {broken[0]}); export the file again."
        )


def _body_error(
    file: Path, error: Exception, columns: Sequence[str], n_rows: int, n_broken: int
) -> InputError:
    text = str(error)
    if n_broken > _MOST_BROKEN_ROWS:
        what = "rows with other numbers of columns than the header names"
    elif value := re.search(r"column #(\d+):.*invalid value '(.*)'", text, flags=re.DOTALL):
        what = f"'{value.group(2)[:40]}'"
        names = dict(enumerate(columns))
        what = f"{what} in a column of {', '.join(names.values())}"
    else:
        what = f"damage or something else ({text.splitlines()[0][:120] if text else 'cut short'})"
    return InputError(
        f"{shown(file)}: expected only numbers below the column names, found {what} after about "
        f"{n_rows} good rows; correct or export the file again."
    )
