"""Reads what the recorder wrote: Parquet per sensor beside a ``session.toml``."""

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
"""At 400 °/s, a fast swing of the shank, 5 ms are 2°."""

_NOTABLE_LOSS = 0.05
"""The share of missing samples from which on a sensor's data are called incomplete."""


def read_recorded_session(path: Path) -> Session:
    """Read a recorded session; gaps are times that are missing.

    Parameters
    ----------
    path
        Its folder.

    Returns
    -------
    Session
        With one recording; what the recorder noted, files changed since then, losses and poor
        synchronisation are findings.

    Raises
    ------
    InputError
        If a file is missing or is not what the recorder writes.
    """
    if not is_recorded_session(path):
        raise InputError(
            f"Expected a recorded session in '{path}', but its {SESSION_FILE} does not say format "
            f'= "{RECORDED_SESSION_FORMAT}"; a recording that was cut off is brought back by  '
            f"imu-valgus recover '{path}'."
        )
    file = read_session_toml(path)
    findings = list(file.findings)
    streams: dict[Placement, SensorStream] = {}
    for written in file.files:
        streams[written.record.placement], changed = _stream(path, written)
        findings += changed
    for written in file.files:
        findings += _told(written.record)
    entry = next(iter(file.entries), None)
    ends = [stream.time_s[[0, -1]] for stream in streams.values() if len(stream)]
    start_s, end_s = float(np.min(ends)), float(np.max(ends))
    # The labels of a recorder reach to the end of the take; samples may end earlier.
    spans = (
        replace(task, start_s=max(task.start_s, start_s), end_s=min(task.end_s, end_s))
        for task in (entry.tasks if entry else ())
        if task.start_s < end_s and task.end_s > start_s
    )
    recording = Recording(entry.folder if entry else "recording", streams, tuple(spans))
    return Session(file.info, (recording,), "recorded session", tuple(findings))


def _stream(path: Path, written: SensorFile) -> tuple[SensorStream, list[Finding]]:
    file, record = path / written.name, written.record
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
            f"Expected the samples of the {record.placement.words} in '{file}', but they cannot "
            f"be read ({error}); if the journal is still there, move {SESSION_FILE} away and run  "
            f"imu-valgus recover '{path}'."
        ) from error
    if hashlib.sha256(content).hexdigest() == written.sha256:
        return stream, []
    message = (
        f"The file '{written.name}' is not the one that the recorder wrote (its checksum "
        "differs); results hold for the changed file."
    )
    return stream, [Finding(Severity.WARNING, "file_changed", message, placement=record.placement)]


def _triple(columns: pa.Table, names: tuple[str, str, str]) -> FloatArray:
    return np.column_stack([columns[name].to_numpy() for name in names])


def _told(record: SensorRecord) -> list[Finding]:
    """Tell what of a sensor's recording limits its use."""
    words, place = record.placement.words, record.placement
    findings = []
    if record.received_share < 1.0 - _NOTABLE_LOSS:
        message = (
            f"The sensor at the {words} delivered {record.received_share:.1%} of its samples; the "
            f"longest gap lasts {record.longest_gap_s:.1f} s. Nothing was filled in."
        )
        findings.append(Finding(Severity.WARNING, "samples_lost", message, placement=place))
    if record.loss_accounting == "not_detectable":
        message = (
            f"The sensor at the {words} ({record.model}) sends neither numbers nor times: losses "
            "cannot be detected and its sample times are less exact."
        )
        findings.append(Finding(Severity.NOTE, "losses_not_detectable", message, placement=place))
    if record.clock.sync_error_s > _NOTABLE_SYNC_ERROR_S:
        message = (
            f"The clock of the sensor at the {words} could be matched to "
            f"{1e3 * record.clock.sync_error_s:.1f} ms only; fast movements are blurred by it."
        )
        findings.append(Finding(Severity.WARNING, "poor_synchronisation", message, placement=place))
    return findings
