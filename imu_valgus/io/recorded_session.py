"""Reads recorded sessions: one Parquet file per sensor beside a ``session.toml``."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from imu_valgus.conventions import (
    ACC_COLUMNS,
    GYR_COLUMNS,
    MAG_COLUMNS,
    RECORDED_SESSION_FORMAT,
    SESSION_FILE,
    TIME_COLUMN,
)
from imu_valgus.errors import InputError
from imu_valgus.io.cleaning.raw import RawSamples
from imu_valgus.io.cleaning.repair import check_together, repair_streams
from imu_valgus.io.cleaning.time_order import MIN_SAMPLES
from imu_valgus.io.parquet_file import read_parquet
from imu_valgus.io.regular_file import printable, read_regular, shown, shown_path
from imu_valgus.io.session_toml import (
    RecordingEntry,
    SensorFile,
    is_recorded_session,
    read_session_toml,
)
from imu_valgus.io.text_table import MOST_ROWS
from imu_valgus.model import (
    Finding,
    FloatArray,
    Placement,
    Recording,
    SensorStream,
    Session,
    Severity,
    TaskSpan,
)
from imu_valgus.model.recorded import SensorRecord

__all__ = ["read_recorded_session"]

_COLUMNS: Final = (TIME_COLUMN, *ACC_COLUMNS, *GYR_COLUMNS, *MAG_COLUMNS)

_MOST_BYTES: Final = 10 * 8 * MOST_ROWS
"""As many bytes as the largest number of rows takes without compression."""

_NOTABLE_SYNC_ERROR_S = 0.005
"""At 400 °/s, a fast swing of the shank, 5 ms amount to 2°."""

_NOTABLE_LOSS = 0.05
"""Share of missing samples above which a warning says that data are incomplete."""


def read_recorded_session(path: Path) -> Session:
    """Read a recorded session.

    Parameters
    ----------
    path
        Folder of the session.

    Returns
    -------
    Session
        One recording; gaps are missing times, nothing is filled in. Notes of the recorder, files
        that changed since then, losses, poor synchronisation and repairs are findings.

    Raises
    ------
    InputError
        If a file is missing, damaged, no regular file or outside of the session, or if the samples
        of a sensor cannot be used; the rules are those of plain sessions.
    """
    if not is_recorded_session(path):
        raise InputError(
            f"The folder '{shown_path(path)}' holds no recorded session: there is no "
            f'{SESSION_FILE} with format = "{RECORDED_SESSION_FORMAT}". If a recording was cut '
            f"off, run  imu-valgus recover '{shown_path(path)}'."
        )
    file = read_session_toml(path)
    findings = list(file.findings)
    raws: dict[Placement, RawSamples] = {}
    for sensor in file.files:
        raw, changes = _samples(path, sensor)
        findings += changes
        if len(raw) < MIN_SAMPLES:
            findings.append(_too_short(sensor.record, len(raw)))
        else:
            raws[sensor.record.placement] = raw
    if not raws:
        raise InputError(
            f"{printable(path.name)}: no sensor delivered more than {MIN_SAMPLES} samples, so "
            "there is nothing to analyse. Record again."
        )
    streams, repairs = repair_streams(raws)
    losses = [finding for sensor in file.files for finding in _limits(sensor.record)]
    entry = next(iter(file.entries), RecordingEntry("recording", ()))
    name = path.resolve().name if entry.folder == "." else entry.folder
    recording = Recording(name, streams, _spans(entry, streams))
    # The recorder counted the losses; what the samples show of them is not said twice.
    counted = {finding.placement for finding in losses if finding.code == "samples_lost"}
    findings += losses
    findings += [
        replace(finding, recording=name, placement=place)
        for place, found in repairs.items()
        for finding in found
    ]
    findings += [
        finding
        for finding in check_together(recording)
        if finding.code != "samples_missing" or finding.placement not in counted
    ]
    return Session(file.info, (recording,), "recorded session", tuple(findings))


def _spans(
    entry: RecordingEntry, streams: Mapping[Placement, SensorStream]
) -> tuple[TaskSpan, ...]:
    """Cut the tasks: the recorder labels them up to the end of the take, samples may end before."""
    start_s = min(float(stream.time_s[0]) for stream in streams.values())
    end_s = max(float(stream.time_s[-1]) for stream in streams.values())
    return tuple(
        replace(task, start_s=max(task.start_s, start_s), end_s=min(task.end_s, end_s))
        for task in entry.tasks
        if task.start_s < end_s and task.end_s > start_s
    )


def _samples(path: Path, sensor: SensorFile) -> tuple[RawSamples, list[Finding]]:
    file, record = path / sensor.name, sensor.record
    try:
        content = read_regular(file, most_bytes=_MOST_BYTES, inside=path)
        columns = read_parquet(content, most_rows=MOST_ROWS, columns=_COLUMNS)
        raw = RawSamples(
            source=shown(file),
            time_s=_numbers(columns, TIME_COLUMN),
            acc=_triple(columns, ACC_COLUMNS),
            gyr=_triple(columns, GYR_COLUMNS),
            mag=_triple(columns, MAG_COLUMNS) if MAG_COLUMNS[0] in columns.column_names else None,
            sensor_id=record.sensor_id,
            has_certain_units=True,
        )
    except (OSError, KeyError, ValueError, MemoryError, pa.ArrowException) as error:
        what = getattr(error, "strerror", None) or printable(str(error), most=200)
        raise InputError(
            f"The samples of the {record.placement.words} cannot be read from '{shown(file)}' "
            f"({what}). If the journal is still there, move {SESSION_FILE} away and run  "
            f"imu-valgus recover '{shown_path(path)}'."
        ) from error
    if hashlib.sha256(content).hexdigest() == sensor.sha256:
        return raw, []
    message = (
        f"The file '{sensor.name}' has changed since it was recorded (its checksum differs). The "
        "results are those of the changed file."
    )
    return raw, [Finding(Severity.WARNING, "file_changed", message, placement=record.placement)]


def _numbers(columns: pa.Table, name: str) -> FloatArray:
    column = columns[name]
    if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
        raise ValueError(f"{name} does not hold numbers but {column.type}")
    return np.asarray(column.to_numpy(), dtype=np.float64)


def _triple(columns: pa.Table, names: tuple[str, str, str]) -> FloatArray:
    return np.column_stack([_numbers(columns, name) for name in names])


def _too_short(record: SensorRecord, count: int) -> Finding:
    message = (
        f"The sensor at the {record.placement.words} delivered only {count} samples and was left "
        "out."
    )
    return Finding(Severity.WARNING, "sensor_left_out", message, placement=record.placement)


def _limits(record: SensorRecord) -> list[Finding]:
    """Report losses and clock errors that limit the use of a sensor's samples."""
    words, place = record.placement.words, record.placement
    findings = []
    if record.received_share < 1.0 - _NOTABLE_LOSS:
        message = (
            f"The sensor at the {words} delivered {record.received_share:.1%} of its samples. The "
            f"longest gap lasts {record.longest_gap_s:.1f} s. Nothing was filled in."
        )
        findings.append(Finding(Severity.WARNING, "samples_lost", message, placement=place))
    if record.loss_accounting == "not_detectable":
        message = (
            f"The sensor at the {words} ({record.model}) sends neither sample numbers nor times. "
            "Losses cannot be detected, and its sample times are less exact."
        )
        findings.append(Finding(Severity.NOTE, "losses_not_detectable", message, placement=place))
    if record.clock.sync_error_s > _NOTABLE_SYNC_ERROR_S:
        message = (
            f"The clock of the sensor at the {words} is known only to within "
            f"{1e3 * record.clock.sync_error_s:.1f} ms, which blurs fast movements."
        )
        findings.append(Finding(Severity.WARNING, "poor_synchronisation", message, placement=place))
    return findings
