"""How loosely a leg's sensors sit, from what no lever arms explain.

Two sensors beside a joint must share its acceleration. What remains after the lever arms were
fitted (`imu_valgus.calibration.lever_arms`) is skin that slides, and a little noise. Skin that
slides also twists, so the mismatch says beforehand how large a twist to expect: the spread of
looseness in the population shrinks to what this leg's recording allows. The relation was found on
simulated people under two laws of skin. On the one real leg at hand the mismatch was larger than on
any simulated one, so that leg counts as very loose.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from imu_valgus.model import FloatArray, Joint


@dataclass(frozen=True, slots=True)
class LoosenessSettings:
    """How the mismatch grows with looseness, as a share of the distal sensor's acceleration.

    Parameters
    ----------
    floor
        Mismatch with firm skin: noise, tilt and joints that are not points.
    hip, knee
        Mismatch at looseness one.
    spread
        Relative standard deviation about that relation: sliding and twisting of the skin are
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
    """Compute how likely the mismatches at hip and knee are at each level of looseness.

    Parameters
    ----------
    looseness
        Levels of looseness, shape (k,).
    mismatches
        Mismatch by joint, of one leg; if empty, all levels are equally likely.
    settings
        See `LoosenessSettings`.

    Returns
    -------
    ndarray, shape (k,)
        Logarithm of the likelihood up to a constant. A mismatch beyond that of the greatest
        looseness counts as that one.
    """
    total = np.zeros_like(looseness)
    for joint, slope in ((Joint.HIP, settings.hip), (Joint.KNEE, settings.knee)):
        if joint in mismatches:
            expected = np.hypot(settings.floor, slope * looseness)
            mismatch = min(mismatches[joint], float(expected.max()))
            total -= 0.5 * (np.log(max(mismatch, 1e-6) / expected) / settings.spread) ** 2
    return total
