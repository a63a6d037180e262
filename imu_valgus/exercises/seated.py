"""Exercises done sitting: hip rotation, knee extension and tibial rotation."""

from typing import Final

import numpy as np

from imu_valgus.exercises.entry import Analyser, Entry, Part
from imu_valgus.exercises.motion import SetMotion, is_seated
from imu_valgus.model import Exercise, ExerciseKind, FloatArray, Joint, Placement, Segment, Side


def _foot_outwards(motion: SetMotion, side: Side) -> FloatArray:
    """Return the hip rotation, read from the sideways tilt of the shank.

    With the thigh level and the knee at a right angle, a turn of the hip tilts the shank sideways
    by the same angle. Gravity shows it, so no heading is needed, and the skin of the thigh does
    not matter.
    """
    return motion.medial_deg(Segment.SHANK, side)


SEATED_HIP_ROTATION: Final = Entry(
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
        note="Internal rotation of about 40° is usual. A much larger range on both sides can come "
        "from the shape of the bone (structural), which training does not change; what the muscles "
        "do with it (functional) can still change.",
    ),
)


def _shank_raised(motion: SetMotion, side: Side) -> FloatArray:
    return motion.forward_deg(Segment.SHANK, side)


def _knee_range(motion: SetMotion, side: Side, part: Part) -> dict[str, float]:
    knee = motion.angles.get((Joint.KNEE, side))
    if knee is None:
        return {}
    flexion = knee.flexion_deg[part.start : part.stop]
    known = flexion[np.isfinite(flexion)]
    return {"knee_extension_range_deg": float(np.ptp(known))} if known.size else {}


SEATED_KNEE_EXTENSION: Final = Entry(
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


def _tibial_rotation(motion: SetMotion, side: Side) -> FloatArray:
    knee = motion.angles.get((Joint.KNEE, side))
    if knee is None:
        return np.full(motion.time_s.size, np.nan)
    return knee.internal_rotation_deg


def _thigh_turn(motion: SetMotion, side: Side, part: Part) -> dict[str, float]:
    thigh = Placement.of(Segment.THIGH, side)
    return {"thigh_turn_deg": motion.change_of_up_deg(thigh, part.start, part.hold_stop)}


SEATED_TIBIAL_ROTATION: Final = Entry(
    Exercise(
        key="seated_tibial_rotation",
        name="Seated tibial rotation (popliteus)",
        region="knee",
        kind=ExerciseKind.STRENGTHENING,
        dose="30 per side",
        cue="sit with hip and knee at right angles, hands hold the knee, foot stays on the floor",
        measured="repetitions, hold, tempo, inward turn of the tibia, stillness of the thigh",
        is_measured=True,
    ),
    Analyser(
        signal=_tibial_rotation,
        range_name="tibial_internal_rotation_range_deg",
        reach_deg=6.0,
        posture=is_seated,
        measures=_thigh_turn,
        note="Each repetition is measured from its own start, so slow drift does not matter.",
    ),
)
