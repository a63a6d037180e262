"""Reads what the recorder wrote: Parquet per sensor beside a ``session.toml``."""

import hashlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from imu_valgus.conventions import ACC_COLUMNS, GYR_COLUMNS, MAG_COLUMNS, SESSION_FILE, TIME_COLUMN
from imu_valgus.errors import InputError
from imu_valgus.model import (
    Finding,
    FloatArray,
    Placement,
    Recording,
    SensorStream,
    Session,
    SessionInfo,
    Severity,
    Side,
    Task,
    TaskSpan,
)
from imu_valgus.model.recorded import RECORDED_SESSION_FORMAT, ClockRecord, Gap, SensorRecord

__all__ = ["is_recorded_session", "read_recorded_session", "read_sensor_records"]

_NOTABLE_SYNC_ERROR_S = 0.005
"""At 400 °/s, a fast swing of the shank, 5 ms are 2°."""

_NOTABLE_LOSS = 0.05
"""The share of missing samples from which on a sensor's data are called incomplete."""

_INFO_KEYS = ("subject", "height_m", "sex", "step_height_m", "thigh_length_m", "shank_length_m")


def is_recorded_session(path: Path) -> bool:
    """Whether a folder holds a complete recorded session."""
    try:
        document = tomllib.loads((path / SESSION_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return document.get("format") == RECORDED_SESSION_FORMAT


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
    document = _document(path)
    tables = _tables(document, "sensor", path)
    if not tables:
        raise _broken(path, "a [[sensor]] table for every sensor", "none")
    notes = document.get("notes", [])
    if not isinstance(notes, list):
        raise _broken(path, "a list of notes", repr(notes))
    findings = [Finding(Severity.NOTE, "recorder_note", str(note)) for note in notes]
    findings += _tap_findings(document.get("tap_check"), path)
    streams: dict[Placement, SensorStream] = {}
    records = []
    for table in tables:
        record = _record(table, path)
        streams[record.placement], changed = _stream(table, record, path)
        records.append(record)
        findings += changed
    for record in records:
        findings += _told(record)
    recordings = _tables(document, "recording", path)
    name = str(recordings[0].get("folder", "recording")) if recordings else "recording"
    tasks = _tables(recordings[0], "task", path) if recordings else []
    ends = [stream.time_s[[0, -1]] for stream in streams.values() if len(stream)]
    spans = _tasks(tasks, float(np.min(ends)), float(np.max(ends)), path)
    info = SessionInfo(
        recorded_at=document.get("recorded_at"), **{k: document.get(k) for k in _INFO_KEYS}
    )
    recording = Recording(name, streams, spans)
    return Session(info, (recording,), "recorded session", tuple(findings))


def read_sensor_records(path: Path) -> tuple[SensorRecord, ...]:
    """Read what the recorder knew of each sensor: clock, losses, serial number.

    Raises
    ------
    InputError
        If the folder is no recorded session.
    """
    return tuple(_record(table, path) for table in _tables(_document(path), "sensor", path))


def _broken(path: Path, expected: str, found: str) -> InputError:
    return InputError(
        f"{path.name}/{SESSION_FILE}: expected {expected}, found {found}; if the journal is still "
        f"there, move {SESSION_FILE} away and run  imu-valgus recover '{path}'."
    )


def _document(path: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads((path / SESSION_FILE).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"Expected a recorded session in '{path}', but its {SESSION_FILE} cannot be read "
            f"({error.strerror}); a recording that was cut off is brought back by  "
            f"imu-valgus recover '{path}'."
        ) from error
    except ValueError as error:
        raise _broken(path, "a TOML file", f"a mistake ({error})") from error
    if document.get("format") != RECORDED_SESSION_FORMAT:
        found = repr(document.get("format"))
        raise _broken(path, f'format = "{RECORDED_SESSION_FORMAT}"', found)
    return document


def _tap_findings(check: object, path: Path) -> list[Finding]:
    """Tell what the tap check showed, where there was one."""
    if check is None:
        return []
    if not isinstance(check, dict) or not isinstance(check.get("sentences"), list):
        raise _broken(path, "a [tap_check] table with sentences", "something else")
    severity = Severity.NOTE if check.get("is_consistent") is True else Severity.WARNING
    return [Finding(severity, "tap_check", str(sentence)) for sentence in check["sentences"]]


def _tables(parent: Mapping[str, Any], key: str, path: Path) -> list[dict[str, Any]]:
    found = parent.get(key, [])
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise _broken(path, f"[[{key}]] tables", "something else")
    return found


def _record(table: Mapping[str, Any], path: Path) -> SensorRecord:
    try:
        clock = table["clock"]
        return SensorRecord(
            placement=Placement(table["placement"]),
            sensor_id=str(table["sensor_id"]),
            model=str(table["model"]),
            firmware=str(table["firmware"]),
            protocol=str(table["protocol"]),
            nominal_rate_hz=float(table["nominal_rate_hz"]),
            rate_hz=float(table["rate_hz"]),
            loss_accounting=str(table["loss_accounting"]),
            received=int(table["received"]),
            lost=int(table["lost"]),
            gaps=tuple(
                Gap(float(start), float(end), int(lost), bool(counted))
                for start, end, lost, counted in table["gaps"]
            ),
            reconnects=int(table["reconnects"]),
            undecodable=int(table["undecodable"]),
            clock=ClockRecord(
                method=str(clock["method"]),
                rate_error_ppm=float(clock["rate_error_ppm"]),
                sync_error_s=float(clock["sync_error_s"]),
                epochs=int(clock["epochs"]),
            ),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _broken(path, "complete [[sensor]] tables", f"a mistake ({error})") from error


def _stream(
    table: Mapping[str, Any], record: SensorRecord, path: Path
) -> tuple[SensorStream, list[Finding]]:
    file = path / str(table.get("file"))
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
    if hashlib.sha256(content).hexdigest() == table.get("sha256"):
        return stream, []
    message = (
        f"The file '{table.get('file')}' is not the one that the recorder wrote (its checksum "
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


def _tasks(
    tables: list[dict[str, Any]], start_s: float, end_s: float, path: Path
) -> tuple[TaskSpan, ...]:
    """Read the labels, cut to where there are samples."""
    try:
        spans = [
            TaskSpan(
                Task(table["name"]),
                max(float(table["start_s"]), start_s),
                min(float(table["end_s"]), end_s),
                Side(table["side"]) if "side" in table else None,
            )
            for table in tables
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise _broken(path, "tasks with name, start_s and end_s", f"a mistake ({error})") from error
    return tuple(span for span in spans if span.end_s > span.start_s)
