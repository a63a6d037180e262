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
from imu_valgus.model import Joint, Placement, Segment, Side, Task, samples_of_task
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
    return tuple(_unseen(truth, joint, side) for side in Side for joint in (Joint.HIP, Joint.KNEE))


def is_touched(joint: Joint, motion: str) -> bool:
    """Tell whether an angle has a goal that what is unseen takes its share of."""
    return motion != "flexion" and (joint, motion) != (Joint.HIP, "internal_rotation")


def _unseen(truth: RecordingTruth, joint: Joint, side: Side) -> LegErrors:
    true = truth.joint(joint, side)
    angles = np.array(true.angles_deg)
    skin = truth.skin_rotation_deg.get(Placement.of(Segment.SHANK, side))
    if joint is Joint.KNEE and skin is not None:
        # A turn of the shank about its own axis is tibial rotation, one to one (Grood-Suntay).
        angles[:, _ROTATION] += side.sign * skin[:, 1]
    standing = samples_of_task(true.time_s, truth.tasks, Task.STANDING)
    if standing.any():
        zero = angles[standing].mean(axis=0)
        if joint is Joint.HIP:
            zero[_ROTATION] = 0.0
        angles -= zero
    return leg_errors(replace(true, angles_deg=angles), truth)
