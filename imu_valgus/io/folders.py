"""Finds the recordings of a session: their folders, their sensor files, and the placements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from imu_valgus.conventions import SESSION_FILE
from imu_valgus.errors import InputError
from imu_valgus.io.places import file_stem, given_place, place_in_words, segment_in_words
from imu_valgus.io.regular_file import is_folder, is_regular, printable, shown, shown_path
from imu_valgus.io.sensor_file import SensorFileFormat
from imu_valgus.io.session_toml import RecordingEntry
from imu_valgus.model import Finding, Placement, Severity, TaskSpan

_TABLE_SUFFIXES: Final = (".csv", ".csv.gz", ".txt", ".txt.gz")


@dataclass(slots=True)
class RecordingSource:
    """One recording before its samples are read.

    Parameters
    ----------
    name
        Name of the recording.
    folder
        Folder that holds its sensor files.
    file_format
        Format of all its sensor files.
    files
        Sensor files by placement.
    unplaced
        Sensor files whose placement is not known.
    tasks
        Labelled spans.
    findings
        Placements that were taken from names, and files that were left out.
    """

    name: str
    folder: Path
    file_format: SensorFileFormat
    files: dict[Placement, Path] = field(default_factory=dict)
    unplaced: list[Path] = field(default_factory=list)
    tasks: tuple[TaskSpan, ...] = ()
    findings: list[Finding] = field(default_factory=list)


def find_recordings(
    folder: Path,
    *,
    formats: Sequence[SensorFileFormat],
    entries: Sequence[RecordingEntry] = (),
    places: Mapping[str, Placement],
) -> tuple[list[RecordingSource], tuple[Finding, ...]]:
    """Find the recordings of a session and place their sensors.

    Parameters
    ----------
    folder
        Folder of the session.
    formats
        Formats in the order in which they are tried.
    entries
        Recordings listed in the session file. If it lists none, the folder itself or every
        sub-folder with sensor files is a recording, in order of name.
    places
        Placements given by the person; see `places.given_place`.

    Returns
    -------
    list of RecordingSource
        At least one.
    tuple of Finding
        Folders and files that were left out.

    Raises
    ------
    InputError
        If there are no sensor files, a listed folder is missing, a file lies outside of the
        session or has a name that cannot be shown, a folder mixes formats, two files have the same
        placement, or `places` names a file that is not there.
    """
    sources = []
    for entry in entries or _entries_by_content(folder, formats):
        place = folder / entry.folder
        if not is_folder(place):
            raise InputError(
                f"{folder.name}/{SESSION_FILE}: the folder '{entry.folder}' of a recording does "
                "not exist. Correct its name or remove the entry."
            )
        found = _sensor_files(place, formats)
        if not found:
            raise _no_sensor_files(place)
        for file, _ in found:
            _check_file(file, folder)
        name = folder.resolve().name if entry.folder == "." else entry.folder
        sources.append(_source(name, place, found, places, entry.tasks))
    if not sources:
        raise _no_sensor_files(folder)
    names = [source.name for source in sources]
    if len(set(names)) < len(names):
        raise InputError(
            f"{folder.name}/{SESSION_FILE}: the folder of the session and one of its sub-folders "
            "are recordings with the same name. Rename one of them."
        )
    _check_given_places(places, sources)
    return sources, _left_out(folder, sources, formats)


def place_hint(file: Path) -> str:
    """Show how to give the placement of a file on the command line.

    Parameters
    ----------
    file
        Sensor file without a placement.

    Returns
    -------
    str
        The option with an example and all placements.
    """
    return f"--place {file.name}=thigh_right (one of {', '.join(Placement)})"


def _entries_by_content(
    folder: Path, formats: Sequence[SensorFileFormat]
) -> tuple[RecordingEntry, ...]:
    if _sensor_files(folder, formats):
        return (RecordingEntry(".", ()),)
    return tuple(
        RecordingEntry(child.name, ())
        for child in _sub_folders(folder)
        if _sensor_files(child, formats)
    )


def _sub_folders(folder: Path) -> list[Path]:
    return [child for child in _children(folder) if is_folder(child)]


def _children(folder: Path) -> list[Path]:
    try:
        children = sorted(folder.iterdir())
    except OSError as error:
        raise InputError(
            f"The folder {shown_path(folder)} cannot be read ({error.strerror}). "
            "Check its permissions."
        ) from error
    return [child for child in children if not child.name.startswith(".")]


def _sensor_files(
    folder: Path, formats: Sequence[SensorFileFormat]
) -> list[tuple[Path, SensorFileFormat]]:
    found = []
    for file in _children(folder):
        lower = file.name.lower()
        if not lower.endswith(_TABLE_SUFFIXES) or not is_regular(file):
            continue
        for file_format in formats:
            if lower.endswith(file_format.suffixes) and file_format.matches(file):
                found.append((file, file_format))
                break
    return found


def _check_file(file: Path, folder: Path) -> None:
    """Raise if a sensor file lies outside of the session, or results could not name it."""
    if not is_regular(file, inside=folder):
        raise InputError(
            f"{shown(file)} is a link that leads out of the session. Copy the file itself there."
        )
    if not (file.name.isprintable() and file.parent.name.isprintable()):
        raise InputError(
            f"{shown(file)}: the name holds characters that cannot be shown. Rename the file or "
            "its folder."
        )


def _source(
    name: str,
    folder: Path,
    found: Sequence[tuple[Path, SensorFileFormat]],
    places: Mapping[str, Placement],
    tasks: tuple[TaskSpan, ...],
) -> RecordingSource:
    first_file, file_format = found[0]
    for file, other in found:
        if other is not file_format:
            raise InputError(
                f"{folder.name}: the folder mixes formats: {first_file.name} ({file_format.name}) "
                f"and {file.name} ({other.name}). Use one folder for each format."
            )
    source = RecordingSource(name, folder, file_format, tasks=tasks)
    for file, _ in found:
        _place(source, file, places)
    return source


def _place(source: RecordingSource, file: Path, places: Mapping[str, Placement]) -> None:
    tag = source.file_format.tag(file)
    placement = given_place(file, places, sensor_id=tag)
    if placement is None and file_stem(file) in list(Placement):
        placement = Placement(file_stem(file))
        source.findings += _contradiction(file, tag, placement)
    if placement is None:
        placement = _place_by_words(file_stem(file), tag)
        if placement is not None:
            message = (
                f"{shown(file)} was used for the {placement.words} because of its name or tag."
            )
            source.findings.append(Finding(Severity.NOTE, "placed_by_name", message))
    if placement is None:
        source.unplaced.append(file)
        message = (
            f"{shown(file)} was left out, since its name does not say where the sensor was worn. "
            f"To use it, add {place_hint(file)}."
        )
        source.findings.append(Finding(Severity.NOTE, "sensor_not_placed", message))
        return
    if placement in source.files:
        raise InputError(
            f"{shown(file)}: there must be only one file for the {placement.words}, but there is "
            f"also {source.files[placement].name}. Remove or rename one of them."
        )
    source.files[placement] = file


def _place_by_words(stem: str, tag: str | None) -> Placement | None:
    texts = (stem,) if tag is None else (stem, tag, f"{stem} {tag}")
    return next((place for text in texts if (place := place_in_words(text))), None)


def _contradiction(file: Path, tag: str | None, placement: Placement) -> list[Finding]:
    segment = None if tag is None else segment_in_words(tag)
    if segment is None or segment is placement.segment:
        return []
    message = (
        f"{shown(file)} is named {placement}, but its sensor is tagged '{tag}'. The file name was "
        "used. Check that files were not exchanged."
    )
    return [Finding(Severity.WARNING, "name_and_tag_differ", message)]


def _check_given_places(
    places: Mapping[str, Placement], sources: Sequence[RecordingSource]
) -> None:
    files = [file for s in sources for file in (*s.files.values(), *s.unplaced)]
    tags = {s.file_format.tag(file) for s in sources for file in s.files.values()} - {None}
    for name, placement in places.items():
        is_used = name in tags or any(given_place(file, {name: placement}) for file in files)
        if not is_used:
            names = ", ".join(sorted({file.name for file in files})[:12])
            raise InputError(
                f"--place {name}={placement}: there is no sensor file or tag with this name, only "
                f"{names}. Correct the name."
            )


def _left_out(
    folder: Path, sources: Sequence[RecordingSource], formats: Sequence[SensorFileFormat]
) -> tuple[Finding, ...]:
    findings = []
    used_folders = {source.folder for source in sources}
    unused = [
        child.name
        for child in _sub_folders(folder)
        if child not in used_folders
        and not any(child in used.parents for used in used_folders)
        and _sensor_files(child, formats)
    ]
    if unused:
        names = printable(", ".join(unused), most=300)
        message = f"{folder.name}: sub-folders with sensor files were not read: {names}."
        findings.append(Finding(Severity.WARNING, "folders_left_out", message))
    used = {file for source in sources for file in (*source.files.values(), *source.unplaced)}
    others = sorted(
        {
            file.name
            for place in used_folders
            for file in _children(place)
            if file.name.lower().endswith(_TABLE_SUFFIXES) and file not in used
        }
    )
    if others:
        names = printable(", ".join(others[:12]), most=600)
        message = f"{folder.name}: files that are not sensor files were not read: {names}."
        findings.append(Finding(Severity.NOTE, "files_left_out", message))
    return tuple(findings)


def _no_sensor_files(folder: Path) -> InputError:
    return InputError(
        f"The folder {shown_path(folder)} holds no sensor files. Give a folder with files named "
        "like their placement (such as thigh_right.csv and shank_right.csv), or with exports "
        "of Movella DOT or Xsens MT."
    )
