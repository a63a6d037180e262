"""Finds out from the names of files and sensors where each sensor was worn."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from imu_valgus.model import Placement, Segment, Side

_SEGMENT_WORDS: Final = {
    Segment.PELVIS: ("pelvis", "sacrum", "hips", "lumbar"),
    Segment.THIGH: ("thigh", "femur", "upperleg", "upleg"),
    Segment.SHANK: ("shank", "tibia", "lowerleg", "lowleg", "calf"),
    Segment.FOOT: ("foot", "calcn", "shoe"),
}
_SIDE_WORDS: Final = {Side.RIGHT: ("right", "rt", "r"), Side.LEFT: ("left", "lt", "l")}


def file_stem(file: Path) -> str:
    """Return the name of a file without its extensions; other dots belong to the name.

    Parameters
    ----------
    file
        Sensor file.

    Returns
    -------
    str
        Name without ``.csv``, ``.txt`` and ``.gz``.

    Examples
    --------
    >>> file_stem(Path("walk/thigh_right.csv.gz"))
    'thigh_right'
    """
    name = file.name
    for suffix in (".gz", ".csv", ".txt"):
        if name.lower().endswith(suffix):
            name = name[: -len(suffix)]
    return name


def given_place(
    file: Path, places: Mapping[str, Placement], *, sensor_id: str | None = None
) -> Placement | None:
    """Look up the placement that the person gave for a file.

    Parameters
    ----------
    file
        Sensor file.
    places
        Placements by file name, file name without extension, path ending (``walk/a.csv``) or
        sensor id.
    sensor_id
        Tag or serial number in the file, None if there is none.

    Returns
    -------
    Placement or None
        None if the person gave none.
    """
    names = {file.name, file_stem(file), f"{file.parent.name}/{file.name}", str(file)}
    if sensor_id:
        names.add(sensor_id)
    return next((place for name, place in places.items() if name in names), None)


def place_in_words(text: str) -> Placement | None:
    """Find the placement in a name such as ``Right Thigh``, ``tibia_r`` or ``LeftUpperLeg``.

    Parameters
    ----------
    text
        File name without extension, or the tag of a sensor.

    Returns
    -------
    Placement or None
        None unless the text names exactly one segment and, except for the pelvis, one side.

    Examples
    --------
    >>> place_in_words("2024-12-09 Femur R")
    <Placement.THIGH_RIGHT: 'thigh_right'>
    >>> place_in_words("Tibia") is None
    True
    """
    segment, side = segment_in_words(text), _side_in_words(text)
    if segment is None or (segment is not Segment.PELVIS and side is None):
        return None
    return Placement.of(segment, side or Side.RIGHT)


def segment_in_words(text: str) -> Segment | None:
    """Find the segment in a name.

    Parameters
    ----------
    text
        File name without extension, or the tag of a sensor.

    Returns
    -------
    Segment or None
        None unless the text names exactly one segment.

    Examples
    --------
    >>> segment_in_words("Tibia")
    <Segment.SHANK: 'shank'>
    """
    joined = "".join(_words(text))
    found = {
        segment
        for segment, names in _SEGMENT_WORDS.items()
        if any(name in joined for name in names)
    }
    return found.pop() if len(found) == 1 else None


def _side_in_words(text: str) -> Side | None:
    words = _words(text)
    found = {side for side, names in _SIDE_WORDS.items() if any(name in words for name in names)}
    return found.pop() if len(found) == 1 else None


def _words(text: str) -> list[str]:
    """Split into lower-case words, also at capitals and digits (``LeftUpperLeg``, ``thigh-R2``)."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", text)]
