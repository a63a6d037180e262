"""Text exports of Xsens MT sensors (MTw, MTi) from the vendor's MT Manager.

Lines that start with ``//`` come first, among them ``// Update Rate: 100.0Hz``. Tab-separated
columns follow: acceleration in m/s², angular velocity in rad/s, magnetic field relative to that of
the earth (MTi and MTx User Manual MT0100P, section 4.5.2). ``PacketCounter`` has 16 bits and is
shared by the sensors of one recording; it gives the time. The gyroscope may be missing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from imu_valgus.errors import InputError
from imu_valgus.io.cleaning.raw import RawSamples
from imu_valgus.io.places import file_stem
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

COUNTER_COLUMN: Final = "PacketCounter"
COUNTER_BITS: Final = 16
ACC_COLUMNS: Final = ("Acc_X", "Acc_Y", "Acc_Z")
GYR_COLUMNS: Final = ("Gyr_X", "Gyr_Y", "Gyr_Z")
MAG_COLUMNS: Final = ("Mag_X", "Mag_Y", "Mag_Z")
NOMINAL_EARTH_FIELD_UT: Final = 50.0
"""Nominal, since the unit is the field at the place of factory calibration; directions count."""


@dataclass(frozen=True, slots=True)
class _MtFile:
    file: Path
    head: TableHead
    columns: tuple[str, ...]
    body: FloatArray
    n_skipped: int

    def channel(self, names: tuple[str, ...]) -> FloatArray | None:
        if names[0] not in self.columns:
            return None
        first = self.columns.index(names[0])
        return self.body[:, first : first + len(names)]

    @property
    def first_count(self) -> float:
        counter = self.body[np.isfinite(self.body[:, 0]), 0]
        return float(counter[0]) if counter.size else 0.0

    @property
    def rate_hz(self) -> float:
        for line in self.head.preamble:
            found = re.search(r"Update Rate:\s*(\d{1,5}(?:\.\d{0,9})?)\s*Hz", line, re.IGNORECASE)
            if found and float(found[1]) >= 1.0:
                return float(found[1])
        raise InputError(
            f"{shown(self.file)}: a header line such as '// Update Rate: 100.0Hz' is missing. "
            "Export the file again with its header, or add this line."
        )


def _is_column_line(line: str) -> bool:
    return COUNTER_COLUMN in line and "\t" in line


def _load(file: Path) -> _MtFile:
    head = read_head(file, is_column_line=_is_column_line)
    if head is None:
        raise InputError(
            f"{shown(file)}: this is no Xsens MT export with tab-separated columns from "
            f"{COUNTER_COLUMN} on. Export the file again as text."
        )
    needed = (COUNTER_COLUMN, *ACC_COLUMNS)
    check_columns(file, head, needed, advice="Export the file again with these columns.")
    optional = tuple(
        name
        for names in (GYR_COLUMNS, MAG_COLUMNS)
        if all(name in head.columns for name in names)
        for name in names
    )
    body, n_skipped = read_numbers(file, head, (*needed, *optional))
    return _MtFile(file, head, (*needed, *optional), body, n_skipped)


def _read(
    files: Mapping[Placement, Path],
) -> tuple[dict[Placement, RawSamples], tuple[Finding, ...]]:
    loaded = {place: _load(file) for place, file in files.items()}
    findings = _rate_findings(list(loaded.values()))
    bases = shared_base([mt.first_count for mt in loaded.values()], bits=COUNTER_BITS)
    raws = {}
    for (place, mt), base in zip(loaded.items(), bases, strict=True):
        counter = unwrap_counter(mt.body[:, 0], bits=COUNTER_BITS)
        acc, gyr, mag = (mt.channel(names) for names in (ACC_COLUMNS, GYR_COLUMNS, MAG_COLUMNS))
        raws[place] = RawSamples(
            source=shown(mt.file),
            time_s=(counter - mt.first_count + base) / mt.rate_hz,
            acc=np.full((len(counter), 3), np.nan) if acc is None else acc,
            gyr=np.full((len(counter), 3), np.nan) if gyr is None else gyr,
            mag=None if mag is None else mag * NOMINAL_EARTH_FIELD_UT,
            sensor_id=_tag(mt.file),
        )
        findings += skipped_rows(mt.file, mt.n_skipped)
    return raws, findings


def _rate_findings(files: list[_MtFile]) -> tuple[Finding, ...]:
    rates = {mt.rate_hz for mt in files}
    if len(rates) < 2:
        return ()
    message = (
        f"{files[0].file.parent.name}: the Xsens MT files have different rates "
        f"({', '.join(f'{rate:g}' for rate in sorted(rates))} Hz), so their packet counters may "
        "not share a clock. Export one recording at one rate."
    )
    return (Finding(Severity.WARNING, "rates_differ", message),)


def _tag(file: Path) -> str | None:
    """Find the device id, the end of names such as ``MT_012005D6_009-001_00B42279.txt``."""
    found = re.search(r"_([0-9A-F]{8})$", file_stem(file))
    return found[1] if found else None


XSENS_MT: Final = SensorFileFormat(
    name="Xsens MT export",
    suffixes=(".txt", ".txt.gz"),
    matches=lambda file: has_column_line(file, _is_column_line),
    read=_read,
    tag=_tag,
)
