"""Define the step-up alignment score ``sas-1``: degrees become points, and points a score.

The anchors are published means of single-leg squats, step-downs and jumps, mostly of young women:
hip adduction of controls and of people with patellofemoral pain (Nakagawa et al. 2012, J Orthop
Sports Phys Ther 42:491), hip internal rotation (Souza and Powers 2009), and the frontal-plane
projection angle (Herrington 2014; men: Ghulam et al. 2021). A value up to the mean of the controls
gets full points. A value from the mean of the others plus one standard deviation gets none (for
men's projection angle this zero is our own choice). A step of 10 cm is easier than those tasks, so
scores crowd near the top. The score has not been validated against raters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from imu_valgus.model import FloatArray

SCORE_ID: Final = "sas-1"

LEAST_REPETITIONS: Final = 8

KNEE_OVER_FOOT_BORDER_DEG: Final = float(np.degrees(np.arctan2(3.5, 42.0)))
"""Shank tilt that moves the tibial tuberosity (42 cm above the floor) by 3.5 cm, from above the
second toe to above the medial border of the foot: about 4.8 degrees. Both lengths are part of the
score's definition; the item itself is the knee item of Piva et al. (2006), PMC1557500."""

_RESAMPLES: Final = 2000
_SEED: Final = 20_260_101


@dataclass(frozen=True, slots=True)
class Anchor:
    """One component of the score.

    Parameters
    ----------
    key
        Key of the component in the specification.
    measure
        Name of the measure that gives the points.
    words
        Name of the component in words.
    full, zero
        Values up to `full` get all points, values from `zero` none.
    weight
        Share of the score, out of 100.
    unit
        "deg", or "" for a count.
    is_stepped
        Whether values between `full` and `zero` get half the points instead of a slope, as in a
        rater's item.
    """

    key: str
    measure: str
    words: str
    full: float
    zero: float
    weight: float
    unit: str = "deg"
    is_stepped: bool = False

    def points(self, value: FloatArray) -> FloatArray:
        """Turn values of the measure into points of 0 to 100; NaN where a value is not known.

        Examples
        --------
        >>> anchors_for(None)[1].points(np.array([1.2, 7.9, 30.0])).round(1)
        array([100.,  50.,   0.])
        >>> anchors_for(None)[3].points(np.array([-1.0, 3.0, 5.0]))
        array([100.,  50.,   0.])
        """
        value = np.asarray(value, dtype=np.float64)
        if self.is_stepped:
            classes = np.select([value <= self.full, value <= self.zero], [100.0, 50.0], 0.0)
            return np.where(np.isnan(value), np.nan, classes)
        lost = (value - self.full) / (self.zero - self.full)
        return np.asarray(100.0 * (1.0 - np.clip(lost, 0.0, 1.0)))


def anchors_for(sex: str | None) -> tuple[Anchor, ...]:
    """Return the components of ``sas-1``.

    Parameters
    ----------
    sex
        ``"male"`` uses the men's anchors of the projection angle. Anything else uses the women's,
        on which the other anchors are based too.

    Returns
    -------
    tuple of Anchor
        Components with their weights in percent, which add up to 100.
    """
    projection = (7.0, 20.0) if sex == "male" else (8.4, 22.2)
    border = KNEE_OVER_FOOT_BORDER_DEG
    return (
        Anchor("A1", "hip_adduction", "hip adduction", 10.8, 22.6, 20.0),
        Anchor("A2", "hip_internal_rotation", "hip internal rotation", 1.2, 14.6, 20.0),
        Anchor("A3", "frontal_projection", "frontal projection angle", *projection, 30.0),
        Anchor("K", "shank_medial_tilt", "knee over foot", 0.0, border, 20.0, is_stepped=True),
        Anchor("S", "reversals", "sideways reversals of the knee", 0.0, 4.0, 10.0, unit=""),
        Anchor("T", "tibial_external_rotation", "tibial external rotation", 0.0, np.inf, 0.0),
    )


def component_points(values: Mapping[str, FloatArray], *, sex: str | None) -> dict[str, FloatArray]:
    """Give points to each scored component and repetition.

    Parameters
    ----------
    values
        Value of each repetition by name of the measure, shape (k,).
    sex
        Selects the anchors, see `anchors_for`.

    Returns
    -------
    dict of ndarray
        Points by key of the component; components without weight or values are left out.
    """
    return {
        anchor.key: anchor.points(values[anchor.measure])
        for anchor in anchors_for(sex)
        if anchor.weight > 0.0 and anchor.measure in values
    }


def repetition_scores(points: Mapping[str, FloatArray], *, sex: str | None) -> FloatArray:
    """Score each repetition by the weighted mean of the known components.

    Parameters
    ----------
    points
        Points from `component_points`, shape (k,) each.
    sex
        Selects the anchors, see `anchors_for`.

    Returns
    -------
    ndarray, shape (k,)
        0 to 100; NaN where no component is known.
    """
    weights = {anchor.key: anchor.weight for anchor in anchors_for(sex)}
    table = np.array([points[key] for key in points])
    weight = np.array([weights[key] for key in points])[:, None] * np.isfinite(table)
    total = weight.sum(axis=0)
    sums = (weight * np.nan_to_num(table)).sum(axis=0)
    return np.where(total > 0.0, sums / np.where(total > 0.0, total, 1.0), np.nan)


def median_interval(scores: Sequence[float] | FloatArray) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the median, always with the same draws.

    Repetitions of one session are not independent samples of the person, so the interval is about
    this session only.

    Parameters
    ----------
    scores
        Scores of the valid repetitions, shape (k,).

    Returns
    -------
    tuple of float
        2.5 and 97.5 percent points of the resampled medians.

    Examples
    --------
    >>> median_interval([70.0] * 8)
    (70.0, 70.0)
    """
    values = np.asarray(scores, dtype=np.float64)
    rng = np.random.default_rng(_SEED)
    medians = np.median(rng.choice(values, size=(_RESAMPLES, values.size)), axis=1)
    low, high = np.percentile(medians, [2.5, 97.5])
    return float(low), float(high)
