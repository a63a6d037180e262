"""Clam shell: lying on the side with bent knees, opening the upper knee."""

import numpy as np

from imu_valgus.exercises.entry import Analyser, Entry, Part
from imu_valgus.exercises.motion import SetMotion, is_lying
from imu_valgus.model import (
    Exercise,
    ExerciseKind,
    FloatArray,
    Joint,
    Placement,
    Segment,
    Side,
)


def _external_roll(motion: SetMotion, side: Side) -> FloatArray:
    """Return the outward turn of the thigh, seen by the shank where its knee angle is known.

    With the ankles together and the knee held, thigh and shank open as one body; the skin of the
    shank follows its bone much better than that of the thigh. The bend of the knee need only be
    known roughly: an error of 10 degrees changes a range of 30 degrees by about 2.
    """
    knee = motion.angles.get((Joint.KNEE, side))
    held = is_lying(motion, side)
    if knee is None or not np.isfinite(knee.flexion_deg[held]).any():
        return -motion.internal_roll_deg(Segment.THIGH, side)
    bend_deg = float(np.nanmedian(knee.flexion_deg[held]))
    return -motion.internal_roll_deg(Segment.SHANK, side, turned_deg=bend_deg)


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
        note="The turn is seen by the shank, which opens with the thigh as long as the knee keeps "
        "its angle and the ankles stay together.",
    ),
)
