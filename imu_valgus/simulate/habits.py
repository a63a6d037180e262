"""Habits of a simulated person in step-ups, and how they change over weeks.

All amounts are our choices that make a plausible example. They are not taken from real people and
say nothing about how much training changes anyone.
"""

from dataclasses import astuple, dataclass
from datetime import date
from typing import Final

import numpy as np

from imu_valgus.model import FloatArray, Side

_LEARNING_TIME: Final = 0.4
"""Time constant of the change as a share of the weeks: people learn most of a habit early."""

_PAIN: Final = 0x9A1


@dataclass(frozen=True, slots=True)
class Excursions:
    """Excursions of one leg in a step-up while it carries the body, in degrees from standing.

    Parameters
    ----------
    hip_internal_rotation_deg, hip_adduction_deg
        Excursions of the hip.
    tibial_external_rotation_deg, knee_abduction_deg
        Excursions of the knee; abduction is valgus.
    """

    hip_internal_rotation_deg: float
    hip_adduction_deg: float
    tibial_external_rotation_deg: float
    knee_abduction_deg: float

    def blended(self, other: "Excursions", share: float) -> "Excursions":
        """Interpolate between these excursions (share 0) and others (share 1)."""
        return Excursions(*((1.0 - share) * self._row() + share * other._row()).tolist())

    def varied(self, rng: np.random.Generator, spread: "Excursions") -> "Excursions":
        """Draw the excursions of one day around these."""
        return Excursions(*(self._row() + spread._row() * rng.standard_normal(4)).tolist())

    def _row(self) -> FloatArray:
        return np.array(astuple(self), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class BothLegs:
    """Excursions of the two legs.

    Parameters
    ----------
    left, right
        Excursions of each leg.
    """

    left: Excursions
    right: Excursions

    def of(self, side: Side) -> Excursions:
        """Return the excursions of one leg."""
        return self.right if side is Side.RIGHT else self.left


HABIT_BEFORE: Final = BothLegs(
    left=Excursions(9.0, 10.0, 5.0, 3.0), right=Excursions(15.0, 14.0, 8.0, 6.0)
)
HABIT_AFTER: Final = BothLegs(
    left=Excursions(7.0, 8.5, 4.0, 2.5), right=Excursions(6.0, 9.0, 4.0, 3.0)
)
"""The right leg has more to gain and gains more."""

DAY_SPREAD: Final = Excursions(1.2, 1.0, 1.0, 0.7)
"""Standard deviation of the excursions of single days around the habit."""


def habit_on(day: date, *, start: date, weeks: int) -> BothLegs:
    """Return the habit of a person on a day.

    Parameters
    ----------
    day
        Any day.
    start, weeks
        First day and length of the programme. Nothing changes before and after it. In between, the
        habit goes from `HABIT_BEFORE` to `HABIT_AFTER`, fast at first and slower later (exponential
        approach), so the truth is not a straight line through the weeks.

    Returns
    -------
    BothLegs
        Excursions of the two legs.

    Examples
    --------
    >>> start = date(2025, 3, 3)
    >>> habit_on(start, start=start, weeks=6) == HABIT_BEFORE
    True
    >>> habit_on(date(2025, 6, 1), start=start, weeks=6) == HABIT_AFTER
    True
    """
    done = _share_done(day, start=start, weeks=weeks)
    share = float(np.expm1(-done / _LEARNING_TIME) / np.expm1(-1.0 / _LEARNING_TIME))
    return BothLegs(
        left=HABIT_BEFORE.left.blended(HABIT_AFTER.left, share),
        right=HABIT_BEFORE.right.blended(HABIT_AFTER.right, share),
    )


def pain_on(day: date, *, start: date, weeks: int, seed: int) -> int:
    """Draw the pain of a day: 2 before the start, then falling to about 1.

    Parameters
    ----------
    day
        Any day.
    start, weeks
        First day and length of the programme.
    seed
        Seed of the draw, together with the day.

    Returns
    -------
    int
        Pain from 0 to 3 on a scale to 10.
    """
    if day < start:
        return 2
    done = _share_done(day, start=start, weeks=weeks)
    rng = np.random.default_rng([seed, _PAIN, day.toordinal()])
    return round(float(np.clip(2.0 - done + rng.normal(0.0, 0.6), 0.0, 3.0)))


def _share_done(day: date, *, start: date, weeks: int) -> float:
    return float(np.clip((day - start).days / (7.0 * weeks), 0.0, 1.0))
