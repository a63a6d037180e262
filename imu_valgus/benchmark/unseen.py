"""What no worn sensor sees: the error that is left when all else is perfect.

Neutral stance is the zero of flexion, adduction and tibial rotation, because no motion of thigh and
shank shows where the anatomical axes lie in a person who stands: how they stand is an error of the
level. (The level of hip rotation is measured.) And skin twists under the shank's sensor: the knee
has no other segment below it that could bear witness without a foot sensor. A perfect analysis of
everything else would still be off by these.
"""

from dataclasses import replace

import numpy as np

from imu_valgus.benchmark.leg_errors import LegErrors, leg_errors
from imu_valgus.conventions import MOTIONS
from imu_valgus.model import (
    FloatArray,
    Joint,
    JointAngles,
    Placement,
    Segment,
    Side,
    Task,
    samples_of_task,
)
from imu_valgus.simulate import RecordingTruth

UNSEEN = "all but what no sensor sees"
"""Name of the row beside the variants."""


_ROTATION = MOTIONS.index("internal_rotation")


def unseen_legs(truth: RecordingTruth) -> tuple[LegErrors, ...]:
    """Errors of hips and knees if stance and the skin of the shank were all that is not known.

    Parameters
    ----------
    truth
        Of the simulated recording.
    """
    return tuple(one for side in Side for one in (_hip(truth, side), _knee(truth, side)))


def is_touched(joint: Joint, motion: str) -> bool:
    """Tell whether an angle has a goal that what is unseen takes its share of."""
    return motion != "flexion" and (joint, motion) != (Joint.HIP, "internal_rotation")


def _hip(truth: RecordingTruth, side: Side) -> LegErrors:
    hip = truth.joint(Joint.HIP, side)
    angles = np.array(hip.angles_deg)
    rotation = angles[:, _ROTATION].copy()
    angles = _from_stance(angles, truth, hip)
    angles[:, _ROTATION] = rotation
    return leg_errors(replace(hip, angles_deg=angles), truth)


def _knee(truth: RecordingTruth, side: Side) -> LegErrors:
    knee = truth.joint(Joint.KNEE, side)
    angles = np.array(knee.angles_deg)
    skin = truth.skin_rotation_deg.get(Placement.of(Segment.SHANK, side))
    if skin is not None:
        # A turn of the shank about its own axis is tibial rotation, one to one (Grood-Suntay).
        angles[:, _ROTATION] += side.sign * skin[:, 1]
    return leg_errors(replace(knee, angles_deg=_from_stance(angles, truth, knee)), truth)


def _from_stance(angles: FloatArray, truth: RecordingTruth, joint: JointAngles) -> FloatArray:
    standing = samples_of_task(joint.time_s, truth.tasks, Task.STANDING)
    return np.asarray(angles - angles[standing].mean(axis=0) if standing.any() else angles)
