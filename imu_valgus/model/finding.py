"""Findings: what a stage repaired, doubts or withholds."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from imu_valgus.model.placement import Placement


class Severity(StrEnum):
    """How much a finding matters."""

    NOTE = "note"
    """Repaired, or good to know; the results stand."""
    WARNING = "warning"
    """Results are given but doubtful."""
    WITHHELD = "withheld"
    """A result is not given because of this (exit code 3)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about the data, with the recording and sensor it is about.

    Parameters
    ----------
    severity
        How much it matters.
    code
        Stable snake_case name for programs.
    message
        One sentence: what was found, and what was done or should be done.
    recording
        Name of the recording; None for the whole session.
    placement
        Placement of the sensor; None for all sensors.
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


def worst_grade(grades: Iterable[Grade]) -> Grade:
    """Return the worst of several grades.

    Parameters
    ----------
    grades
        Grades in any order.

    Returns
    -------
    Grade
        The worst; good when there are none.

    Examples
    --------
    >>> worst_grade([Grade.GOOD, Grade.FAIR])
    <Grade.FAIR: 'fair'>
    """
    return max(grades, key=list(Grade).index, default=Grade.GOOD)
