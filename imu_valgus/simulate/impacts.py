"""What leg and body do when a foot meets the ground: they ring for a few hundredths of a second."""

from typing import Final

import numpy as np
from scipy.signal import oaconvolve

from imu_valgus.model import FloatArray, Side
from imu_valgus.simulate.pose import INTERNAL_RATE_HZ, SIDES, column, internal_times, ramp

_KNEE_DEG: Final = 0.32
_HIP_DEG: Final = 0.16
_FOOT_DEG: Final = 0.6
_BODY_M: Final = 0.0012
_FREQUENCY_HZ: Final = 14.0
_DECAY_S: Final = 0.03
"""Own choice, so that the impact spikes of shank sensors are of the size that recordings of real
walks at the same speed show."""


def add_impacts(
    rows: FloatArray, side: Side, times_s: FloatArray, strength: FloatArray | float
) -> None:
    """Add the ringing after contacts of one foot to poses, in place.

    Parameters
    ----------
    rows
        Poses on the internal clock, shape (n, c).
    side
        The foot that lands.
    times_s
        When it lands, seconds from the first row.
    strength
        1 for a heel strike at normal walking speed; one number or one per row.
    """
    at = np.asarray(times_s) * INTERNAL_RATE_HZ
    at = at[at < len(rows) - 2]
    before = np.floor(at).astype(int)
    blows = np.zeros(len(rows))
    np.add.at(blows, before, 1.0 - (at - before))
    np.add.at(blows, before + 1, at - before)
    after = internal_times(8.0 * _DECAY_S)
    ring = ramp(after / 0.02) * np.exp(-after / _DECAY_S)
    ring *= np.sin(2.0 * np.pi * _FREQUENCY_HZ * after)
    rung = strength * oaconvolve(blows, ring)[: len(rows)]
    rows[:, column("knee_flexion", side)] += _KNEE_DEG * rung
    rows[:, column("hip_flexion", side)] -= _HIP_DEG * rung
    rows[:, column("foot_pitch", side)] -= _FOOT_DEG * rung
    for foot in SIDES:
        rows[:, column("ground_m", foot)] -= _BODY_M * rung
