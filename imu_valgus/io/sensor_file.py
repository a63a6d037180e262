"""What every format of sensor files offers to the session reader."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from imu_valgus.errors import InputError
from imu_valgus.io.cleaning.raw import RawSamples
from imu_valgus.io.text_table import TableHead, printable, shown
from imu_valgus.model import Finding, Placement


@dataclass(frozen=True, slots=True)
class RecordingFiles:
    """Sensor files of one folder that belong to one format, with the placements known by now."""

    folder: Path
    files: Mapping[Placement, Path]


@dataclass(frozen=True, slots=True)
class SensorFileFormat:
    """One format of sensor files.

    Parameters
    ----------
    name
        In words, for messages and the report.
    suffixes
        Lower-case file name endings.
    matches
        Whether a file of such a name is in this format; looks at its head only.
    read
        Reads the files of one recording onto one clock.
    tag
        What a file says about its sensor (a tag or serial number); None where it says nothing.
    """

    name: str
    suffixes: tuple[str, ...]
    matches: Callable[[Path], bool]
    read: Callable[
        [Mapping[Placement, Path]], tuple[dict[Placement, RawSamples], tuple[Finding, ...]]
    ]
    tag: Callable[[Path], str | None]


def check_columns(file: Path, head: TableHead, needed: Sequence[str], *, advice: str) -> None:
    """Raise one sentence where columns are missing or misnamed.

    Raises
    ------
    InputError
        Naming the file, the columns that are missing and those that were found.
    """
    missing = [name for name in needed if name not in head.columns]
    if missing:
        found = ", ".join(printable(name)[:30] for name in head.columns[:14])
        raise InputError(
            f"{shown(file)}: expected the columns {', '.join(missing)}, found only {found}; "
            f"{advice}."
        )
