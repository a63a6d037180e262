"""From rows of clinical angles to segments that move through the room with feet on the ground."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.spatial.transform import Rotation

from imu_valgus.conventions import EULER_SEQUENCE, FLEXION_SIGN
from imu_valgus.model import FloatArray, Placement, Segment, Side
from imu_valgus.rotations import about_earth_z, compose
from imu_valgus.simulate.body import Person
from imu_valgus.simulate.pose import (
    INTERNAL_RATE_HZ,
    SIDES,
    column,
    eased,
    joint_columns,
    ramp,
)

STANCE_TO_EARTH: Final = Rotation.from_matrix([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""Upright segment facing earth x: its x stays x, its y points up, its z (right) is earth −y."""

HEEL_BEHIND_ANKLE: Final = 0.22
BALL_AHEAD_OF_ANKLE: Final = 0.50
"""Contact points as shares of foot length from the ankle centre: own choice."""

_ROCKER_DEG: Final = 4.0
"""Foot pitch at which contact has moved wholly to heel or ball: own choice."""

_PELVIS_EASING_S: Final = 0.02
"""Smoothing of the pelvis path: a body does not jerk where the contact changes feet."""


@dataclass(frozen=True, slots=True, eq=False)
class BodyMotion:
    """Segments over time on the internal clock.

    Parameters
    ----------
    to_earth
        Segment to earth (z up), per placement, n rotations each.
    origin_m
        Proximal joint centre in earth (pelvis: middle between the hip centres), shape (n, 3).
    heading_rad
        Direction the body faces, shape (n,).
    contact_m
        Heel and ball of each foot in earth, shape (n, 2, 3).
    """

    to_earth: Mapping[Placement, Rotation]
    origin_m: Mapping[Placement, FloatArray]
    heading_rad: FloatArray
    contact_m: Mapping[Side, FloatArray]


def joint_rotation(angles_deg: FloatArray, *, joint: str, side: Side) -> Rotation:
    """Turn clinical angles (n, 3) into distal-to-proximal rotations.

    Signs: ``conventions.FLEXION_SIGN`` for flexion, ``Side.sign`` for the two others.
    """
    signs = np.array([FLEXION_SIGN[joint], side.sign, side.sign])
    return Rotation.from_euler(EULER_SEQUENCE, angles_deg * signs, degrees=True)


def joint_angles_deg(distal_to_proximal: Rotation, *, joint: str, side: Side) -> FloatArray:
    """Clinical angles of distal-to-proximal rotations, shape (n, 3)."""
    signs = np.array([FLEXION_SIGN[joint], side.sign, side.sign])
    angles = distal_to_proximal.as_euler(EULER_SEQUENCE, degrees=True) * signs
    return np.asarray(angles, dtype=np.float64)


def body_motion(rows: FloatArray, person: Person, *, world_heading_deg: float = 0.0) -> BodyMotion:
    """Move the chain through the room.

    Horizontally the pelvis moves so that what touches the ground stands still (weighed by the
    support of each contact); vertically the contacts are at their ground's height.

    Parameters
    ----------
    rows
        Poses on the internal clock, shape (n, c).
    person
        Whose segment lengths.
    world_heading_deg
        Turns the whole room.

    Returns
    -------
    BodyMotion
        Orientation and path of the seven segments.
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
    """Height of the pelvis origin when the feet carry the body in this pose."""
    on_feet = row.copy()
    on_feet[column("seat_support")] = 0.0
    for side in SIDES:
        on_feet[column("support", side)] = 0.5
    motion = body_motion(np.tile(on_feet, (2, 1)), person)
    return float(motion.origin_m[Placement.PELVIS][0, 2])


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
    hip = joint_rotation(rows[:, joint_columns("hip", side)], joint="hip", side=side)
    knee = joint_rotation(rows[:, joint_columns("knee", side)], joint="knee", side=side)
    to_earth[thigh] = compose(pelvis, hip)
    to_earth[shank] = compose(to_earth[thigh], knee)
    to_earth[foot] = _foot_to_earth(rows, side, to_earth[shank])
    hip_offset = [0.0, 0.0, 0.5 * side.sign * person.hip_distance_m]
    relative[thigh] = pelvis.apply(hip_offset)
    relative[shank] = relative[thigh] + to_earth[thigh].apply([0.0, -person.thigh_length_m, 0.0])
    relative[foot] = relative[shank] + to_earth[shank].apply([0.0, -person.shank_length_m, 0.0])


def _foot_to_earth(rows: FloatArray, side: Side, shank_to_earth: Rotation) -> Rotation:
    ankle = joint_rotation(rows[:, joint_columns("ankle", side)], joint="ankle", side=side)
    free = compose(shank_to_earth, ankle)
    yaw = np.radians(rows[:, column("heading")] - side.sign * rows[:, column("toe_out", side)])
    pitch = Rotation.from_euler("Z", rows[:, [column("foot_pitch", side)]], degrees=True)
    guided = compose(compose(about_earth_z(yaw), STANCE_TO_EARTH), pitch)
    share = rows[:, [column("planted", side)]]
    if np.all(share == 1.0):
        return guided
    way = compose(free.inv(), guided).as_rotvec()
    return compose(free, Rotation.from_rotvec(share * way))


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
