"""``session.toml``: who, what, which spans are what, and what a recorder knew of its sensors.

A plain session (contract, section 1) and a recorded one share their keys, one reader and one set of
rules; a recorded session adds a ``[[sensor]]`` table for every file that it wrote.
"""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path, PurePosixPath
from typing import Any, Final, NoReturn

import tomli_w

from imu_valgus._version import __version__
from imu_valgus.conventions import (
    PLAIN_SESSION_FORMAT,
    RECORDED_SESSION_FORMAT,
    SESSION_FILE,
    SOFTWARE_NAME,
)
from imu_valgus.errors import InputError
from imu_valgus.exercises.catalogue import entry_named
from imu_valgus.model import Finding, Placement, SessionInfo, Severity, Side, Task, TaskSpan
from imu_valgus.model.recorded import ClockRecord, Gap, SensorRecord
from imu_valgus.signals.taps import TapCheck

_LENGTHS_M: Final = {
    "height_m": (0.5, 2.6),
    "step_height_m": (0.01, 0.8),
    "thigh_length_m": (0.1, 0.8),
    "shank_length_m": (0.1, 0.8),
}
"""Range of each length; a value outside it is in another unit."""

_PLAIN_KEYS: Final = {
    "format",
    "subject",
    "recorded_at",
    "sex",
    "recording",
    "sensors",
    *_LENGTHS_M,
}
_RECORDED_KEYS: Final = _PLAIN_KEYS | {"software", "notes", "sensor", "tap_check"}
_RECORDING_KEYS: Final = {"folder", "task"}
_TASK_KEYS: Final = {"name", "start_s", "end_s", "side"}


@dataclass(frozen=True, slots=True)
class RecordingEntry:
    """One ``[[recording]]``: its folder ("." for the session's own) and labelled spans."""

    folder: str
    tasks: tuple[TaskSpan, ...]


@dataclass(frozen=True, slots=True)
class SensorFile:
    """A file that a recorder wrote, with what it knew of the sensor.

    Parameters
    ----------
    name
        Path of the file relative to the session folder, with forward slashes.
    sha256
        Checksum of its bytes, in hexadecimal digits.
    rows
        Number of samples in it.
    record
        Identity, clock, losses and gaps of the sensor.
    """

    name: str
    sha256: str
    rows: int
    record: SensorRecord


@dataclass(frozen=True, slots=True)
class SessionFile:
    """What a session file says.

    Parameters
    ----------
    info
        The person and the set-up.
    entries
        The recordings with their labelled spans; empty where the file names none.
    findings
        Unknown keys, and what a recorder noted.
    sensors
        Name or serial number of the sensor at each placement, as far as the file tells.
    files
        Files that a recorder wrote; empty for a plain session.
    """

    info: SessionInfo
    entries: tuple[RecordingEntry, ...] = ()
    findings: tuple[Finding, ...] = ()
    sensors: Mapping[Placement, str] = field(default_factory=dict)
    files: tuple[SensorFile, ...] = ()


def is_recorded_session(folder: Path) -> bool:
    """Whether a folder holds a complete recorded session, by the format its file names."""
    try:
        document = _loaded(folder / SESSION_FILE)
    except (OSError, ValueError, RecursionError):
        return False
    return document.get("format") == RECORDED_SESSION_FORMAT


def read_session_toml(folder: Path) -> SessionFile:
    """Read the session file of a folder; an empty one where there is none.

    Parameters
    ----------
    folder
        The session, plain or recorded.

    Returns
    -------
    SessionFile
        Keys that are not known, notes of the recorder and the outcome of its tap check are
        findings.

    Raises
    ------
    InputError
        If the file is not what the format says; paths must stay inside the session.
    """
    file = folder / SESSION_FILE
    if not file.exists():
        return SessionFile(SessionInfo())
    reader = _Reader(f"{folder.name}/{SESSION_FILE}", "correct the file")
    document = reader.load(file)
    format_ = document.get("format", PLAIN_SESSION_FORMAT)
    if format_ not in {PLAIN_SESSION_FORMAT, RECORDED_SESSION_FORMAT}:
        reader.fail(f'format = "{PLAIN_SESSION_FORMAT}"', repr(format_))
    is_recorded = format_ == RECORDED_SESSION_FORMAT
    if is_recorded:
        reader = _Reader(
            reader.source,
            f"if the journal is still there, move {SESSION_FILE} away and run  imu-valgus recover "
            f"'{folder}'",
        )
    entries = tuple(reader.entry(table) for table in reader.tables(document, "recording"))
    folders = [entry.folder for entry in entries]
    if repeated := {name for name in folders if folders.count(name) > 1}:
        reader.fail("each folder once", f"'{min(repeated)}' more than once")
    files = tuple(map(reader.sensor_file, reader.tables(document, "sensor"))) if is_recorded else ()
    findings = reader.unknown_keys(document, _RECORDED_KEYS if is_recorded else _PLAIN_KEYS)
    if is_recorded:
        if not files:
            reader.fail("a [[sensor]] table for every sensor", "none")
        findings += reader.notes(document)
    return SessionFile(reader.info(document), entries, findings, reader.sensors(document), files)


