"""Reads a session folder, whatever program wrote its files.

A session is what the recorder wrote, a folder of sensor files, or a folder of such folders. The
files themselves show their format; ``session.toml`` may lie beside sensor files of any format.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from imu_valgus.conventions import SESSION_FILE
from imu_valgus.errors import InputError
from imu_valgus.io.cleaning.raw import RawSamples
from imu_valgus.io.cleaning.repair import check_together, repair_streams
from imu_valgus.io.folders import RecordingSource, find_recordings, place_hint
from imu_valgus.io.movella_dot import MOVELLA_DOT
from imu_valgus.io.plain_session import PLAIN_SESSION
from imu_valgus.io.recorded_session import read_recorded_session
from imu_valgus.io.regular_file import exists, is_folder, is_regular, printable, shown, shown_path
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

_log = logging.getLogger(__name__)

FILE_FORMATS: Final[tuple[SensorFileFormat, ...]] = (MOVELLA_DOT, XSENS_MT, PLAIN_SESSION)
"""In the order in which they are tried; any file named like a placement is a plain file."""

TASK_TOLERANCE_S: Final = 0.5
"""Labels are set by hand: a task that reaches less far beyond the samples is cut silently."""

_FEWEST_MERGED: Final = 3
"""Equal findings about two files are reported one by one, those about more in one sentence."""

_Key = tuple[str, Placement]


def read_session(path: Path | str, *, places: Mapping[str, Placement] | None = None) -> Session:
    """Read a session; units and times are repaired, and every repair is a finding.

    Parameters
    ----------
    path
        A plain session folder, a recorded session, or a folder of Movella DOT or Xsens MT exports.
    places
        Placements by file name, by ``folder/file`` or by the tag of the sensor, for files that do
        not show where the sensor was worn.

    Returns
    -------
    Session
        Recordings with repaired streams, each at its own rate.

    Raises
    ------
    InputError
        If the session cannot be used; the message names the file or folder.
    """
    folder = Path(path)
    if folder.name in {"", ".."}:
        folder = folder.resolve()
    _check_folder(folder)
    read = _read_recorded if is_recorded_session(folder) else _read_sensor_folders
    return read(folder, places or {})


def read_sensor_file(file: Path | str) -> SensorStream:
    """Read a single sensor file, for instance that of a calibration.

    Parameters
    ----------
    file
        Sensor file in any format that a session may hold; a plain file may have any name.

    Returns
    -------
    SensorStream
        Repaired samples.

    Raises
    ------
    InputError
        If the file cannot be used.
    """
    path = Path(file)
    if not is_regular(path):
        raise InputError(f"There is no sensor file '{shown_path(path)}'. Check the name.")
    lower = path.name.lower()
    matching = (
        file_format
        for file_format in FILE_FORMATS
        if lower.endswith(file_format.suffixes) and file_format.matches(path)
    )
    file_format = next(matching, PLAIN_SESSION)
    raws, _ = file_format.read({Placement.PELVIS: path})
    streams, _ = repair_streams(raws)
    return streams[Placement.PELVIS]


def _read_recorded(folder: Path, places: Mapping[str, Placement]) -> Session:
    if places:
        raise InputError(
            f"{folder}: a recorded session already says where its sensors were worn. Leave out "
            f"--place for {printable(', '.join(places), most=300)}."
        )
    session = read_recorded_session(folder)
    _log.info("recorded session, %d sensors", len(session.recordings[0].streams))
    _check_worn(folder, [recording.streams for recording in session.recordings], unplaced=())
    return session


def _read_sensor_folders(folder: Path, places: Mapping[str, Placement]) -> Session:
    session_file = read_session_toml(folder)
    sources, findings = find_recordings(
        folder, formats=FILE_FORMATS, entries=session_file.entries, places=places
    )
    unplaced = [file for source in sources for file in source.unplaced]
    _check_worn(folder, [source.files for source in sources], unplaced=unplaced)
    raws, reading_findings = _read_samples(sources)
    streams, repairs = repair_streams(raws)
    findings = (*session_file.findings, *findings, *reading_findings)
    for (name, place), repair_findings in repairs.items():
        findings += _about(repair_findings, name, place)
    for source in sources:
        _log.info(
            "recording '%s': %s, %d sensors", source.name, source.file_format.name,
            len(source.files),
        )  # fmt: skip
    for finding in findings:
        _log.info("%s: %s", finding.code, finding.message)
    recordings = []
    for source in sources:
        streams_of_recording = {
            place: replace(stream, sensor_id=session_file.sensors.get(place, stream.sensor_id))
            for (name, place), stream in streams.items()
            if name == source.name
        }
        recording, task_findings = _recording(folder, source, streams_of_recording)
        recordings.append(recording)
        findings += (*task_findings, *check_together(recording))
    formats = ", ".join(dict.fromkeys(source.file_format.name for source in sources))
    merged = _merge_equal_findings(findings, sources=_names_in_messages(sources))
    return Session(session_file.info, tuple(recordings), formats, merged)


def _check_folder(folder: Path) -> None:
    name = shown_path(folder)
    if is_folder(folder):
        if not (str(folder).isprintable() and folder.resolve().name.isprintable()):
            raise InputError(
                f"The name of {name} holds characters that cannot be shown. Rename it."
            )
        return
    if exists(folder):
        parent = shown_path(folder.parent)
        raise InputError(f"{name} is a file. Give its folder '{parent}' instead.")
    raise InputError(f"There is no folder {name}. Give a folder with sensor files.")


def _check_worn(
    folder: Path, worn_in: Sequence[Iterable[Placement]], *, unplaced: Sequence[Path]
) -> None:
    """Raise unless a recording has a thigh and the shank of the same side."""
    if any(_has_leg(places) for places in worn_in):
        return
    worn = sorted({place for places in worn_in for place in places})
    found = f"only {', '.join(worn)}" if worn else "no sensor with a known placement"
    advice = "Add the missing file, such as shank_right.csv."
    if unplaced:
        found += f" and, without a placement, {', '.join(file.name for file in unplaced[:6])}"
        advice = f"Say where the others were worn with {place_hint(unplaced[0])}."
    raise InputError(
        f"{folder}: an analysis needs at least a thigh and the shank of the same side, but there "
        f"is {found}. {advice}"
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
        samples, file_findings = source.file_format.read(source.files)
        raws.update({(source.name, place): raw for place, raw in samples.items()})
        findings += _about((*source.findings, *file_findings), source.name)
    return raws, findings


def _recording(
    folder: Path, source: RecordingSource, streams: Mapping[Placement, SensorStream]
) -> tuple[Recording, tuple[Finding, ...]]:
    start_s = min(float(stream.time_s[0]) for stream in streams.values())
    end_s = max(float(stream.time_s[-1]) for stream in streams.values())
    findings: list[Finding] = []
    tasks = []
    for task in source.tasks:
        cut = replace(task, start_s=max(task.start_s, start_s), end_s=min(task.end_s, end_s))
        if cut.start_s >= cut.end_s:
            raise InputError(
                f"{folder.name}/{SESSION_FILE}: the task '{task.task}' ({task.start_s:.2f} to "
                f"{task.end_s:.2f} s) is not inside the recording '{source.name}' ({start_s:.2f} "
                f"to {end_s:.2f} s). Correct its times."
            )
        tasks.append(cut)
        findings += _cut_task(source.name, task, cut)
    if not _has_leg(streams):
        message = (
            f"Recording '{source.name}' lacks a thigh or the shank of the same side, so there are "
            "no joint angles for it."
        )
        findings.append(Finding(Severity.WARNING, "leg_incomplete", message, source.name))
    return Recording(source.name, streams, tuple(tasks)), tuple(findings)


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
    """Add the recording and the placement that findings are about."""
    return tuple(
        replace(finding, recording=name, placement=finding.placement or place)
        for finding in findings
    )


def _names_in_messages(sources: Sequence[RecordingSource]) -> tuple[str, ...]:
    """List what messages may start with: the files and folders of the recordings."""
    files = [shown(file) for source in sources for file in source.files.values()]
    folders = [source.folder.name for source in sources]
    return tuple(dict.fromkeys((*files, *folders)))


def _merge_equal_findings(
    findings: Iterable[Finding], *, sources: Sequence[str]
) -> tuple[Finding, ...]:
    """Merge findings that say the same about several files, in the order of their first one.

    Such messages have the form ``file: what``, with one of `sources` as the file. A merged one
    gives the number of files and the first two names; it keeps recording and placement if all
    share them.

    Examples
    --------
    >>> notes = [Finding(Severity.NOTE, "x", f"{n}.csv: odd.", "walk") for n in "abcd"]
    >>> _merge_equal_findings(notes, sources=[f"{n}.csv" for n in "abcd"])[0].message
    '4 files (a.csv, b.csv, ...): odd.'
    """
    groups: dict[tuple[str, str, str], list[tuple[str, Finding]]] = {}
    for finding in findings:
        file, what = _split(finding.message, sources)
        groups.setdefault((str(finding.severity), finding.code, what), []).append((file, finding))
    merged: list[Finding] = []
    for (_, _, what), pairs in groups.items():
        files = list(dict.fromkeys(file for file, _ in pairs))
        equal = [finding for _, finding in pairs]
        merged += [_merged(files, what, equal)] if len(files) >= _FEWEST_MERGED else equal
    return tuple(merged)


def _split(message: str, sources: Sequence[str]) -> tuple[str, str]:
    """Split a message into the file, empty if it names none, and what is said about it."""
    named = [source for source in sources if message.startswith(f"{source}: ")]
    file = max(named, key=len, default="")
    return (file, message[len(file) + 2 :]) if file else ("", message)


def _merged(files: list[str], what: str, equal: list[Finding]) -> Finding:
    recordings = {finding.recording for finding in equal}
    placements = {finding.placement for finding in equal}
    return replace(
        equal[0],
        message=f"{len(files)} files ({files[0]}, {files[1]}, ...): {what}",
        recording=recordings.pop() if len(recordings) == 1 else None,
        placement=placements.pop() if len(placements) == 1 else None,
    )
