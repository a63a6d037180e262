"""The result of analysing a session: everything that tables, summary and report show."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from imu_valgus.model.calibration import SegmentFrame
from imu_valgus.model.exercise import ExerciseSet
from imu_valgus.model.finding import Finding
from imu_valgus.model.kinematics import JointAngles, RelativeHeading
from imu_valgus.model.movement import GaitEvent, Repetition, Stride, WalkSummary
from imu_valgus.model.placement import Placement, Side
from imu_valgus.model.recording import SessionInfo, StreamQuality, TaskSpan
from imu_valgus.model.step_up import StepUpSummary


@dataclass(frozen=True, slots=True, eq=False)
class RecordingAnalysis:
    """What was found in one recording.

    Parameters
    ----------
    name
        Folder name of the recording.
    angles
        Angles of every joint and side that the sensors allow, all on one clock.
    headings
        Relative heading of every joint; its closure is reported as quality.
    events, strides, repetitions
        Gait events, strides and repetitions in order of time.
    tasks
        Labelled spans, or those found in the data where none were labelled.
    quality
        Quality of each sensor's samples as recorded, by placement.
    """

    name: str
    angles: tuple[JointAngles, ...]
    headings: tuple[RelativeHeading, ...]
    events: tuple[GaitEvent, ...]
    strides: tuple[Stride, ...]
    repetitions: tuple[Repetition, ...]
    tasks: tuple[TaskSpan, ...]
    quality: Mapping[Placement, StreamQuality]


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """The result of analysing a session.

    Parameters
    ----------
    info
        The person and the set-up.
    source_format
        Format the session was read from, in words.
    software_version
        Version of imu_valgus.
    fusion
        Name of the orientation engine.
    frames
        Sensor-to-segment calibration with its grade, by placement.
    recordings
        Results of each recording, in the order of the session.
    walk
        Gait of all recordings together; None where nobody walked or it was withheld.
    findings
        What was repaired, is doubtful or was withheld, in the order it was found.
    step_up
        Step-ups of all recordings, by leading leg.
    exercises
        Sets of the programme's exercises and mobility checks.
    """

    info: SessionInfo
    source_format: str
    software_version: str
    fusion: str
    frames: Mapping[Placement, SegmentFrame]
    recordings: tuple[RecordingAnalysis, ...]
    walk: WalkSummary | None
    findings: tuple[Finding, ...]
    step_up: Mapping[Side, StepUpSummary] = field(default_factory=dict)
    exercises: tuple[ExerciseSet, ...] = ()
