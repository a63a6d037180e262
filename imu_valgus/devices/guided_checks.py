"""Notices from the movement itself that sensors were put on the wrong place."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

from imu_valgus.devices.capture_status import SensorStatus
from imu_valgus.model import Placement, Segment, Side, Task

__all__ = ["find_exchanged", "shaken_sensor"]

_CLEARLY: Final = 1.2
"""In walking the shank turns 1.3 to 1.5 times as fast as the thigh (rms over some strides), in
recordings of people and in simulated ones; loose straps can bring the thigh up to 1.1 times."""
_MOVES_DEG_S: Final = 15.0
_SHAKEN_DEG_S: Final = 150.0
_SHAKEN_FACTOR: Final = 3.0

_ONE_LEG_TASKS: Final = {Task.SEATED_KNEE_EXTENSION, Task.SEATED_HIP_ROTATION}


def find_exchanged(
    task: Task, side: Side | None, motion_deg_s: Mapping[Placement, float]
) -> str | None:
    """Judge whether the sensors that move are those that should.

    Parameters
    ----------
    task, side
        What is being done, and by which leg.
    motion_deg_s
        Rms angular velocity during some seconds of it, by placement.

    Returns
    -------
    str or None
        One sentence, None where all is as it should be or cannot be told.

    Examples
    --------
    >>> motion = {Placement.THIGH_RIGHT: 180.0, Placement.SHANK_RIGHT: 110.0}
    >>> find_exchanged(Task.WALK, None, motion)
    'The sensors of right thigh and right shank look exchanged: in walking the shank turns faster.'
    """
    if task is Task.WALK:
        return next((s for side in Side if (s := _thigh_for_shank(side, motion_deg_s))), None)
    if task in _ONE_LEG_TASKS and side is not None:
        return _wrong_leg(side, motion_deg_s)
    return None


def _thigh_for_shank(side: Side, motion: Mapping[Placement, float]) -> str | None:
    thigh = motion.get(Placement.of(Segment.THIGH, side))
    shank = motion.get(Placement.of(Segment.SHANK, side))
    if thigh is None or shank is None or thigh < _MOVES_DEG_S or thigh < _CLEARLY * shank:
        return None
    return (
        f"The sensors of {side} thigh and {side} shank look exchanged: in walking the shank "
        "turns faster."
    )


def _wrong_leg(side: Side, motion: Mapping[Placement, float]) -> str | None:
    mine = motion.get(Placement.of(Segment.SHANK, side))
    other = motion.get(Placement.of(Segment.SHANK, side.other))
    if mine is None or other is None or other < _MOVES_DEG_S or other < 2.0 * mine:
        return None
    return (
        f"The {side.other} shank moves, but the {side} leg should: either the other leg was used "
        "or the sensors of left and right are exchanged."
    )


def shaken_sensor(sensors: Sequence[SensorStatus]) -> int | None:
    """Find the one sensor that is shaken while the others rest; None where it is not clear.

    Parameters
    ----------
    sensors
        As they move now.
    """
    motion = [0.0 if math.isnan(s.motion_deg_s) else s.motion_deg_s for s in sensors]
    if not motion:
        return None
    strongest = max(range(len(motion)), key=motion.__getitem__)
    others = [value for index, value in enumerate(motion) if index != strongest]
    if motion[strongest] < _SHAKEN_DEG_S or motion[strongest] < _SHAKEN_FACTOR * max([0, *others]):
        return None
    return strongest
