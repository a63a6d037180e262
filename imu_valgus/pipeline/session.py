"""Analyse a session: run all stages and collect their results and findings."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    FloatArray,
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
from imu_valgus.orientation import BEST_ENGINE, DEFAULT_ENGINE
from imu_valgus.pipeline.angles import (
    ALL_STAGES,
    AngleStages,
    RecordingAngles,
    angles_of_donning,
)
from imu_valgus.pipeline.exercises import exercises_of_session
from imu_valgus.pipeline.prepare import PreparedRecording, prepare_recordings
from imu_valgus.pipeline.segments import is_unusable, mask_of_task
from imu_valgus.pipeline.skin import skin_findings
from imu_valgus.pipeline.walking import RecordingGait, gait_of_recording, summarise_walk
from imu_valgus.rotations import rotate

_log = logging.getLogger(__name__)

Progress = Callable[[str], None]
"""Called with the name of each step as it begins, for a progress bar."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a session is analysed.

    Parameters
    ----------
    fusion
        Name of the orientation engine; None takes the best one that is installed.
    rate_hz
        Rate of the analysis clock.
    stages
        Optional stages of the angle estimate to use.
    """

    fusion: str | None = None
    rate_hz: float = ANALYSIS_RATE_HZ
    stages: AngleStages = ALL_STAGES


def analyse(
    session: Session, *, settings: Settings | None = None, progress: Progress | None = None
) -> Analysis:
    """Analyse a session: calibration, joint angles, events, repetitions and the walk.

    Parameters
    ----------
    session
        Session as read by ``imu_valgus.read_session``, or simulated.
    settings
        Orientation engine, rate and stages; None uses the defaults.
    progress
        Called with the name of each step as it begins.

    Returns
    -------
    Analysis
        Results of all recordings, with findings about repaired, doubtful and withheld results.

    Raises
    ------
    InputError
        If the session cannot be analysed at all; the message says what to do.

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

    def report_step(step: str) -> None:
        _log.info(step)
        if progress is not None:
            progress(step)

    fusion = settings.fusion or DEFAULT_ENGINE
    report_step("Aligning and orienting the sensors")
    prepared, findings = prepare_recordings(session, fusion=fusion, rate_hz=settings.rate_hz)
    report_step("Calibrating sensors to segments")
    frames = _segment_frames(prepared)
    report_step("Estimating joint angles")
    for place, frame in frames.items():
        _log.info("%s: %s %s", place, frame.grade, "; ".join(frame.reasons))
    lengths = segment_lengths(session.info)
    donning = angles_of_donning(prepared, frames, lengths, stages=settings.stages)
    angles, frames = donning.recordings, donning.frames
    report_step("Finding steps and repetitions")
    gaits = [gait_of_recording(recording, frames) for recording in prepared]
    frames = with_doubts(frames, doubts_from_coherence(donning.coherences), Grade.FAIR)
    misplaced = doubts_from_lever_arms(donning.lever_arms.fitted_knees_m(), lengths)
    frames = with_doubts(frames, misplaced, Grade.FAIR)
    frames = _doubted(frames, prepared, angles)
    joints = [recording.angles for recording in angles]
    walk, walk_findings = summarise_walk(gaits, joints)
    exercises = exercises_of_session(session.info, prepared, frames, joints)
    return Analysis(
        info=session.info,
        source_format=session.source_format,
        software_version=__version__,
        fusion=fusion,
        frames=frames,
        recordings=tuple(
            _recording(*results)
            for results in zip(
                prepared, angles, gaits, exercises.repetitions, exercises.tasks, strict=True
            )
        ),
        walk=walk,
        findings=(
            *session.findings,
            *_fallback(settings.fusion, fusion),
            *findings,
            *skin_findings(donning.skins, prepared, is_removed=settings.stages.removes_skin),
            *walk_findings,
            *_withheld(frames),
            *exercises.findings,
        ),
        step_up=exercises.step_up,
        exercises=exercises.sets,
    )


def _fallback(wanted: str | None, used: str) -> Iterator[Finding]:
    """Say once that the best orientation engine is missing, if nobody chose another."""
    if wanted is None and used != BEST_ENGINE:
        message = (
            f"{BEST_ENGINE} is not installed, so {used} was used, which is a little less accurate. "
            f"Where it has a package for this Python:  pip install {BEST_ENGINE}"
        )
        _log.warning(message)
        yield Finding(Severity.NOTE, "fusion_fallback", message)


def _segment_frames(prepared: Sequence[PreparedRecording]) -> Mapping[Placement, SegmentFrame]:
    trials = [trial for recording in prepared for trial in recording.trials]
    up = mean_up([trial for trial in trials if trial.is_labelled] or trials)
    evidence = [
        MovementEvidence(recording.aligned.time_s, recording.ups, recording.movements)
        for recording in prepared
    ]
    observations = [
        axis
        for recording in prepared
        for axis in observe_axes(
            recording.aligned.time_s, recording.ups, up=up, movements=recording.movements
        )
    ]
    return estimate_segment_frames(trials, observations, evidence)


def _doubted(
    frames: Mapping[Placement, SegmentFrame],
    prepared: Sequence[PreparedRecording],
    angles: Sequence[RecordingAngles],
) -> Mapping[Placement, SegmentFrame]:
    """Lower the grades of frames that finished angles or the turn rates in walking contradict."""
    joints = [joint for recording in angles for joint in recording.angles]
    doubted = with_doubts(frames, doubts_from_knees(joints), Grade.FAIR)
    powers: dict[Placement, list[float]] = {}
    for recording in prepared:
        walking = mask_of_task(recording, Task.WALK)
        for placement, stream in recording.aligned.streams.items():
            usable = walking & stream.is_known
            if usable.any():
                power = float(np.mean(np.sum(stream.gyr[usable] ** 2, axis=1)))
                powers.setdefault(placement, []).append(power)
    rms = {placement: float(np.sqrt(np.mean(of_place))) for placement, of_place in powers.items()}
    exchanged = doubts_from_rates(rms)
    if exchanged:
        return with_doubts(doubted, exchanged, Grade.POOR)
    for recording in prepared:
        crossed = doubts_from_phase(
            _rates(recording, Segment.THIGH, frames),
            _rates(recording, Segment.SHANK, frames),
            mask_of_task(recording, Task.WALK),
        )
        if crossed:
            return with_doubts(doubted, crossed, Grade.POOR)
    return doubted


def _rates(
    prepared: PreparedRecording, segment: Segment, frames: Mapping[Placement, SegmentFrame]
) -> dict[Side, FloatArray]:
    """Turn rates of both segments about their medio-lateral axis, shape (n,)."""
    streams = prepared.aligned.streams
    return {
        side: rotate(frames[place].sensor_to_segment, streams[place].gyr)[:, 2]
        for side in Side
        for place in [Placement.of(segment, side)]
        if place in frames and place in streams
    }


def _withheld(frames: Mapping[Placement, SegmentFrame]) -> Iterator[Finding]:
    """Report which angles are missing because no movement showed how a sensor sits."""
    for place in (place for place, frame in frames.items() if is_unusable(frame)):
        if place is Placement.PELVIS:
            message = (
                "No movement showed how the pelvis sensor sits, so the femur's angles are given "
                "instead of the hip's. Record some squats or bows with it."
            )
            yield Finding(Severity.WARNING, "pelvis_axis_unknown", message, placement=place)
        else:
            message = (
                f"Angles that need the {place.words} sensor are withheld, because no movement "
                "showed how it sits on the leg. Record some squats or a walk with it."
            )
            yield Finding(Severity.WITHHELD, "segment_axis_unknown", message, placement=place)


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
