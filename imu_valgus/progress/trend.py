"""Trend of one measure over the weeks, with a verdict that claims no more than the data show."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

import numpy as np
from scipy.special import stdtrit

from imu_valgus.errors import NotComparableError
from imu_valgus.model import FloatArray
from imu_valgus.model.progress import MeasureKey, SessionRecord
from imu_valgus.progress.comparability import (
    LeftOut,
    check_one_person,
    find_differences,
    reason_not_comparable,
    reason_not_counted,
)
from imu_valgus.progress.line import FEWEST_SESSIONS, fit_lines
from imu_valgus.progress.repeatability import Repeatability, assumed_repeatability
from imu_valgus.progress.verdict import Verdict, judge, sentence

MDC_BLOCK: Final = 3
"""A trend must exceed the MDC of three sessions against three, the blocks of a programme."""

_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class TrendLine:
    """The fitted line and its uncertainty.

    Parameters
    ----------
    origin
        Time of the first session, which is week 0.
    middle_weeks, level
        Mean time of the sessions in weeks, and the value of the line at that time.
    slope
        Slope per week.
    level_variance, slope_variance, covariance
        Variances and covariance of level and slope.
    correlation
        Correlation of the deviations of neighbouring sessions (one median gap apart).
    df
        Degrees of freedom of the intervals.
    """

    origin: datetime
    middle_weeks: float
    level: float
    slope: float
    level_variance: float
    slope_variance: float
    covariance: float
    correlation: float
    df: float

    def band(self, weeks: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the line and the edges of its 95 % band at times since `origin`.

        Parameters
        ----------
        weeks
            Times in weeks since `origin`, shape (k,).

        Returns
        -------
        centre, low, high
            Line, lower edge and upper edge, shape (k,) each.
        """
        away = np.asarray(weeks, dtype=np.float64) - self.middle_weeks
        centre = self.level + self.slope * away
        variance = (
            self.level_variance + 2.0 * self.covariance * away + self.slope_variance * away**2
        )
        half = float(stdtrit(self.df, 0.975)) * np.sqrt(variance)
        return centre, centre - half, centre + half


@dataclass(frozen=True, slots=True)
class Trend:
    """Change of one measure over the course.

    Parameters
    ----------
    key
        The measure.
    n
        Number of days with sessions that count.
    span_weeks
        Weeks from the first of these days to the last.
    change, low, high
        Slope times span, with its 95 % interval; NaN with too few sessions.
    mdc
        MDC of three sessions against three; None where the repeatability is not known.
    is_mdc_assumed
        Whether the MDC rests on a default.
    verdict
        Verdict on the change; only ``Verdict.BEYOND`` means "changed".
    line
        The line to draw; None with too few sessions.
    reservations
        Differences that do not forbid the comparison, one sentence each.
    left_out
        Sessions that do not count, with reasons.
    """

    key: MeasureKey
    n: int
    span_weeks: float
    change: float
    low: float
    high: float
    mdc: float | None
    is_mdc_assumed: bool
    verdict: Verdict
    line: TrendLine | None
    reservations: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        return sentence(
            self.verdict, words=self.key.words, change=self.change, mdc=self.mdc, unit=self.key.unit
        )


def estimate_trend(
    sessions: Sequence[SessionRecord],
    *,
    key: MeasureKey,
    repeatability: Repeatability | None = None,
) -> Trend:
    """Estimate the trend of one measure of one person.

    Sessions that must not be compared with the latest one are left out with the reason. Sessions
    of one day are replaced by their mean, because re-donnings share the effects of the day. At
    most one session in ten, but always one, may also be left out because it lies far off the line
    through the others.

    Parameters
    ----------
    sessions
        Sessions of one person, in any order.
    key
        Measure, task and leg.
    repeatability
        The person's own repeatability; None for the default of the unit, which is marked as
        assumed.

    Returns
    -------
    Trend
        The change over the course with its interval, MDC and verdict.

    Raises
    ------
    NotComparableError
        If the sessions are of several people, or none has the measure.
    """
    check_one_person(sessions)
    counted, left_out, reservations = _counted(sessions, key=key)
    spread = repeatability or assumed_repeatability(key.unit)
    mdc = spread.mdc_blocks(MDC_BLOCK, MDC_BLOCK) if spread else None
    days = [list(day) for _, day in groupby(counted, key=lambda s: s.recorded_at.date())]
    trend = Trend(
        key=key,
        n=len(days),
        span_weeks=(counted[-1].recorded_at - counted[0].recorded_at) / _WEEK,
        change=math.nan,
        low=math.nan,
        high=math.nan,
        mdc=mdc,
        is_mdc_assumed=bool(spread and spread.is_assumed),
        verdict=Verdict.TOO_FEW,
        line=None,
        reservations=reservations,
        left_out=left_out,
    )
    return trend if len(days) < FEWEST_SESSIONS else _fitted(trend, days)


def _counted(
    sessions: Sequence[SessionRecord], *, key: MeasureKey
) -> tuple[list[SessionRecord], tuple[LeftOut, ...], tuple[str, ...]]:
    """Keep, in order of time, what may be compared with the latest session that counts."""
    ordered = sorted(sessions, key=lambda session: session.recorded_at)
    reasons = {s.session_id: reason_not_counted(s, key) for s in ordered}
    fit = [s for s in ordered if not reasons[s.session_id]]
    if not fit:
        why = " ".join(dict.fromkeys(reasons.values())) or "There are no sessions."
        raise NotComparableError(f"No session with {key.words} counts. {why}")
    latest = fit[-1].conditions
    for s in fit:
        reasons[s.session_id] = reason_not_comparable(s.conditions, latest, key=key)
    left_out = tuple(LeftOut(name, reason) for name, reason in reasons.items() if reason)
    counted = [s for s in fit if not reasons[s.session_id]]
    reservations = dict.fromkeys(
        d.sentence for s in counted for d in find_differences(s.conditions, latest, key=key)
    )
    return counted, left_out, tuple(reservations)


def _fitted(trend: Trend, days: Sequence[Sequence[SessionRecord]]) -> Trend:
    """Fit the line through the days and fill it in, with the change and the verdict."""
    key, origin = trend.key, days[0][0].recorded_at
    weeks = [np.mean([(s.recorded_at - origin) / _WEEK for s in day]) for day in days]
    values = [np.mean([m.value for s in day if (m := s.measure(key))]) for day in days]
    fit = fit_lines(np.array([weeks]), np.array([values]))
    span = float(fit.span_weeks[0])
    change, low, high = (
        float(slope[0]) * span for slope in (fit.slope, fit.slope_low, fit.slope_high)
    )
    odd = (s for day, used in zip(days, fit.is_used[0], strict=True) if not used for s in day)
    reason = "It lies far off the line through the other sessions."
    return replace(
        trend,
        n=int(fit.n[0]),
        span_weeks=span,
        change=change,
        low=low,
        high=high,
        verdict=judge(change, low=low, high=high, mdc=trend.mdc),
        line=TrendLine(
            origin=origin,
            middle_weeks=float(fit.middle_weeks[0]),
            level=float(fit.level[0]),
            slope=float(fit.slope[0]),
            level_variance=float(fit.level_sd[0]) ** 2,
            slope_variance=float(fit.slope_sd[0]) ** 2,
            covariance=float(fit.covariance[0]),
            correlation=float(fit.rho[0]),
            df=float(fit.df[0]),
        ),
        left_out=trend.left_out + tuple(LeftOut(session.session_id, reason) for session in odd),
    )
