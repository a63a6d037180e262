"""The kinematic chain: segments in the room from clinical angles, and angles that place a foot."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.optimize import brentq
from scipy.spatial.transform import Rotation

from imu_valgus.conventions import EULER_SEQUENCE, FLEXION_SIGN
from imu_valgus.errors import InputError
from imu_valgus.model import FloatArray, Placement, Segment, Side
from imu_valgus.rotations import about_earth_z, compose
from imu_valgus.simulate.body import Person
from imu_valgus.simulate.pose import (
    INTERNAL_RATE_HZ,
    SIDES,
    BodyPose,
    column,
    eased,
    joint_columns,
    ramp,
)

STANCE_TO_EARTH: Final = Rotation.from_matrix([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""Segment that stands upright and faces earth x: its y points up, its z (right) is earth −y."""

HEEL_BEHIND_ANKLE: Final = 0.22
BALL_AHEAD_OF_ANKLE: Final = 0.50
"""Distances of the contact points from the ankle centre, as shares of foot length: our choice."""

_ROCKER_DEG: Final = 4.0
"""Foot pitch at which only the heel, or only the ball, touches the ground: our choice."""

_PELVIS_EASING_S: Final = 0.02
"""Smoothing of the pelvis path: a body does not jerk when its weight moves to another contact."""

_TREAD_M: Final = 0.27
"""How far ahead the foot is placed on a step: our choice."""


@dataclass(frozen=True, slots=True, eq=False)
class BodyMotion:
    """Motion of the segments on the internal clock, n samples.

    Parameters
    ----------
    to_earth
        Rotations from segment to earth (z up) by placement.
    origin_m
        Proximal joint centre in earth by placement, shape (n, 3); for the pelvis, the middle
        between the hip centres.
    heading_rad
        Direction the body faces, counter-clockwise seen from above, shape (n,).
    contact_m
        Heel and ball of each foot in earth, shape (n, 2, 3).
    """

    to_earth: Mapping[Placement, Rotation]
    origin_m: Mapping[Placement, FloatArray]
    heading_rad: FloatArray
    contact_m: Mapping[Side, FloatArray]


def _joint_rotation(angles_deg: FloatArray, *, joint: str, side: Side) -> Rotation:
    """Turn clinical angles in degrees, shape (n, 3), into distal-to-proximal rotations.

    Flexion has the sign of ``conventions.FLEXION_SIGN``, the two other angles that of the side.
    """
    signs = np.array([FLEXION_SIGN[joint], side.sign, side.sign])
    return Rotation.from_euler(EULER_SEQUENCE, angles_deg * signs, degrees=True)


def joint_angles_deg(distal_to_proximal: Rotation, *, joint: str, side: Side) -> FloatArray:
    """Return the clinical angles of a joint.

    Parameters
    ----------
    distal_to_proximal
        Rotations of n samples from the distal to the proximal segment.
    joint
        Name of the joint, as in `conventions.FLEXION_SIGN`.
    side
        Leg of the joint; it sets the signs.

    Returns
    -------
    ndarray, shape (n, 3)
        Flexion, adduction and internal rotation in degrees.
    """
    signs = np.array([FLEXION_SIGN[joint], side.sign, side.sign])
    angles = distal_to_proximal.as_euler(EULER_SEQUENCE, degrees=True) * signs
    return np.asarray(angles, dtype=np.float64)


def body_motion(rows: FloatArray, person: Person, *, world_heading_deg: float = 0.0) -> BodyMotion:
    """Move the chain through the room.

    Horizontally, the pelvis moves so that the contacts stand still, weighted by the support of
    each. Vertically, the contacts are at the height of the ground under them.

    Parameters
    ----------
    rows
        Poses on the internal clock, shape (n, c).
    person
        Person whose segment lengths are used.
    world_heading_deg
        Turn of the whole room, counter-clockwise seen from above.

    Returns
    -------
    BodyMotion
        Orientations and paths of the seven segments.
    """
    if world_heading_deg:
        rows = rows.copy()
        rows[:, column("heading")] += world_heading_deg
    heading = np.radians(rows[:, column("heading")])
    to_earth: dict[Placement, Rotation] = {Placement.PELVIS: _pelvis_to_earth(rows, heading)}
    relative: dict[Placement, FloatArray] = {Placement.PELVIS: np.zeros((len(rows), 3))}
    contact: dict[Side, FloatArray] = {}
    for side in SIDES:
        _add_leg(rows, person, side=side, to_earth=to_earth, relative=relative)
        contact[side] = _contact_points(
            to_earth[Placement.of(Segment.FOOT, side)],
            relative[Placement.of(Segment.FOOT, side)],
            person,
        )
    path = _pelvis_path(rows, contact)
    return BodyMotion(
        to_earth=to_earth,
        origin_m={placement: path + offset for placement, offset in relative.items()},
        heading_rad=heading,
        contact_m={side: path[:, None, :] + points for side, points in contact.items()},
    )


