"""What was done in a session besides walking: repetitions of exercises, step-ups, checks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imu_valgus.conventions import GRAVITY_M_S2
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
from imu_valgus.pipeline.exercise_sets import exercise_sets
from imu_valgus.pipeline.found_tasks import tasks_of_recording
from imu_valgus.pipeline.prepare import PreparedRecording
from imu_valgus.pipeline.step_ups import step_ups_of_session
from imu_valgus.segmentation.calf_raises import find_calf_raises
from imu_valgus.segmentation.heights import largest_rise_m
from imu_valgus.segmentation.humps import Hump
from imu_valgus.segmentation.squats import find_squats

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
    humps = [
        hump
        for hump in _within(prepared, bends, Task.SQUAT)
        if not _foot_leaves_ground(prepared, hump)
    ]
    return tuple(
        _repetition(prepared, hump, Task.SQUAT, number, _knee_peaks(angles, hump))
        for number, hump in enumerate(humps, start=1)
    )


def _foot_leaves_ground(prepared: PreparedRecording, hump: Hump) -> bool:
    """Whether a shank rises: in a squat it only leans and sinks, in a step on the spot it rises."""
    rises = [
        largest_rise_m(_vertical_m_s2(prepared, place)[hump.start : hump.stop], rate_hz)
        for place in prepared.ups
        for rate_hz in [prepared.aligned.rate_hz]
        if place.segment is Segment.SHANK
    ]
    return any(rise > FOOT_LIFT_M for rise in rises)


def _vertical_m_s2(prepared: PreparedRecording, place: Placement) -> FloatArray:
    acc = prepared.aligned.streams[place].acc
    return np.asarray(np.sum(acc * prepared.ups[place], axis=1) - GRAVITY_M_S2)


def _knee_peaks(angles: Sequence[JointAngles], hump: Hump) -> dict[str, float]:
    measures: dict[str, float] = {}
    for joint in angles:
        flexion = joint.flexion_deg[hump.start : hump.stop]
        if joint.joint is Joint.KNEE and np.isfinite(flexion).any():
            measures[f"knee_flexion_peak_{joint.side}_deg"] = float(np.nanmax(flexion))
    return measures


def _calf_raises(prepared: PreparedRecording) -> tuple[Repetition, ...]:
    """Count calf raises; their height is not given, for it fades with the length of the hold."""
    time_s = prepared.aligned.time_s
    raises = find_calf_raises(time_s, vertical_acceleration_m_s2(prepared), prepared.tilts_deg)
    humps = _within(prepared, raises, Task.CALF_RAISE)
    return tuple(
        _repetition(prepared, hump, Task.CALF_RAISE, number, {})
        for number, hump in enumerate(humps, start=1)
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


def _within(prepared: PreparedRecording, humps: Sequence[Hump], task: Task) -> tuple[Hump, ...]:
    """Keep what turns inside a span of its task, or inside no span that says something else."""
    time_s = prepared.aligned.time_s
    kept = []
    for hump in humps:
        at_s = time_s[hump.top]
        here = {span.task for span in prepared.movements if span.start_s <= at_s < span.end_s}
        if task in here or not here:
            kept.append(hump)
    return tuple(kept)


def _repetition(
    prepared: PreparedRecording,
    hump: Hump,
    task: Task,
    number: int,
    measures: Mapping[str, float],
) -> Repetition:
    time_s = prepared.aligned.time_s
    stop = min(hump.stop, time_s.size - 1)
    return Repetition(
        task,
        None,
        number,
        float(time_s[hump.start]),
        float(time_s[hump.top]),
        float(time_s[stop]),
        measures=measures,
    )
