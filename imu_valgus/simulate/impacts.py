"""Impacts of a foot on the ground: leg and body ring for a few hundredths of a second."""

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
"""Our choice: impact spikes at a shank sensor are as large as in recordings of real walks at the
same speed."""


def add_impacts(
    rows: FloatArray, side: Side, times_s: FloatArray, strength: FloatArray | float
) -> None:
    """Add the ringing after contacts of one foot to poses, in place.

    Parameters
    ----------
    rows
        Poses on the internal clock, shape (n, c).
    side
        Side of the foot that lands.
    times_s
        Times of the contacts, seconds from the first row.
    strength
        1 for a heel strike at normal walking speed; one number, or one per row.
    """
    at = np.asarray(times_s) * INTERNAL_RATE_HZ
    at = at[at < len(rows) - 2]
    before = np.floor(at).astype(int)
    impulses = np.zeros(len(rows))
    np.add.at(impulses, before, 1.0 - (at - before))
    np.add.at(impulses, before + 1, at - before)
    after = internal_times(8.0 * _DECAY_S)
    ring = ramp(after / 0.02) * np.exp(-after / _DECAY_S)
    ring *= np.sin(2.0 * np.pi * _FREQUENCY_HZ * after)
    ringing = strength * oaconvolve(impulses, ring)[: len(rows)]
    rows[:, column("knee_flexion", side)] += _KNEE_DEG * ringing
    rows[:, column("hip_flexion", side)] -= _HIP_DEG * ringing
    rows[:, column("foot_pitch", side)] -= _FOOT_DEG * ringing
    for foot in SIDES:
        rows[:, column("ground_m", foot)] -= _BODY_M * ringing
