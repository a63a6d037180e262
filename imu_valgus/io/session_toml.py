"""``session.toml``: the person, the recordings with labelled tasks, and the recorder's sensors.

Plain sessions (contract, section 1) and recorded ones share keys, rules and this reader. A recorded
session adds a ``[[sensor]]`` table for every file that the recorder wrote.
"""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path, PurePosixPath
from typing import Any, Final

import tomli_w

from imu_valgus._version import __version__
from imu_valgus.conventions import (
    PLAIN_SESSION_FORMAT,
    RECORDED_SESSION_FORMAT,
    SESSION_FILE,
    SOFTWARE_NAME,
)
from imu_valgus.exercises.catalogue import entry_named
from imu_valgus.io.regular_file import brief, printable, shown_path
from imu_valgus.io.toml_document import TomlTables, load_toml
from imu_valgus.model import Finding, Placement, SessionInfo, Severity, Side, Task, TaskSpan
from imu_valgus.model.limits import LENGTHS_M
from imu_valgus.model.recorded import ClockRecord, Gap, SensorRecord
from imu_valgus.signals.taps import TapCheck

_YEARS: Final = (1970, 2200)
"""Outside of these, times since 1970 and time zones cannot be computed on every system."""

_LONGEST_TIME_S: Final = 1e9
_LONGEST_PATH: Final = 1000

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
    """One ``[[recording]]``: its folder ("." for that of the session) and labelled spans.

    Parameters
    ----------
    folder
        Sub-folder of the session, ``.`` for the session itself.
    tasks
        Labelled spans, in seconds on the clock of the recording.
    """

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
    """Whether a folder holds a complete recorded session, by the format in its session file.

    Parameters
    ----------
    folder
        Folder of the session.

    Returns
    -------
    bool
        True if it says so itself.
    """
    try:
        document = load_toml(folder / SESSION_FILE, inside=folder)
    except (OSError, ValueError):
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
    reader = _Reader(f"{printable(folder.name)}/{SESSION_FILE}", "Correct the file")
    document = reader.load(file, inside=folder)
    if document is None:
        return SessionFile(SessionInfo())
    format_ = document.get("format", PLAIN_SESSION_FORMAT)
    if format_ not in (PLAIN_SESSION_FORMAT, RECORDED_SESSION_FORMAT):
        reader.fail(f'the format must be "{PLAIN_SESSION_FORMAT}", not {brief(format_)}')
    is_recorded = format_ == RECORDED_SESSION_FORMAT
    if is_recorded:
        reader = _Reader(
            reader.source,
            f"If the journal is still there, move {SESSION_FILE} away and run  imu-valgus recover "
            f"'{shown_path(folder)}'",
        )
    entries = tuple(reader.entry(table) for table in reader.tables(document, "recording"))
    folders = [entry.folder for entry in entries]
    if repeated := {name for name in folders if folders.count(name) > 1}:
        reader.fail(f"the folder '{min(repeated)}' is listed more than once")
    files = tuple(map(reader.sensor_file, reader.tables(document, "sensor"))) if is_recorded else ()
    findings = reader.unknown_keys(document, _RECORDED_KEYS if is_recorded else _PLAIN_KEYS)
    if is_recorded:
        reader.check_recorded(entries, files)
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