def write_session_toml(
    info: SessionInfo,
    entries: Sequence[RecordingEntry],
    *,
    sensors: Mapping[Placement, str] | None = None,
) -> bytes:
    """Write the file of a plain session, as :func:`read_session_toml` reads it back.

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
    bytes
        TOML in UTF-8.
    """
    document = {"format": PLAIN_SESSION_FORMAT, **_info_table(info)}
    if sensors:
        document["sensors"] = {str(place): sensor_id for place, sensor_id in sensors.items()}
    document["recording"] = [_recording_table(entry) for entry in entries]
    return tomli_w.dumps(document).encode()


def write_recorded_session_toml(
    info: SessionInfo,
    entry: RecordingEntry,
    files: Sequence[SensorFile],
    *,
    notes: Sequence[str] = (),
    tap_check: TapCheck | None = None,
) -> bytes:
    """Write the file of a recorded session, as :func:`read_session_toml` reads it back.

    Parameters
    ----------
    info
        The person and the set-up; what is None is left out.
    entry
        The recording with its labelled spans.
    files
        The sensors' files.
    notes
        What went wrong or was repaired, one sentence each.
    tap_check
        How the sensors' clocks compare by taps; None where none were asked for.

    Returns
    -------
    bytes
        TOML in UTF-8.
    """
    document: dict[str, Any] = {
        "format": RECORDED_SESSION_FORMAT,
        "software": f"{SOFTWARE_NAME} {__version__}",
        **_info_table(info),
        "notes": list(notes),
        "recording": [_recording_table(entry)],
        "sensor": [_sensor_table(file) for file in files],
    }
    if tap_check is not None:
        document["tap_check"] = _tap_table(tap_check)
    return tomli_w.dumps(document).encode()


def _info_table(info: SessionInfo) -> dict[str, Any]:
    return {key: value for key, value in asdict(info).items() if value is not None}


def _recording_table(entry: RecordingEntry) -> dict[str, Any]:
    tasks = [
        {
            "name": task.exercise or str(task.task),
            "start_s": float(task.start_s),
            "end_s": float(task.end_s),
            **({"side": str(task.side)} if task.side else {}),
        }
        for task in entry.tasks
    ]
    return {"folder": entry.folder, "task": tasks}


def _sensor_table(file: SensorFile) -> dict[str, Any]:
    record = file.record
    return {
        "file": file.name,
        "sha256": file.sha256,
        "rows": file.rows,
        **asdict(record),
        "placement": str(record.placement),
        "received_share": round(record.received_share, 6),
        "longest_gap_s": round(record.longest_gap_s, 3),
        "gaps": [
            [round(gap.start_s, 4), round(gap.end_s, 4), gap.lost, gap.is_counted]
            for gap in record.gaps
        ],
    }


def _tap_table(check: TapCheck) -> dict[str, Any]:
    sensors = []
    for sensor in check.sensors:
        table: dict[str, Any] = {"placement": str(sensor.placement), "agrees": sensor.agrees}
        for name, timing in (("start", sensor.start), ("end", sensor.end)):
            if timing is not None:
                table |= {
                    f"{name}_taps": timing.taps,
                    f"{name}_offset_s": round(timing.offset_s, 6),
                    f"{name}_sd_s": round(timing.sd_s, 6),
                }
        if sensor.start is not None and sensor.end is not None:
            table["drift_ppm"] = round(sensor.drift_ppm, 1)
            table["drift_sd_ppm"] = round(sensor.drift_sd_ppm, 1)
        sensors.append(table)
    return {
        "is_consistent": check.is_consistent,
        "sentences": list(check.sentences),
        "sensor": sensors,
    }


