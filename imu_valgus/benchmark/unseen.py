"""What no worn sensor sees: the error that remains when everything else is perfect.

Two things are unseen; everything else (headings, inclinations, lever arms, skin of the thigh) is
taken as perfectly known:

* **Posture in neutral stance.** Static trials show the sensors which way is up along a leg, but
  not how far the leg leans or is turned. Segment frames are set upright there, so they err by the
  lean, and tibial rotation counts from there. This error of the level is not constant: a thigh
  frame that leans sideways by x makes tibial rotation wrong by about x times the sine of flexion.
  (Rotation of the thigh about its own axis is measured.) The bent knee could show the lean as
  adduction that follows the cosine of flexion, but twisting skin hides it.
* **Skin that twists under the shank sensor**: without a foot sensor nothing below it shows this.
"""

from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from imu_valgus.benchmark.leg_errors import LegErrors, leg_errors
from imu_valgus.conventions import MOTIONS
from imu_valgus.kinematics import estimate_joint_angles
from imu_valgus.model import (
    BoolArray,
    Joint,
    OrientationSeries,
    Placement,
    Segment,
    Side,
    Task,
    samples_of_task,
)
from imu_valgus.rotations import compose
from imu_valgus.simulate import RecordingTruth

UNSEEN = "all but what no sensor sees"
"""Name of the row that is listed with the variants."""

_ROTATION = MOTIONS.index("internal_rotation")
_UP = np.array([0.0, 0.0, 1.0])
_LONG_AXIS = np.array([0.0, 1.0, 0.0])
_SEGMENTS = {Joint.HIP: (Segment.PELVIS, Segment.THIGH), Joint.KNEE: (Segment.THIGH, Segment.SHANK)}


def unseen_legs(truth: RecordingTruth) -> tuple[LegErrors, ...]:
    """Return errors of hips and knees if only posture in stance and skin of the shank were unknown.

    Parameters
    ----------
    truth
        Truth of the simulated recording.

    Returns
    -------
    tuple of LegErrors
        Both hips and both knees; empty without a static trial, because then there is no zero.
    """
    standing = samples_of_task(truth.time_s, truth.tasks, Task.STANDING)
    if not standing.any():
        return ()
    return tuple(_unseen(truth, joint, side, standing) for side in Side for joint in _SEGMENTS)


def is_touched(joint: Joint, motion: str) -> bool:
    """Return whether an angle has a goal that is affected by what no sensor sees.

    Parameters
    ----------
    joint
        Joint of the angle.
    motion
        One of `MOTIONS`.

    Returns
    -------
    bool
        True for adduction, and for internal rotation except at the hip.
    """
    return motion != "flexion" and (joint, motion) != (Joint.HIP, "internal_rotation")


def _unseen(truth: RecordingTruth, joint: Joint, side: Side, standing: BoolArray) -> LegErrors:
    proximal, distal = (
        _as_worn(truth, Placement.of(segment, side), standing) for segment in _SEGMENTS[joint]
    )
    found = estimate_joint_angles(proximal, distal, joint=joint, side=side, errors=None)
    angles = np.array(found.angles_deg)
    if joint is Joint.KNEE:
        # The shank frame is turned about its own axis until neutral stance has zero rotation.
        angles[:, _ROTATION] -= angles[standing, _ROTATION].mean()
    nothing = np.zeros_like(angles)
    return leg_errors(
        replace(found, angles_deg=angles, sd_deg=nothing, change_sd_deg=nothing), truth
    )


def _as_worn(truth: RecordingTruth, placement: Placement, standing: BoolArray) -> OrientationSeries:
    """Return a bone as a perfect sensor shows it: upright in neutral stance, axially correct."""
    bone = truth.orientations[placement]
    to_earth = bone.to_earth
    skin = truth.skin_rotation_deg.get(placement)
    if placement.segment is Segment.SHANK and skin is not None:
        to_earth = compose(to_earth, Rotation.from_euler("y", skin[:, 1:2], degrees=True))
    up = to_earth[standing].inv().apply(_UP).mean(axis=0)
    # For one pair of vectors this is the smallest rotation, without a turn about the long axis.
    upright, _ = Rotation.align_vectors([_LONG_AXIS], [up])
    return replace(bone, to_earth=compose(to_earth, upright.inv()))
