"""Which folders are recordings, which files are sensors, and where each sensor was worn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from imu_valgus.conventions import SESSION_FILE
from imu_valgus.errors import InputError
from imu_valgus.io.places import file_stem, given_place, place_in_words, segment_in_words
from imu_valgus.io.sensor_file import SensorFileFormat
from imu_valgus.io.session_toml import RecordingEntry
from imu_valgus.io.text_table import shown
from imu_valgus.model import Finding, Placement, Severity, TaskSpan

_TABLE_SUFFIXES: Final = (".csv", ".csv.gz", ".txt", ".txt.gz")


@dataclass(slots=True)
class RecordingSource:
    """One recording before its samples are read.

    Parameters
    ----------
    name
        Of the recording.
    folder
        That holds its sensor files.
    file_format
        Of all its sensor files.
    files
        By placement.
    unplaced
        Sensor files whose placement could not be told.
    tasks
        Labelled spans.
    findings
        What was understood from names or left out.
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
        The session.
    formats
        In the order in which they are tried.
    entries
        Of the session file; without any, the folder itself or every sub-folder that holds sensor
        files is a recording, in name order.
    places
        Given by the person.

    Returns
    -------
    list of RecordingSource
        At least one.
    tuple of Finding
        Folders and files that were left out.

    Raises
    ------
    InputError
        If there are no sensor files, a listed folder is missing, formats are mixed in one folder,
        two files are of one placement, or `places` names a file that is not there.
    """
    sources = []
    for entry in entries or _entries_by_content(folder, formats):
        place = folder / entry.folder
        if not place.is_dir():
            raise InputError(
                f"{folder.name}/{SESSION_FILE}: expected the folder '{entry.folder}' of a "
                f"recording, found none; correct its name or remove the entry."
            )
        found = _sensor_files(place, formats)
        if not found:
            raise _no_sensor_files(place)
        name = folder.resolve().name if entry.folder == "." else entry.folder
        sources.append(_source(name, place, found, places, entry.tasks))
    if not sources:
        raise _no_sensor_files(folder)
    names = [source.name for source in sources]
    if len(set(names)) < len(names):
        raise InputError(
            f"{folder.name}/{SESSION_FILE}: expected recordings of different names, found the "
            f"session's own folder and a sub-folder of the same name; rename one of them."
        )
    _check_given_places(places, sources)
    return sources, _left_out(folder, sources, formats)


def place_hint(file: Path) -> str:
    """Say how a placement is given on the command line."""
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
    return [child for child in _listed(folder) if child.is_dir()]


def _listed(folder: Path) -> list[Path]:
    try:
        children = sorted(folder.iterdir())
    except OSError as error:
        raise InputError(
            f"{folder}: expected a readable folder, found no access ({error.strerror}); "
            f"check its permissions."
        ) from error
    return [child for child in children if not child.name.startswith(".")]


def _sensor_files(
    folder: Path, formats: Sequence[SensorFileFormat]
) -> list[tuple[Path, SensorFileFormat]]:
    found = []
    for file in _listed(folder):
        lower = file.name.lower()
        if not lower.endswith(_TABLE_SUFFIXES) or not file.is_file():
            continue
        for one in formats:
            if lower.endswith(one.suffixes) and one.matches(file):
                found.append((file, one))
                break
    return found


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
                f"{folder.name}: expected sensor files of one format, found {first_file.name} "
                f"({file_format.name}) and {file.name} ({other.name}); use one folder for each."
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
            message = f"{shown(file)} was taken as the {placement.words} by its name or tag."
            source.findings.append(Finding(Severity.NOTE, "placed_by_name", message))
    if placement is None:
        source.unplaced.append(file)
        message = (
            f"{shown(file)} was left out, since its name does not tell where the sensor was worn; "
            f"add {place_hint(file)} to use it."
        )
        source.findings.append(Finding(Severity.NOTE, "sensor_not_placed", message))
        return
    if placement in source.files:
        raise InputError(
            f"{shown(file)}: expected one file for the {placement.words}, found also "
            f"{source.files[placement].name}; remove or rename one of them."
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
        f"{shown(file)} is named {placement} but its sensor is tagged '{tag}'; the file name was "
        f"followed, so check that files were not exchanged."
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
                f"--place {name}={placement}: expected the name of a sensor file or tag, found "
                f"only {names}; correct the name."
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
        message = f"{folder.name}: not read, though they hold sensor files: {', '.join(unused)}."
        findings.append(Finding(Severity.WARNING, "folders_left_out", message))
    used = {file for source in sources for file in (*source.files.values(), *source.unplaced)}
    others = sorted(
        {
            file.name
            for place in used_folders
            for file in _listed(place)
            if file.name.lower().endswith(_TABLE_SUFFIXES) and file not in used
        }
    )
    if others:
        message = f"{folder.name}: files that are not sensor files were not read: " + ", ".join(
            others[:12]
        )
        findings.append(Finding(Severity.NOTE, "files_left_out", f"{message}."))
    return tuple(findings)


def _no_sensor_files(folder: Path) -> InputError:
    return InputError(
        f"{folder}: expected sensor files named like their placement (such as thigh_right.csv and "
        f"shank_right.csv) or exports of Movella DOT or Xsens MT, found none; check the folder."
    )
