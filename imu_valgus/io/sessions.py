"""From a folder to a session, whatever wrote its files.

A session is what the recorder wrote, a folder of sensor files, or a folder of such folders. Formats
are told from the files themselves; ``session.toml`` may stand beside sensor files of any format.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from imu_valgus.conventions import SESSION_FILE
from imu_valgus.errors import InputError
from imu_valgus.io.cleaning.raw import RawSamples
from imu_valgus.io.cleaning.repair import check_together, repair_streams
from imu_valgus.io.findings import merge_equal_findings
from imu_valgus.io.folders import RecordingSource, find_recordings, place_hint
from imu_valgus.io.movella_dot import MOVELLA_DOT
from imu_valgus.io.plain_session import PLAIN_SESSION
from imu_valgus.io.recorded_session import read_recorded_session
from imu_valgus.io.sensor_file import SensorFileFormat
from imu_valgus.io.session_toml import is_recorded_session, read_session_toml
from imu_valgus.io.xsens_mt import XSENS_MT
from imu_valgus.model import (
    Finding,
    Placement,
    Recording,
    SensorStream,
    Session,
    Severity,
    Side,
    TaskSpan,
)

FILE_FORMATS: Final[tuple[SensorFileFormat, ...]] = (MOVELLA_DOT, XSENS_MT, PLAIN_SESSION)
"""In the order in which they are tried: the plain session takes what is named like a placement."""

TASK_TOLERANCE_S: Final = 0.5
"""Labels are set by hand: less than this beyond the samples is cut without a word."""

_Key = tuple[str, Placement]


@dataclass(frozen=True, slots=True)
class SessionReader:
    """One kind of session folder: whether it is of this kind, and how it is read."""

    matches: Callable[[Path], bool]
    read: Callable[[Path, Mapping[str, Placement]], Session]


def read_session(path: Path | str, *, places: Mapping[str, Placement] | None = None) -> Session:
    """Read a session, its units and times repaired, everything repaired told.

    Parameters
    ----------
    path
        A plain session folder, a recorded session, or a folder of Movella DOT or Xsens MT exports.
    places
        Placement by file name, by ``folder/file`` or by the sensor's tag, where the files do not
        tell.

    Returns
    -------
    Session
        Recordings with repaired streams, each at its own rate.

    Raises
    ------
    InputError
        If the session cannot be used: one sentence that names the file or folder.
    """
    folder = Path(path)
    if folder.name in {"", ".."}:
        folder = folder.resolve()
    _check_folder(folder)
    reader = next(one for one in SESSION_READERS if one.matches(folder))
    return reader.read(folder, places or {})


def read_sensor_file(file: Path | str) -> SensorStream:
    """Read one sensor file by itself, for instance that of a calibration.

    Parameters
    ----------
    file
        In any format that a session may hold; a plain file may have any name.

    Raises
    ------
    InputError
        If the file cannot be used.
    """
    path = Path(file)
    if not path.is_file():
        raise InputError(f"{path}: expected a sensor file, found none; check the name.")
    lower = path.name.lower()
    formats = (one for one in FILE_FORMATS if lower.endswith(one.suffixes) and one.matches(path))
    file_format = next(formats, PLAIN_SESSION)
    raws, _ = file_format.read({Placement.PELVIS: path})
    streams, _ = repair_streams(raws)
    return streams[Placement.PELVIS]


def _read_recorded(folder: Path, places: Mapping[str, Placement]) -> Session:
    if places:
        raise InputError(
            f"{folder}: expected no --place, since a recorded session says where its sensors were "
            f"worn, found {', '.join(places)}; leave it out."
        )
    session = read_recorded_session(folder)
    _check_worn(folder, [one.streams for one in session.recordings], unplaced=())
    return session


def _read_sensor_folders(folder: Path, places: Mapping[str, Placement]) -> Session:
    session_file = read_session_toml(folder)
    sources, findings = find_recordings(
        folder, formats=FILE_FORMATS, entries=session_file.entries, places=places
    )
    unplaced = [file for source in sources for file in source.unplaced]
    _check_worn(folder, [source.files for source in sources], unplaced=unplaced)
    raws, told = _read_samples(sources)
    streams, repairs = repair_streams(raws)
    findings = (*session_file.findings, *findings, *told)
    for (name, place), repaired in repairs.items():
        findings += _about(repaired, name, place)
    recordings = []
    for source in sources:
        recording, told = _recording(folder, source, streams)
        recording = _named(recording, session_file.sensors)
        recordings.append(recording)
        findings += (*told, *check_together(recording))
    formats = dict.fromkeys(source.file_format.name for source in sources)
    told = merge_equal_findings(findings)
    return Session(session_file.info, tuple(recordings), ", ".join(formats), told)


def _named(recording: Recording, sensors: Mapping[Placement, str]) -> Recording:
    """Give streams the names of their sensors where the session file knows them."""
    streams = {
        place: replace(stream, sensor_id=sensors.get(place, stream.sensor_id))
        for place, stream in recording.streams.items()
    }
    return replace(recording, streams=streams)


SESSION_READERS: Final[tuple[SessionReader, ...]] = (
    SessionReader(is_recorded_session, _read_recorded),
    SessionReader(Path.is_dir, _read_sensor_folders),
)
"""In the order in which they are tried; the last one takes any folder."""


def _check_folder(folder: Path) -> None:
    try:
        is_folder, exists = folder.is_dir(), folder.exists()
    except (OSError, ValueError):
        is_folder, exists = False, False
    if not is_folder:
        found = f"a file (give its folder '{folder.parent}')" if exists else "nothing there"
        raise InputError(f"{folder}: expected a folder with sensor files, found {found}.")


def _check_worn(
    folder: Path, worn_in: Sequence[Iterable[Placement]], *, unplaced: Sequence[Path]
) -> None:
    """Raise unless some recording has a thigh and the shank of the same side."""
    if any(_has_leg(places) for places in worn_in):
        return
    worn = sorted({place for places in worn_in for place in places})
    found = ", ".join(worn) or "no sensor whose placement is known"
    advice = (
        f"tell where the others were worn with {place_hint(unplaced[0])}"
        if unplaced
        else "add the missing file, such as shank_right.csv"
    )
    files = f" and the unplaced {', '.join(file.name for file in unplaced[:6])}" if unplaced else ""
    raise InputError(
        f"{folder}: expected at least a thigh and the shank of the same side, found {found}"
        f"{files}; {advice}."
    )


def _has_leg(places: Iterable[Placement]) -> bool:
    worn = set(places)
    return any({Placement(f"thigh_{side}"), Placement(f"shank_{side}")} <= worn for side in Side)


def _read_samples(
    sources: Sequence[RecordingSource],
) -> tuple[dict[_Key, RawSamples], tuple[Finding, ...]]:
    raws: dict[_Key, RawSamples] = {}
    findings: tuple[Finding, ...] = ()
    for source in sources:
        samples, told = source.file_format.read(source.files)
        raws.update({(source.name, place): raw for place, raw in samples.items()})
        findings += _about((*source.findings, *told), source.name)
    return raws, findings


def _recording(
    folder: Path, source: RecordingSource, streams: Mapping[_Key, SensorStream]
) -> tuple[Recording, tuple[Finding, ...]]:
    own = {place: stream for (name, place), stream in streams.items() if name == source.name}
    start_s = min(float(stream.time_s[0]) for stream in own.values())
    end_s = max(float(stream.time_s[-1]) for stream in own.values())
    findings: list[Finding] = []
    tasks = []
    for task in source.tasks:
        cut = replace(task, start_s=max(task.start_s, start_s), end_s=min(task.end_s, end_s))
        if cut.start_s >= cut.end_s:
            raise InputError(
                f"{folder.name}/{SESSION_FILE}: expected the task '{task.task}' inside the "
                f"recording '{source.name}' ({start_s:.2f} to {end_s:.2f} s), found "
                f"{task.start_s:.2f} to {task.end_s:.2f} s; correct its times."
            )
        tasks.append(cut)
        findings += _cut_task(source.name, task, cut)
    if not _has_leg(own):
        message = (
            f"Recording '{source.name}' lacks a thigh or the shank of the same side; "
            f"no joint angles are given for it."
        )
        findings.append(Finding(Severity.WARNING, "leg_incomplete", message, source.name))
    return Recording(source.name, own, tuple(tasks)), tuple(findings)


def _cut_task(name: str, task: TaskSpan, cut: TaskSpan) -> list[Finding]:
    beyond_s = max(cut.start_s - task.start_s, task.end_s - cut.end_s)
    if beyond_s <= TASK_TOLERANCE_S:
        return []
    message = (
        f"The task '{task.task}' of recording '{name}' reaches {beyond_s:.1f} s beyond the samples "
        f"and was cut to {cut.start_s:.2f} to {cut.end_s:.2f} s."
    )
    return [Finding(Severity.WARNING, "task_cut", message, name)]


def _about(
    findings: Iterable[Finding], name: str, place: Placement | None = None
) -> tuple[Finding, ...]:
    """Say which recording and sensor findings are about."""
    return tuple(
        replace(finding, recording=name, placement=finding.placement or place)
        for finding in findings
    )
