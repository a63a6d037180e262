"""What was found in a recording: gait events, strides, repetitions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from imu_valgus.model._check import FloatArray, frozen_floats
from imu_valgus.model.placement import Joint, Side
from imu_valgus.model.recording import Task


class EventKind(StrEnum):
    """Foot-ground contact event."""

    INITIAL_CONTACT = "initial_contact"
    TOE_OFF = "toe_off"


@dataclass(frozen=True, slots=True, order=True)
class GaitEvent:
    """One contact event on the recording's clock."""

    time_s: float
    side: Side
    kind: EventKind


@dataclass(frozen=True, slots=True)
class Stride:
    """Initial contact to the next initial contact of the same foot, half-open.

    Parameters
    ----------
    side
        The foot.
    start_s, toe_off_s, end_s
        Initial contact, toe-off, next initial contact on the recording's clock.
    is_valid
        Whether it enters curves and figures.
    reason
        Why not, empty for a valid one.
    """

    side: Side
    start_s: float
    toe_off_s: float
    end_s: float
    is_valid: bool = True
    reason: str = ""

    @property
    def duration_s(self) -> float:
        """Stride time."""
        return self.end_s - self.start_s

    @property
    def stance_share(self) -> float:
        """Stance as a share of the stride, 0 to 1."""
        return (self.toe_off_s - self.start_s) / self.duration_s


@dataclass(frozen=True, slots=True)
class Repetition:
    """One repetition of an exercise: half-open, from leaving rest to being back.

    Parameters
    ----------
    task, side, number
        What, which leg leads (None: both), counted from 1 per task and side.
    start_s, top_s, end_s
        Leaving rest, turning point (squat: deepest; step-up: standing on the step), back at rest.
    is_valid
        Whether it enters figures.
    reason
        Why not, empty for a valid one.
    measures
        Figures by column name with their unit in the name.
    phases
        Start of each phase in seconds, by name and in order; empty where none are told apart.
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
        object.__setattr__(self, "measures", MappingProxyType(dict(self.measures)))
        object.__setattr__(self, "phases", MappingProxyType(dict(self.phases)))


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
        How many strides it is the mean of.
    """

    joint: Joint
    motion: str
    side: Side
    mean_deg: FloatArray
    sd_deg: FloatArray
    offset_sd_deg: float
    n_strides: int

    def __post_init__(self) -> None:
        mean = frozen_floats(self.mean_deg, name="mean_deg", shape=(101,))
        object.__setattr__(self, "mean_deg", mean)
        sd = frozen_floats(self.sd_deg, name="sd_deg", shape=(101,))
        object.__setattr__(self, "sd_deg", sd)


@dataclass(frozen=True, slots=True, eq=False)
class RepetitionCurves:
    """One angle of one leg in several repetitions.

    Parameters
    ----------
    joint, motion, side
        Which angle.
    curves_deg
        At 0, 1, …, 100 % of each repetition, NaN in gaps, shape (k, 101).
    turning_percent
        Where each repetition turns, shape (k,).
    """

    joint: Joint
    motion: str
    side: Side
    curves_deg: FloatArray
    turning_percent: FloatArray

    def __post_init__(self) -> None:
        turning = frozen_floats(self.turning_percent, name="turning_percent", shape=(None,))
        object.__setattr__(self, "turning_percent", turning)
        curves = frozen_floats(self.curves_deg, name="curves_deg", shape=(len(turning), 101))
        object.__setattr__(self, "curves_deg", curves)


@dataclass(frozen=True, slots=True)
class MeanSd:
    """Mean, standard deviation between strides, and how many."""

    mean: float
    sd: float
    n: int


@dataclass(frozen=True, slots=True)
class SideGait:
    """Time figures of one side's strides."""

    stride_time_s: MeanSd
    stance_share: MeanSd
    step_time_s: MeanSd | None
    """From the other foot's initial contact to this one's; None when only one side is worn."""
    n_strides_found: int
    is_toe_off_reliable: bool = True


@dataclass(frozen=True, slots=True)
class WalkSummary:
    """What the valid strides of all walking bouts say.

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
        Total time in walking bouts.
    n_turns
        How many turns were left out.
    """

    cadence_per_min: float
    sides: Mapping[Side, SideGait]
    step_time_ratio: float | None
    curves: tuple[GaitCurve, ...]
    walking_s: float
    n_turns: int
