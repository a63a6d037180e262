"""Wall slide: lying on the side, sliding the straight upper leg up along a wall."""

from imu_valgus.exercises.entry import Analyser, Entry, Part
from imu_valgus.exercises.motion import SetMotion, is_lying
from imu_valgus.model import Exercise, ExerciseKind, FloatArray, Placement, Segment, Side


def _raised_thigh(motion: SetMotion, side: Side) -> FloatArray:
    return motion.raised_deg(Segment.THIGH, side)


def _straightness(motion: SetMotion, side: Side, part: Part) -> dict[str, float]:
    shank = motion.raised_deg(Segment.SHANK, side)
    thigh = motion.raised_deg(Segment.THIGH, side)
    held = slice(part.hold_start, part.hold_stop)
    measures = {"shank_beyond_thigh_deg": float((shank[held] - thigh[held]).mean())}
    if Placement.PELVIS in motion.ups:
        turn = motion.change_of_up_deg(Placement.PELVIS, part.start, part.hold_stop)
        measures["pelvis_turn_deg"] = turn
    return measures


def _is_straight(motion: SetMotion, side: Side, part: Part) -> bool:
    shank = motion.raised_deg(Segment.SHANK, side)
    return float(shank[part.hold_start] - shank[part.start]) > 0.0


ENTRY = Entry(
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
        is_done=_is_straight,
        note="The pressure of the heel on the wall is not measured.",
    ),
)
