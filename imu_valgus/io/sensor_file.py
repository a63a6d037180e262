"""What the readers of all sensor file formats share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imu_valgus.errors import InputError
from imu_valgus.io.cleaning.raw import RawSamples
from imu_valgus.io.regular_file import printable, shown
from imu_valgus.io.text_table import TableHead, read_head
from imu_valgus.model import Finding, FloatArray, Placement, Severity


@dataclass(frozen=True, slots=True)
class SensorFileFormat:
    """One format of sensor files.

    Parameters
    ----------
    name
        Name in words, for messages and the report.
    suffixes
        File name endings in lower case.
    matches
        Whether a file with such a name is in this format; looks at its head only.
    read
        Reads the files of one recording onto one clock.
    tag
        Tag or serial number of the sensor in a file, None if the file has none.
    """

    name: str
    suffixes: tuple[str, ...]
    matches: Callable[[Path], bool]
    read: Callable[
        [Mapping[Placement, Path]], tuple[dict[Placement, RawSamples], tuple[Finding, ...]]
    ]
    tag: Callable[[Path], str | None]


def has_column_line(file: Path, is_column_line: Callable[[str], bool]) -> bool:
    """Whether a file can be read and has the line of column names of a format.

    Parameters
    ----------
    file
        Path of the file.
    is_column_line
        Whether a line is the one with the column names.

    Returns
    -------
    bool
        True if the first lines hold it.
    """
    try:
        return read_head(file, is_column_line=is_column_line) is not None
    except InputError:
        return False


def check_columns(file: Path, head: TableHead, needed: Sequence[str], *, advice: str) -> None:
    """Raise an error if a file lacks columns.

    Parameters
    ----------
    file
        File, for the message.
    head
        Head of the file.
    needed
        Names of the columns that must be there.
    advice
        What to do if some are missing, as a full sentence.

    Raises
    ------
    InputError
        If columns are missing; the message names them and those that are there.
    """
    missing = [name for name in needed if name not in head.columns]
    if missing:
        found = ", ".join(printable(name)[:30] for name in head.columns[:14])
        raise InputError(
            f"{shown(file)}: the columns {', '.join(missing)} are missing; the file has only "
            f"{found}. {advice}"
        )


def skipped_rows(file: Path, n_skipped: int) -> tuple[Finding, ...]:
    """Report incomplete rows that were skipped.

    Parameters
    ----------
    file
        File, for the message.
    n_skipped
        Number of skipped rows.

    Returns
    -------
    tuple of Finding
        A note, or nothing if no row was skipped.
    """
    if n_skipped == 0:
        return ()
    message = f"{shown(file)}: {n_skipped} incomplete rows were skipped."
    return (Finding(Severity.NOTE, "incomplete_rows", message),)


def unwrap_counter(values: FloatArray, *, bits: int) -> FloatArray:
    """Continue a device counter over its rollovers.

    Each step is taken the shorter way round, so that packets out of order step back instead of
    almost a full turn forward. Gaps of up to half a turn are followed.

    Parameters
    ----------
    values
        Counter readings as whole numbers, NaN if unreadable, shape (n,).
    bits
        Width of the counter.

    Returns
    -------
    FloatArray
        Continuous readings that start at the first one, shape (n,).

    Examples
    --------
    >>> import numpy as np
    >>> unwrap_counter(np.array([65534.0, 65535.0, 0.0, 3.0]), bits=16).tolist()
    [65534.0, 65535.0, 65536.0, 65539.0]
    """
    result = np.full(values.shape, np.nan)
    known = np.isfinite(values)
    readings = values[known]
    if readings.size:
        steps = _shorter_way(np.diff(readings), bits=bits)
        result[known] = readings[0] + np.concatenate([[0.0], np.cumsum(steps)])
    return result


def shared_base(firsts: Sequence[float], *, bits: int) -> list[float]:
    """Place the first counter readings of several files relative to the earliest one.

    Parameters
    ----------
    firsts
        First reading of each file.
    bits
        Width of the counter.

    Returns
    -------
    list of float
        Counts from the earliest first reading to each one.

    Examples
    --------
    >>> shared_base([65530.0, 4.0, 65533.0], bits=16)
    [0.0, 10.0, 3.0]
    """
    offsets = _shorter_way(np.asarray(firsts) - firsts[0], bits=bits)
    return [float(offset) for offset in offsets - offsets.min()]


def _shorter_way(steps: FloatArray, *, bits: int) -> FloatArray:
    """Bring steps of a wrapping counter into [-half, half) of its turn."""
    turn = float(2**bits)
    return np.asarray((steps + turn / 2) % turn - turn / 2, dtype=np.float64)
