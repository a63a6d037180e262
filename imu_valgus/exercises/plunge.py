"""Plunge: split stance, the front knee is driven forwards over the foot, the heel stays down."""

import numpy as np

from imu_valgus.exercises.entry import Analyser, Entry, Part
from imu_valgus.exercises.motion import SetMotion, is_on_feet
from imu_valgus.model import Exercise, ExerciseKind, FloatArray, Placement, Segment, Side


def shank_lean_deg(motion: SetMotion, side: Side) -> FloatArray:
    """Return the forward lean of the shank from standing, shape (n,)."""
    return -motion.forward_deg(Segment.SHANK, side)


def over_the_foot(motion: SetMotion, side: Side, part: Part) -> dict[str, float]:
    """Measure the dorsiflexion reached, and how far the knee leaves the line over the foot."""
    inside = slice(part.start, part.stop)
    medial = motion.medial_deg(Segment.SHANK, side)
    measures = {
        "shank_inclination_peak_deg": float(np.nanmax(shank_lean_deg(motion, side)[inside])),
        "shank_medial_tilt_deg": float(
            np.nanmedian(medial[part.hold_start : part.hold_stop]) - medial[part.start]
        ),
    }
    if Placement.of(Segment.FOOT, side) in motion.ups:
        foot = motion.forward_deg(Segment.FOOT, side)
        measures["heel_lift_deg"] = float(-np.nanmin(foot[inside]))
    return measures


def is_front_leg(motion: SetMotion, side: Side, part: Part) -> bool:
    """Whether the thigh is in front of the hip at the turning point."""
    thigh = motion.forward_deg(Segment.THIGH, side)
    return float(np.nanmedian(thigh[part.hold_start : part.hold_stop])) > 8.0


ENTRY = Entry(
    Exercise(
        key="plunge",
        name="Plunge",
        region="ankle",
        kind=ExerciseKind.MOBILISATION,
        dose="30",
        cue="the heel of the front foot stays down",
        measured="repetitions, hold, shank inclination (dorsiflexion), knee over foot, heel lift "
        "with a foot sensor",
        is_measured=True,
    ),
    Analyser(
        signal=shank_lean_deg,
        range_name="shank_inclination_range_deg",
        reach_deg=12.0,
        posture=is_on_feet,
        measures=over_the_foot,
        is_done=is_front_leg,
        note="Counted from your own standing. The lean is dorsiflexion only while the heel stays "
        "down; without a foot sensor nobody checks that.",
    ),
)
