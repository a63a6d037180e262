"""Knots of piecewise linear curves in time, and a drift rate that wanders between stands."""

from dataclasses import dataclass

import numpy as np

from imu_valgus.model import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Wander:
    """What is known beforehand of a rate's deviation from its steady part.

    Parameters
    ----------
    knots_s
        Where the deviation is unknown; linear in between, shape (w,).
    precision
        Inverse covariance of the deviations, shape (w, w).
    """

    knots_s: FloatArray
    precision: FloatArray


def bias_random_walk(
    knots_s: FloatArray, *, pinned_s: FloatArray, sd_rad_s_sqrt_s: float
) -> Wander:
    """Let a rate walk at random, but be what was measured in every stand.

    Parameters
    ----------
    knots_s
        Evenly spaced, at least two, shape (w,).
    pinned_s
        Moments of the stands in which the gyroscope's bias was measured, shape (m,); where there
        is none, the first knot.
    sd_rad_s_sqrt_s
        Of the random walk.
    """
    gap_s = float(knots_s[1] - knots_s[0])
    steps = np.diff(np.eye(knots_s.size), axis=0)
    pinned = between(knots_s, pinned_s if pinned_s.size else knots_s[:1])
    # Half a gap of wander: as well as a curve with these knots can follow the moment of a stand.
    precision = 2.0 * (pinned.T @ pinned) + steps.T @ steps
    return Wander(knots_s, precision / (sd_rad_s_sqrt_s**2 * gap_s))


def between(knots_s: FloatArray, at_s: FloatArray) -> FloatArray:
    """Shares of the knots in values between them; constant beyond the ends.

    Parameters
    ----------
    knots_s
        Rising, at least two, shape (k,).
    at_s
        Where values are wanted, shape (m,).

    Returns
    -------
    ndarray, shape (m, k)
    """
    rows = np.zeros((at_s.size, knots_s.size))
    right = np.clip(np.searchsorted(knots_s, at_s), 1, knots_s.size - 1)
    left = right - 1
    share = np.clip((at_s - knots_s[left]) / (knots_s[right] - knots_s[left]), 0.0, 1.0)
    index = np.arange(at_s.size)
    rows[index, left] = 1.0 - share
    rows[index, right] = share
    return rows


def spread_knots(time_s: FloatArray, *, gap_s: float, most: int) -> FloatArray:
    """Spread knots evenly over a recording.

    Parameters
    ----------
    time_s
        Sample times, shape (n,).
    gap_s
        Between knots at most, unless that would be too many.
    most
        Intervals at most.
    """
    length_s = float(time_s[-1] - time_s[0])
    n = int(np.clip(np.ceil(length_s / gap_s), 1, most)) + 1
    return np.linspace(time_s[0], time_s[-1] + 1e-9, n)
