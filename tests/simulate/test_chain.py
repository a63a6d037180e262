"""Poses in words: what the joint angles do to knees and feet of the simulated body."""

from dataclasses import replace

import numpy as np
import pytest

from imu_valgus.model import Placement, Segment, Side
from imu_valgus.simulate import Person
from imu_valgus.simulate.chain import body_motion
from imu_valgus.simulate.pose import BodyPose, LegPose

PERSON = Person()
FORWARD, LEFTWARD, UP = 0, 1, 2


def placed(pose: BodyPose):
    """Joint centres and segment axes of one pose; the body faces earth x, z is up."""
    motion = body_motion(np.tile(pose.as_row(), (3, 1)), PERSON)
    centres = {p: at[0] for p, at in motion.origin_m.items()}
    return centres, {p: turns[0] for p, turns in motion.to_earth.items()}


def bent(side: Side, **angles: float) -> BodyPose:
    return replace(BodyPose(), **{str(side): LegPose(planted=0.0, support=0.0, **angles)})


def outward(side: Side) -> float:
    """Sign of the leftward coordinate that lies away from the body's middle."""
    return -side.sign


def of(segment: Segment, side: Side) -> Placement:
    return Placement.of(segment, side)


@pytest.mark.parametrize("side", Side)
def test_in_the_zero_pose_the_leg_hangs_straight_below_its_hip(side):
    centres, axes = placed(BodyPose())
    hip, foot = centres[of(Segment.THIGH, side)], centres[of(Segment.FOOT, side)]
    np.testing.assert_allclose(hip[:2], foot[:2], atol=1e-12)
    assert hip[UP] - foot[UP] == pytest.approx(PERSON.leg_length_m)
    assert outward(side) * hip[LEFTWARD] == pytest.approx(0.5 * PERSON.hip_distance_m)
    for turn in axes.values():
        np.testing.assert_allclose(turn.apply([1, 0, 0]), [1, 0, 0], atol=1e-12)
        np.testing.assert_allclose(turn.apply([0, 1, 0]), [0, 0, 1], atol=1e-12)
        np.testing.assert_allclose(turn.apply([0, 0, 1]), [0, -1, 0], atol=1e-12)


@pytest.mark.parametrize("side", Side)
def test_hip_flexion_brings_the_knee_forwards(side):
    centres, _ = placed(bent(side, hip_flexion=30.0))
    knee, hip = centres[of(Segment.SHANK, side)], centres[of(Segment.THIGH, side)]
    assert knee[FORWARD] - hip[FORWARD] == pytest.approx(0.5 * PERSON.thigh_length_m)


@pytest.mark.parametrize("side", Side)
def test_knee_flexion_brings_the_foot_backwards(side):
    centres, _ = placed(bent(side, knee_flexion=90.0))
    foot, knee = centres[of(Segment.FOOT, side)], centres[of(Segment.SHANK, side)]
    assert foot[FORWARD] - knee[FORWARD] == pytest.approx(-PERSON.shank_length_m)


@pytest.mark.parametrize("side", Side)
def test_hip_adduction_brings_the_knee_inwards(side):
    centres, _ = placed(bent(side, hip_adduction=10.0))
    knee, hip = centres[of(Segment.SHANK, side)], centres[of(Segment.THIGH, side)]
    assert outward(side) * (knee - hip)[LEFTWARD] < -0.05


@pytest.mark.parametrize("side", Side)
def test_valgus_which_is_negative_adduction_puts_the_foot_outside_the_knee(side):
    centres, _ = placed(bent(side, knee_adduction=-10.0))
    foot, knee = centres[of(Segment.FOOT, side)], centres[of(Segment.SHANK, side)]
    assert outward(side) * (foot - knee)[LEFTWARD] > 0.05


@pytest.mark.parametrize("joint", ["hip", "knee"])
@pytest.mark.parametrize("side", Side)
def test_internal_rotation_points_the_shank_inwards(side, joint):
    _, axes = placed(bent(side, **{f"{joint}_rotation": 15.0}))
    ahead = axes[of(Segment.SHANK, side)].apply([1, 0, 0])
    assert outward(side) * ahead[LEFTWARD] == pytest.approx(-np.sin(np.radians(15.0)))


@pytest.mark.parametrize("side", Side)
def test_dorsiflexion_lifts_the_toes_and_toe_out_turns_them_outwards(side):
    _, axes = placed(bent(side, ankle_flexion=12.0))
    assert axes[of(Segment.FOOT, side)].apply([1, 0, 0])[UP] > 0.2
    _, axes = placed(replace(BodyPose(), **{str(side): LegPose(toe_out=12.0)}))
    assert outward(side) * axes[of(Segment.FOOT, side)].apply([1, 0, 0])[LEFTWARD] > 0.2


def test_anterior_tilt_lowers_the_front_of_the_pelvis():
    _, axes = placed(replace(BodyPose(), anterior_tilt=10.0))
    assert axes[Placement.PELVIS].apply([1, 0, 0])[UP] < -0.1


def test_obliquity_raises_and_rotation_advances_the_right_side():
    _, axes = placed(replace(BodyPose(), obliquity=10.0))
    assert axes[Placement.PELVIS].apply([0, 0, 1])[UP] > 0.1
    _, axes = placed(replace(BodyPose(), rotation=10.0))
    assert axes[Placement.PELVIS].apply([0, 0, 1])[FORWARD] > 0.1


def test_heading_turns_the_body_to_the_left():
    _, axes = placed(replace(BodyPose(), heading=30.0))
    assert axes[Placement.PELVIS].apply([1, 0, 0])[LEFTWARD] == pytest.approx(0.5)


def test_the_soles_are_on_the_ground_and_a_seat_carries_the_pelvis():
    motion = body_motion(np.tile(BodyPose().as_row(), (3, 1)), PERSON)
    for points in motion.contact_m.values():
        np.testing.assert_allclose(points[..., UP], 0.0, atol=1e-12)
    seated = replace(BodyPose(), seat_support=1.0, seat_height_m=0.5)
    no_feet = {str(s): LegPose(hip_flexion=90.0, knee_flexion=90.0, support=0.0) for s in Side}
    centres, _ = placed(replace(seated, **no_feet))
    assert centres[Placement.PELVIS][UP] == pytest.approx(0.5)