def pelvis_height_m(row: FloatArray, person: Person) -> float:
    """Return the height of the pelvis origin while both feet carry the body in this pose.

    Parameters
    ----------
    row
        Pose, shape (c,).
    person
        Person whose segment lengths are used.

    Returns
    -------
    float
        Height above the floor in metres.
    """
    on_feet = row.copy()
    on_feet[column("seat_support")] = 0.0
    for side in SIDES:
        on_feet[column("support", side)] = 0.5
    motion = body_motion(np.tile(on_feet, (2, 1)), person)
    return float(motion.origin_m[Placement.PELVIS][0, 2])


def with_feet_as_wide(person: Person, pose: BodyPose, like: BodyPose) -> BodyPose:
    """Adduct or abduct both hips of a pose until the ankles are as far apart as in another pose.

    Parameters
    ----------
    person
        Person whose segment lengths are used.
    pose, like
        Pose to change, and pose with the distance of the ankles from the midline.

    Returns
    -------
    BodyPose
        The first pose with other hip adduction, found to 0.001 degrees.
    """
    for side in SIDES:
        pose = _with_ankle_out(person, pose, side, _ankle_out_m(person, like, side))
    return pose


def placed_leg_deg(person: Person, standing: BodyPose, step_height_m: float) -> tuple[float, float]:
    """Find the angles of a leg with its foot on the step ahead: two links in the sagittal plane.

    Parameters
    ----------
    person
        Person whose segment lengths are used.
    standing
        Standing on the other foot; the pelvis is still above it.
    step_height_m
        Height of the step.

    Returns
    -------
    tuple of float
        Thigh inclination and knee flexion in degrees.

    Raises
    ------
    InputError
        If the step is too high for the leg.
    """
    drop = pelvis_height_m(standing.as_row(), person) - step_height_m - person.ankle_height_m
    thigh, shank = person.thigh_length_m, person.shank_length_m
    reach = float(np.hypot(_TREAD_M, drop))
    bend = (thigh**2 + shank**2 - reach**2) / (2.0 * thigh * shank)
    lean = (thigh**2 + reach**2 - shank**2) / (2.0 * thigh * reach)
    if not (-1.0 < bend < 1.0 and -1.0 < lean < 1.0):
        raise InputError(
            f"A leg of {person.leg_length_m:.2f} m cannot be placed on a step of "
            f"{step_height_m:g} m. Please choose a lower step."
        )
    knee = 180.0 - np.degrees(np.arccos(bend))
    inclination = np.degrees(np.arctan2(_TREAD_M, drop) + np.arccos(lean))
    return float(inclination), float(knee)


def _pelvis_to_earth(rows: FloatArray, heading: FloatArray) -> Rotation:
    angles = np.stack(
        [
            rows[:, column("rotation")],
            -rows[:, column("obliquity")],
            -rows[:, column("anterior_tilt")],
        ],
        axis=-1,
    )
    tipped = Rotation.from_euler("YXZ", angles, degrees=True)
    return compose(compose(about_earth_z(heading), STANCE_TO_EARTH), tipped)


