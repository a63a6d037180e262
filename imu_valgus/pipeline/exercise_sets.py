"""Sets of the programme's exercises: recordings named after one, spans of a seated task, counts."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from imu_valgus.exercises.catalogue import COMPARED, COUNTED, entry_named, side_named
from imu_valgus.exercises.motion import SetMotion
from imu_valgus.exercises.sets import analyse_set
from imu_valgus.exercises.standing_alignment import compare_stands
from imu_valgus.model import (
    ExerciseSet,
    FloatArray,
    JointAngles,
    Placement,
    Repetition,
    SegmentFrame,
    Side,
    Task,
    TaskSpan,
)
from imu_valgus.pipeline.found_tasks import SHORTEST_STAND_S
from imu_valgus.pipeline.prepare import PreparedRecording
from imu_valgus.rotations import rotate

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
            stands = _stands(one)
            sets += compare_stands(motion, stands, recording=name, side=side_named(name))
        elif entry is not None and entry.exercise.key not in COUNTED:
            sets += analyse_set(entry, motion, recording=name, side=side_named(name))
        else:
            sets += _seated(one, motion)
            sets += _labelled(one, motion)
    return tuple(sets)


def _stands(prepared: PreparedRecording) -> list[slice]:
    """Take the stands that are labelled where there are two, else the rests in standing."""
    time_s = prepared.aligned.time_s
    labelled = [
        slice(*(int(at) for at in np.searchsorted(time_s, [span.start_s, span.end_s])))
        for span in prepared.aligned.tasks
        if span.task is Task.STANDING
    ]
    spans = labelled if len(labelled) > 1 else [stand.span.slice for stand in prepared.stands]
    shortest = SHORTEST_STAND_S * prepared.aligned.rate_hz
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
            stands = _stands_within(part, prepared, span)
            yield from compare_stands(part, stands, recording=name, side=span.side)
        else:
            yield from analyse_set(entry, part, recording=name, side=span.side)


def _stands_within(part: SetMotion, prepared: PreparedRecording, span: TaskSpan) -> list[slice]:
    time_s = prepared.aligned.time_s
    offset = int(np.searchsorted(time_s, span.start_s))
    return [
        slice(max(stand.start - offset, 0), min(stand.stop - offset, part.time_s.size))
        for stand in _stands(prepared)
        if stand.stop > offset and stand.start - offset < part.time_s.size
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
