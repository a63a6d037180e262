"""Text tables of numbers, plain or gzipped, read and written fast and within bounded memory.

The head is read in Python, the body by pyarrow. pyarrow also writes 10 minutes of 36 columns at
100 Hz about ten times as fast as pandas; numbers go through its decimal type, which prints all
decimals and never a negative zero.
"""

import gzip
import io
import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import pyarrow as pa
from pyarrow import csv

from imu_valgus.errors import InputError
from imu_valgus.io.regular_file import open_regular, printable, shown
from imu_valgus.model import FloatArray

MOST_ROWS: Final = 4_000_000
"""An hour at 1000 Hz, 11 hours at 100 Hz; the analysis of more would not fit into 3 GB."""

_MOST_TEXT_BYTES: Final = 250 * MOST_ROWS
"""Uncompressed; a row of ten columns takes about 100 bytes. Ends packed files that never end."""

_HEAD_BYTES: Final = 65_536
_LONGEST_LINE: Final = 1 << 20
_MOST_BYTES_SEARCHED: Final = 1 << 26
_GZIP_MAGIC: Final = b"\x1f\x8b"
_MOST_BROKEN_ROWS: Final = 1000
_BLOCK_BYTES: Final = 1 << 22
_ROW_OF_OTHER_WIDTH: Final = re.compile(r"Expected \d+ columns, got \d+")
_DIGITS: Final = 28
_COMPRESSION: Final = 5
"""Takes a quarter of the time of the highest level for 2 % more bytes."""
_READ_ERRORS: Final = (pa.ArrowException, OSError)


@dataclass(frozen=True, slots=True)
class TableHead:
    """The part of a text table above its numbers.

    Parameters
    ----------
    preamble
        Lines above the column names.
    columns
        Column names without surrounding blanks and quotes.
    delimiter
        Character between columns.
    decimal
        Decimal point; spreadsheets in many countries write a comma.
    body_offset
        Position of the first row of numbers in the uncompressed file, in bytes.
    """

    preamble: tuple[str, ...]
    columns: tuple[str, ...]
    delimiter: str
    decimal: str
    body_offset: int


def read_head(file: Path, *, is_column_line: Callable[[str], bool]) -> TableHead | None:
    """Read the first lines of a text table.

    Parameters
    ----------
    file
        Plain or gzipped text; its first bytes decide which, not its name.
    is_column_line
        Recognises the line of column names.

    Returns
    -------
    TableHead or None
        None if there is no line of column names among the first 64 kB.

    Raises
    ------
    InputError
        If the file cannot be read, is no regular file or not text, or if its line of column names
        is longer than 64 kB.
    """
    data = _first_bytes(file)
    if b"\x00" in data:
        raise InputError(
            f"{shown(file)}: the file holds binary data or UTF-16 text instead of a text table. "
            "Export it as CSV (UTF-8)."
        )
    offset = 0
    preamble: list[str] = []
    for line in data.splitlines(keepends=True):
        offset += len(line)
        text = line.decode("utf-8-sig", errors="replace").strip("\r\n")
        if is_column_line(text):
            if len(data) == _HEAD_BYTES == offset and not line.endswith(b"\n"):
                raise InputError(
                    f"{shown(file)}: the line of column names is longer than 64 kB. Export only "
                    "the columns of the sensor."
                )
            delimiter = max((",", ";", "\t"), key=text.count)
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
        Same file as for :func:`read_head`.
    head
        Its head, from :func:`read_head`.
    columns
        Names of the columns to read, all of them in ``head.columns``.

    Returns
    -------
    FloatArray
        Shape (n, k); empty cells are NaN.
    int
        Number of incomplete rows that were skipped.

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
    if len(broken) > 10 and len(broken) > 0.01 * len(body):
        raise InputError(
            f"{shown(file)}: {len(broken)} rows do not have {len(head.columns)} columns (one has "
            f"{broken[0]}). Export the file again."
        )
    return body, len(broken)


def _read_blocks(
    file: Path, head: TableHead, columns: Sequence[str], *, broken: list[int] | None
) -> list[FloatArray]:
    """Read the body in blocks; list the widths of broken rows in `broken`, raise if it is None."""

    def skip_broken(row: Any) -> str:
        widths.append(row.actual_columns)
        return "skip" if len(widths) <= _MOST_BROKEN_ROWS else "error"

    widths = [] if broken is None else broken
    names = [str(index) for index in range(len(head.columns))]
    indices = [str(head.columns.index(name)) for name in columns]
    # The handler gets rows as text, so broken ones must decode; latin1 always does, but slowly.
    encoding = "utf8" if broken is None else "latin1"
    blocks: list[FloatArray] = []
    n_rows = 0
    with _Text(file) as stream:
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
                    include_columns=indices,
                    column_types=dict.fromkeys(indices, pa.float64()),
                    decimal_point=head.decimal,
                ),
            )
        except pa.ArrowInvalid as error:
            if "Empty CSV" in str(error):
                return []
            raise
        for batch in reader:
            arrays = [column.to_numpy(zero_copy_only=False) for column in batch.columns]
            blocks.append(np.stack(arrays, axis=1))
            n_rows += batch.num_rows
            if n_rows > MOST_ROWS:
                raise InputError(
                    f"{shown(file)}: the file has more than {MOST_ROWS:,} rows. Cut the recording "
                    "into shorter pieces, one folder each."
                )
    return blocks


