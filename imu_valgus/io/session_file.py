"""``session.toml``: who, what, and which spans are what."""

import json
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, time
from pathlib import Path, PurePosixPath
from typing import Any, Final

from imu_valgus.conventions import PLAIN_SESSION_FORMAT, SESSION_FILE
from imu_valgus.errors import InputError
from imu_valgus.exercises.catalogue import entry_named
from imu_valgus.model import Finding, Placement, SessionInfo, Severity, Side, Task, TaskSpan

_LENGTHS_M: Final = {
    "height_m": (0.5, 2.6),
    "step_height_m": (0.01, 0.8),
    "thigh_length_m": (0.1, 0.8),
    "shank_length_m": (0.1, 0.8),
}
"""What a length can be; outside, its unit is wrong."""

_KNOWN_KEYS: Final = {
    "format",
    "subject",
    "recorded_at",
    "sex",
    "recording",
    "sensors",
    *_LENGTHS_M,
}
_RECORDING_KEYS: Final = {"folder", "task"}
_TASK_KEYS: Final = {"name", "start_s", "end_s", "side"}


@dataclass(frozen=True, slots=True)
class RecordingEntry:
    """One ``[[recording]]``: its folder ("." for the session's own) and labelled spans."""

    folder: str
    tasks: tuple[TaskSpan, ...]


@dataclass(frozen=True, slots=True)
class SessionFile:
    """What a session file says; `sensors` names the sensor at each placement."""

    info: SessionInfo
    entries: tuple[RecordingEntry, ...] = ()
    findings: tuple[Finding, ...] = ()
    sensors: Mapping[Placement, str] = field(default_factory=dict)


def read_session_file(folder: Path) -> SessionFile:
    """Read the session file of a folder; an empty one where there is none.

    Parameters
    ----------
    folder
        The session.

    Returns
    -------
    SessionFile
        With unknown keys told.

    Raises
    ------
    InputError
        If the file is not what the format says.
    """
    file = folder / SESSION_FILE
    if not file.exists():
        return SessionFile(SessionInfo())
    reader = _Reader(f"{folder.name}/{SESSION_FILE}")
    document = reader.load(file)
    found_format = document.get("format", PLAIN_SESSION_FORMAT)
    if found_format != PLAIN_SESSION_FORMAT:
        raise reader.error(f'format = "{PLAIN_SESSION_FORMAT}"', repr(found_format))
    entries = tuple(reader.entry(table) for table in reader.tables(document, "recording"))
    folders = [entry.folder for entry in entries]
    if repeated := {name for name in folders if folders.count(name) > 1}:
        raise reader.error("each folder once", f"'{min(repeated)}' more than once")
    return SessionFile(
        reader.info(document), entries, reader.unknown_keys(document), reader.sensors(document)
    )


