"""Seated knee extension: straightening one knee while the thigh rests."""

from imu_valgus.exercises.entry import Analyser, Entry
from imu_valgus.exercises.motion import SetMotion
from imu_valgus.exercises.postures import is_seated
from imu_valgus.model import Exercise, ExerciseKind, FloatArray, Segment, Side


def _shank_raised(motion: SetMotion, side: Side) -> FloatArray:
    return motion.forward_deg(Segment.SHANK, side)


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
        range_name="knee_extension_range_deg",
        reach_deg=25.0,
        posture=is_seated,
    ),
)
