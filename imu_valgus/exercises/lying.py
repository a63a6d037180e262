"""Exercises done lying: clam shell, wall slide and straight-leg raise."""

from typing import Final

import numpy as np

from imu_valgus.exercises.entry import Analyser, Entry, Part
from imu_valgus.exercises.motion import SetMotion, is_lying
from imu_valgus.model import Exercise, ExerciseKind, FloatArray, Joint, Placement, Segment, Side


def _external_roll(motion: SetMotion, side: Side) -> FloatArray:
    """Return the outward turn of the thigh, read from the shank where its knee angle is known.

    With the ankles together and the knee held, thigh and shank open as one body. The skin of the
    shank follows its bone much better than that of the thigh. The bend of the knee need only be
    known roughly: an error of 10 degrees changes a range of 30 degrees by about 2.
    """
    knee = motion.angles.get((Joint.KNEE, side))
    lying = is_lying(motion, side)
    if knee is None or not np.isfinite(knee.flexion_deg[lying]).any():
        return -motion.internal_roll_deg(Segment.THIGH, side)
    bend_deg = float(np.nanmedian(knee.flexion_deg[lying]))
    return -motion.internal_roll_deg(Segment.SHANK, side, bend_deg=bend_deg)


def _pelvis_turn(motion: SetMotion, _side: Side, part: Part) -> dict[str, float]:
    if Placement.PELVIS not in motion.ups:
        return {}
    turn = motion.change_of_up_deg(Placement.PELVIS, part.start, part.hold_stop)
    return {"pelvis_turn_deg": turn}


CLAM_SHELL: Final = Entry(
    Exercise(
        key="clam_shell",
        name="Clam shell",
        region="hip",
        kind=ExerciseKind.STRENGTHENING,
        dose="20 per side, held 3 to 5 s",
        cue="knees at a right angle, ankles together, the pelvis does not roll back",
        measured="repetitions, hold, tempo, outward turn of the thigh, turn of the pelvis",
        is_measured=True,
    ),
    Analyser(
        signal=_external_roll,
        range_name="external_rotation_range_deg",
        reach_deg=8.0,
        posture=is_lying,
        measures=_pelvis_turn,
        note="The turn is read from the shank, which opens with the thigh as long as the knee "
        "keeps its angle and the ankles stay together.",
    ),
)


def _raised_thigh(motion: SetMotion, side: Side) -> FloatArray:
    return motion.raised_deg(Segment.THIGH, side)


def _straightness(motion: SetMotion, side: Side, part: Part) -> dict[str, float]:
    beyond = (
        motion.raised_deg(Segment.SHANK, side)[part.hold] - _raised_thigh(motion, side)[part.hold]
    )
    return {"shank_beyond_thigh_deg": float(beyond.mean()), **_pelvis_turn(motion, side, part)}


def _shank_rises(motion: SetMotion, side: Side, part: Part) -> bool:
    shank = motion.raised_deg(Segment.SHANK, side)
    return float(shank[part.hold_start] - shank[part.start]) > 0.0


WALL_SLIDE: Final = Entry(
    Exercise(
        key="wall_slide",
        name="Wall slide, lying on the side",
        region="hip",
        kind=ExerciseKind.STRENGTHENING,
        dose="20 per side, held 3 to 5 s",
        cue="back about 30 cm from the wall, steady pressure of the heel, hip straight",
        measured="repetitions, hold, tempo, height of the thigh, straightness; not the pressure",
        is_measured=True,
    ),
    Analyser(
        signal=_raised_thigh,
        range_name="abduction_range_deg",
        reach_deg=8.0,
        posture=is_lying,
        measures=_straightness,
        is_done=_shank_rises,
        note="The pressure of the heel on the wall is not measured.",
    ),
)


def _lifted_thigh(motion: SetMotion, side: Side) -> FloatArray:
    return motion.forward_deg(Segment.THIGH, side)


def _extension_lag(motion: SetMotion, side: Side, part: Part) -> dict[str, float]:
    bend = motion.knee_bend_deg(side)
    until_lowered = bend[part.start : part.hold_stop]
    if not np.isfinite(until_lowered).any():
        return {}
    return {"extension_lag_deg": float(np.nanmax(until_lowered) - bend[part.start])}


STRAIGHT_LEG_RAISE: Final = Entry(
    Exercise(
        key="straight_leg_raise",
        name="Straight-leg raise",
        region="knee",
        kind=ExerciseKind.STRENGTHENING,
        dose="30",
        cue="lock the knee, lift the heel by about 30 cm",
        measured="repetitions, hold, tempo, lift of the thigh, how far the knee gives way",
        is_measured=True,
    ),
    Analyser(
        signal=_lifted_thigh,
        range_name="hip_flexion_range_deg",
        reach_deg=8.0,
        posture=is_lying,
        measures=_extension_lag,
    ),
)