def _add_leg(
    rows: FloatArray,
    person: Person,
    *,
    side: Side,
    to_earth: dict[Placement, Rotation],
    relative: dict[Placement, FloatArray],
) -> None:
    thigh, shank, foot = (
        Placement.of(segment, side) for segment in (Segment.THIGH, Segment.SHANK, Segment.FOOT)
    )
    pelvis = to_earth[Placement.PELVIS]
    hip = _joint_rotation(rows[:, joint_columns("hip", side)], joint="hip", side=side)
    knee = _joint_rotation(rows[:, joint_columns("knee", side)], joint="knee", side=side)
    to_earth[thigh] = compose(pelvis, hip)
    to_earth[shank] = compose(to_earth[thigh], knee)
    to_earth[foot] = _foot_to_earth(rows, side, to_earth[shank])
    hip_offset = [0.0, 0.0, 0.5 * side.sign * person.hip_distance_m]
    relative[thigh] = pelvis.apply(hip_offset)
    relative[shank] = relative[thigh] + to_earth[thigh].apply([0.0, -person.thigh_length_m, 0.0])
    relative[foot] = relative[shank] + to_earth[shank].apply([0.0, -person.shank_length_m, 0.0])


def _foot_to_earth(rows: FloatArray, side: Side, shank_to_earth: Rotation) -> Rotation:
    ankle = _joint_rotation(rows[:, joint_columns("ankle", side)], joint="ankle", side=side)
    free = compose(shank_to_earth, ankle)
    yaw = np.radians(rows[:, column("heading")] - side.sign * rows[:, column("toe_out", side)])
    pitch = Rotation.from_euler("Z", rows[:, [column("foot_pitch", side)]], degrees=True)
    guided = compose(compose(about_earth_z(yaw), STANCE_TO_EARTH), pitch)
    share = rows[:, [column("planted", side)]]
    if np.all(share == 1.0):
        return guided
    free_to_guided = compose(free.inv(), guided).as_rotvec()
    return compose(free, Rotation.from_rotvec(share * free_to_guided))


def _contact_points(foot_to_earth: Rotation, ankle: FloatArray, person: Person) -> FloatArray:
    heel = [-HEEL_BEHIND_ANKLE * person.foot_length_m, -person.ankle_height_m, 0.0]
    ball = [BALL_AHEAD_OF_ANKLE * person.foot_length_m, -person.ankle_height_m, 0.0]
    return np.stack([ankle + foot_to_earth.apply(heel), ankle + foot_to_earth.apply(ball)], axis=1)


def _pelvis_path(rows: FloatArray, contact: Mapping[Side, FloatArray]) -> FloatArray:
    shares = np.stack(
        [rows[:, column("support", side)] for side in SIDES] + [rows[:, column("seat_support")]],
        axis=-1,
    )
    shares = shares / shares.sum(axis=-1, keepdims=True)
    velocity = np.zeros((len(rows), 2))
    height = shares[:, 2] * rows[:, column("seat_height_m")]
    for i, side in enumerate(SIDES):
        on_ball = ramp(0.5 - 0.5 * rows[:, column("foot_pitch", side)] / _ROCKER_DEG)
        roll = np.stack([1.0 - on_ball, on_ball], axis=-1)
        points = contact[side]
        speed = np.gradient(points[:, :, :2], 1.0 / INTERNAL_RATE_HZ, axis=0)
        velocity -= shares[:, [i]] * np.einsum("np,npk->nk", roll, speed)
        sole = np.einsum("np,np->n", roll, points[:, :, 2])
        height += shares[:, i] * (rows[:, column("ground_m", side)] - sole)
    path = np.zeros((len(rows), 3))
    path[1:, :2] = np.cumsum(0.5 * (velocity[1:] + velocity[:-1]), axis=0) / INTERNAL_RATE_HZ
    path[:, 2] = height
    return eased(path, sd_s=_PELVIS_EASING_S)


def _with_ankle_out(person: Person, pose: BodyPose, side: Side, target_m: float) -> BodyPose:
    def adducted(adduction: float) -> BodyPose:
        return pose.with_legs({side: replace(pose.leg(side), hip_adduction=adduction)})

    def excess_m(adduction: float) -> float:
        return _ankle_out_m(person, adducted(adduction), side) - target_m

    return adducted(float(brentq(excess_m, -45.0, 45.0, xtol=1e-3)))


def _ankle_out_m(person: Person, pose: BodyPose, side: Side) -> float:
    """Return how far the ankle is out from the middle of the pelvis, across the heading."""
    motion = body_motion(np.tile(pose.as_row(), (2, 1)), person)
    offset = motion.origin_m[Placement.of(Segment.FOOT, side)] - motion.origin_m[Placement.PELVIS]
    return float(-side.sign * offset[0, 1])
