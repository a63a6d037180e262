"""Standing alignment: the usual stance compared with the best one that effort alone can make.

The sensors take quiet standing as their zero, so how a leg stands is not measured: a tilt of a
sensor in standing may come from the leg or from the strap. Gravity does show by how much thigh and
shank tilt *differently* in a second stance. That is the question of this check: if effort alone
brings the knees over the feet, much of the alignment is functional.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from imu_valgus.exercises.entry import Entry
from imu_valgus.exercises.motion import SetMotion
from imu_valgus.model import Exercise, ExerciseKind, ExerciseSet, FloatArray, Joint, Segment, Side

STANDING_ALIGNMENT: Final = Entry(
    Exercise(
        key="standing_alignment",
        name="Standing alignment",
        region="whole leg",
        kind=ExerciseKind.CHECK,
        dose="once per session: 5 s as usual, then 5 s with the muscles on",
        cue="stand as usual, then bring the knees over the feet by effort alone, feet in place; "
        "with the legs together, note the gap between the ankles when the knees touch",
        measured="change of the tilt of thigh and shank from the first to the last time you stand "
        "still, and of their rotation; not the stance itself, which is the sensors' zero",
        is_measured=True,
    )
)

LEAST_CHANGE_DEG: Final = 2.0
"""Sway, and skin that moves over tensed muscles, change a tilt by about this much: our choice."""

_ZERO_NOTE: Final = (
    "Sensors take standing as their zero: how a leg stands is not measured, only how it changes "
    "between two times of standing still. For the stance itself take a photo, and note the gap "
    "between the ankles when the knees touch."
)
_REASON_NOTE: Final = (
    "If effort alone lines the legs up better, much of the alignment is functional and can be "
    "trained. The shape of the bones (structural) stays, but function may still improve. Changes "
    f"of less than {LEAST_CHANGE_DEG:g}° mean nothing. Never force it."
)
_ONE_TRIAL_NOTE: Final = (
    "There is nothing to compare yet. Stand still twice in one recording: for 5 s as usual, then "
    "for 5 s with the muscles on."
)


def compare_static_trials(
    motion: SetMotion, trials: Sequence[slice], *, recording: str, side: Side | None
) -> tuple[ExerciseSet, ...]:
    """Compare the last static trial of a recording with the first one.

    Parameters
    ----------
    motion
        Motion of the recording.
    trials
        Samples of the static trials, in order of time.
    recording
        Name of the recording.
    side
        Leg to look at; None for both.

    Returns
    -------
    tuple of ExerciseSet
        One for each leg with sensors, without repetitions. Its measures are changes in degrees, or
        only the duration if there are fewer than two static trials.
    """
    has_two = len(trials) > 1
    start_s = float(motion.time_s[trials[0].start] if trials else motion.time_s[0])
    end_s = float(motion.time_s[trials[-1].stop - 1] if trials else motion.time_s[-1])
    return tuple(
        ExerciseSet(
            STANDING_ALIGNMENT.exercise.key,
            STANDING_ALIGNMENT.exercise.name,
            recording,
            leg,
            start_s,
            end_s,
            measures=_changes(motion, leg, trials[0], trials[-1])
            if has_two
            else {"duration_s": end_s - start_s},
            notes=(_ZERO_NOTE, _REASON_NOTE if has_two else _ONE_TRIAL_NOTE),
        )
        for leg in Side
        if side in {None, leg} and motion.has_leg(leg)
    )


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
        # The knee is the lower end of the thigh but the upper end of the shank.
        "knee_inwards_change_deg": shank - thigh,
    }
    for joint in (Joint.HIP, Joint.FEMUR, Joint.KNEE):
        angles = motion.angles.get((joint, side))
        if angles is not None:
            name = "tibial" if joint is Joint.KNEE else str(joint)
            changes[f"{name}_internal_rotation_change_deg"] = change(angles.internal_rotation_deg)
    return {name: value for name, value in changes.items() if np.isfinite(value)}
