"""The line through a course of sessions with its interval, a few odd sessions left out."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import stdtr, stdtrit

from imu_valgus.errors import InputError
from imu_valgus.model import BoolArray, FloatArray
from imu_valgus.progress.ar1 import Courses, estimate_correlation, leave_one_out_t, packed, profile

FEWEST_SESSIONS: Final = 6
"""Level, slope, variance and correlation are estimated; fewer than six leave nothing to spare."""


@dataclass(frozen=True, slots=True)
class LineSettings:
    """How courses are fitted.

    Parameters
    ----------
    level
        Confidence level of the intervals.
    odd_session_probability
        A session is left out when, without any odd session, the largest deviation would be this
        large in at most that share of courses (Bonferroni).
    one_odd_per
        At most one in so many sessions may be left out, but always one.
    """

    level: float = 0.95
    odd_session_probability: float = 0.05
    one_odd_per: int = 10


@dataclass(frozen=True, slots=True, eq=False)
class FittedLines:
    """Lines through b courses.

    Parameters
    ----------
    slope, slope_sd
        Slope per week and its standard error, shape (b,).
    slope_low, slope_high
        Interval of the slope, shape (b,).
    level, level_sd
        Value of the line at `middle_weeks` and its standard error, shape (b,).
    covariance
        Covariance of level and slope, shape (b,).
    middle_weeks
        Mean time of the sessions used, shape (b,).
    rho
        Correlation of deviations one median gap apart, shape (b,).
    df
        Degrees of freedom of the interval (see ``ar1``), shape (b,).
    n
        Number of sessions used, shape (b,).
    span_weeks
        Weeks from the first session used to the last, shape (b,).
    log_likelihood
        Restricted log-likelihood, shape (b,).
    is_used
        True for sessions of the input that are neither missing nor left out, shape (b, n).
    """

    slope: FloatArray
    slope_sd: FloatArray
    slope_low: FloatArray
    slope_high: FloatArray
    level: FloatArray
    level_sd: FloatArray
    covariance: FloatArray
    middle_weeks: FloatArray
    rho: FloatArray
    df: FloatArray
    n: FloatArray
    span_weeks: FloatArray
    log_likelihood: FloatArray
    is_used: BoolArray


def fit_lines(
    weeks: FloatArray, values: FloatArray, *, settings: LineSettings | None = None
) -> FittedLines:
    """Fit a line to each course by restricted maximum likelihood.

    Parameters
    ----------
    weeks
        Times of the sessions in weeks, all different within a course, shape (b, n).
    values
        Values of the measure; NaN where a session is missing, shape (b, n).
    settings
        Settings of the fit; None for the defaults.

    Returns
    -------
    FittedLines
        Lines with their uncertainty, one per course.

    Raises
    ------
    InputError
        If a course has fewer than six sessions or two at the same time.
    """
    settings = settings or LineSettings()
    courses = packed(np.asarray(weeks, dtype=np.float64), np.asarray(values, dtype=np.float64))
    if (courses.n < FEWEST_SESSIONS).any():
        raise InputError(
            f"A trend needs at least {FEWEST_SESSIONS} sessions; there are only "
            f"{int(courses.n.min())}. Record more first."
        )
    if (courses.gaps <= 0).any():
        raise InputError("There are two sessions at the same time, so no trend can be estimated.")
    is_used = _without_odd_sessions(weeks, values, settings)
    return _fit(packed(weeks, np.where(is_used, values, np.nan)), is_used, settings)


def _without_odd_sessions(
    weeks: FloatArray, values: FloatArray, settings: LineSettings
) -> BoolArray:
    """Mark the sessions that count, shape (b, n)."""
    is_used = ~np.isnan(values)
    allowed = np.maximum(is_used.sum(axis=1) // settings.one_odd_per, 1)
    searching = np.arange(is_used.shape[0])
    for round_ in range(int(allowed.max())):
        able = (allowed[searching] > round_) & (is_used[searching].sum(1) > FEWEST_SESSIONS)
        searching = searching[able]
        if not searching.size:
            break
        left = np.where(is_used[searching], values[searching], np.nan)
        courses = packed(weeks[searching], left)
        t = leave_one_out_t(courses, estimate_correlation(courses).rho)
        worst = t.argmax(axis=1)
        largest = np.take_along_axis(t, worst[:, None], axis=1)[:, 0]
        chance = 2.0 * courses.n * stdtr(courses.n - 3.0, -largest)
        odd = chance < settings.odd_session_probability
        column = np.take_along_axis(courses.order, worst[:, None], axis=1)[:, 0]
        is_used[searching[odd], column[odd]] = False
        searching = searching[odd]
    return np.asarray(is_used)


def _fit(courses: Courses, is_used: BoolArray, settings: LineSettings) -> FittedLines:
    correlation = estimate_correlation(courses)
    fit = profile(courses, correlation.rho[:, None])
    df = 2.0 / (2.0 / (courses.n - 2.0) + correlation.var_log_variance)
    # The variance of the level is widened as that of the slope: rho is uncertain for both.
    at_best = np.log(fit.slope_variance[:, 0])
    widening = np.exp(0.5 * (correlation.mean_log_variance - at_best))
    slope = fit.slope[:, 0]
    slope_sd = np.sqrt(widening * fit.slope_variance[:, 0])
    half = np.asarray(stdtrit(df, 0.5 + 0.5 * settings.level)) * slope_sd
    last = np.where(courses.present, courses.weeks, -np.inf).max(axis=1)
    return FittedLines(
        slope=slope,
        slope_sd=slope_sd,
        slope_low=slope - half,
        slope_high=slope + half,
        level=fit.level[:, 0],
        level_sd=np.sqrt(widening * fit.level_variance[:, 0]),
        covariance=widening * fit.covariance[:, 0],
        middle_weeks=courses.middle,
        rho=correlation.rho,
        df=df,
        n=courses.n,
        span_weeks=last - courses.weeks[:, 0],
        log_likelihood=fit.log_likelihood[:, 0],
        is_used=is_used,
    )
