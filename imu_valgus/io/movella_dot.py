"""CSV exports of Movella DOT sensors, as the vendor's app writes them.

The layout is that of exports from app 2023.6.0: header lines (``DeviceTag:``, ``SyncStatus:``,
``StartTime:``), an empty line, then column names. ``SampleTimeFine`` counts µs in 32 bits;
synchronised sensors share it. Angular velocity is in deg/s, the magnetic field in arbitrary units.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np

from imu_valgus.errors import InputError
from imu_valgus.io.cleaning.raw import RawSamples
from imu_valgus.io.regular_file import shown
from imu_valgus.io.sensor_file import (
    SensorFileFormat,
    check_columns,
    has_column_line,
    shared_base,
    skipped_rows,
    unwrap_counter,
)
from imu_valgus.io.text_table import TableHead, read_head, read_numbers
from imu_valgus.model import Finding, FloatArray, Placement, Severity

TIME_COLUMN: Final = "SampleTimeFine"
NEEDED_COLUMNS: Final = (TIME_COLUMN, "Acc_X", "Acc_Y", "Acc_Z", "Gyr_X", "Gyr_Y", "Gyr_Z")
MAG_COLUMNS: Final = ("Mag_X", "Mag_Y", "Mag_Z")

CLOCK_BITS: Final = 32
MICROTESLA_PER_UNIT: Final = 40.0
"""Arbitrary unit of the magnetometer (Movella DOT BLE services specification XD0506P)."""

SYNC_TOLERANCE_S: Final = 5.0
"""Larger differences between clocks and start times mean that sensors are not synchronised."""


@dataclass(frozen=True, slots=True)
class _DotFile:
    file: Path
    head: TableHead
    body: FloatArray
    n_skipped: int

    @property
    def clock_s(self) -> FloatArray:
        return unwrap_counter(self.body[:, 0], bits=CLOCK_BITS) * 1e-6

    @property
    def first_count(self) -> float:
        known = self.body[np.isfinite(self.body[:, 0]), 0]
        return float(known[0]) if known.size else 0.0

    @property
    def is_synced(self) -> bool:
        return (_header(self.head, "SyncStatus") or "").lower() == "synced"

    @property
    def started_at(self) -> datetime | None:
        return _start_time(_header(self.head, "StartTime") or "")


def _header(head: TableHead, name: str) -> str | None:
    """Return the value of a header line such as ``DeviceTag:,Femur``."""
    for line in head.preamble:
        key, separator, value = line.partition(":")
        if separator and key.strip().lower() == name.lower():
            return value.strip().strip(",;").strip() or None
    return None


def _start_time(text: str) -> datetime | None:
    """Parse ``2024-12-09_17:31:07_869 CET``; only differences between sensors matter."""
    found = re.search(r"(\d{4}-\d\d-\d\d)_(\d\d:\d\d:\d\d)_(\d{3})", text)
    if found is None:
        return None
    try:
        return datetime.fromisoformat(f"{found[1]}T{found[2]}.{found[3]}")
    except ValueError:
        return None


def _is_column_line(line: str) -> bool:
    return TIME_COLUMN in line


def _load(file: Path) -> _DotFile:
    head = read_head(file, is_column_line=_is_column_line)
    if head is None:
        raise InputError(
            f"{shown(file)}: this is no Movella DOT export, since it has no column {TIME_COLUMN}. "
            "Export the recording from the app again."
        )
    check_columns(
        file,
        head,
        NEEDED_COLUMNS,
        advice="Record in a mode with rate quantities (acceleration and angular velocity).",
    )
    has_mag = all(name in head.columns for name in MAG_COLUMNS)
    columns = (*NEEDED_COLUMNS, *(MAG_COLUMNS if has_mag else ()))
    body, n_skipped = read_numbers(file, head, columns)
    return _DotFile(file, head, body, n_skipped)


def _read(
    files: Mapping[Placement, Path],
) -> tuple[dict[Placement, RawSamples], tuple[Finding, ...]]:
    loaded = {place: _load(file) for place, file in files.items()}
    offsets_s, findings = _clock_offsets(list(loaded.values()))
    raws = {}
    for (place, dot), offset_s in zip(loaded.items(), offsets_s, strict=True):
        time_s = dot.clock_s - dot.first_count * 1e-6 + offset_s
        raws[place] = RawSamples(
            source=shown(dot.file),
            time_s=time_s,
            acc=dot.body[:, 1:4],
            gyr=np.radians(dot.body[:, 4:7]),
            mag=dot.body[:, 7:10] * MICROTESLA_PER_UNIT if dot.body.shape[1] > 7 else None,
            sensor_id=_header(dot.head, "DeviceTag"),
            has_certain_units=True,
        )
        findings += skipped_rows(dot.file, dot.n_skipped)
    return raws, findings


def _clock_offsets(dots: list[_DotFile]) -> tuple[list[float], tuple[Finding, ...]]:
    """Find how long after the earliest sensor each one started, in s."""
    counts = shared_base([dot.first_count for dot in dots], bits=CLOCK_BITS)
    shared_s = [count * 1e-6 for count in counts]
    if len(dots) == 1:
        return shared_s, ()
    started = [dot.started_at for dot in dots]
    known = [moment for moment in started if moment is not None]
    by_start_s = (
        [(moment - min(known)).total_seconds() for moment in known]
        if len(known) == len(dots)
        else None
    )
    is_synced = all(dot.is_synced for dot in dots)
    if is_synced and _agree(shared_s, by_start_s):
        return shared_s, ()
    why = (
        "are marked as synchronised, but their clocks disagree with their start times"
        if is_synced
        else "are not synchronised"
    )
    how = "the start times of the app were used" if by_start_s else "a common start was assumed"
    message = (
        f"{dots[0].file.parent.name}: the Movella DOT sensors {why}. Instead, {how}, which may be "
        "off by tens of milliseconds. Synchronise the sensors in the app before recording."
    )
    finding = Finding(Severity.WARNING, "sensors_not_synchronised", message)
    return by_start_s or [0.0] * len(dots), (finding,)


def _agree(shared_s: list[float], by_start_s: list[float] | None) -> bool:
    if by_start_s is None:
        return True
    differences = np.subtract(shared_s, by_start_s)
    return math.isfinite(np.ptp(differences)) and np.ptp(differences) <= SYNC_TOLERANCE_S


def _tag(file: Path) -> str | None:
    head = read_head(file, is_column_line=_is_column_line)
    return None if head is None else _header(head, "DeviceTag")


MOVELLA_DOT: Final = SensorFileFormat(
    name="Movella DOT export",
    suffixes=(".csv", ".csv.gz"),
    matches=lambda file: has_column_line(file, _is_column_line),
    read=_read,
    tag=_tag,
)
