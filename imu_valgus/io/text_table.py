"""Text tables of numbers, plain or gzipped, read quickly and within bounded memory.

Used for every text format: the head is looked at in Python, the body goes through pyarrow.
"""

import gzip
import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

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
_BLOCK_BYTES: Final = 1 << 22
_ROW_OF_OTHER_WIDTH: Final = re.compile(r"Expected \d+ columns, got \d+")
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
    decimal
        The decimal point; spreadsheets of many countries write a comma.
    body_offset
        Where the first row of numbers starts in the unpacked file, bytes.
    """

    preamble: tuple[str, ...]
    columns: tuple[str, ...]
    delimiter: str
    decimal: str
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
            has_commas = delimiter != "," and b"," in data[offset:]
            decimal = "," if has_commas else "."
            return TableHead(tuple(preamble), columns, delimiter, decimal, offset)
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
    broken: list[int] = []
    try:
        try:
            blocks = _read_blocks(file, head, columns, broken=None)
        except pa.ArrowInvalid as error:
            if not _ROW_OF_OTHER_WIDTH.search(str(error)):
                raise
            blocks = _read_blocks(file, head, columns, broken=broken)
    except _READ_ERRORS as error:
        raise _body_error(file, head, error, len(broken)) from error
    body = np.concatenate(blocks) if blocks else np.empty((0, len(columns)))
    _check_broken(file, broken, len(body), len(head.columns))
    return body, len(broken)


def _read_blocks(
    file: Path, head: TableHead, columns: Sequence[str], *, broken: list[int] | None
) -> list[FloatArray]:
    """Read the body block by block; rows of another width go to `broken`, None raises for them."""

    def skip_broken(row: Any) -> str:
        widths.append(row.actual_columns)
        return "skip" if len(widths) <= _MOST_BROKEN_ROWS else "error"

    widths = [] if broken is None else broken
    names = [str(index) for index in range(len(head.columns))]
    wanted = [str(head.columns.index(name)) for name in columns]
    # Rows are handed over as text, so broken ones must decode; that reading is slow.
    encoding = "utf8" if broken is None else "latin1"
    blocks: list[FloatArray] = []
    n_rows = 0
    with _opened(file) as stream:
        _skip(stream, head.body_offset)
        try:
            reader = csv.open_csv(
                stream,
                csv.ReadOptions(column_names=names, block_size=_BLOCK_BYTES, encoding=encoding),
                csv.ParseOptions(
                    delimiter=head.delimiter,
                    invalid_row_handler=None if broken is None else skip_broken,
                ),
                csv.ConvertOptions(
                    include_columns=wanted,
                    column_types=dict.fromkeys(wanted, pa.float64()),
                    decimal_point=head.decimal,
                ),
            )
        except pa.ArrowInvalid as error:
            if "Empty CSV" in str(error):
                return []
            raise
        for batch in reader:
            blocks.append(_to_array(batch))
            n_rows += batch.num_rows
            _check_size(file, n_rows)
    return blocks


def _first_bytes(file: Path) -> bytes:
    try:
        with _opened_in_python(file) as stream:
            return stream.read(_HEAD_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"{shown(file)}: expected a readable file, found damage or no access "
            f"({printable(str(error))}); copy or export it again."
        ) from error


def _delimiter(line: str) -> str:
    return max((",", ";", "\t"), key=line.count)


def _is_gzip(file: Path) -> bool:
    with file.open("rb") as raw:
        return raw.read(2) == _GZIP_MAGIC


def _opened_in_python(file: Path) -> BinaryIO | gzip.GzipFile:
    return gzip.open(file, "rb") if _is_gzip(file) else file.open("rb")


def _opened(file: Path) -> Any:
    return pa.input_stream(str(file), compression="gzip" if _is_gzip(file) else None)


def _skip(stream: Any, n_bytes: int) -> None:
    while n_bytes > 0:
        data = stream.read(n_bytes)
        if not data:
            return
        n_bytes -= len(data)


def _to_array(batch: Any) -> FloatArray:
    columns = [column.to_numpy(zero_copy_only=False) for column in batch.columns]
    return np.stack(columns, axis=1) if columns else np.empty((batch.num_rows, 0))


def _check_size(file: Path, n_rows: int) -> None:
    if n_rows > MOST_ROWS:
        raise InputError(
            f"{shown(file)}: expected at most {MOST_ROWS:,} rows, found more; "
            f"cut the recording into shorter pieces, one folder each."
        )


def _check_broken(file: Path, broken: list[int], n_rows: int, n_columns: int) -> None:
    if len(broken) > 10 and len(broken) > 0.01 * n_rows:
        raise InputError(
            f"{shown(file)}: expected {n_columns} columns in every row, found {len(broken)} rows "
            f"with other numbers of columns (such as {broken[0]}); export the file again."
        )


def _body_error(file: Path, head: TableHead, error: Exception, n_broken: int) -> InputError:
    text = str(error)
    value = re.search(r"column #(\d+):.*invalid value '(.*)'", text, flags=re.DOTALL)
    if n_broken > _MOST_BROKEN_ROWS:
        what = "rows with other numbers of columns than the header names"
    elif value is not None:
        index = int(value[1])
        line = _line_with(file, head, index, value[2])
        what = f"'{printable(value[2])}' in column {printable(head.columns[index])}, line {line}"
    else:
        what = f"damage ({printable(text) or 'the file is cut short'})"
    return InputError(
        f"{shown(file)}: expected only numbers below the column names, found {what}; "
        f"correct the file or export it again."
    )


def _line_with(file: Path, head: TableHead, index: int, value: str) -> str:
    """Find the line that holds a value, counted from 1 as editors do."""
    first = len(head.preamble) + 2
    wanted = value.strip()
    try:
        with _opened_in_python(file) as stream:
            stream.seek(head.body_offset)
            for number, line in enumerate(stream, start=first):
                cells = line.decode("utf-8", errors="replace").split(head.delimiter)
                if len(cells) > index and cells[index].strip().strip('"').strip() == wanted:
                    return str(number)
    except _READ_ERRORS:
        pass
    return "unknown"


def printable(text: str) -> str:
    """Shorten a text from a file to what a message can hold."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)[:60]
