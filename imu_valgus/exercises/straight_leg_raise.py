"""Straight-leg raise: lying on the back, lifting one leg with the knee locked."""

import numpy as np

from imu_valgus.exercises.entry import Analyser, Entry, Part
from imu_valgus.exercises.motion import SetMotion, is_lying
from imu_valgus.model import Exercise, ExerciseKind, FloatArray, Segment, Side


def _lifted_thigh(motion: SetMotion, side: Side) -> FloatArray:
    return motion.forward_deg(Segment.THIGH, side)


def _lag(motion: SetMotion, side: Side, part: Part) -> dict[str, float]:
    bend = motion.knee_bend_deg(side)
    inside = bend[part.start : part.hold_stop]
    if not np.isfinite(inside).any():
        return {}
    return {"extension_lag_deg": float(np.nanmax(inside) - bend[part.start])}


ENTRY = Entry(
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
        measures=_lag,
    ),
)
