"""Straight lines through unevenly spaced sessions with autocorrelated deviations.

The model is ``value = level + slope * weeks + e`` with
``corr(e_i, e_j) = rho ** (|t_i - t_j| / gap)``, the continuous-time first-order autoregression
(Jones 1993, *Longitudinal Data with Serial Correlation*, ISBN 0-412-40650-9). `gap` is the median
time between the sessions of a course, and `rho` maximises the restricted likelihood (Patterson and
Thompson 1971, doi:10.1093/biomet/58.3.545).

Where we depart from these: with the estimated `rho` taken as known, the intervals of short courses
are too short when `rho` came out too low, and useless when it came out too high. So the variance
v(rho) of the slope is averaged over the whole restricted likelihood, weighted by the density
``rho**-0.5 * (1 - rho)``:

* the standard error is the geometric mean of the one at the best `rho` and of the likelihood's
  average (of log v);
* the degrees of freedom follow Satterthwaite, ``2 / df = 2 / (n - 2) + var(log v)``, where the
  last term is the variance over the likelihood. The usual quadratic approximation fails at the
  border rho = 0, where most short courses lie.

Density and mean were chosen by simulation for even coverage between rho 0 and 0.4
(docs/progress.md has the figures and the alternatives).

All functions work on many courses at once: axis 0 courses, axis 1 values of rho, axis 2 sessions.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from imu_valgus.model import BoolArray, FloatArray

_ROOTS: Final = (np.arange(60) + 0.5) / 60.0
_GRID: Final = np.concatenate([[0.0], _ROOTS**2])
"""Values of rho, evenly spaced in its square root, which absorbs rho**-0.5 of the density."""
_DENSITY: Final = np.concatenate([[0.0], 1.0 - _ROOTS**2])
_ZOOM_ROUNDS: Final = 11
_ZOOM_POINTS: Final = 9


@dataclass(frozen=True, slots=True, eq=False)
class Courses:
    """Sessions of many courses, as put in order by :func:`packed`; missing ones come last.

    Parameters
    ----------
    weeks, values
        Times in weeks and values, 0 where missing, shape (b, n).
    present
        True where there is a session, shape (b, n).
    order
        Column of the input that each column came from, shape (b, n).
    """

    weeks: FloatArray
    values: FloatArray
    present: BoolArray
    order: np.ndarray[tuple[int, int], np.dtype[np.intp]]

    @property
    def n(self) -> FloatArray:
        """Number of sessions in each course, shape (b,)."""
        return np.asarray(self.present.sum(axis=1), dtype=np.float64)

    @property
    def gaps(self) -> FloatArray:
        """Weeks between neighbouring sessions, 1 where there is none, shape (b, n - 1)."""
        return np.where(self.present[:, 1:], np.diff(self.weeks, axis=1), 1.0)

    @property
    def median_gap(self) -> FloatArray:
        """Median of the weeks between neighbours, shape (b,)."""
        gaps = np.where(self.present[:, 1:], np.diff(self.weeks, axis=1), np.nan)
        return np.asarray(np.nanmedian(gaps, axis=1), dtype=np.float64)

    @property
    def middle(self) -> FloatArray:
        """Mean time of each course in weeks, shape (b,)."""
        return np.asarray((self.weeks * self.present).sum(axis=1) / self.n, dtype=np.float64)


def packed(weeks: FloatArray, values: FloatArray) -> Courses:
    """Sort each course by time, with missing sessions last.

    Parameters
    ----------
    weeks, values
        Times in weeks, and values with NaN for a missing session, shape (b, n).

    Returns
    -------
    Courses
        The sessions in order.
    """
    order = np.argsort(np.where(np.isnan(values), np.inf, weeks), axis=1, kind="stable")
    values = np.take_along_axis(values, order, axis=1)
    present = ~np.isnan(values)
    weeks = np.where(present, np.take_along_axis(weeks, order, axis=1), 0.0)
    return Courses(weeks, np.where(present, values, 0.0), present, order)


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """Generalised least squares at given values of rho, all of shape (b, k).

    Parameters
    ----------
    log_likelihood
        Restricted log-likelihood, with the residual variance at its best value.
    level, slope
        Level at the course's mean time, and slope per week.
    variance
        Residual variance.
    level_variance, slope_variance, covariance
        Variances and covariance of level and slope.
    """

    log_likelihood: FloatArray
    level: FloatArray
    slope: FloatArray
    variance: FloatArray
    level_variance: FloatArray
    slope_variance: FloatArray
    covariance: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class _Whitened:
    """Columns of the model with the correlation removed, shape (b, k, n)."""

    one: FloatArray
    time: FloatArray
    value: FloatArray
    neighbour: FloatArray
    """Correlation with the session before, shape (b, k, n - 1)."""
    fresh: FloatArray
    """Standard deviation that the session before does not explain, shape (b, k, n - 1)."""


def _whiten(courses: Courses, rho: FloatArray) -> _Whitened:
    """Remove the correlation: (e_i - prediction from e_(i-1)) / standard deviation that remains."""
    steps = (courses.gaps / courses.median_gap[:, None])[:, None, :]
    neighbour = rho[:, :, None] ** steps
    fresh = np.where(courses.present[:, None, 1:], np.sqrt(1.0 - neighbour**2), 1.0)
    present = courses.present[:, None, :]

    def apply(column: FloatArray) -> FloatArray:
        first = np.broadcast_to(column[:, None, :1], (*rho.shape, 1))
        rest = (column[:, None, 1:] - neighbour * column[:, None, :-1]) / fresh
        return np.concatenate([first, rest], axis=2) * present

    time = (courses.weeks - courses.middle[:, None]) * courses.present
    return _Whitened(
        one=apply(courses.present.astype(np.float64)),
        time=apply(time),
        value=apply(courses.values),
        neighbour=neighbour,
        fresh=fresh,
    )


def profile(courses: Courses, rho: FloatArray) -> Profile:
    """Fit every course at every value of rho by generalised least squares.

    Parameters
    ----------
    courses
        Sessions of b courses.
    rho
        k values of rho per course, shape (b, k).

    Returns
    -------
    Profile
        Estimates and restricted likelihood, shape (b, k) each.
    """
    white = _whiten(courses, rho)
    a = (white.one**2).sum(axis=2)
    c = (white.time**2).sum(axis=2)
    b = (white.one * white.time).sum(axis=2)
    determinant = a * c - b**2
    one_value = (white.one * white.value).sum(axis=2)
    time_value = (white.time * white.value).sum(axis=2)
    level = (c * one_value - b * time_value) / determinant
    slope = (a * time_value - b * one_value) / determinant
    residual = white.value - level[..., None] * white.one - slope[..., None] * white.time
    # The floor keeps values on a perfect line from a logarithm of zero.
    floor = (1e-12 * (1.0 + np.abs(courses.values).max(axis=1, keepdims=True))) ** 2
    squares = np.maximum((residual**2).sum(axis=2), floor)
    free = courses.n[:, None] - 2.0
    log_determinant = 2.0 * np.log(white.fresh).sum(axis=2)
    log_likelihood = -0.5 * (
        log_determinant
        + np.log(determinant)
        + free * (1.0 + np.log(2.0 * np.pi) + np.log(squares / free))
    )
    variance = squares / free
    return Profile(
        log_likelihood=log_likelihood,
        level=level,
        slope=slope,
        variance=variance,
        level_variance=variance * c / determinant,
        slope_variance=variance * a / determinant,
        covariance=-variance * b / determinant,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Correlation:
    """The best rho of each course, and how its uncertainty affects the slope.

    Parameters
    ----------
    rho
        Value that maximises the restricted likelihood, shape (b,).
    mean_log_variance, var_log_variance
        Mean and variance of log v(rho) over the likelihood (see the module), shape (b,).
    """

    rho: FloatArray
    mean_log_variance: FloatArray
    var_log_variance: FloatArray


def estimate_correlation(courses: Courses) -> Correlation:
    """Maximise the restricted likelihood over 0 <= rho < 1, and average log v over it.

    Parameters
    ----------
    courses
        Sessions of b courses.

    Returns
    -------
    Correlation
        Best rho, and mean and variance of log v, shape (b,) each.
    """
    grid = np.broadcast_to(_GRID, (courses.n.size, _GRID.size))
    coarse = profile(courses, grid)
    weight = np.exp(coarse.log_likelihood - coarse.log_likelihood.max(axis=1, keepdims=True))
    weight = weight * _DENSITY
    weight = weight / weight.sum(axis=1, keepdims=True)
    log_variance = np.log(coarse.slope_variance)
    mean = (weight * log_variance).sum(axis=1, keepdims=True)
    spread = (weight * (log_variance - mean) ** 2).sum(axis=1)
    return Correlation(_best_rho(courses, coarse), mean[:, 0], spread)


def _best_rho(courses: Courses, coarse: Profile) -> FloatArray:
    """Zoom in on the maximum of the profile on the grid, shape (b,)."""
    best = coarse.log_likelihood.argmax(axis=1)
    roots = np.concatenate([[0.0], _ROOTS, [_ROOTS[-1]]])
    low, high = roots[np.maximum(best - 1, 0)], roots[best + 1]
    for _ in range(_ZOOM_ROUNDS):
        fine = np.linspace(low, high, _ZOOM_POINTS, axis=1)
        at = profile(courses, fine**2).log_likelihood.argmax(axis=1)[:, None]
        low = np.take_along_axis(fine, np.maximum(at - 1, 0), axis=1)[:, 0]
        high = np.take_along_axis(fine, np.minimum(at + 1, _ZOOM_POINTS - 1), axis=1)[:, 0]
    return np.asarray((0.5 * (low + high)) ** 2)


def leave_one_out_t(courses: Courses, rho: FloatArray) -> FloatArray:
    """Return how many standard errors each session lies off the line through the others.

    This is the externally studentised residual of generalised least squares at fixed `rho`: the t
    statistic, with n − 3 degrees of freedom, of a shift of that one session (Cook and Weisberg
    1982, *Residuals and Influence in Regression*, ISBN 0-412-24280-8).

    Parameters
    ----------
    courses
        Sessions of b courses.
    rho
        Correlation of each course, shape (b,).

    Returns
    -------
    FloatArray
        Absolute t statistic of each session, 0 where missing, shape (b, n).
    """
    white = _whiten(courses, rho[:, None])
    fit = profile(courses, rho[:, None])
    one, time = white.one[:, 0], white.time[:, 0]
    residual = white.value[:, 0] - fit.level * one - fit.slope * time
    neighbour, fresh = white.neighbour[:, 0], white.fresh[:, 0]
    present = courses.present[:, 1:]

    def back(column: FloatArray) -> FloatArray:
        """Multiply by the transposed whitening matrix."""
        share = column[:, 1:] / fresh
        result = np.zeros_like(column)
        result[:, 0] = column[:, 0]
        result[:, 1:] += share
        result[:, :-1] -= neighbour * share
        return result

    precision = courses.present.astype(np.float64)
    precision[:, 1:] = np.where(present, 1.0 / fresh**2, 0.0)
    precision[:, :-1] += np.where(present, (neighbour / fresh) ** 2, 0.0)
    b_one, b_time = back(one), back(time)
    scale = fit.variance
    explained = (
        fit.level_variance * b_one**2
        + 2.0 * fit.covariance * b_one * b_time
        + fit.slope_variance * b_time**2
    ) / scale
    # The information about a shift of this session that level and slope leave unexplained.
    free = np.where(courses.present, np.maximum(precision - explained, 1e-12), 1.0)
    gain = back(residual) ** 2 / free
    n = courses.n[:, None]
    left = np.maximum(scale * (n - 2.0) - gain, 1e-24) / (n - 3.0)
    return np.where(courses.present, np.sqrt(gain / left), 0.0)
