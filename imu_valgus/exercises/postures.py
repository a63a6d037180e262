"""Postures that exercises are done in, from inclinations."""

import numpy as np

from imu_valgus.exercises.motion import SetMotion
from imu_valgus.model import BoolArray, Placement, Segment, Side


def is_lying(motion: SetMotion, side: Side) -> BoolArray:
    """Thigh nearly level, and level the pelvis too where it is worn, shape (n,)."""
    thigh = np.abs(motion.raised_deg(Segment.THIGH, side))
    lying = thigh < 55.0
    pelvis = motion.ups.get(Placement.PELVIS)
    if pelvis is not None:
        lying &= np.abs(np.degrees(np.arcsin(np.clip(pelvis[:, 1], -1.0, 1.0)))) < 50.0
    return np.asarray(lying)


def is_seated(motion: SetMotion, side: Side) -> BoolArray:
    """Thigh nearly level and in front, shape (n,)."""
    forward = motion.forward_deg(Segment.THIGH, side)
    return np.asarray((forward > 55.0) & (forward < 120.0))


def is_on_feet(motion: SetMotion, side: Side) -> BoolArray:
    """Shank nearer to upright than to level, shape (n,)."""
    return np.asarray(np.abs(motion.forward_deg(Segment.SHANK, side)) < 65.0)
