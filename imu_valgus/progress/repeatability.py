"""How much a person's own measures vary from session to session when nothing has changed.

The standard error of measurement (SEM) is the root of the pooled variance within the person. The
minimal detectable change (MDC95) is the most that two sessions differ by, 19 times in 20, when
nothing has changed (Weir 2005, doi:10.1519/15184.1).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import chdtri, stdtrit

from imu_valgus.errors import InputError

Z95: Final = 1.959963984540054
"""97.5 % quantile of the normal distribution."""

ASSUMED_SEM: Final = {"deg": 2.5, "points": 8.0}
"""Spread used where none has been measured, by unit; always marked as assumed.

2.5 degrees: in the lower half of the 2 to 4 degrees found for single-leg squats filmed from the
front (Gwynne and Curran 2014); a choice, not a measurement of these sensors.
8 points of the step-up score follow from 2.5 degrees in each of its angles by simulation.
Other units have no default.
"""

_ROUNDING: Final = 1e-9
FEWEST_DF: Final = 2
"""With one degree of freedom the interval of the SEM spans a factor of seventy."""


@dataclass(frozen=True, slots=True)
class Repeatability:
    """Session-to-session spread of one measure, and what follows from it.

    Parameters
    ----------
    sem
        Standard error of measurement, in the measure's unit.
    low, high
        95 % interval of the SEM; NaN when assumed.
    df
        Degrees of freedom of the SEM; 0 when assumed.
    """

    sem: float
    low: float
    high: float
    df: int

    @property
    def is_assumed(self) -> bool:
        """Whether it is a default and not the person's own."""
        return self.df == 0

    @property
    def t95(self) -> float:
        """Student's t for 95 % of differences; 1.96 where the spread is assumed."""
        return Z95 if self.is_assumed else float(stdtrit(self.df, 0.975))

    @property
    def mdc_single(self) -> float:
        """Minimal detectable change between two single sessions."""
        return self.mdc_blocks(1, 1)

    def mdc_blocks(self, n_before: int, n_after: int) -> float:
        """Return the minimal detectable change between the means of two blocks of sessions.

        Examples
        --------
        >>> spread = Repeatability(3.0, float("nan"), float("nan"), 0)
        >>> round(spread.mdc_single, 1), round(spread.mdc_blocks(3, 3), 1)
        (8.3, 4.8)
        """
        return Z95 * self.sem * math.sqrt(1.0 / n_before + 1.0 / n_after)

    def half_width(self, n_before: int, n_after: int) -> float:
        """Return half of the 95 % interval of a difference of means with no other known spread.

        It is wider than the MDC when the SEM rests on few sessions: Student's t instead of 1.96.
        """
        return self.mdc_blocks(n_before, n_after) * self.t95 / Z95

    def words(self, unit: str) -> str:
        """Return the spread in one sentence.

        Examples
        --------
        >>> Repeatability(2.5, float("nan"), float("nan"), 0).words("deg")
        'Session-to-session spread 2.5 deg (assumed, not yet measured for this person).'
        """
        text = f"Session-to-session spread {self.sem:.1f} {unit}"
        if self.is_assumed:
            return f"{text} (assumed, not yet measured for this person)."
        return f"{text} (own; 95 % interval {self.low:.1f} to {self.high:.1f})."


def assumed_repeatability(unit: str) -> Repeatability | None:
    """Return the default of a unit.

    Parameters
    ----------
    unit
        Unit of the measure.

    Returns
    -------
    Repeatability or None
        Marked as assumed; None where there is no honest default.
    """
    sem = ASSUMED_SEM.get(unit)
    return None if sem is None else Repeatability(sem, math.nan, math.nan, 0)


def estimate_repeatability(groups: Sequence[Sequence[float]]) -> Repeatability:
    """Pool the variance within groups of repeat sessions of one person.

    Parameters
    ----------
    groups
        Values of sessions between which nothing changed, in one or more groups (re-donnings of
        one day; days without training). A group of one adds nothing.

    Returns
    -------
    Repeatability
        The SEM with its chi-square interval.

    Raises
    ------
    InputError
        If there are too few sessions, or all values are the same.
    """
    arrays = [np.asarray(group, dtype=np.float64) for group in groups]
    squares = sum(float(((group - group.mean()) ** 2).sum()) for group in arrays if group.size)
    df = sum(max(group.size - 1, 0) for group in arrays)
    if df < FEWEST_DF:
        raise InputError(
            f"The spread needs at least {FEWEST_DF + 1} repeat sessions under the same conditions; "
            f"there are {max((group.size for group in arrays), default=0)}. Record more, without "
            "training in between."
        )
    # Rounding between equal values is not a spread.
    size = max((float(np.abs(group).max()) for group in arrays if group.size), default=0.0)
    if not squares > (_ROUNDING * size) ** 2:
        raise InputError(
            "All repeat sessions have exactly the same value. Check whether one "
            "session was stored several times."
        )
    sem = math.sqrt(squares / df)
    low = sem * math.sqrt(df / float(chdtri(df, 0.025)))
    high = sem * math.sqrt(df / float(chdtri(df, 0.975)))
    return Repeatability(sem, low, high, df)
