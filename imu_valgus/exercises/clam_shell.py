"""Clam shell: lying on the side with bent knees, opening the upper knee."""

from imu_valgus.exercises.entry import Analyser, Entry, Part
from imu_valgus.exercises.motion import SetMotion
from imu_valgus.exercises.postures import is_lying
from imu_valgus.model import Exercise, ExerciseKind, FloatArray, Placement, Segment, Side


def _external_roll(motion: SetMotion, side: Side) -> FloatArray:
    return -motion.internal_roll_deg(Segment.THIGH, side)


def _pelvis(motion: SetMotion, _side: Side, part: Part) -> dict[str, float]:
    if Placement.PELVIS not in motion.ups:
        return {}
    turn = motion.change_of_up_deg(Placement.PELVIS, part.start, part.hold_stop)
    return {"pelvis_turn_deg": turn}


ENTRY = Entry(
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
        measures=_pelvis,
        note="The turn is that of the sensor on the thigh, against gravity: the skin follows the "
        "bone by only part of the way, so compare it with your own earlier sets.",
    ),
)
