"""How loosely a leg's sensors sit, from what no lever arms explain.

Two sensors beside a joint must share its acceleration. What is left after the levers were fitted
(`imu_valgus.calibration.lever_arms`) is skin that slides, and a little noise. A thigh whose skin
slides also twists, so the mismatch says beforehand how large a twist to expect: a population's
spread of looseness shrinks to what this leg's recording allows. The relation was found on simulated
people under two laws of skin; on the one real leg at hand the mismatch was larger than on any
simulated one, so it counts as very loose.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from imu_valgus.model import FloatArray, Joint


@dataclass(frozen=True, slots=True)
class LoosenessSettings:
    """Mismatch over looseness, as a share of the distal sensor's acceleration.

    Parameters
    ----------
    floor
        With firm skin: noise, tilt and joints that are no points.
    hip, knee
        At looseness one.
    spread
        Relative standard deviation about that relation: skin that slides and skin that twists are
        related, not the same. Larger than on simulated people (0.2 to 0.3): own choice.
    """

    floor: float = 0.013
    hip: float = 0.053
    knee: float = 0.025
    spread: float = 0.4


DEFAULT_SETTINGS = LoosenessSettings()


def log_likelihood(
    looseness: FloatArray,
    mismatches: Mapping[Joint, float],
    *,
    settings: LoosenessSettings = DEFAULT_SETTINGS,
) -> FloatArray:
    """Tell how well each looseness goes with the mismatches of a leg's hip and knee.

    Parameters
    ----------
    looseness
        Levels to be weighed, shape (k,).
    mismatches
        By joint; may be empty, then nothing is told.

    Returns
    -------
    ndarray, shape (k,)
        Logarithm of the likelihood, but for a constant. A mismatch beyond that of the greatest
        looseness counts as that one.
    """
    total = np.zeros_like(looseness)
    for joint, slope in ((Joint.HIP, settings.hip), (Joint.KNEE, settings.knee)):
        if joint in mismatches:
            expected = np.hypot(settings.floor, slope * looseness)
            seen = min(mismatches[joint], float(expected.max()))
            total -= 0.5 * (np.log(max(seen, 1e-6) / expected) / settings.spread) ** 2
    return total
