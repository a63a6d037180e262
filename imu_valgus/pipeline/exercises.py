"""Find and measure everything in a session besides walking: repetitions, sets, tasks, checks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imu_valgus.exercises.catalogue import COMPARED, COUNTED, entry_named, side_named
from imu_valgus.exercises.entry import Entry
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
from imu_valgus.pipeline.prepare import PreparedRecording
from imu_valgus.pipeline.step_ups import step_ups_of_session
from imu_valgus.rotations import rotate
from imu_valgus.segmentation.calf_raises import find_calf_raises
from imu_valgus.segmentation.excursions import Excursion
from imu_valgus.segmentation.movements import SET_PAUSE_S
from imu_valgus.segmentation.spans import cut_out, merged, overlaps
from imu_valgus.segmentation.squats import find_squats
from imu_valgus.signals.series import largest_rise_m

FOOT_LIFT_M = 0.05
"""A shank that rises by more has lifted its foot off the ground; our own choice."""

SHORTEST_TRIAL_S = 1.0
"""Shortest static trial that is compared, or listed between two movements."""

_SEATED = (Task.SEATED_KNEE_EXTENSION, Task.SEATED_HIP_ROTATION)
_COUNTED_IN_SETS = (Task.SQUAT, Task.CALF_RAISE)


@dataclass(frozen=True, slots=True, eq=False)
class ExerciseResults:
    """Everything found in a session besides walking.

    Parameters
    ----------
    repetitions
        Repetitions of each recording, in order of time.
    step_up
        Score and its parts by leading leg.
    sets
        Sets of the programme's exercises, and checks.
    findings
        Results that are withheld or doubtful.
    tasks
        Spans of tasks of each recording, labelled or found.
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

    A recording whose folder is named after an exercise is measured as that exercise. Seated tasks
    and spans labelled with an exercise are measured wherever they are. Step-ups, squats and calf
    raises are counted wherever they are found.

    Parameters
    ----------
    info
        The person and the set-up.
    prepared
        Oriented sensors, one entry per recording.
    frames
        Sensor-to-segment calibration with its final grades.
    angles
        Joint angles of the same recordings.

    Returns
    -------
    ExerciseResults
        Repetitions and tasks in the order of the recordings.
    """
    step_ups = step_ups_of_session(info, prepared, frames, angles)
    repetitions = tuple(
        tuple(
            sorted(
                (*_squats(recording, joints), *_calf_raises(recording), *stepped),
                key=lambda repetition: repetition.start_s,
            )
        )
        for recording, joints, stepped in zip(prepared, angles, step_ups.repetitions, strict=True)
    )
    sets: list[ExerciseSet] = []
    tasks: list[tuple[TaskSpan, ...]] = []
    for recording, joints, found in zip(prepared, angles, repetitions, strict=True):
        sets += _counted(recording.aligned.name, found)
        sets += _measured(recording, _motion(recording, frames, joints))
        tasks.append(_tasks(recording, found))
    return ExerciseResults(
        repetitions, step_ups.summaries, tuple(sets), step_ups.findings, tuple(tasks)
    )


def _squats(prepared: PreparedRecording, angles: Sequence[JointAngles]) -> list[Repetition]:
    bends = [
        bend
        for bend in find_squats(prepared.aligned.time_s, prepared.tilts_deg)
        if _is_free(prepared, bend, Task.SQUAT) and not _foot_leaves_ground(prepared, bend)
    ]
    return [
        _repetition(prepared, bend, Task.SQUAT, number, _knee_peaks(angles, bend))
        for number, bend in enumerate(bends, start=1)
    ]


def _foot_leaves_ground(prepared: PreparedRecording, bend: Excursion) -> bool:
    """Whether a shank rises: in a squat it leans and sinks, in a step on the spot it rises."""
    rate_hz = prepared.aligned.rate_hz
    return any(
        largest_rise_m(prepared.lift_m_s2(place)[bend.start : bend.stop], rate_hz) > FOOT_LIFT_M
        for place in prepared.ups
        if place.segment is Segment.SHANK
    )


def _knee_peaks(angles: Sequence[JointAngles], bend: Excursion) -> dict[str, float]:
    measures: dict[str, float] = {}
    for joint in angles:
        flexion = joint.flexion_deg[bend.start : bend.stop]
        if joint.joint is Joint.KNEE and np.isfinite(flexion).any():
            measures[f"knee_flexion_peak_{joint.side}_deg"] = float(np.nanmax(flexion))
    return measures


def _calf_raises(prepared: PreparedRecording) -> list[Repetition]:
    """Count calf raises; no height is given, because it fades the longer a raise is held."""
    time_s = prepared.aligned.time_s
    raises = [
        rise
        for rise in find_calf_raises(time_s, _mean_lift_m_s2(prepared), prepared.tilts_deg)
        if _is_free(prepared, rise, Task.CALF_RAISE)
    ]
    return [
        _repetition(prepared, rise, Task.CALF_RAISE, number, {})
        for number, rise in enumerate(raises, start=1)
    ]


def _mean_lift_m_s2(prepared: PreparedRecording) -> FloatArray:
    """Mean vertical acceleration of the sensors on pelvis, thighs and shanks, shape (n,)."""
    lifts = [
        prepared.lift_m_s2(place) for place in prepared.ups if place.segment is not Segment.FOOT
    ]
    if not lifts:
        return np.full(len(prepared.aligned), np.nan)
    table = np.array(lifts)
    known = np.isfinite(table)
    total = np.where(known, table, 0.0).sum(axis=0)
    count = known.sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _is_free(prepared: PreparedRecording, excursion: Excursion, task: Task) -> bool:
    """Whether the top lies in a span of that task, or in no span of another one."""
    top_s = prepared.aligned.time_s[excursion.top]
    tasks = {span.task for span in prepared.movements if span.start_s <= top_s < span.end_s}
    return task in tasks or not tasks


def _repetition(
    prepared: PreparedRecording,
    excursion: Excursion,
    task: Task,
    number: int,
    measures: Mapping[str, float],
) -> Repetition:
    time_s = prepared.aligned.time_s
    samples = (excursion.start, excursion.top, min(excursion.stop, time_s.size - 1))
    start_s, top_s, end_s = (float(time_s[sample]) for sample in samples)
    return Repetition(task, None, number, start_s, top_s, end_s, measures=measures)


def _counted(recording: str, repetitions: Sequence[Repetition]) -> Iterator[ExerciseSet]:
    """Make sets of the repetitions that are counted wherever they are found."""
    for key in sorted(COUNTED):
        entry = entry_named(key)
        for side in (None, *Side):
            found = [rep for rep in repetitions if str(rep.task) == key and rep.side is side]
            lasts_s = [rep.end_s - rep.start_s for rep in found if rep.is_valid]
            if entry is None or not found:
                continue
            yield ExerciseSet(
                key,
                entry.exercise.name,
                recording,
                side,
                found[0].start_s,
                found[-1].end_s,
                tuple(found),
                {"repetition_s": float(np.median(lasts_s))} if lasts_s else {},
            )


def _measured(prepared: PreparedRecording, motion: SetMotion) -> Iterator[ExerciseSet]:
    """Measure the exercise that the recording is named after, else its seated and labelled ones."""
    name = prepared.aligned.name
    entry = entry_named(name)
    if entry is not None and entry.exercise.key not in COUNTED:
        yield from _analysed(entry, motion, _trials(prepared), name, side_named(name))
        return
    for span in prepared.movements:
        entry = entry_named(str(span.task)) if span.task in _SEATED else None
        part = _cut(motion, span) if entry is not None else None
        if entry is not None and part is not None:
            measured = analyse_set(entry, part, recording=name, side=span.side)
            yield from (done for done in measured if done.repetitions)
    for span in prepared.aligned.tasks:
        entry = entry_named(span.exercise) if span.exercise else None
        part = _cut(motion, span) if entry is not None else None
        if entry is not None and part is not None:
            offset = int(np.searchsorted(motion.time_s, span.start_s))
            trials = [
                slice(max(trial.start - offset, 0), min(trial.stop - offset, part.time_s.size))
                for trial in _trials(prepared)
                if trial.stop > offset and trial.start - offset < part.time_s.size
            ]
            yield from _analysed(entry, part, trials, name, span.side)


def _analysed(
    entry: Entry, motion: SetMotion, trials: Sequence[slice], recording: str, side: Side | None
) -> tuple[ExerciseSet, ...]:
    if entry.exercise.key in COMPARED:
        return tuple(compare_static_trials(motion, trials, recording=recording, side=side))
    return analyse_set(entry, motion, recording=recording, side=side)


def _trials(prepared: PreparedRecording) -> list[slice]:
    """Take the labelled static trials where there are two or more, else those that were found."""
    time_s = prepared.aligned.time_s
    labelled = [
        slice(*(int(at) for at in np.searchsorted(time_s, [span.start_s, span.end_s])))
        for span in prepared.aligned.tasks
        if span.task is Task.STANDING
    ]
    trials = labelled if len(labelled) > 1 else [trial.span.slice for trial in prepared.trials]
    shortest = SHORTEST_TRIAL_S * prepared.aligned.rate_hz
    return [trial for trial in trials if trial.stop - trial.start >= shortest]


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


def _cut(motion: SetMotion, span: TaskSpan) -> SetMotion | None:
    """Cut a span out of a motion; None where it is shorter than 3 s."""
    time_s = motion.time_s
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


def _tasks(prepared: PreparedRecording, repetitions: Sequence[Repetition]) -> tuple[TaskSpan, ...]:
    """Complete the movements by sets that were counted, and by the static trials between them.

    Labels stay as they are and nothing that is found overlaps a label; rest within a set is part
    of the set.
    """
    spans = list(prepared.movements)
    for task in _COUNTED_IN_SETS:
        counted = [
            TaskSpan(task, rep.start_s, rep.end_s, rep.side)
            for rep in repetitions
            if rep.task is task
        ]
        sets = merged(counted, pause_s=SET_PAUSE_S)
        spans += [span for span in sets if not overlaps(span, spans)]
    time_s = prepared.aligned.time_s
    trials = [
        TaskSpan(
            Task.STANDING,
            float(time_s[trial.span.start]),
            float(time_s[min(trial.span.stop, time_s.size - 1)]),
        )
        for trial in prepared.trials
    ]
    for trial in merged(trials, pause_s=0.5):
        spans += cut_out(trial, spans, shortest_s=SHORTEST_TRIAL_S)
    return tuple(sorted(spans, key=lambda span: (span.start_s, span.task)))
