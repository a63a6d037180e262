"""The linear least-squares problem behind one joint's relative heading over a recording.

Heading and drift rate are piecewise linear curves in time, known by their values at knots.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from imu_valgus.model import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class RandomWalk:
    """Prior of a rate's deviation from its steady part.

    Parameters
    ----------
    knots_s
        Times at which the deviation is unknown; linear in between, shape (w,).
    precision
        Inverse covariance of the deviations, shape (w, w).
    """

    knots_s: FloatArray
    precision: FloatArray


class HeadingProblem:
    """Normal equations of heading, pose offset, biases, drift rate and its random walk.

    Unknowns, in this order: heading at its knots; constants (pose offset, a bias for each group of
    windows, steady drift rate); random walk of the rate at its own knots. What does not change
    from one reweighting to the next is added up once.

    Parameters
    ----------
    knots_s
        Knots of the heading, shape (k,).
    constants
        Prior means and standard deviations of the constants, shape (c,) each.
    random_walk
        Prior of the drift rate's deviation from its steady part.
    windows
        Times and groups of the heading windows, shape (m,) each.
    """

    def __init__(
        self,
        knots_s: FloatArray,
        *,
        constants: tuple[FloatArray, FloatArray],
        random_walk: RandomWalk,
        windows: tuple[FloatArray, IntArray],
    ) -> None:
        mean, sd = constants
        self._knots_s, self._random_walk = knots_s, random_walk
        self._after_constants = knots_s.size + mean.size
        size = self._after_constants + random_walk.knots_s.size
        self._normal, self._right = np.zeros((size, size)), np.zeros(size)
        place = np.arange(knots_s.size, self._after_constants)
        self._normal[place, place] = sd**-2.0
        self._trials = np.zeros_like(self._normal)
        self._right[place] = mean / sd**2
        self._normal[self._after_constants :, self._after_constants :] = random_walk.precision
        window_s, groups = windows
        self._windows = self._rows(window_s, 1 + groups)

    def _rows(self, at_s: FloatArray, constant: IntArray) -> FloatArray:
        """Interpolate between knots and add one of the constants: pose 0, biases from 1."""
        rows = np.zeros((at_s.size, self._right.size))
        rows[:, : self._knots_s.size] = between(self._knots_s, at_s)
        rows[np.arange(at_s.size), self._knots_s.size + constant] = 1.0
        return rows

    def add_static_trials(
        self, at_s: FloatArray, measured_rad: FloatArray, sd_rad: FloatArray
    ) -> None:
        """Add headings plus pose offset measured in static trials, shape (s,) each."""
        rows = self._rows(at_s, np.zeros(at_s.size, dtype=np.intp)) / sd_rad[:, None]
        self._trials += rows.T @ rows
        self._normal += rows.T @ rows
        self._right += rows.T @ (measured_rad / sd_rad)

    def add_drift(self, guessed_rad: FloatArray, variance_rad2: FloatArray) -> None:
        """Model each step between knots as the rate there times its length, plus noise.

        Parameters
        ----------
        guessed_rad
            Steps that the first guess already contains, shape (k - 1,).
        variance_rad2
            Variance of the noise of each step, shape (k - 1,).
        """
        steps = np.zeros((guessed_rad.size, self._right.size))
        index = np.arange(guessed_rad.size)
        steps[index, index] = -1.0
        steps[index, index + 1] = 1.0
        length_s = np.diff(self._knots_s)
        middle_s = self._knots_s[:-1] + 0.5 * length_s
        steps[:, self._after_constants - 1] = -length_s
        at_middles = between(self._random_walk.knots_s, middle_s)
        steps[:, self._after_constants :] = -length_s[:, None] * at_middles
        sd = np.sqrt(variance_rad2)
        steps /= sd[:, None]
        self._normal += steps.T @ steps
        self._right -= steps.T @ (guessed_rad / sd)

    def solve(self, measured_rad: FloatArray, sd_rad: FloatArray) -> FloatArray:
        """Find the most likely unknowns for windows of uncertainty `sd_rad`, shape (m,) each."""
        right = self._right + self._windows.T @ (measured_rad / sd_rad**2)
        factor = cho_factor(self._weighed(sd_rad), overwrite_a=True, check_finite=False)
        return np.asarray(cho_solve(factor, right, check_finite=False))

    def covariance(self, sd_rad: FloatArray, *, trial_share: float = 1.0) -> FloatArray:
        """Compute the covariance of all unknowns.

        Parameters
        ----------
        sd_rad
            Uncertainty of the windows, shape (m,).
        trial_share
            True variance of the static trials as a share of the variance they are weighed by. If
            their weight allows for the few people who stand differently on purpose, it overstates
            the error of the others.

        Returns
        -------
        ndarray
            Shape (u, u) for u unknowns.
        """
        inverse = np.asarray(np.linalg.inv(self._weighed(sd_rad)), dtype=np.float64)
        return inverse - (1.0 - trial_share) * (inverse @ self._trials @ inverse)

    def residual(self, measured_rad: FloatArray, solution: FloatArray) -> FloatArray:
        """Compute the residuals of the windows, shape (m,)."""
        return np.asarray(measured_rad - self._windows @ solution)

    def _weighed(self, sd_rad: FloatArray) -> FloatArray:
        weighed = self._windows / sd_rad[:, None]
        return np.asarray(self._normal + weighed.T @ weighed)


def spread_knots(time_s: FloatArray, *, gap_s: float, most: int) -> FloatArray:
    """Spread knots evenly over a recording.

    Parameters
    ----------
    time_s
        Sample times, shape (n,).
    gap_s
        Largest gap between knots, unless that takes too many of them.
    most
        Largest number of gaps.

    Returns
    -------
    ndarray
        Times of at least two knots, from the first sample to just after the last.
    """
    length_s = float(time_s[-1] - time_s[0])
    n = int(np.clip(np.ceil(length_s / gap_s), 1, most)) + 1
    return np.linspace(time_s[0], time_s[-1] + 1e-9, n)


def bias_random_walk(
    knots_s: FloatArray, *, pinned_s: FloatArray, sd_rad_s_sqrt_s: float
) -> RandomWalk:
    """Make the prior of a rate that walks at random but was measured in every static trial.

    Parameters
    ----------
    knots_s
        Evenly spaced knots, at least two, shape (w,).
    pinned_s
        Times of the static trials in which the gyroscope bias was measured, shape (m,); if there
        is none, the first knot.
    sd_rad_s_sqrt_s
        Standard deviation of the random walk after one second.

    Returns
    -------
    RandomWalk
        Zero at `pinned_s`, to within half a gap between knots.
    """
    gap_s = float(knots_s[1] - knots_s[0])
    steps = np.diff(np.eye(knots_s.size), axis=0)
    pinned = between(knots_s, pinned_s if pinned_s.size else knots_s[:1])
    # Half a gap of random walk: a curve with these knots cannot follow the moment any closer.
    precision = 2.0 * (pinned.T @ pinned) + steps.T @ steps
    return RandomWalk(knots_s, precision / (sd_rad_s_sqrt_s**2 * gap_s))


def between(knots_s: FloatArray, at_s: FloatArray) -> FloatArray:
    """Compute the weights of linear interpolation between knots; constant beyond the ends.

    Parameters
    ----------
    knots_s
        Increasing times, at least two, shape (k,).
    at_s
        Times to interpolate at, shape (m,).

    Returns
    -------
    ndarray, shape (m, k)
        Weights that give the values at `at_s` when multiplied by the values at the knots.
    """
    rows = np.zeros((at_s.size, knots_s.size))
    right = np.clip(np.searchsorted(knots_s, at_s), 1, knots_s.size - 1)
    left = right - 1
    share = np.clip((at_s - knots_s[left]) / (knots_s[right] - knots_s[left]), 0.0, 1.0)
    index = np.arange(at_s.size)
    rows[index, left] = 1.0 - share
    rows[index, right] = share
    return rows
