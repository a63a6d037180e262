"""Lever arms from sensor to joint, from body size: enough for slow accelerations.

Segment lengths are shares of body height (Drillis and Contini 1966, as tabulated by Winter 2009,
doi:10.1002/9780470549148: thigh 0.245, shank 0.246, foot height 0.039); the sensor is taken to
sit half-way down
its segment. Lengths entered by tape measure take their place.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from imu_valgus.model import FloatArray, Joint, Placement, Segment, SessionInfo, Side

TYPICAL_HEIGHT_M = 1.70
_THIGH_SHARE, _SHANK_SHARE, _FOOT_SHARE = 0.245, 0.246, 0.039

_SACRUM_TO_HIP_M = np.array([0.10, -0.06, 0.085])
"""Forwards, up, to the side: a pelvis sensor over the sacrum; own choice for an adult."""


@dataclass(frozen=True, slots=True)
class SegmentLengths:
    """Lengths of the leg's segments in metres."""

    thigh_m: float
    shank_m: float
    foot_height_m: float


def segment_lengths(info: SessionInfo) -> SegmentLengths:
    """Lengths as measured, else from body height, else of somebody of typical height."""
    height = info.height_m or TYPICAL_HEIGHT_M
    return SegmentLengths(
        info.thigh_length_m or _THIGH_SHARE * height,
        info.shank_length_m or _SHANK_SHARE * height,
        _FOOT_SHARE * height,
    )


def lever_to(
    joint: Joint, *, placement: Placement, side: Side, lengths: SegmentLengths
) -> FloatArray:
    """Lever arm from a sensor to a joint of its segment, in segment axes.

    Parameters
    ----------
    joint
        Hip, knee or ankle.
    placement
        Where the sensor sits; its segment must end in that joint.
    side
        Side of the joint.
    lengths
        Of the leg.

    Returns
    -------
    ndarray, shape (3,)
        Metres, x anterior, y up, z right.

    Raises
    ------
    KeyError
        If the segment does not end in the joint.
    """
    up = {
        (Segment.THIGH, Joint.HIP): 0.5 * lengths.thigh_m,
        (Segment.THIGH, Joint.KNEE): -0.5 * lengths.thigh_m,
        (Segment.SHANK, Joint.KNEE): 0.5 * lengths.shank_m,
        (Segment.SHANK, Joint.ANKLE): -0.5 * lengths.shank_m,
        (Segment.FOOT, Joint.ANKLE): 0.5 * lengths.foot_height_m,
    }
    if placement is Placement.PELVIS:
        return np.asarray(_SACRUM_TO_HIP_M * [1.0, 1.0, side.sign], dtype=np.float64)
    return np.array([0.0, up[placement.segment, joint], 0.0])


_FURTHEST = 1.2
"""Share of a segment's length beyond which its end cannot be: own choice, straps sit on it."""


def doubts_from_levers(
    knees_m: Mapping[Placement, FloatArray], lengths: SegmentLengths
) -> Mapping[Placement, tuple[str, ...]]:
    """Look for knees that are not where a thigh or shank ends.

    Parameters
    ----------
    knees_m
        Levers from thigh and shank sensors to the knee as the movement shows them
        (`imu_valgus.calibration.lever_fit`), segment axes, shape (3,).
    lengths
        Of the leg.

    Returns
    -------
    Mapping of Placement to tuple of str
        Reasons to doubt that sensor.
    """
    doubts: dict[Placement, tuple[str, ...]] = {}
    for placement, lever in knees_m.items():
        is_thigh = placement.segment is Segment.THIGH
        length_m = lengths.thigh_m if is_thigh else lengths.shank_m
        towards_m = float(-lever[1] if is_thigh else lever[1])
        where = "below" if is_thigh else "above"
        if not 0.0 < towards_m < _FURTHEST * length_m:
            reason = (
                f"By its accelerations the knee lies {100.0 * towards_m:.0f} cm {where} the "
                f"{placement.words} sensor, where it cannot be: is the sensor on that segment, and "
                "the body height right?"
            )
            doubts[placement] = (reason,)
    return doubts
