"""Exercises done on the feet: plunge, knee to wall and wall push."""

from typing import Final

import numpy as np

from imu_valgus.exercises.entry import Analyser, Entry, Part
from imu_valgus.exercises.motion import SetMotion, is_on_feet
from imu_valgus.model import Exercise, ExerciseKind, FloatArray, Placement, Segment, Side

LARGEST_STANCE_BEND_DEG: Final = 40.0
"""A knee bent more than this belongs to the raised leg of a wall push."""

SHORTEST_HOLD_S: Final = 1.5
"""Shortest wall push that counts: a few degrees of knee bend mean little unless they are held."""


def _shank_lean_deg(motion: SetMotion, side: Side) -> FloatArray:
    """Return the forward lean of the shank from standing, shape (n,)."""
    return -motion.forward_deg(Segment.SHANK, side)


def _knee_over_foot(motion: SetMotion, side: Side, part: Part) -> dict[str, float]:
    """Measure the dorsiflexion reached, and how far the knee leaves the line over the foot."""
    inside = slice(part.start, part.stop)
    medial = motion.medial_deg(Segment.SHANK, side)
    measures = {
        "shank_inclination_peak_deg": float(np.nanmax(_shank_lean_deg(motion, side)[inside])),
        "shank_medial_tilt_deg": float(np.nanmedian(medial[part.hold]) - medial[part.start]),
    }
    if Placement.of(Segment.FOOT, side) in motion.ups:
        foot = motion.forward_deg(Segment.FOOT, side)
        measures["heel_lift_deg"] = float(-np.nanmin(foot[inside]))
    return measures


def _is_front_leg(motion: SetMotion, side: Side, part: Part) -> bool:
    """Whether the thigh is in front of the hip at the turning point."""
    return float(np.nanmedian(motion.forward_deg(Segment.THIGH, side)[part.hold])) > 8.0


PLUNGE: Final = Entry(
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
        signal=_shank_lean_deg,
        range_name="shank_inclination_range_deg",
        reach_deg=12.0,
        posture=is_on_feet,
        measures=_knee_over_foot,
        is_done=_is_front_leg,
        note="Measured from your own standing. The lean equals dorsiflexion only while the heel "
        "stays down, which cannot be checked without a foot sensor.",
    ),
)

KNEE_TO_WALL: Final = Entry(
    Exercise(
        key="knee_to_wall",
        name="Knee to wall",
        region="ankle",
        kind=ExerciseKind.CHECK,
        dose="3 per side",
        cue="toes about 8 cm from the wall, knee touches it, heel down",
        measured="shank inclination, which is the dorsiflexion under load",
        is_measured=True,
    ),
    Analyser(
        signal=_shank_lean_deg,
        range_name="shank_inclination_range_deg",
        reach_deg=12.0,
        posture=is_on_feet,
        measures=_knee_over_foot,
        is_done=_is_front_leg,
        note="Measured from your own standing; valid only while the heel stays on the floor.",
    ),
)


def _raised_or_bent(motion: SetMotion, side: Side) -> FloatArray:
    """Return the lift of the other thigh, or the bend of the standing knee if only that is worn.

    Someone whose knee is never quite straight hardly bends it further, but must lift the other.
    """
    if motion.has_leg(side.other):
        return motion.forward_deg(Segment.THIGH, side.other)
    return motion.knee_bend_deg(side)


def _stance(motion: SetMotion, side: Side, part: Part) -> dict[str, float]:
    medial = motion.medial_deg(Segment.SHANK, side)
    return {
        "knee_flexion_held_deg": float(np.nanmedian(motion.knee_bend_deg(side)[part.hold])),
        "shank_medial_tilt_deg": float(np.nanmedian(medial[part.hold]) - medial[part.start]),
        "sway_sd_deg": float(np.nanstd(medial[part.hold])),
    }


def _is_stance_leg(motion: SetMotion, side: Side, part: Part) -> bool:
    if part.hold_stop - part.hold_start < SHORTEST_HOLD_S * motion.rate_hz:
        return False
    if float(np.nanmedian(motion.knee_bend_deg(side)[part.hold])) > LARGEST_STANCE_BEND_DEG:
        return False
    if not motion.has_leg(side.other):
        return True
    return float(np.nanmedian(motion.forward_deg(Segment.THIGH, side.other)[part.hold])) > 25.0


WALL_PUSH: Final = Entry(
    Exercise(
        key="wall_push",
        name="Wall push",
        region="hip, knee and foot",
        kind=ExerciseKind.INTEGRATION,
        dose="5 per side, held 5 to 10 s, alternating sides",
        cue="short foot, standing knee about 15° bent, weight on the heel, press sideways",
        measured="holds, angle of the standing knee, knee over foot, sway; not the force",
        is_measured=True,
    ),
    Analyser(
        signal=_raised_or_bent,
        range_name="movement_range_deg",
        reach_deg=3.0,
        posture=is_on_feet,
        measures=_stance,
        is_done=_is_stance_leg,
        note="The force on the wall is not measured.",
    ),
)