@dataclass(frozen=True, slots=True)
class _Reader(TomlTables):
    """Turns the parsed file into value types; every error names the file."""

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
            self.fail(f"[sensors] may name {', '.join(Placement)}, not {brief(unknown[0])}")
        return {Placement(key): str(self.text(table, key)) for key in table}

    def length(self, document: Mapping[str, Any], key: str) -> float | None:
        if key not in document:
            return None
        value, (least, most) = self.number(document, key), LENGTHS_M[key]
        if not least <= value <= most:
            self.fail(f"`{key}` must be in metres, from {least} to {most}, not {value:g}")
        return value

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
            self.fail(f"`recorded_at` must be a date and time, not {brief(value)}")
        if not _YEARS[0] < moment.year < _YEARS[1]:
            self.fail(f"`recorded_at` must be after {_YEARS[0]}, not in the year {moment.year}")
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)

    def entry(self, table: Mapping[str, Any]) -> RecordingEntry:
        folder = self.inner_path(table.get("folder", "."), "folder", "a sub-folder of the session")
        return RecordingEntry(folder, tuple(map(self.task, self.tables(table, "task"))))

    def inner_path(self, value: object, key: str, what: str) -> str:
        """Return a path relative to the session; it must not lead out of it."""
        if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST_PATH:
            self.fail(f"`{key}` must be {what}, not {brief(value)}")
        path = PurePosixPath(value)
        if not value.isprintable() or "\\" in value or path.is_absolute() or ".." in path.parts:
            self.fail(f"`{key}` must be {what}, not {brief(value)}")
        return str(path)

    def task(self, table: Mapping[str, Any]) -> TaskSpan:
        name, side = table.get("name"), table.get("side")
        entry = entry_named(name) if isinstance(name, str) and name not in list(Task) else None
        if entry is None and name not in list(Task):
            self.fail(
                f"the name of a task must be one of {', '.join(Task)}, or the key of an exercise "
                f"(imu-valgus exercises), not {brief(name)}"
            )
        if side is not None and side not in list(Side):
            self.fail(f"`side` must be right or left, not {brief(side)}")
        start_s, end_s = self.number(table, "start_s"), self.number(table, "end_s")
        if not start_s < end_s:
            self.fail(
                f"start_s must be before end_s in task '{name}', but they are {start_s:g} and "
                f"{end_s:g}"
            )
        if max(abs(start_s), abs(end_s)) > _LONGEST_TIME_S:
            self.fail(f"the times of task '{name}' must be seconds of the recording")
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
                sensor_id=self.word(table, "sensor_id"),
                model=self.word(table, "model"),
                firmware=self.word(table, "firmware"),
                protocol=self.word(table, "protocol"),
                nominal_rate_hz=self.number(table, "nominal_rate_hz"),
                rate_hz=self.number(table, "rate_hz"),
                loss_accounting=self.word(table, "loss_accounting"),
                received=self.count(table, "received"),
                lost=self.count(table, "lost"),
                gaps=tuple(map(self.gap, table["gaps"])),
                reconnects=self.count(table, "reconnects"),
                undecodable=self.count(table, "undecodable"),
                clock=ClockRecord(
                    method=self.word(clock, "method"),
                    # Not known in a short recording, which is written as nan.
                    rate_error_ppm=float(clock["rate_error_ppm"]),
                    sync_error_s=self.number(clock, "sync_error_s"),
                    epochs=self.count(clock, "epochs"),
                ),
            )
            sha256, rows = (
                self.text(table, "sha256") or "",
                self.count({"rows": 0, **table}, "rows"),
            )
            return SensorFile(name, sha256, rows, record)
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
            what = printable(str(error), most=200)
            raise self.error(f"a [[sensor]] table has a mistake ({what})") from error

    def gap(self, row: Sequence[Any]) -> Gap:
        start, end, lost, is_counted = row
        table = {"gap start": start, "gap end": end, "gap lost": lost}
        times = self.number(table, "gap start"), self.number(table, "gap end")
        return Gap(*times, self.count(table, "gap lost"), bool(is_counted))

    def check_recorded(
        self, entries: Sequence[RecordingEntry], files: Sequence[SensorFile]
    ) -> None:
        """Raise unless there is one recording, and one file for each sensor."""
        if not files:
            self.fail("there is no [[sensor]] table")
        if len(entries) > 1:
            self.fail("a recorded session holds one [[recording]], not several")
        worn = [file.record.placement for file in files]
        if repeated := {place for place in worn if worn.count(place) > 1}:
            self.fail(f"there must be only one [[sensor]] table for the {min(repeated).words}")

    def notes(self, document: Mapping[str, Any]) -> tuple[Finding, ...]:
        """Return the notes of the recorder and the result of its tap check as findings."""
        check = document.get("tap_check")
        findings = [
            Finding(Severity.NOTE, "recorder_note", text) for text in self.texts(document, "notes")
        ]
        if check is not None:
            if not isinstance(check, dict) or "sentences" not in check:
                self.fail("`tap_check` must be a [tap_check] table with sentences")
            level = Severity.NOTE if check.get("is_consistent") is True else Severity.WARNING
            sentences = self.texts(check, "sentences")
            findings += [Finding(level, "tap_check", text) for text in sentences]
        return tuple(findings)

    def unknown_keys(self, document: Mapping[str, Any], known: set[str]) -> tuple[Finding, ...]:
        unknown = set(document) - known
        for table in self.tables(document, "recording"):
            unknown |= set(table) - _RECORDING_KEYS
            for task in self.tables(table, "task"):
                unknown |= set(task) - _TASK_KEYS
        if not unknown:
            return ()
        names = printable(", ".join(sorted(unknown)), most=300)
        message = f"{self.source}: unknown keys were ignored: {names}."
        return (Finding(Severity.NOTE, "unknown_keys", message),)
