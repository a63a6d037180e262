"""Session in, analysis out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imu_valgus._version import __version__
from imu_valgus.calibration.axes import observe_axes
from imu_valgus.calibration.lever_arms import doubts_from_lever_arms, segment_lengths
from imu_valgus.calibration.plausibility import (
    doubts_from_coherence,
    doubts_from_knees,
    doubts_from_phase,
    doubts_from_rates,
    with_doubts,
)
from imu_valgus.calibration.rests import mean_up
from imu_valgus.calibration.segment import MovementEvidence, estimate_segment_frames
from imu_valgus.conventions import ANALYSIS_RATE_HZ
from imu_valgus.model import (
    Analysis,
    Finding,
    Grade,
    Placement,
    RecordingAnalysis,
    Repetition,
    Segment,
    SegmentFrame,
    Session,
    Severity,
    Side,
    Task,
    TaskSpan,
)
from imu_valgus.pipeline.angles import (
    ALL_STAGES,
    AngleStages,
    RecordingAngles,
    angles_of_donning,
)
from imu_valgus.pipeline.exercises import exercises_of_session
from imu_valgus.pipeline.prepare import PreparedRecording, prepare_recordings
from imu_valgus.pipeline.segments import is_unusable, mask_of_task
from imu_valgus.pipeline.skin import tell_of_skin
from imu_valgus.pipeline.walking import RecordingGait, gait_of_recording, summarise_walk
from imu_valgus.rotations import rotate

DEFAULT_FUSION = "vqf"

Progress = Callable[[str], None]
"""Told what is being done, for a progress bar."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a session is analysed.

    Parameters
    ----------
    fusion
        Name of the orientation engine.
    rate_hz
        Rate of the analysis clock.
    stages
        Which optional stages of the angle estimate take part.
    """

    fusion: str = DEFAULT_FUSION
    rate_hz: float = ANALYSIS_RATE_HZ
    stages: AngleStages = ALL_STAGES


def analyse(
    session: Session, *, settings: Settings | None = None, progress: Progress | None = None
) -> Analysis:
    """Analyse a session: calibration, joint angles, events, repetitions and the walk.

    Parameters
    ----------
    session
        As read by ``imu_valgus.read_session`` or simulated.
    settings
        See `Settings`.
    progress
        Called with the name of each step as it begins.

    Returns
    -------
    Analysis

    Raises
    ------
    InputError
        If the session cannot be analysed at all; the sentence says what to do.

    Examples
    --------
    >>> from imu_valgus import analyse, angles_table, demo_session
    >>> analysis = analyse(demo_session(1).session)
    >>> round(analysis.walk.cadence_per_min)
    120
    >>> table = angles_table(analysis.recordings[0])
    >>> list(table.columns[:3])
    ['time_s', 'hip_flexion_right_deg', 'hip_flexion_right_sd_deg']
    """
    settings = settings or Settings()
    tell = progress or (lambda _step: None)
    tell("Aligning and orienting the sensors")
    prepared, findings = prepare_recordings(
        session, fusion=settings.fusion, rate_hz=settings.rate_hz
    )
    tell("Calibrating sensors to segments")
    frames = _segment_frames(prepared)
    tell("Estimating joint angles")
    lengths = segment_lengths(session.info)
    donning = angles_of_donning(prepared, frames, lengths, stages=settings.stages)
    angles, frames = donning.recordings, donning.frames
    tell("Finding steps and repetitions")
    gaits = [gait_of_recording(one, frames) for one in prepared]
    frames = with_doubts(frames, doubts_from_coherence(donning.coherences), Grade.FAIR)
    misplaced = doubts_from_lever_arms(donning.lever_arms.fitted_knees_m(), lengths)
    frames = with_doubts(frames, misplaced, Grade.FAIR)
    frames = _doubted(frames, prepared, angles)
    walk, told = summarise_walk(gaits, [one.angles for one in angles])
    done = exercises_of_session(session.info, prepared, frames, [one.angles for one in angles])
    return Analysis(
        info=session.info,
        source_format=session.source_format,
        software_version=__version__,
        fusion=settings.fusion,
        frames=frames,
        recordings=tuple(
            _recording(one, joints, gait, repetitions, tasks)
            for one, joints, gait, repetitions, tasks in zip(
                prepared, angles, gaits, done.repetitions, done.tasks, strict=True
            )
        ),
        walk=walk,
        findings=(
            *session.findings,
            *findings,
            *tell_of_skin(donning.skins, prepared, is_removed=settings.stages.removes_skin),
            *told,
            *_withheld(frames),
            *done.findings,
        ),
        step_up=done.step_up,
        exercises=done.sets,
    )


def _segment_frames(prepared: Sequence[PreparedRecording]) -> Mapping[Placement, SegmentFrame]:
    trials = [trial for one in prepared for trial in one.trials]
    up = mean_up([trial for trial in trials if trial.is_labelled] or trials)
    observations = [
        seen
        for one in prepared
        for seen in observe_axes(one.aligned.time_s, one.ups, up=up, movements=one.movements)
    ]
    evidence = [MovementEvidence(one.aligned.time_s, one.ups, one.movements) for one in prepared]
    return estimate_segment_frames(trials, observations, evidence)


def _doubted(
    frames: Mapping[Placement, SegmentFrame],
    prepared: Sequence[PreparedRecording],
    angles: Sequence[RecordingAngles],
) -> Mapping[Placement, SegmentFrame]:
    """Lower grades by what the finished angles and the rates in walking give away."""
    knees = [joint for one in angles for joint in one.angles]
    doubted = with_doubts(frames, doubts_from_knees(knees), Grade.FAIR)
    rates: dict[Placement, list[float]] = {}
    for one in prepared:
        walking = mask_of_task(one, Task.WALK)
        for placement, stream in one.aligned.streams.items():
            usable = walking & stream.is_known
            if usable.any():
                power = float(np.mean(np.sum(stream.gyr[usable] ** 2, axis=1)))
                rates.setdefault(placement, []).append(power)
    rms = {placement: float(np.sqrt(np.mean(powers))) for placement, powers in rates.items()}
    exchanged = doubts_from_rates(rms)
    if exchanged:
        return with_doubts(doubted, exchanged, Grade.POOR)
    for one in prepared:
        crossed = doubts_from_phase(
            _rates(one, Segment.THIGH, frames),
            _rates(one, Segment.SHANK, frames),
            mask_of_task(one, Task.WALK),
        )
        if crossed:
            return with_doubts(doubted, crossed, Grade.POOR)
    return doubted


def _rates(
    one: PreparedRecording, segment: Segment, frames: Mapping[Placement, SegmentFrame]
) -> dict[Side, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    rates = {}
    for side in Side:
        placement = Placement.of(segment, side)
        if placement in frames and placement in one.aligned.streams:
            turn = frames[placement].sensor_to_segment
            rates[side] = rotate(turn, one.aligned.streams[placement].gyr)[:, 2]
    return rates


def _withheld(frames: Mapping[Placement, SegmentFrame]) -> tuple[Finding, ...]:
    """Tell which angles are not given because no movement showed how a sensor sits."""
    findings: list[Finding] = []
    for placement, frame in frames.items():
        if not is_unusable(frame):
            continue
        if placement is Placement.PELVIS:
            message = (
                "No movement showed how the pelvis sensor sits, so the femur's angles are given "
                "instead of the hip's: record some squats or bows with it."
            )
            findings.append(
                Finding(Severity.WARNING, "pelvis_axis_unknown", message, placement=placement)
            )
            continue
        message = (
            f"Angles that need the {placement.words} sensor are withheld, because no movement "
            "showed how it sits on the leg: record some squats or a walk with it."
        )
        findings.append(
            Finding(Severity.WITHHELD, "segment_axis_unknown", message, placement=placement)
        )
    return tuple(findings)


def _recording(
    prepared: PreparedRecording,
    joints: RecordingAngles,
    gait: RecordingGait,
    repetitions: tuple[Repetition, ...],
    tasks: tuple[TaskSpan, ...],
) -> RecordingAnalysis:
    return RecordingAnalysis(
        name=prepared.aligned.name,
        angles=joints.angles,
        headings=joints.headings,
        events=gait.events,
        strides=gait.strides,
        repetitions=repetitions,
        tasks=tasks,
        quality=prepared.aligned.quality,
    )
