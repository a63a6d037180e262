"""What the progress chart shows: intervals, trend ribbon, and how far its scales go."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from matplotlib.ticker import MaxNLocator
from scipy.special import stdtrit

from imu_valgus.model import FloatArray
from imu_valgus.model.programme import Programme
from imu_valgus.model.progress import Measure
from imu_valgus.plots.style import Extent
from imu_valgus.plots.weeks import phase_spans, week_limits
from imu_valgus.progress.course_types import WEEK, MeasureCourse

__all__ = [
    "LEFT_PT",
    "RIGHT_PT",
    "TrendBand",
    "ValueTicks",
    "course_limits",
    "origin_of",
    "session_half_width",
    "trend_bands",
    "value_limits",
    "value_ticks",
]

LEFT_PT: Final = 30.0
"""Room for figures left of every chart of weeks: the same, so that weeks stand below weeks."""

RIGHT_PT: Final = 8.0


def session_half_width(measure: Measure) -> float:
    """Half of the 95 % interval of a session's figure from the spread within that session.

    Student's t times the standard error of the mean of its n repetitions or strides; of a median,
    √(π/2) times as much, which is what a median of many normal values loses against their mean.
    It says how well this session's figure is known, not how well sessions agree: putting the
    sensors on again is not in it, and repetitions of a session are not independent.

    Returns
    -------
    float
        NaN where the spread is not known or zero.
    """
    if measure.n < 2 or not measure.sd > 0.0 or not math.isfinite(measure.sd):
        return math.nan
    widening = math.sqrt(0.5 * math.pi) if measure.repetitions else 1.0
    factor = float(stdtrit(measure.n - 1, 0.975))
    return widening * factor * measure.sd / math.sqrt(measure.n)


def origin_of(course: MeasureCourse) -> datetime | None:
    """Week 0 of a measure's points, None without points."""
    if not course.points:
        return None
    first = course.points[0]
    return first.session.recorded_at - first.weeks * WEEK


def course_limits(
    course: MeasureCourse, programme: Programme | None = None
) -> tuple[float, float] | None:
    """First and last week that the chart of this measure shows, None without points.

    Pass the same limits to charts that stand beside or below each other.
    """
    origin = origin_of(course)
    if origin is None:
        return None
    return week_limits([p.weeks for p in course.points], phase_spans(programme, origin))


_LEAST_HEIGHT = {"deg": 6.0, "points": 12.0}


def value_limits(courses: Sequence[MeasureCourse]) -> tuple[float, float]:
    """Lowest and highest value to show of one measure of one leg or both.

    All figures, repetitions, corridors and trend lines are inside. Interval bars and trend
    ribbons may widen the scale by three tenths at each end; what is wider leaves the picture,
    because a ribbon through few sessions would press everything else into a line.
    """
    firm, loose = _extent_of_values(courses), Extent.of(_loose_edges(courses))
    if not math.isfinite(firm.low):
        return 0.0, 1.0
    unit = courses[0].key.unit
    usual = _LEAST_HEIGHT.get(unit, 0.1 * max(abs(firm.low), abs(firm.high)) or 1.0)
    missing = max(usual - (firm.high - firm.low), 0.0)
    low, high = firm.low - 0.5 * missing, firm.high + 0.5 * missing
    room = 0.3 * (high - low)
    low, high = min(low, max(loose.low, low - room)), max(high, min(loose.high, high + room))
    pad = 0.06 * (high - low)
    return low - pad, high + pad


def _extent_of_values(courses: Sequence[MeasureCourse]) -> Extent:
    found: list[FloatArray] = []
    for course in courses:
        found += [np.array([p.measure.value, *p.measure.repetitions]) for p in course.points]
        if course.band is not None and course.points:
            centre, half = course.band.centre, course.band.half
            found.append(np.array([centre - half, centre + half]))
        found += [band.centre for band in trend_bands(course)]
    return Extent.of(found)


def _loose_edges(courses: Sequence[MeasureCourse]) -> list[FloatArray]:
    found: list[FloatArray] = [np.empty(0)]
    for course in courses:
        for band in trend_bands(course):
            found += [band.low, band.high]
        for point in course.points:
            half = session_half_width(point.measure)
            found.append(np.array([point.measure.value - half, point.measure.value + half]))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class TrendBand:
    """Trend line and the edges of its 95 % band, shape (k,) each."""

    weeks: FloatArray
    centre: FloatArray
    low: FloatArray
    high: FloatArray


def trend_bands(course: MeasureCourse) -> tuple[TrendBand, ...]:
    """Trend line and ribbon over the span of the sessions that count; nothing without a trend."""
    origin = origin_of(course)
    line = course.trend.line if course.trend else None
    counted = [point.weeks for point in course.points if not point.left_out]
    if line is None or origin is None or len(counted) < 2:
        return ()
    weeks = np.linspace(min(counted), max(counted), 81)
    since_line = weeks - (line.origin - origin) / WEEK
    return (TrendBand(weeks, *line.band(since_line)),)


@dataclass(frozen=True, slots=True)
class ValueTicks:
    """Figures of the axis of values, and its ends."""

    at: tuple[float, ...]
    words: tuple[str, ...]
    low: float
    high: float


def value_ticks(limits: tuple[float, float], height_pt: float) -> ValueTicks:
    """Choose the figures of the axis of values, few enough for its height."""
    low, high = limits
    n_bins = int(np.clip(height_pt // 38.0, 2, 6))
    locator = MaxNLocator(nbins=n_bins, steps=[1, 2, 5, 10], min_n_ticks=2)
    steps = np.asarray(locator.tick_values(low, high))
    inside = steps[(steps >= low) & (steps <= high)]
    gap = float(np.diff(steps).min())
    n_digits = max(-math.floor(math.log10(gap) + 1e-9), 0)
    words = tuple(f"{value:,.{n_digits}f}".replace("-", "−") for value in inside + 0.0)
    return ValueTicks(tuple(inside.tolist()), words, low, high)
