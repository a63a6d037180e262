"""Intervals, trend ribbon and scales of the progress chart."""

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
    "shared_weeks",
    "trend_bands",
    "value_limits",
    "value_ticks",
]

LEFT_PT: Final = 30.0
"""Room for tick labels left of every chart of weeks, equal so that weeks line up below weeks."""

RIGHT_PT: Final = 8.0


def session_half_width(measure: Measure) -> float:
    """Return half of the 95 % interval of a session's value, from the spread within the session.

    This is Student's t times the standard error of the mean of n repetitions or strides. A median
    gets √(π/2) times as much, because the median of many Gaussian values varies that much more
    than their mean. The interval says how well the value of this session is known, not how well
    sessions agree: it leaves out what putting the sensors on again changes, and the repetitions
    of a session are not independent.

    Parameters
    ----------
    measure
        Value of one session, with its spread; a median if it holds repetitions, else a mean.

    Returns
    -------
    float
        Half width in the unit of the measure; NaN if the spread is not known or zero.
    """
    if measure.n < 2 or not measure.sd > 0.0 or not math.isfinite(measure.sd):
        return math.nan
    widening = math.sqrt(0.5 * math.pi) if measure.repetitions else 1.0
    factor = float(stdtrit(measure.n - 1, 0.975))
    return widening * factor * measure.sd / math.sqrt(measure.n)


def origin_of(course: MeasureCourse) -> datetime | None:
    """Return the moment of week 0 of a course.

    Parameters
    ----------
    course
        Course of one measure.

    Returns
    -------
    datetime or None
        The moment, in the time zone of the first session; None without points.
    """
    if not course.points:
        return None
    first = course.points[0]
    return first.session.recorded_at - first.weeks * WEEK


def course_limits(
    course: MeasureCourse, programme: Programme | None = None
) -> tuple[float, float] | None:
    """Return the first and last week that the chart of a measure shows.

    Parameters
    ----------
    course
        Course of one measure.
    programme
        Programme whose phases are shown, None if there is none.

    Returns
    -------
    tuple of (float, float) or None
        First and last week; None without points.
    """
    origin = origin_of(course)
    if origin is None:
        return None
    return week_limits([p.weeks for p in course.points], phase_spans(programme, origin))


def shared_weeks(
    courses: Sequence[MeasureCourse], programme: Programme | None = None
) -> tuple[float, float] | None:
    """Return the first and last week that charts of several measures show together.

    Parameters
    ----------
    courses
        Courses of the measures.
    programme
        As for :func:`course_limits`.

    Returns
    -------
    tuple of (float, float) or None
        First and last week; None if no course has points.
    """
    limits = [weeks for course in courses if (weeks := course_limits(course, programme))]
    if not limits:
        return None
    return min(first for first, _ in limits), max(last for _, last in limits)


_LEAST_HEIGHT = {"deg": 6.0, "points": 12.0}


def value_limits(courses: Sequence[MeasureCourse]) -> tuple[float, float]:
    """Return the lowest and highest value to show of one measure, for one leg or both.

    All values, repetitions, baseline bands and trend lines are inside. Interval bars and trend
    ribbons may widen the scale by three tenths at each end; what is wider is cut off, because a
    ribbon through few sessions would squeeze everything else into a line.

    Parameters
    ----------
    courses
        Courses of one measure, at least one.

    Returns
    -------
    tuple of (float, float)
        Limits in the unit of the measure.
    """
    firm, loose = _extent_of_values(courses), Extent.of(_edges_of_intervals(courses))
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
    values: list[FloatArray] = []
    for course in courses:
        values += [np.array([p.measure.value, *p.measure.repetitions]) for p in course.points]
        if course.band is not None and course.points:
            centre, half = course.band.centre, course.band.half
            values.append(np.array([centre - half, centre + half]))
        values += [band.centre for band in trend_bands(course)]
    return Extent.of(values)


def _edges_of_intervals(courses: Sequence[MeasureCourse]) -> list[FloatArray]:
    edges: list[FloatArray] = []
    for course in courses:
        for band in trend_bands(course):
            edges += [band.low, band.high]
        for point in course.points:
            half = session_half_width(point.measure)
            edges.append(np.array([point.measure.value - half, point.measure.value + half]))
    return edges


@dataclass(frozen=True, slots=True, eq=False)
class TrendBand:
    """Trend line with its 95 % band.

    Parameters
    ----------
    weeks
        Weeks since the origin of the course, ascending, shape (k,).
    centre
        Trend line in the unit of the measure, shape (k,).
    low, high
        Edges of the band in the same unit, shape (k,).
    """

    weeks: FloatArray
    centre: FloatArray
    low: FloatArray
    high: FloatArray


def trend_bands(course: MeasureCourse) -> tuple[TrendBand, ...]:
    """Return the trend line and its band over the sessions that count.

    Parameters
    ----------
    course
        Course of one measure.

    Returns
    -------
    tuple of TrendBand
        One band; empty without a trend or with fewer than two sessions that count.
    """
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
    """Ticks and limits of the axis of values.

    Parameters
    ----------
    at
        Tick positions in the unit of the measure.
    words
        Tick labels, one per position.
    low, high
        Limits of the axis in the unit of the measure.
    """

    at: tuple[float, ...]
    words: tuple[str, ...]
    low: float
    high: float


def value_ticks(limits: tuple[float, float], height_pt: float) -> ValueTicks:
    """Choose as many ticks for the axis of values as its height has room for.

    Parameters
    ----------
    limits
        Lowest and highest value of the axis.
    height_pt
        Height of the drawing in points.

    Returns
    -------
    ValueTicks
        Ticks within the limits, and the limits themselves.
    """
    low, high = limits
    n_bins = int(np.clip(height_pt // 38.0, 2, 6))
    locator = MaxNLocator(nbins=n_bins, steps=[1, 2, 5, 10], min_n_ticks=2)
    steps = np.asarray(locator.tick_values(low, high))
    inside = steps[(steps >= low) & (steps <= high)]
    gap = float(np.diff(steps).min())
    n_digits = max(-math.floor(math.log10(gap) + 1e-9), 0)
    words = tuple(f"{value:,.{n_digits}f}".replace("-", "−") for value in inside + 0.0)
    return ValueTicks(tuple(inside.tolist()), words, low, high)
