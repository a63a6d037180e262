"""What a stage has to tell the person: repaired, doubtful or withheld."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from imu_valgus.model.placement import Placement


class Severity(StrEnum):
    """How much a finding matters."""

    NOTE = "note"
    """Repaired, or good to know; results stand."""
    WARNING = "warning"
    """Results are given but doubtful."""
    WITHHELD = "withheld"
    """A result is not given because of this (exit code 3)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about the data, and what it is about.

    Parameters
    ----------
    severity
        How much it matters.
    code
        Stable name for programs, in snake_case.
    message
        One sentence: what was found and what was done or is to be done.
    recording
        Name of the recording, None for the whole session.
    placement
        The sensor, None for all.
    """

    severity: Severity
    code: str
    message: str
    recording: str | None = None
    placement: Placement | None = None


class Grade(StrEnum):
    """How far something can be trusted."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


_ORDER = (Grade.GOOD, Grade.FAIR, Grade.POOR)


def worst_grade(grades: Iterable[Grade]) -> Grade:
    """Return the worst of several grades; good when there are none.

    Examples
    --------
    >>> worst_grade([Grade.GOOD, Grade.FAIR])
    <Grade.FAIR: 'fair'>
    """
    return max(grades, key=_ORDER.index, default=Grade.GOOD)