def write_number_table(file: Path, columns: Mapping[str, FloatArray], *, decimals: int) -> None:
    """Write columns of numbers as CSV with fixed decimals.

    Parameters
    ----------
    file
        ``.csv`` or ``.csv.gz``; the latter has no time stamp, so that equal numbers give equal
        files.
    columns
        Columns of equal length, by name; NaN becomes an empty cell.
    decimals
        Number of decimals in every column.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    decimal = pa.decimal128(_DIGITS, decimals)
    arrays = [
        pa.array(
            np.round(np.where(np.isfinite(values), values, np.nan), decimals), from_pandas=True
        ).cast(decimal, safe=False)
        for values in columns.values()
    ]
    table = pa.table(arrays, names=list(columns))
    with file.open("wb") as raw:
        if file.suffix != ".gz":
            _write_text(table, raw)
            return
        with gzip.GzipFile("", "wb", _COMPRESSION, raw, mtime=0) as packed:
            _write_text(table, packed)


def _write_text(table: Any, stream: BinaryIO | gzip.GzipFile) -> None:
    # pyarrow puts names in quotes, but people and simple readers expect them without.
    stream.write((",".join(table.column_names) + "\n").encode())
    csv.write_csv(table, stream, csv.WriteOptions(include_header=False, quoting_style="none"))


class _Text(io.RawIOBase):
    """The uncompressed bytes of a text file, plain or gzipped, up to a limit.

    Arrow unpacks faster than Python, and reads the header of a packed file in one step.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._raw = open_regular(file)
        is_gzip = self._raw.read(2) == _GZIP_MAGIC
        self._raw.seek(0)
        packed = pa.PythonFile(self._raw, mode="r")
        self._stream: Any = pa.CompressedInputStream(packed, "gzip") if is_gzip else self._raw
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        self._count += len(data)
        if self._count > _MOST_TEXT_BYTES:
            raise InputError(
                f"{shown(self._file)}: the file holds more than {_MOST_TEXT_BYTES / 1e9:g} GB of "
                "text. Cut the recording into shorter pieces, one folder each."
            )
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
            self._raw.close()
        super().close()


def _first_bytes(file: Path) -> bytes:
    try:
        with io.BufferedReader(_Text(file)) as stream:
            return stream.read(_HEAD_BYTES)
    except _READ_ERRORS as error:
        what = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"{shown(file)}: the file cannot be read because of damage or missing permissions "
            f"({printable(what)}). Copy or export it again."
        ) from error


def _skip(stream: Any, n_bytes: int) -> None:
    while n_bytes > 0:
        data = stream.read(n_bytes)
        if not data:
            return
        n_bytes -= len(data)


def _body_error(file: Path, head: TableHead, error: Exception, n_broken: int) -> InputError:
    text = str(error)
    value = re.search(r"column #(\d+):.*invalid value '(.*)'", text, flags=re.DOTALL)
    if n_broken > _MOST_BROKEN_ROWS:
        what = "too many rows have more or fewer columns than the header"
    elif value is not None:
        index = int(value[1])
        line = _line_with(file, head, index, value[2])
        what = f"'{printable(value[2])}' in column {printable(head.columns[index])}, line {line}"
    else:
        what = f"damage ({printable(text) or 'the file is cut short'})"
    return InputError(
        f"{shown(file)}: the rows below the column names cannot be read as numbers: {what}. "
        "Correct the file or export it again."
    )


def _line_with(file: Path, head: TableHead, index: int, value: str) -> str:
    """Find the line that holds a value, counted from 1 as editors do."""
    first = len(head.preamble) + 2
    value = value.strip()
    try:
        with io.BufferedReader(_Text(file)) as stream:
            _skip(stream, head.body_offset)
            searched = 0
            for number in itertools.count(first):
                line = stream.readline(_LONGEST_LINE)
                searched += len(line)
                cells = line.decode("utf-8", errors="replace").split(head.delimiter)
                if len(cells) > index and cells[index].strip().strip('"').strip() == value:
                    return str(number)
                if not line.endswith(b"\n") or searched > _MOST_BYTES_SEARCHED:
                    break
    except (*_READ_ERRORS, InputError):
        pass
    return "unknown"
