"""Sessions that stand out from the baseline: told only when two in a row do.

Among twenty sessions of an unchanged person one or more lies outside a 95 % corridor more often
than not, so a single one says nothing.
"""

import math

import numpy as np
import numpy.typing as npt

from imu_valgus.model import BoolArray
from imu_valgus.progress.repeatability import Repeatability

IN_A_ROW = 2


def find_standing_out(
    values: npt.ArrayLike, *, baseline: npt.ArrayLike, repeatability: Repeatability
) -> BoolArray:
    """Mark the sessions that lie outside the baseline corridor, at least two in a row on one side.

    Parameters
    ----------
    values
        Sessions after the baseline in order of time, shape (..., n).
    baseline
        Values of the baseline sessions, shape (..., m).
    repeatability
        Its spread makes the corridor: baseline mean ± t SEM √(1 + 1/m), with Student's t for the
        degrees of freedom the SEM was measured with (1.96 where it is assumed).

    Returns
    -------
    BoolArray
        True for every session of such a run, shape (..., n).
    """
    series = np.asarray(values, dtype=np.float64)
    before = np.asarray(baseline, dtype=np.float64)
    half = repeatability.t95 * repeatability.sem * math.sqrt(1.0 + 1.0 / before.shape[-1])
    away = series - before.mean(axis=-1, keepdims=True)
    return _runs(away > half) | _runs(away < -half)


def _runs(outside: BoolArray) -> BoolArray:
    """Keep what has a neighbour outside as well."""
    pairs = outside[..., 1:] & outside[..., :-1]
    kept = np.zeros_like(outside)
    kept[..., 1:] |= pairs
    kept[..., :-1] |= pairs
    return kept
