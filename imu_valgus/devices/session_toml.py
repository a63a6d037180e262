"""``session.toml`` of a recorded session, as text."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum

from imu_valgus.devices.capture_log import RecordingHeader
from imu_valgus.model import TaskSpan
from imu_valgus.model.recorded import RECORDED_SESSION_FORMAT, SensorRecord
from imu_valgus.recording.taps import TapCheck

__all__ = ["SensorFile", "render_session_toml"]


@dataclass(frozen=True, slots=True)
class SensorFile:
    """A sensor's file with its checksum, and what is known of the sensor."""

    name: str
    sha256: str
    rows: int
    record: SensorRecord


def render_session_toml(
    header: RecordingHeader,
    files: Sequence[SensorFile],
    tasks: Sequence[TaskSpan],
    *,
    recording: str,
    notes: Sequence[str],
    version: str,
    tap_check: TapCheck | None = None,
) -> str:
    """Render the session file: the plain session's keys, and a table per sensor."""
    software = f"imu_valgus {version}"
    lines = [
        f"format = {_toml(RECORDED_SESSION_FORMAT)}",
        f"software = {_toml(software)}",
        *_info_lines(header),
        *([f"notes = {_toml(list(notes))}"] if notes else []),
        *("", "[[recording]]", f"folder = {_toml(recording)}"),
        *(line for task in tasks for line in _task_lines(task)),
        *(line for file in files for line in _sensor_lines(file)),
        *(_tap_lines(tap_check) if tap_check is not None else []),
    ]
    return "\n".join([*lines, ""])


def _info_lines(header: RecordingHeader) -> Iterator[str]:
    for entry in fields(header.info):
        value = getattr(header.info, entry.name)
        if value is not None:
            yield f"{entry.name} = {_toml(value)}"


def _task_lines(task: TaskSpan) -> Iterator[str]:
    yield from ("", "[[recording.task]]", f"name = {_toml(task.task)}")
    yield f"start_s = {task.start_s:.3f}"
    yield f"end_s = {task.end_s:.3f}"
    if task.side is not None:
        yield f"side = {_toml(task.side)}"


def _sensor_lines(file: SensorFile) -> Iterator[str]:
    record = file.record
    yield from ("", "[[sensor]]")
    yield f"file = {_toml(file.name)}"
    yield f"sha256 = {_toml(file.sha256)}"
    yield f"rows = {file.rows}"
    for entry in fields(record):
        if entry.name not in {"gaps", "clock"}:
            yield f"{entry.name} = {_toml(getattr(record, entry.name))}"
    yield f"received_share = {record.received_share:.6f}"
    yield f"longest_gap_s = {record.longest_gap_s:.3f}"
    yield "# start, end (seconds), samples missing, whether they were counted or estimated"
    yield "gaps = ["
    for gap in record.gaps:
        counted = _toml(gap.is_counted)
        yield f"  [{gap.start_s:.4f}, {gap.end_s:.4f}, {gap.lost}, {counted}],"
    yield from ("]", "", "[sensor.clock]")
    for entry in fields(record.clock):
        yield f"{entry.name} = {_toml(getattr(record.clock, entry.name))}"


def _tap_lines(check: TapCheck) -> Iterator[str]:
    yield from ("", "[tap_check]")
    yield f"is_consistent = {_toml(check.is_consistent)}"
    yield f"sentences = {_toml(list(check.sentences))}"
    yield "# times of the taps, seconds: positive is later than the median of all sensors"
    for sensor in check.sensors:
        yield from ("", "[[tap_check.sensor]]", f"placement = {_toml(sensor.placement)}")
        yield f"agrees = {_toml(sensor.agrees)}"
        for name, timing in (("start", sensor.start), ("end", sensor.end)):
            if timing is not None:
                yield f"{name}_taps = {timing.taps}"
                yield f"{name}_offset_s = {timing.offset_s:.6f}"
                yield f"{name}_sd_s = {timing.sd_s:.6f}"
        if sensor.start is not None and sensor.end is not None:
            yield f"drift_ppm = {sensor.drift_ppm:.1f}"
            yield f"drift_sd_ppm = {sensor.drift_sd_ppm:.1f}"


def _toml(value: object) -> str:
    """Render one value; a JSON string is a TOML string but for the DEL character."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, StrEnum | str):
        return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007F")
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float):
        return repr(float(value))
    if isinstance(value, list):
        return f"[{', '.join(_toml(item) for item in value)}]"
    return str(value)
