"""Frozen value types that flow from stage to stage: no science, no files, no drawing."""

from imu_valgus.model._check import BoolArray, FloatArray, IntArray
from imu_valgus.model.analysis import Analysis, RecordingAnalysis
from imu_valgus.model.calibration import GyroBias, SegmentFrame
from imu_valgus.model.exercise import Exercise, ExerciseKind, ExerciseSet
from imu_valgus.model.finding import Finding, Grade, Severity, worst_grade
from imu_valgus.model.kinematics import JointAngles, OrientationSeries, RelativeHeading
from imu_valgus.model.movement import (
    EventKind,
    GaitCurve,
    GaitEvent,
    MeanSd,
    Repetition,
    RepetitionCurves,
    SideGait,
    Stride,
    WalkSummary,
)
from imu_valgus.model.placement import Joint, Placement, Segment, Side
from imu_valgus.model.recording import (
    AlignedRecording,
    Recording,
    SensorStream,
    Session,
    SessionInfo,
    Span,
    StreamQuality,
    Task,
    TaskSpan,
    samples_inside,
    samples_of_task,
)
from imu_valgus.model.step_up import ObservedItem, ScoreComponent, StepUpSummary

__all__ = [
    "AlignedRecording",
    "Analysis",
    "BoolArray",
    "EventKind",
    "Exercise",
    "ExerciseKind",
    "ExerciseSet",
    "Finding",
    "FloatArray",
    "GaitCurve",
    "GaitEvent",
    "Grade",
    "GyroBias",
    "IntArray",
    "Joint",
    "JointAngles",
    "MeanSd",
    "ObservedItem",
    "OrientationSeries",
    "Placement",
    "Recording",
    "RecordingAnalysis",
    "RelativeHeading",
    "Repetition",
    "RepetitionCurves",
    "ScoreComponent",
    "Segment",
    "SegmentFrame",
    "SensorStream",
    "Session",
    "SessionInfo",
    "Severity",
    "Side",
    "SideGait",
    "Span",
    "StepUpSummary",
    "StreamQuality",
    "Stride",
    "Task",
    "TaskSpan",
    "WalkSummary",
    "samples_inside",
    "samples_of_task",
    "worst_grade",
]
