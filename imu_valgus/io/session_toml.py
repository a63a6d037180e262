"""``session.toml``: the person, the recordings with labelled tasks, and the recorder's sensors.

Plain sessions (contract, section 1) and recorded ones share keys, rules and this reader. A recorded
session adds a ``[[sensor]]`` table for every file that the recorder wrote.
"""

import contextlib
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
from imu_valgus.model.limits import LENGTHS_M
from imu_valgus.model.recorded import ClockRecord, Gap, SensorRecord
from imu_valgus.signals.taps import TapCheck

_PLAIN_KEYS: Final = {
    "format",
    "subject",
    "recorded_at",
    "sex",
    "recording",
    "sensors",
    *LENGTHS_M,
}
_RECORDED_KEYS: Final = _PLAIN_KEYS | {"software", "notes", "sensor", "tap_check"}
_RECORDING_KEYS: Final = {"folder", "task"}
_TASK_KEYS: Final = {"name", "start_s", "end_s", "side"}


@dataclass(frozen=True, slots=True)
class RecordingEntry:
    """One ``[[recording]]``: its folder ("." for that of the session) and labelled spans."""

    folder: str
    tasks: tuple[TaskSpan, ...]


@dataclass(frozen=True, slots=True)
class SensorFile:
    """A file that a recorder wrote, with what it knew about the sensor.

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
    """Content of a session file.

    Parameters
    ----------
    info
        Person and set-up.
    entries
        Recordings with their labelled spans; empty if the file lists none.
    findings
        Unknown keys, and notes of the recorder.
    sensors
        Name or serial number of the sensor at each placement, as far as known.
    files
        Files that a recorder wrote; empty for a plain session.
    """

    info: SessionInfo
    entries: tuple[RecordingEntry, ...] = ()
    findings: tuple[Finding, ...] = ()
    sensors: Mapping[Placement, str] = field(default_factory=dict)
    files: tuple[SensorFile, ...] = ()


def is_recorded_session(folder: Path) -> bool:
    """Whether a folder holds a complete recorded session, by the format in its session file."""
    try:
        document = _loaded(folder / SESSION_FILE)
    except (OSError, ValueError, RecursionError):
        return False
    return document.get("format") == RECORDED_SESSION_FORMAT


def read_session_toml(folder: Path) -> SessionFile:
    """Read the session file of a folder.

    Parameters
    ----------
    folder
        Folder of a plain or recorded session.

    Returns
    -------
    SessionFile
        Content of the file, empty if there is no file. Unknown keys, notes of the recorder and the
        result of its tap check are findings.

    Raises
    ------
    InputError
        If the file does not follow its format, or a path leads out of the session.
    """
    file = folder / SESSION_FILE
    if not file.exists():
        return SessionFile(SessionInfo())
    reader = _Reader(f"{folder.name}/{SESSION_FILE}", "Correct the file")
    document = reader.load(file)
    format_ = document.get("format", PLAIN_SESSION_FORMAT)
    if format_ not in {PLAIN_SESSION_FORMAT, RECORDED_SESSION_FORMAT}:
        reader.fail(f'the format must be "{PLAIN_SESSION_FORMAT}", not {format_!r}')
    is_recorded = format_ == RECORDED_SESSION_FORMAT
    if is_recorded:
        reader = _Reader(
            reader.source,
            f"If the journal is still there, move {SESSION_FILE} away and run  imu-valgus recover "
            f"'{folder}'",
        )
    entries = tuple(reader.entry(table) for table in reader.tables(document, "recording"))
    folders = [entry.folder for entry in entries]
    if repeated := {name for name in folders if folders.count(name) > 1}:
        reader.fail(f"the folder '{min(repeated)}' is listed more than once")
    files = tuple(map(reader.sensor_file, reader.tables(document, "sensor"))) if is_recorded else ()
    findings = reader.unknown_keys(document, _RECORDED_KEYS if is_recorded else _PLAIN_KEYS)
    if is_recorded:
        if not files:
            reader.fail("there is no [[sensor]] table")
        findings += reader.notes(document)
    return SessionFile(reader.info(document), entries, findings, reader.sensors(document), files)


def write_session_toml(
    info: SessionInfo,
    entries: Sequence[RecordingEntry],
    *,
    sensors: Mapping[Placement, str] | None = None,
) -> bytes:
    """Make the file of a plain session, as :func:`read_session_toml` reads it back.

    Parameters
    ----------
    info
        Person and set-up; None values are left out.
    entries
        Recordings with their labelled spans.
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
    """Make the file of a recorded session, as :func:`read_session_toml` reads it back.

    Parameters
    ----------
    info
        Person and set-up; None values are left out.
    entry
        Recording with its labelled spans.
    files
        Files of the sensors.
    notes
        What went wrong or was repaired, one sentence each.
    tap_check
        How the sensors' clocks compare by taps; None if no taps were asked for.

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
    """Turns the parsed file into value types; every error names the file."""

    source: str
    advice: str

    def error(self, what: str) -> InputError:
        return InputError(f"{self.source}: {what}. {self.advice}.")

    def fail(self, what: str) -> NoReturn:
        raise self.error(what)

    def load(self, file: Path) -> dict[str, Any]:
        try:
            return _loaded(file)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self.error(f"there is a mistake in the TOML ({error})") from error
        except OSError as error:
            raise self.error(f"the file cannot be read ({error.strerror})") from error

    def tables(self, table: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
        found = table.get(key, [])
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            self.fail(f"`{key}` must be written as [[{key}]] tables")
        return found

    def info(self, document: Mapping[str, Any]) -> SessionInfo:
        return SessionInfo(
            subject=self.text(document, "subject"),
            sex=self.text(document, "sex"),
            recorded_at=self.moment(document.get("recorded_at")),
            **{key: self.length(document, key) for key in LENGTHS_M},
        )

    def sensors(self, document: Mapping[str, Any]) -> dict[Placement, str]:
        table = document.get("sensors", {})
        if not isinstance(table, dict):
            self.fail("`sensors` must be written as a [sensors] table")
        if unknown := [key for key in table if key not in list(Placement)]:
            self.fail(f"[sensors] may name {', '.join(Placement)}, not '{unknown[0]}'")
        return {Placement(key): str(self.text(table, key)) for key in table}

    def text(self, table: Mapping[str, Any], key: str) -> str | None:
        value = table.get(key)
        if value is not None and not isinstance(value, str):
            self.fail(f"`{key}` must be text, not {value!r}")
        return value

    def length(self, document: Mapping[str, Any], key: str) -> float | None:
        if key not in document:
            return None
        value, (least, most) = self.number(document, key), LENGTHS_M[key]
        if not least <= value <= most:
            self.fail(f"`{key}` must be in metres, from {least} to {most}, not {value:g}")
        return value

    def number(self, table: Mapping[str, Any], key: str) -> float:
        value = table.get(key)
        if value is None:
            self.fail(f"`{key}` is missing")
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fail(f"`{key}` must be a number, not {value!r}")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            self.fail(f"`{key}` must be a finite number, not {str(value)[:20]}")
        return number

    def moment(self, value: object) -> datetime | None:
        """Return a date and time; one without a zone is UTC, so that any two can be compared."""
        moment = value
        if isinstance(moment, str):
            with contextlib.suppress(ValueError):
                moment = datetime.fromisoformat(moment)
        if isinstance(moment, date) and not isinstance(moment, datetime):
            moment = datetime.combine(moment, time())
        if moment is None:
            return None
        if not isinstance(moment, datetime):
            self.fail(f"`recorded_at` must be a date and time, not {value!r}")
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)

    def entry(self, table: Mapping[str, Any]) -> RecordingEntry:
        folder = self.inner_path(table.get("folder", "."), "folder", "a sub-folder of the session")
        return RecordingEntry(folder, tuple(map(self.task, self.tables(table, "task"))))

    def inner_path(self, value: object, key: str, what: str) -> str:
        """Return a path relative to the session; it must not lead out of it."""
        is_name = isinstance(value, str) and value.strip() and not {"\\", "\0"} & set(value)
        path = PurePosixPath(str(value))
        if not is_name or path.is_absolute() or ".." in path.parts:
            self.fail(f"`{key}` must be {what}, not {value!r}")
        return str(path)

    def task(self, table: Mapping[str, Any]) -> TaskSpan:
        name, side = table.get("name"), table.get("side")
        entry = entry_named(str(name)) if name not in list(Task) else None
        if entry is None and name not in list(Task):
            self.fail(
                f"the name of a task must be one of {', '.join(Task)}, or the key of an exercise "
                f"(imu-valgus exercises), not {name!r}"
            )
        if side is not None and side not in list(Side):
            self.fail(f"`side` must be right or left, not {side!r}")
        start_s, end_s = self.number(table, "start_s"), self.number(table, "end_s")
        if not start_s < end_s:
            self.fail(
                f"start_s must be before end_s in task '{name}', but they are {start_s:g} and "
                f"{end_s:g}"
            )
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
            raise self.error(f"a [[sensor]] table has a mistake ({error})") from error

    def notes(self, document: Mapping[str, Any]) -> tuple[Finding, ...]:
        """Return the notes of the recorder and the result of its tap check as findings."""
        notes, check = document.get("notes", []), document.get("tap_check")
        if not isinstance(notes, list):
            self.fail(f"`notes` must be a list, not {notes!r}")
        findings = [Finding(Severity.NOTE, "recorder_note", str(note)) for note in notes]
        if check is not None:
            if not isinstance(check, dict) or not isinstance(check.get("sentences"), list):
                self.fail("`tap_check` must be a [tap_check] table with sentences")
            level = Severity.NOTE if check.get("is_consistent") is True else Severity.WARNING
            findings += [Finding(level, "tap_check", str(text)) for text in check["sentences"]]
        return tuple(findings)

    def unknown_keys(self, document: Mapping[str, Any], known: set[str]) -> tuple[Finding, ...]:
        unknown = set(document) - known
        for table in self.tables(document, "recording"):
            unknown |= set(table) - _RECORDING_KEYS
            for task in self.tables(table, "task"):
                unknown |= set(task) - _TASK_KEYS
        if not unknown:
            return ()
        message = f"{self.source}: unknown keys were ignored: {', '.join(sorted(unknown))}."
        return (Finding(Severity.NOTE, "unknown_keys", message),)