def _loaded(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_bytes().decode("utf-8-sig"))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Turns the parsed file into value types, naming the file in every complaint."""

    source: str
    advice: str

    def error(self, expected: str, found: str) -> InputError:
        return InputError(f"{self.source}: expected {expected}, found {found}; {self.advice}.")

    def fail(self, expected: str, found: str) -> NoReturn:
        raise self.error(expected, found)

    def load(self, file: Path) -> dict[str, Any]:
        try:
            return _loaded(file)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self.error("a TOML file", f"a mistake ({error})") from error
        except OSError as error:
            raise self.error("a readable file", str(error.strerror)) from error

    def tables(self, table: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
        found = table.get(key, [])
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            self.fail(f"[[{key}]] tables", f"`{key}` written otherwise")
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
            self.fail("a [sensors] table", "`sensors` written otherwise")
        if unknown := [key for key in table if key not in list(Placement)]:
            self.fail(f"[sensors] to name {', '.join(Placement)}", f"'{unknown[0]}'")
        return {Placement(key): str(self.text(table, key)) for key in table}

    def text(self, table: Mapping[str, Any], key: str) -> str | None:
        value = table.get(key)
        if value is not None and not isinstance(value, str):
            self.fail(f"text for `{key}`", repr(value))
        return value

    def length(self, document: Mapping[str, Any], key: str) -> float | None:
        if key not in document:
            return None
        value, (least, most) = self.number(document, key), _LENGTHS_M[key]
        if not least <= value <= most:
            self.fail(f"`{key}` in metres, from {least} to {most}", f"{value:g}")
        return value

    def number(self, table: Mapping[str, Any], key: str) -> float:
        value = table.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fail(f"a number for `{key}`", "nothing" if value is None else repr(value))
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            self.fail(f"a finite number for `{key}`", str(value)[:20])
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
        folder = self.inner_path(table.get("folder", "."), "folder", "a sub-folder of the session")
        return RecordingEntry(folder, tuple(map(self.task, self.tables(table, "task"))))

    def inner_path(self, value: object, key: str, what: str) -> str:
        """Return a path relative to the session; none may lead out of it."""
        if not isinstance(value, str) or not value.strip() or "\\" in value or "\0" in value:
            self.fail(f"{what} for `{key}`", repr(value))
        path = PurePosixPath(value)
        if path.is_absolute() or ".." in path.parts:
            self.fail(f"{what} for `{key}`", repr(value))
        return str(path)

    def task(self, table: Mapping[str, Any]) -> TaskSpan:
        name, side = table.get("name"), table.get("side")
        entry = entry_named(str(name)) if name not in list(Task) else None
        if entry is None and name not in list(Task):
            self.fail(
                f"a task name ({', '.join(Task)}) or the key of an exercise (imu-valgus exercises)",
                repr(name),
            )
        if side is not None and side not in list(Side):
            self.fail('side = "right" or "left"', repr(side))
        start_s, end_s = self.number(table, "start_s"), self.number(table, "end_s")
        if not start_s < end_s:
            self.fail(f"start_s before end_s in task '{name}'", f"{start_s:g} and {end_s:g}")
        leg = None if side is None else Side(str(side))
        if entry is not None:
            return TaskSpan(Task.OTHER, start_s, end_s, leg, entry.exercise.key)
        return TaskSpan(Task(str(name)), start_s, end_s, leg)

    def sensor_file(self, table: Mapping[str, Any]) -> SensorFile:
        name = self.inner_path(table.get("file"), "file", "a file inside the session")
        try:
            clock = table["clock"]
            record = SensorRecord(
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
            return SensorFile(name, str(table.get("sha256")), int(table.get("rows", 0)), record)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise self.error("complete [[sensor]] tables", f"a mistake ({error})") from error

    def notes(self, document: Mapping[str, Any]) -> tuple[Finding, ...]:
        """Return the recorder's notes and the outcome of its tap check."""
        notes, check = document.get("notes", []), document.get("tap_check")
        if not isinstance(notes, list):
            self.fail("a list of notes", repr(notes))
        findings = [Finding(Severity.NOTE, "recorder_note", str(note)) for note in notes]
        if check is not None:
            if not isinstance(check, dict) or not isinstance(check.get("sentences"), list):
                self.fail("a [tap_check] table with sentences", "something else")
            level = Severity.NOTE if check.get("is_consistent") is True else Severity.WARNING
            findings += [Finding(level, "tap_check", str(said)) for said in check["sentences"]]
        return tuple(findings)

    def unknown_keys(self, document: Mapping[str, Any], known: set[str]) -> tuple[Finding, ...]:
        unknown = set(document) - known
        for table in self.tables(document, "recording"):
            unknown |= set(table) - _RECORDING_KEYS
            for task in self.tables(table, "task"):
                unknown |= set(task) - _TASK_KEYS
        if not unknown:
            return ()
        message = f"{self.source}: {', '.join(sorted(unknown))}: not known and not used."
        return (Finding(Severity.NOTE, "unknown_keys", message),)
