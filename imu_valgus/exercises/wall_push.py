"""Wall push: standing on one slightly bent leg, the other one raised and pressed to a wall."""

import numpy as np

from imu_valgus.exercises.entry import Analyser, Entry, Part
from imu_valgus.exercises.motion import SetMotion, is_on_feet
from imu_valgus.model import Exercise, ExerciseKind, FloatArray, Segment, Side

LARGEST_STANCE_BEND_DEG = 40.0
"""A knee that is bent more belongs to the raised leg."""

SHORTEST_HOLD_S = 1.5
"""A few degrees of knee bend say little unless they are held."""


def _raised_or_bent(motion: SetMotion, side: Side) -> FloatArray:
    """Return the lift of the other thigh, or the bend of the standing knee where only it is worn.

    Somebody whose knee is never quite straight hardly bends it further, but must lift the other.
    """
    if motion.has_leg(side.other):
        return motion.forward_deg(Segment.THIGH, side.other)
    return motion.knee_bend_deg(side)


def _stance(motion: SetMotion, side: Side, part: Part) -> dict[str, float]:
    held = slice(part.hold_start, part.hold_stop)
    medial = motion.medial_deg(Segment.SHANK, side)
    return {
        "knee_flexion_held_deg": float(np.nanmedian(motion.knee_bend_deg(side)[held])),
        "shank_medial_tilt_deg": float(np.nanmedian(medial[held]) - medial[part.start]),
        "sway_sd_deg": float(np.nanstd(medial[held])),
    }


def _is_stance_leg(motion: SetMotion, side: Side, part: Part) -> bool:
    held = slice(part.hold_start, part.hold_stop)
    if part.hold_stop - part.hold_start < SHORTEST_HOLD_S * motion.rate_hz:
        return False
    if float(np.nanmedian(motion.knee_bend_deg(side)[held])) > LARGEST_STANCE_BEND_DEG:
        return False
    if not motion.has_leg(side.other):
        return True
    return float(np.nanmedian(motion.forward_deg(Segment.THIGH, side.other)[held])) > 25.0


ENTRY = Entry(
    Exercise(
        key="wall_push",
        name="Wall push",
        region="hip, knee and foot",
        kind=ExerciseKind.INTEGRATION,
        dose="5 per side, held 5 to 10 s, sides by turns",
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
