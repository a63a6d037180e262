"""Reads recorded sessions: one Parquet file per sensor beside a ``session.toml``."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from imu_valgus.conventions import (
    ACC_COLUMNS,
    GYR_COLUMNS,
    MAG_COLUMNS,
    RECORDED_SESSION_FORMAT,
    SESSION_FILE,
    TIME_COLUMN,
)
from imu_valgus.errors import InputError
from imu_valgus.io.session_toml import SensorFile, is_recorded_session, read_session_toml
from imu_valgus.model import (
    Finding,
    FloatArray,
    Placement,
    Recording,
    SensorStream,
    Session,
    Severity,
)
from imu_valgus.model.recorded import SensorRecord

__all__ = ["read_recorded_session"]

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
        that changed since then, losses and poor synchronisation are findings.

    Raises
    ------
    InputError
        If a file is missing or damaged.
    """
    if not is_recorded_session(path):
        raise InputError(
            f"The folder '{path}' holds no recorded session: there is no {SESSION_FILE} with "
            f'format = "{RECORDED_SESSION_FORMAT}". If a recording was cut off, run  imu-valgus '
            f"recover '{path}'."
        )
    file = read_session_toml(path)
    findings = list(file.findings)
    streams: dict[Placement, SensorStream] = {}
    for sensor in file.files:
        streams[sensor.record.placement], changes = _stream(path, sensor)
        findings += changes
    for sensor in file.files:
        findings += _limits(sensor.record)
    entry = next(iter(file.entries), None)
    ends = [stream.time_s[[0, -1]] for stream in streams.values() if len(stream)]
    start_s, end_s = float(np.min(ends)), float(np.max(ends))
    # The recorder labels tasks up to the end of the take, but samples may end earlier.
    spans = (
        replace(task, start_s=max(task.start_s, start_s), end_s=min(task.end_s, end_s))
        for task in (entry.tasks if entry else ())
        if task.start_s < end_s and task.end_s > start_s
    )
    recording = Recording(entry.folder if entry else "recording", streams, tuple(spans))
    return Session(file.info, (recording,), "recorded session", tuple(findings))


def _stream(path: Path, sensor: SensorFile) -> tuple[SensorStream, list[Finding]]:
    file, record = path / sensor.name, sensor.record
    try:
        content = file.read_bytes()
        columns = parquet.read_table(pa.BufferReader(content))
        stream = SensorStream(
            time_s=columns[TIME_COLUMN].to_numpy(),
            acc=_triple(columns, ACC_COLUMNS),
            gyr=_triple(columns, GYR_COLUMNS),
            mag=_triple(columns, MAG_COLUMNS) if MAG_COLUMNS[0] in columns.column_names else None,
            sensor_id=record.sensor_id,
        )
    except (OSError, KeyError, ValueError, pa.ArrowException) as error:
        raise InputError(
            f"The samples of the {record.placement.words} cannot be read from '{file}' ({error}). "
            f"If the journal is still there, move {SESSION_FILE} away and run  imu-valgus recover "
            f"'{path}'."
        ) from error
    if hashlib.sha256(content).hexdigest() == sensor.sha256:
        return stream, []
    message = (
        f"The file '{sensor.name}' has changed since it was recorded (its checksum differs). The "
        "results are those of the changed file."
    )
    return stream, [Finding(Severity.WARNING, "file_changed", message, placement=record.placement)]


def _triple(columns: pa.Table, names: tuple[str, str, str]) -> FloatArray:
    return np.column_stack([columns[name].to_numpy() for name in names])


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
