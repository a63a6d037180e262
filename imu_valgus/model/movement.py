"""Movements found in a recording: gait events, strides, repetitions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from imu_valgus.model._check import FloatArray, freeze_floats, freeze_mappings
from imu_valgus.model.placement import Joint, Side
from imu_valgus.model.recording import Task


class EventKind(StrEnum):
    """Foot-ground contact event."""

    INITIAL_CONTACT = "initial_contact"
    TOE_OFF = "toe_off"


@dataclass(frozen=True, slots=True, order=True)
class GaitEvent:
    """One contact event of a foot.

    Parameters
    ----------
    time_s
        Time on the recording's clock.
    side
        Side of the foot.
    kind
        Initial contact or toe-off.
    """

    time_s: float
    side: Side
    kind: EventKind


@dataclass(frozen=True, slots=True)
class Stride:
    """Initial contact to the next initial contact of the same foot, half-open.

    Parameters
    ----------
    side
        Side of the foot.
    start_s, toe_off_s, end_s
        Initial contact, toe-off, next initial contact on the recording's clock.
    is_valid
        Whether the stride enters curves and figures.
    reason
        Why it does not; empty for a valid stride.
    """

    side: Side
    start_s: float
    toe_off_s: float
    end_s: float
    is_valid: bool = True
    reason: str = ""

    @property
    def duration_s(self) -> float:
        """Stride time in seconds."""
        return self.end_s - self.start_s

    @property
    def stance_share(self) -> float:
        """Stance as a share of the stride, 0 to 1."""
        return (self.toe_off_s - self.start_s) / self.duration_s


@dataclass(frozen=True, slots=True)
class Repetition:
    """One repetition of an exercise, half-open from leaving rest to being back at rest.

    Parameters
    ----------
    task, side, number
        The task, the leading leg (None: both), and the number counted from 1 per task and side.
    start_s, top_s, end_s
        Leaving rest, turning point (squat: deepest; step-up: standing on the step), back at rest.
    is_valid
        Whether the repetition enters figures.
    reason
        Why it does not; empty for a valid repetition.
    measures
        Figures by column name, with the unit in the name.
    phases
        Start of each phase in seconds, by name and in order; empty where phases are not found.
    """

    task: Task
    side: Side | None
    number: int
    start_s: float
    top_s: float
    end_s: float
    is_valid: bool = True
    reason: str = ""
    measures: Mapping[str, float] = field(default_factory=dict)
    phases: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        freeze_mappings(self, "measures", "phases")


@dataclass(frozen=True, slots=True, eq=False)
class GaitCurve:
    """Mean curve of one angle over the strides of one side, 0 to 100 % of the gait cycle.

    Parameters
    ----------
    joint, motion, side
        Which angle; `motion` as in ``conventions.MOTIONS``.
    mean_deg, sd_deg
        Mean and standard deviation between strides at 0, 1, …, 100 %, shape (101,).
    offset_sd_deg
        Standard uncertainty of the level of the whole curve.
    n_strides
        Number of strides in the mean.
    """

    joint: Joint
    motion: str
    side: Side
    mean_deg: FloatArray
    sd_deg: FloatArray
    offset_sd_deg: float
    n_strides: int

    def __post_init__(self) -> None:
        freeze_floats(self, mean_deg=(101,), sd_deg=(101,))


@dataclass(frozen=True, slots=True, eq=False)
class RepetitionCurves:
    """One angle of one leg in several repetitions.

    Parameters
    ----------
    joint, motion, side
        Which angle; `motion` as in ``conventions.MOTIONS``.
    curves_deg
        Angle at 0, 1, …, 100 % of each repetition, NaN in gaps, shape (k, 101).
    turning_percent
        Turning point of each repetition in percent, shape (k,).
    """

    joint: Joint
    motion: str
    side: Side
    curves_deg: FloatArray
    turning_percent: FloatArray

    def __post_init__(self) -> None:
        freeze_floats(self, turning_percent=(None,))
        freeze_floats(self, curves_deg=(len(self.turning_percent), 101))


@dataclass(frozen=True, slots=True)
class MeanSd:
    """Mean and standard deviation of a figure, over strides or repetitions.

    Parameters
    ----------
    mean
        Mean.
    sd
        Standard deviation with n − 1; NaN for a single value.
    n
        Number of values.
    """

    mean: float
    sd: float
    n: int


@dataclass(frozen=True, slots=True)
class SideGait:
    """Timing of one side's strides.

    Parameters
    ----------
    stride_time_s, stance_share
        Stride time in seconds, and stance as a share of the stride, 0 to 1.
    step_time_s
        Time from the other foot's initial contact to this one's; None when only one side is worn.
    n_strides_found
        Number of strides found, valid or not.
    is_toe_off_reliable
        Whether toe-off, and so `stance_share`, can be trusted.
    """

    stride_time_s: MeanSd
    stance_share: MeanSd
    step_time_s: MeanSd | None
    n_strides_found: int
    is_toe_off_reliable: bool = True


@dataclass(frozen=True, slots=True)
class WalkSummary:
    """Gait of the valid strides of all walking bouts.

    Parameters
    ----------
    cadence_per_min
        Steps per minute (twice the stride rate where only one side is worn).
    sides
        Time figures by side.
    step_time_ratio
        Mean right over mean left step time; None when only one side is worn.
    curves
        Mean curves by joint, motion and side.
    walking_s
        Total time in walking bouts in seconds.
    n_turns
        Number of turns that were left out.
    """

    cadence_per_min: float
    sides: Mapping[Side, SideGait]
    step_time_ratio: float | None
    curves: tuple[GaitCurve, ...]
    walking_s: float
    n_turns: int
