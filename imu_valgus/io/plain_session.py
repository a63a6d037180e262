"""The plain session format: one CSV per sensor, written by anyone (contract, section 1)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np

from imu_valgus.conventions import ACC_COLUMNS, GYR_COLUMNS, MAG_COLUMNS, TIME_COLUMN
from imu_valgus.errors import InputError
from imu_valgus.io.places import file_stem
from imu_valgus.io.sensor_file import SensorFileFormat, check_columns
from imu_valgus.io.text_table import read_head, read_numbers, shown
from imu_valgus.model import Finding, Placement, Severity
from imu_valgus.recording.raw import RawSamples

NEEDED_COLUMNS: Final = (TIME_COLUMN, *ACC_COLUMNS, *GYR_COLUMNS)


def read_plain_file(file: Path) -> tuple[RawSamples, tuple[Finding, ...]]:
    """Read one sensor file of the plain session format.

    Parameters
    ----------
    file
        CSV, plain or gzipped; columns beyond the format's are ignored.

    Returns
    -------
    RawSamples
        As written, not checked.
    tuple of Finding
        Incomplete rows that were skipped.

    Raises
    ------
    InputError
        If columns are missing or the rows are not numbers.
    """
    head = read_head(file, is_column_line=_is_column_line)
    if head is None:
        raise InputError(
            f"{shown(file)}: expected a line of column names ({TIME_COLUMN}, {ACC_COLUMNS[0]}, "
            f"...), found an empty file; export it again."
        )
    check_columns(file, head, NEEDED_COLUMNS, advice="rename or export the columns")
    has_mag = all(name in head.columns for name in MAG_COLUMNS)
    columns = (*NEEDED_COLUMNS, *(MAG_COLUMNS if has_mag else ()))
    body, n_skipped = read_numbers(file, head, columns)
    raw = RawSamples(
        source=shown(file),
        time_s=np.ascontiguousarray(body[:, 0]),
        acc=body[:, 1:4],
        gyr=body[:, 4:7],
        mag=body[:, 7:10] if has_mag else None,
    )
    return raw, skipped_rows(file, n_skipped)


def skipped_rows(file: Path, n_skipped: int) -> tuple[Finding, ...]:
    """Tell incomplete rows that were skipped."""
    if n_skipped == 0:
        return ()
    message = f"{shown(file)}: {n_skipped} incomplete rows were skipped."
    return (Finding(Severity.NOTE, "incomplete_rows", message),)


def _is_column_line(line: str) -> bool:
    """Whether it is the first line that says something; spreadsheets write ``sep=;`` above it."""
    text = line.strip()
    return bool(text) and not text.startswith(("#", "sep="))


def _matches(file: Path) -> bool:
    if file_stem(file) in list(Placement):
        return True
    try:
        head = read_head(file, is_column_line=_is_column_line)
    except InputError:
        return False
    return head is not None and sum(name in head.columns for name in NEEDED_COLUMNS) >= 4


def _read(
    files: Mapping[Placement, Path],
) -> tuple[dict[Placement, RawSamples], tuple[Finding, ...]]:
    raws: dict[Placement, RawSamples] = {}
    findings: tuple[Finding, ...] = ()
    for place, file in files.items():
        raws[place], told = read_plain_file(file)
        findings += told
    return raws, findings


def _no_tag(_: Path) -> None:
    """Say nothing: plain files carry no tag of their sensor."""


PLAIN_SESSION: Final = SensorFileFormat(
    name="plain session",
    suffixes=(".csv", ".csv.gz"),
    matches=_matches,
    read=_read,
    tag=_no_tag,
)
