"""Standing alignment: the usual stance against the best one that the muscles can make.

The sensors take quiet standing as their zero, so how a leg stands is not measured: any tilt of a
sensor in standing may be the leg's or that of the strap. What gravity does show is by how much
thigh and shank tilt *otherwise* in a second stance. That is the question of the check: if effort
alone brings the knees over the feet, much of the alignment is functional.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from imu_valgus.exercises.entry import Entry
from imu_valgus.exercises.motion import SetMotion
from imu_valgus.model import (
    Exercise,
    ExerciseKind,
    ExerciseSet,
    FloatArray,
    Joint,
    Segment,
    Side,
)

ENTRY: Final = Entry(
    Exercise(
        key="standing_alignment",
        name="Standing alignment",
        region="whole leg",
        kind=ExerciseKind.CHECK,
        dose="once per session: 5 s as usual, then 5 s with the muscles on",
        cue="stand as usual, then bring the knees over the feet by effort alone, feet in place; "
        "with the legs together, note the gap between the ankles when the knees touch",
        measured="change of the tilt of thigh and shank from the first to the last rest, and of "
        "their rotation; not the stance itself, which is the sensors' zero",
        is_measured=True,
    )
)

LEAST_CHANGE_DEG: Final = 2.0
"""Sway, and skin that moves over tensed muscles, change a tilt by about as much: own choice."""

_ZERO_NOTE: Final = (
    "Sensors take standing as their zero: how a leg stands is not measured, only how it changes "
    "between two rests. For the stance itself take a photo, and note the gap between the ankles "
    "when the knees touch."
)
_REASON_NOTE: Final = (
    "If effort alone lines the legs up better, much of it is functional and can be trained; the "
    "shape of bones (structural) stays, and function may improve all the same. Changes of less "
    f"than {LEAST_CHANGE_DEG:g}° say nothing. Never force it."
)
_ONE_REST_NOTE: Final = (
    "Two rests are needed to compare: stand still for 5 s as usual, then for 5 s with the muscles "
    "on, both in this recording."
)


def compare_static_trials(
    motion: SetMotion, trials: Sequence[slice], *, recording: str, side: Side | None
) -> tuple[ExerciseSet, ...]:
    """Compare the last rest in standing with the first one.

    Parameters
    ----------
    motion
        The recording.
    trials
        Samples of the rests in standing, in order of time.
    recording
        Its name.
    side
        The leg asked for; None looks at both.

    Returns
    -------
    tuple of ExerciseSet
        One for each leg worn, without repetitions; measures are changes in degrees, the duration
        alone where there is only one rest.
    """
    sets = []
    for leg in Side:
        if side not in {None, leg} or not motion.has_leg(leg):
            continue
        has_two = len(trials) > 1
        start_s = float(motion.time_s[trials[0].start] if trials else motion.time_s[0])
        end_s = float(motion.time_s[trials[-1].stop - 1] if trials else motion.time_s[-1])
        sets.append(
            ExerciseSet(
                ENTRY.exercise.key,
                ENTRY.exercise.name,
                recording,
                leg,
                start_s,
                end_s,
                measures=_changes(motion, leg, trials[0], trials[-1])
                if has_two
                else {"duration_s": end_s - start_s},
                notes=(_ZERO_NOTE, _REASON_NOTE if has_two else _ONE_REST_NOTE),
            )
        )
    return tuple(sets)


def _changes(motion: SetMotion, side: Side, first: slice, last: slice) -> dict[str, float]:
    def change(values: FloatArray) -> float:
        before, after = values[first], values[last]
        if not (np.isfinite(before).any() and np.isfinite(after).any()):
            return float("nan")
        return float(np.nanmedian(after) - np.nanmedian(before))

    thigh = change(motion.medial_deg(Segment.THIGH, side))
    shank = change(motion.medial_deg(Segment.SHANK, side))
    changes = {
        "thigh_medial_tilt_change_deg": thigh,
        "shank_medial_tilt_change_deg": shank,
        # The knee is the lower end of the one and the upper end of the other.
        "knee_inwards_change_deg": shank - thigh,
    }
    for joint in (Joint.HIP, Joint.FEMUR, Joint.KNEE):
        angles = motion.angles.get((joint, side))
        if angles is not None:
            name = "tibial" if joint is Joint.KNEE else str(joint)
            changes[f"{name}_internal_rotation_change_deg"] = change(angles.internal_rotation_deg)
    return {name: value for name, value in changes.items() if np.isfinite(value)}
