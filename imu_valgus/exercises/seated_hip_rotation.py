"""Seated hip rotation: how far the hip turns in and out, from the inclination of the shank.

With the thigh level and the knee at a right angle, a turn of the hip tilts the shank sideways by
the same angle: gravity sees it, no heading is needed, and the skin of the thigh does not matter.
"""

from imu_valgus.exercises.entry import Analyser, Entry
from imu_valgus.exercises.motion import SetMotion, is_seated
from imu_valgus.model import Exercise, ExerciseKind, FloatArray, Segment, Side


def _foot_outwards(motion: SetMotion, side: Side) -> FloatArray:
    return motion.medial_deg(Segment.SHANK, side)


ENTRY = Entry(
    Exercise(
        key="seated_hip_rotation",
        name="Hip rotation range, seated",
        region="hip",
        kind=ExerciseKind.CHECK,
        dose="3 to 5 per side, as often as you like",
        cue="sit upright, knee at a right angle; foot slowly out, then in; the thigh stays",
        measured="range of internal (foot outwards) and external rotation, without heading",
        is_measured=True,
    ),
    Analyser(
        signal=_foot_outwards,
        range_name="hip_internal_rotation_range_deg",
        reach_deg=10.0,
        posture=is_seated,
        opposite_name="hip_external_rotation_range_deg",
        note="Internal rotation of about 40° is usual; a much larger range on both sides can be "
        "the shape of the bone (structural), which training does not change; what the muscles do "
        "with it (functional) can change all the same.",
    ),
)
