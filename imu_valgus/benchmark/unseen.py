"""What no worn sensor sees of tibial rotation: the error that is left when all else is perfect.

Two things turn the shank's sensor about the tibia, or the tibia itself, and no motion of thigh and
shank tells: how the person's tibia is turned in neutral stance (no motion shows where its
anatomical front is, so neutral stance is the zero by definition), and skin that twists under the
shank's sensor (the knee has no other segment below it that could bear witness without a foot
sensor). A perfect analysis of the other sensors would still be off by these.
"""

from dataclasses import replace

import numpy as np

from imu_valgus.benchmark.leg_errors import LegErrors, leg_errors
from imu_valgus.conventions import MOTIONS
from imu_valgus.model import Joint, Placement, Segment, Side, Task, samples_of_task
from imu_valgus.simulate import RecordingTruth

UNSEEN = "all but what no sensor sees"
"""Name of the row beside the variants."""


def unseen_legs(truth: RecordingTruth) -> tuple[LegErrors, ...]:
    """Errors of both knees if stance and the skin of the shank were all that is not known.

    Parameters
    ----------
    truth
        Of the simulated recording.
    """
    return tuple(_unseen(truth, side) for side in Side)


def _unseen(truth: RecordingTruth, side: Side) -> LegErrors:
    knee = truth.joint(Joint.KNEE, side)
    rotation = MOTIONS.index("internal_rotation")
    angles = np.array(knee.angles_deg)
    skin = truth.skin_rotation_deg.get(Placement.of(Segment.SHANK, side))
    if skin is not None:
        # A turn of the shank about its own axis is tibial rotation, one to one (Grood-Suntay).
        angles[:, rotation] += side.sign * skin[:, 1]
    standing = samples_of_task(knee.time_s, truth.tasks, Task.STANDING)
    if standing.any():
        angles[:, rotation] -= angles[standing, rotation].mean()
    return leg_errors(replace(knee, angles_deg=angles), truth)
