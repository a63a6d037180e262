"""Seated knee extension: straightening one knee while the thigh rests."""

import numpy as np

from imu_valgus.exercises.entry import Analyser, Entry, Part
from imu_valgus.exercises.motion import SetMotion, is_seated
from imu_valgus.model import Exercise, ExerciseKind, FloatArray, Joint, Segment, Side


def _shank_raised(motion: SetMotion, side: Side) -> FloatArray:
    return motion.forward_deg(Segment.SHANK, side)


def _knee_range(motion: SetMotion, side: Side, part: Part) -> dict[str, float]:
    knee = motion.angles.get((Joint.KNEE, side))
    if knee is None:
        return {}
    flexion = knee.flexion_deg[part.start : part.stop]
    known = flexion[np.isfinite(flexion)]
    return {"knee_extension_range_deg": float(np.ptp(known))} if known.size else {}


ENTRY = Entry(
    Exercise(
        key="seated_knee_extension",
        name="Seated knee extension",
        region="knee",
        kind=ExerciseKind.CALIBRATION,
        dose="5 to 8 per side, once per session",
        cue="thigh rests on the chair, straighten and lower slowly",
        measured="repetitions, range, tempo",
        is_measured=True,
    ),
    Analyser(
        signal=_shank_raised,
        range_name="shank_swing_range_deg",
        reach_deg=25.0,
        posture=is_seated,
        measures=_knee_range,
    ),
)
