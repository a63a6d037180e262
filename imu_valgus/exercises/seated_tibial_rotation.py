"""Seated tibial rotation (popliteus): turning the lower leg inwards with the foot on the floor."""

import numpy as np

from imu_valgus.exercises.entry import Analyser, Entry, Part
from imu_valgus.exercises.motion import SetMotion, is_seated
from imu_valgus.model import Exercise, ExerciseKind, FloatArray, Joint, Placement, Segment, Side


def _tibia(motion: SetMotion, side: Side) -> FloatArray:
    knee = motion.angles.get((Joint.KNEE, side))
    if knee is None:
        return np.full(motion.time_s.size, np.nan)
    return knee.internal_rotation_deg


def _thigh(motion: SetMotion, side: Side, part: Part) -> dict[str, float]:
    place = Placement.of(Segment.THIGH, side)
    return {"thigh_turn_deg": motion.change_of_up_deg(place, part.start, part.hold_stop)}


ENTRY = Entry(
    Exercise(
        key="seated_tibial_rotation",
        name="Seated tibial rotation (popliteus)",
        region="knee",
        kind=ExerciseKind.STRENGTHENING,
        dose="30 per side",
        cue="sit with hip and knee at right angles, hands hold the knee, foot stays on the floor",
        measured="repetitions, hold, tempo, inward turn of the tibia, stillness of the thigh",
        is_measured=True,
    ),
    Analyser(
        signal=_tibia,
        range_name="tibial_internal_rotation_range_deg",
        reach_deg=6.0,
        posture=is_seated,
        measures=_thigh,
        note="Each repetition is measured from its own start, so slow drift does not enter.",
    ),
)