def session_file_text(
    info: SessionInfo,
    entries: Sequence[RecordingEntry],
    *,
    sensors: Mapping[Placement, str] | None = None,
) -> str:
    """Write what :func:`read_session_file` reads back.

    Parameters
    ----------
    info
        The person and the set-up; what is None is left out.
    entries
        The recordings.
    sensors
        Name or serial number of the sensor at each placement, as far as known.

    Returns
    -------
    str
        TOML.
    """
    lines = [f"format = {_toml(PLAIN_SESSION_FORMAT)}"]
    lines += [
        f"{one.name} = {_toml(value)}"
        for one in fields(info)
        if (value := getattr(info, one.name)) is not None
    ]
    if sensors:
        lines += ["", "[sensors]"]
        lines += [f"{place} = {_toml(sensor_id)}" for place, sensor_id in sensors.items()]
    for entry in entries:
        lines += ["", "[[recording]]", f"folder = {_toml(entry.folder)}"]
        for task in entry.tasks:
            lines += ["[[recording.task]]", f"name = {_toml(task.exercise or str(task.task))}"]
            lines += [f"start_s = {_toml(task.start_s)}", f"end_s = {_toml(task.end_s)}"]
            lines += [f"side = {_toml(str(task.side))}"] if task.side else []
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, str):
        # JSON escapes all that TOML wants escaped, but for one old control character.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return value.isoformat() if isinstance(value, datetime) else repr(float(str(value)))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Turns the parsed file into value types, naming the file in every complaint."""

    source: str

    def error(self, expected: str, found: str) -> InputError:
        return InputError(f"{self.source}: expected {expected}, found {found}; correct the file.")

    def load(self, file: Path) -> dict[str, Any]:
        try:
            return tomllib.loads(file.read_bytes().decode("utf-8-sig"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self.error("a TOML file", f"a mistake ({error})") from error
        except OSError as error:
            raise self.error("a readable file", str(error.strerror)) from error

    def tables(self, table: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
        found = table.get(key, [])
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            raise self.error(f"[[{key}]] tables", f"`{key}` written otherwise")
        return found

    def info(self, document: Mapping[str, Any]) -> SessionInfo:
        return SessionInfo(
            subject=self.text(document, "subject"),
            sex=self.text(document, "sex"),
            recorded_at=self.moment(document.get("recorded_at")),
            **{key: self.length(document, key) for key in _LENGTHS_M},
        )

    def sensors(self, document: Mapping[str, Any]) -> dict[Placement, str]:
        table = document.get("sensors", {})
        if not isinstance(table, dict):
            raise self.error("a [sensors] table", "`sensors` written otherwise")
        if unknown := [key for key in table if key not in list(Placement)]:
            raise self.error(f"[sensors] to name {', '.join(Placement)}", f"'{unknown[0]}'")
        return {Placement(key): str(self.text(table, key)) for key in table}

    def text(self, table: Mapping[str, Any], key: str) -> str | None:
        value = table.get(key)
        if value is not None and not isinstance(value, str):
            raise self.error(f"text for `{key}`", repr(value))
        return value

    def length(self, document: Mapping[str, Any], key: str) -> float | None:
        if key not in document:
            return None
        value, (least, most) = self.number(document, key), _LENGTHS_M[key]
        if not least <= value <= most:
            raise self.error(f"`{key}` in metres, from {least} to {most}", f"{value:g}")
        return value

    def number(self, table: Mapping[str, Any], key: str) -> float:
        value = table.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error(f"a number for `{key}`", "nothing" if value is None else repr(value))
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise self.error(f"a finite number for `{key}`", str(value)[:20])
        return number

    def moment(self, value: object) -> datetime | None:
        """Return a date and time; without a zone it is UTC, so that two can be compared."""
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value)
            except ValueError as error:
                raise self.error("a date and time for `recorded_at`", repr(value)) from error
        if isinstance(value, date) and not isinstance(value, datetime):
            value = datetime.combine(value, time())
        if value is None or isinstance(value, datetime):
            is_naive = value is not None and value.tzinfo is None
            return value.replace(tzinfo=UTC) if value and is_naive else value
        raise self.error("a date and time for `recorded_at`", repr(value))

    def entry(self, table: Mapping[str, Any]) -> RecordingEntry:
        folder = table.get("folder", ".")
        if not isinstance(folder, str) or not folder.strip() or "\\" in folder or "\0" in folder:
            raise self.error("the name of a sub-folder for `folder`", repr(folder))
        path = PurePosixPath(folder)
        if path.is_absolute() or ".." in path.parts:
            raise self.error("a sub-folder of the session for `folder`", repr(folder))
        tasks = tuple(self.task(item) for item in self.tables(table, "task"))
        return RecordingEntry(str(path), tasks)

    def task(self, table: Mapping[str, Any]) -> TaskSpan:
        name, side = table.get("name"), table.get("side")
        entry = entry_named(str(name)) if name not in list(Task) else None
        if entry is None and name not in list(Task):
            raise self.error(
                f"a task name ({', '.join(Task)}) or the key of an exercise (imu-valgus exercises)",
                repr(name),
            )
        if side is not None and side not in list(Side):
            raise self.error('side = "right" or "left"', repr(side))
        start_s, end_s = self.number(table, "start_s"), self.number(table, "end_s")
        if not start_s < end_s:
            raise self.error(f"start_s before end_s in task '{name}'", f"{start_s:g} and {end_s:g}")
        leg = None if side is None else Side(str(side))
        if entry is not None:
            return TaskSpan(Task.OTHER, start_s, end_s, leg, entry.exercise.key)
        return TaskSpan(Task(str(name)), start_s, end_s, leg)

    def unknown_keys(self, document: Mapping[str, Any]) -> tuple[Finding, ...]:
        unknown = set(document) - _KNOWN_KEYS
        for table in self.tables(document, "recording"):
            unknown |= set(table) - _RECORDING_KEYS
            for task in self.tables(table, "task"):
                unknown |= set(task) - _TASK_KEYS
        if not unknown:
            return ()
        message = f"{self.source}: {', '.join(sorted(unknown))}: not known and not used."
        return (Finding(Severity.NOTE, "unknown_keys", message),)
