"""What was done in a session besides walking: repetitions of exercises, step-ups, checks.

Sets of the programme's exercises: recordings named after one, spans of a seated task, counts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imu_valgus.conventions import GRAVITY_M_S2
from imu_valgus.exercises.catalogue import COMPARED, COUNTED, entry_named, side_named
from imu_valgus.exercises.motion import SetMotion
from imu_valgus.exercises.sets import analyse_set
from imu_valgus.exercises.standing_alignment import compare_static_trials
from imu_valgus.model import (
    ExerciseSet,
    Finding,
    FloatArray,
    Joint,
    JointAngles,
    Placement,
    Repetition,
    Segment,
    SegmentFrame,
    SessionInfo,
    Side,
    StepUpSummary,
    Task,
    TaskSpan,
)
from imu_valgus.pipeline.found_tasks import SHORTEST_TRIAL_S, tasks_of_recording
from imu_valgus.pipeline.prepare import PreparedRecording
from imu_valgus.pipeline.step_ups import step_ups_of_session
from imu_valgus.rotations import rotate
from imu_valgus.segmentation.calf_raises import find_calf_raises
from imu_valgus.segmentation.excursions import Excursion
from imu_valgus.segmentation.heights import largest_rise_m
from imu_valgus.segmentation.squats import find_squats

_SEATED = (Task.SEATED_KNEE_EXTENSION, Task.SEATED_HIP_ROTATION)


def exercise_sets(
    prepared: Sequence[PreparedRecording],
    frames: Mapping[Placement, SegmentFrame],
    angles: Sequence[Sequence[JointAngles]],
    repetitions: Sequence[Sequence[Repetition]],
) -> tuple[ExerciseSet, ...]:
    """Collect the exercises and checks of a session.

    A recording whose folder is named after an exercise is measured as that exercise; spans of
    seated tasks are measured wherever they are; step-ups, squats and calf raises are taken from
    the repetitions found.

    Parameters
    ----------
    prepared
        Oriented sensors, one entry per recording.
    frames
        Calibration.
    angles
        Joint angles of the same recordings.
    repetitions
        Found in the same recordings.
    """
    sets: list[ExerciseSet] = []
    for one, joints, counted in zip(prepared, angles, repetitions, strict=True):
        name = one.aligned.name
        sets += _counted(name, counted)
        motion = _motion(one, frames, joints)
        entry = entry_named(name)
        if entry is not None and entry.exercise.key in COMPARED:
            trials = _trials(one)
            sets += compare_static_trials(motion, trials, recording=name, side=side_named(name))
        elif entry is not None and entry.exercise.key not in COUNTED:
            sets += analyse_set(entry, motion, recording=name, side=side_named(name))
        else:
            sets += _seated(one, motion)
            sets += _labelled(one, motion)
    return tuple(sets)


def _trials(prepared: PreparedRecording) -> list[slice]:
    """Take the stands that are labelled where there are two, else the rests in standing."""
    time_s = prepared.aligned.time_s
    labelled = [
        slice(*(int(at) for at in np.searchsorted(time_s, [span.start_s, span.end_s])))
        for span in prepared.aligned.tasks
        if span.task is Task.STANDING
    ]
    spans = labelled if len(labelled) > 1 else [trial.span.slice for trial in prepared.trials]
    shortest = SHORTEST_TRIAL_S * prepared.aligned.rate_hz
    return [span for span in spans if span.stop - span.start >= shortest]


def _motion(
    prepared: PreparedRecording,
    frames: Mapping[Placement, SegmentFrame],
    angles: Sequence[JointAngles],
) -> SetMotion:
    ups = {
        place: rotate(frames[place].sensor_to_segment, up)
        for place, up in prepared.ups.items()
        if place in frames
    }
    return SetMotion(
        prepared.aligned.time_s, ups, {(joint.joint, joint.side): joint for joint in angles}
    )


def _seated(prepared: PreparedRecording, motion: SetMotion) -> Iterator[ExerciseSet]:
    time_s = prepared.aligned.time_s
    for span in prepared.movements:
        if span.task not in _SEATED:
            continue
        entry = entry_named(str(span.task))
        if entry is None:
            continue
        part = _cut(motion, span, time_s)
        if part is None:
            continue
        for done in analyse_set(entry, part, recording=prepared.aligned.name, side=span.side):
            if done.repetitions:
                yield done


def _labelled(prepared: PreparedRecording, motion: SetMotion) -> Iterator[ExerciseSet]:
    """Measure the spans whose label names an exercise."""
    for span in prepared.aligned.tasks:
        entry = entry_named(span.exercise) if span.exercise else None
        part = _cut(motion, span, prepared.aligned.time_s) if entry is not None else None
        if entry is None or part is None:
            continue
        name = prepared.aligned.name
        if entry.exercise.key in COMPARED:
            trials = _stands_within(part, prepared, span)
            yield from compare_static_trials(part, trials, recording=name, side=span.side)
        else:
            yield from analyse_set(entry, part, recording=name, side=span.side)


def _stands_within(part: SetMotion, prepared: PreparedRecording, span: TaskSpan) -> list[slice]:
    time_s = prepared.aligned.time_s
    offset = int(np.searchsorted(time_s, span.start_s))
    return [
        slice(max(trial.start - offset, 0), min(trial.stop - offset, part.time_s.size))
        for trial in _trials(prepared)
        if trial.stop > offset and trial.start - offset < part.time_s.size
    ]


def _cut(motion: SetMotion, span: TaskSpan, time_s: FloatArray) -> SetMotion | None:
    start, stop = (int(at) for at in np.searchsorted(time_s, [span.start_s, span.end_s]))
    if stop - start < 3.0 * motion.rate_hz:
        return None
    inside = slice(start, stop)
    return SetMotion(
        time_s[inside],
        {place: up[inside] for place, up in motion.ups.items()},
        {
            key: JointAngles(
                joint.joint,
                joint.side,
                joint.time_s[inside],
                joint.angles_deg[inside],
                joint.sd_deg[inside],
                joint.change_sd_deg[inside],
            )
            for key, joint in motion.angles.items()
        },
    )


def _counted(recording: str, repetitions: Sequence[Repetition]) -> Iterator[ExerciseSet]:
    for key in sorted(COUNTED):
        entry = entry_named(key)
        for side in (None, *Side):
            own = [one for one in repetitions if str(one.task) == key and one.side is side]
            valid = [one for one in own if one.is_valid]
            if entry is None or not own:
                continue
            lasts = [one.end_s - one.start_s for one in valid]
            yield ExerciseSet(
                key,
                entry.exercise.name,
                recording,
                side,
                own[0].start_s,
                own[-1].end_s,
                tuple(own),
                {"repetition_s": float(np.median(lasts))} if lasts else {},
            )


FOOT_LIFT_M = 0.05
"""A shank that rises by more has left the ground with its foot: own choice."""


@dataclass(frozen=True, slots=True, eq=False)
class ExerciseResults:
    """Everything found in a session besides walking.

    Parameters
    ----------
    repetitions
        Of each recording in its order.
    step_up
        Score and parts by leading leg.
    sets
        Of the programme's exercises and checks.
    findings
        What was withheld or is doubtful.
    tasks
        What was done when, labelled or found, of each recording.
    """

    repetitions: tuple[tuple[Repetition, ...], ...]
    step_up: Mapping[Side, StepUpSummary]
    sets: tuple[ExerciseSet, ...]
    findings: tuple[Finding, ...]
    tasks: tuple[tuple[TaskSpan, ...], ...] = ()


def exercises_of_session(
    info: SessionInfo,
    prepared: Sequence[PreparedRecording],
    frames: Mapping[Placement, SegmentFrame],
    angles: Sequence[Sequence[JointAngles]],
) -> ExerciseResults:
    """Find and measure everything that was repeated.

    Parameters
    ----------
    info
        The person and the set-up.
    prepared
        Oriented sensors, one entry per recording.
    frames
        Calibration with its final grades.
    angles
        Joint angles of the same recordings.
    """
    step_ups = step_ups_of_session(info, prepared, frames, angles)
    repetitions = tuple(
        tuple(
            sorted(
                (*_squats(one, joints), *_calf_raises(one), *stepped),
                key=lambda repetition: repetition.start_s,
            )
        )
        for one, joints, stepped in zip(prepared, angles, step_ups.repetitions, strict=True)
    )
    sets = exercise_sets(prepared, frames, angles, repetitions)
    tasks = tuple(
        tasks_of_recording(one, done) for one, done in zip(prepared, repetitions, strict=True)
    )
    return ExerciseResults(repetitions, step_ups.summaries, sets, step_ups.findings, tasks)


def _squats(prepared: PreparedRecording, angles: Sequence[JointAngles]) -> tuple[Repetition, ...]:
    bends = find_squats(prepared.aligned.time_s, prepared.tilts_deg)
    excursions = [
        excursion
        for excursion in _within(prepared, bends, Task.SQUAT)
        if not _foot_leaves_ground(prepared, excursion)
    ]
    return tuple(
        _repetition(prepared, excursion, Task.SQUAT, number, _knee_peaks(angles, excursion))
        for number, excursion in enumerate(excursions, start=1)
    )


def _foot_leaves_ground(prepared: PreparedRecording, excursion: Excursion) -> bool:
    """Whether a shank rises: in a squat it only leans and sinks, in a step on the spot it rises."""
    rises = [
        largest_rise_m(_vertical_m_s2(prepared, place)[excursion.start : excursion.stop], rate_hz)
        for place in prepared.ups
        for rate_hz in [prepared.aligned.rate_hz]
        if place.segment is Segment.SHANK
    ]
    return any(rise > FOOT_LIFT_M for rise in rises)


def _vertical_m_s2(prepared: PreparedRecording, place: Placement) -> FloatArray:
    acc = prepared.aligned.streams[place].acc
    return np.asarray(np.sum(acc * prepared.ups[place], axis=1) - GRAVITY_M_S2)


def _knee_peaks(angles: Sequence[JointAngles], excursion: Excursion) -> dict[str, float]:
    measures: dict[str, float] = {}
    for joint in angles:
        flexion = joint.flexion_deg[excursion.start : excursion.stop]
        if joint.joint is Joint.KNEE and np.isfinite(flexion).any():
            measures[f"knee_flexion_peak_{joint.side}_deg"] = float(np.nanmax(flexion))
    return measures


def _calf_raises(prepared: PreparedRecording) -> tuple[Repetition, ...]:
    """Count calf raises; their height is not given, for it fades with the length of the hold."""
    time_s = prepared.aligned.time_s
    raises = find_calf_raises(time_s, vertical_acceleration_m_s2(prepared), prepared.tilts_deg)
    excursions = _within(prepared, raises, Task.CALF_RAISE)
    return tuple(
        _repetition(prepared, excursion, Task.CALF_RAISE, number, {})
        for number, excursion in enumerate(excursions, start=1)
    )


def vertical_acceleration_m_s2(prepared: PreparedRecording) -> FloatArray:
    """Mean vertical acceleration of the sensors on pelvis, thighs and shanks, shape (n,)."""
    lifts = [
        _vertical_m_s2(prepared, place) for place in prepared.ups if place.segment != Segment.FOOT
    ]
    if not lifts:
        return np.full(len(prepared.aligned), np.nan)
    table = np.array(lifts)
    known = np.isfinite(table)
    total = np.where(known, table, 0.0).sum(axis=0)
    count = known.sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _within(
    prepared: PreparedRecording, excursions: Sequence[Excursion], task: Task
) -> tuple[Excursion, ...]:
    """Keep what turns inside a span of its task, or inside no span that says something else."""
    time_s = prepared.aligned.time_s
    kept = []
    for excursion in excursions:
        at_s = time_s[excursion.top]
        here = {span.task for span in prepared.movements if span.start_s <= at_s < span.end_s}
        if task in here or not here:
            kept.append(excursion)
    return tuple(kept)


def _repetition(
    prepared: PreparedRecording,
    excursion: Excursion,
    task: Task,
    number: int,
    measures: Mapping[str, float],
) -> Repetition:
    time_s = prepared.aligned.time_s
    stop = min(excursion.stop, time_s.size - 1)
    return Repetition(
        task,
        None,
        number,
        float(time_s[excursion.start]),
        float(time_s[excursion.top]),
        float(time_s[stop]),
        measures=measures,
    )
