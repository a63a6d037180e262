"""Joint angles that put a foot where it has to be."""

from dataclasses import replace
from typing import Final

import numpy as np
from scipy.optimize import brentq

from imu_valgus.errors import InputError
from imu_valgus.model import Placement, Segment, Side
from imu_valgus.simulate.body import Person
from imu_valgus.simulate.chain import body_motion, pelvis_height_m
from imu_valgus.simulate.pose import BodyPose

_TREAD_M: Final = 0.27
"""How far ahead the foot is placed on a step: own choice."""


def with_feet_as_wide(person: Person, pose: BodyPose, like: BodyPose) -> BodyPose:
    """Adduct or abduct both hips of a pose until the ankles are as wide as in another one."""
    for side in (Side.RIGHT, Side.LEFT):
        wanted = _ankle_out_m(person, like, side)

        def too_wide(
            adduction: float, *, side: Side = side, pose: BodyPose = pose, wanted: float = wanted
        ) -> float:
            return _ankle_out_m(person, _adducted(pose, side, adduction), side) - wanted

        found = brentq(too_wide, -45.0, 45.0, xtol=1e-3)
        pose = _adducted(pose, side, float(found))
    return pose


def _adducted(pose: BodyPose, side: Side, adduction: float) -> BodyPose:
    leg = replace(pose.leg(side), hip_adduction=adduction)
    return replace(pose, right=leg) if side is Side.RIGHT else replace(pose, left=leg)


def _ankle_out_m(person: Person, pose: BodyPose, side: Side) -> float:
    """How far the ankle is out from the middle of the pelvis, across the heading."""
    motion = body_motion(np.tile(pose.as_row(), (2, 1)), person)
    way = motion.origin_m[Placement.of(Segment.FOOT, side)] - motion.origin_m[Placement.PELVIS]
    return float(-side.sign * way[0, 1])


def placed_leg_deg(person: Person, trial: BodyPose, step_height_m: float) -> tuple[float, float]:
    """Thigh inclination and knee flexion of a leg whose foot stands on the step ahead, degrees.

    Two links in the sagittal plane, pelvis still over the other foot.

    Raises
    ------
    InputError
        If the step is too high for the leg.
    """
    drop = pelvis_height_m(trial.as_row(), person) - step_height_m - person.ankle_height_m
    thigh, shank = person.thigh_length_m, person.shank_length_m
    reach = float(np.hypot(_TREAD_M, drop))
    bend = (thigh**2 + shank**2 - reach**2) / (2.0 * thigh * shank)
    lean = (thigh**2 + reach**2 - shank**2) / (2.0 * thigh * reach)
    if not (-1.0 < bend < 1.0 and -1.0 < lean < 1.0):
        raise InputError(
            f"Expected a step that a leg of {person.leg_length_m:.2f} m can be placed on, "
            f"got {step_height_m:g} m; choose a lower step."
        )
    knee = 180.0 - np.degrees(np.arccos(bend))
    inclination = np.degrees(np.arctan2(_TREAD_M, drop) + np.arccos(lean))
    return float(inclination), float(knee)
