"""The linear least-squares problem behind one joint's relative heading over a recording."""

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from imu_valgus.heading.knots import Wander, between
from imu_valgus.model import FloatArray, IntArray


class HeadingProblem:
    """Normal equations of heading, pose offset, biases, drift rate and its wander.

    Unknowns, in this order: heading at the knots; constants (pose offset, a bias for each group of
    windows, steady drift rate); wander of the rate at its own knots. What does not change from one
    reweighting to the next is added up once.

    Parameters
    ----------
    knots_s
        Of the heading, shape (k,).
    constants
        Means and standard deviations of the constants beforehand, shape (c,) each.
    random_walk
        Of the drift rate.
    windows
        Times and groups of the heading windows, shape (m,) each.
    """

    def __init__(
        self,
        knots_s: FloatArray,
        *,
        constants: tuple[FloatArray, FloatArray],
        random_walk: Wander,
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
        """Linear interpolation between knots plus one of the constants: pose 0, biases from 1."""
        rows = np.zeros((at_s.size, self._right.size))
        rows[:, : self._knots_s.size] = between(self._knots_s, at_s)
        rows[np.arange(at_s.size), self._knots_s.size + constant] = 1.0
        return rows

    def add_stands(self, at_s: FloatArray, seen_rad: FloatArray, sd_rad: FloatArray) -> None:
        """Add headings plus pose offset seen in stands, shape (s,) each."""
        rows = self._rows(at_s, np.zeros(at_s.size, dtype=np.intp)) / sd_rad[:, None]
        self._trials += rows.T @ rows
        self._normal += rows.T @ rows
        self._right += rows.T @ (seen_rad / sd_rad)

    def add_drift(self, guessed_rad: FloatArray, variance_rad2: FloatArray) -> None:
        """Let a step between knots be the rate there times its length, plus a random walk.

        Parameters
        ----------
        guessed_rad
            Steps that are in the guess already, shape (k - 1,).
        variance_rad2
            Of the random walk, shape (k - 1,).
        """
        steps = np.zeros((guessed_rad.size, self._right.size))
        index = np.arange(guessed_rad.size)
        steps[index, index] = -1.0
        steps[index, index + 1] = 1.0
        length_s = np.diff(self._knots_s)
        middle_s = self._knots_s[:-1] + 0.5 * length_s
        steps[:, self._after_constants - 1] = -length_s
        wandering = -length_s[:, None] * between(self._random_walk.knots_s, middle_s)
        steps[:, self._after_constants :] = wandering
        sd = np.sqrt(variance_rad2)
        steps /= sd[:, None]
        self._normal += steps.T @ steps
        self._right -= steps.T @ (guessed_rad / sd)

    def solve(self, seen_rad: FloatArray, sd_rad: FloatArray) -> FloatArray:
        """Most likely unknowns with the windows weighed by ``sd_rad``, shape (m,) each."""
        right = self._right + self._windows.T @ (seen_rad / sd_rad**2)
        factor = cho_factor(self._weighed(sd_rad), overwrite_a=True, check_finite=False)
        return np.asarray(cho_solve(factor, right, check_finite=False))

    def covariance(self, sd_rad: FloatArray, *, trial_share: float = 1.0) -> FloatArray:
        """Covariance of all unknowns with the windows weighed by ``sd_rad``.

        Parameters
        ----------
        sd_rad
            Of the windows, shape (m,).
        trial_share
            Variance of the stands as a share of what they are weighed by. Whoever weighs them with
            an eye to the few that err much (people who stand differently on purpose) overstates
            the error of the others.
        """
        inverse = np.asarray(np.linalg.inv(self._weighed(sd_rad)), dtype=np.float64)
        return inverse - (1.0 - trial_share) * (inverse @ self._trials @ inverse)

    def misfit(self, seen_rad: FloatArray, solution: FloatArray) -> FloatArray:
        """By how much the windows miss the solution, shape (m,)."""
        return np.asarray(seen_rad - self._windows @ solution)

    def _weighed(self, sd_rad: FloatArray) -> FloatArray:
        weighed = self._windows / sd_rad[:, None]
        return np.asarray(self._normal + weighed.T @ weighed)
