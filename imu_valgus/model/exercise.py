"""Exercises of the programme: as they stand in the catalogue, and as they were done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from imu_valgus.model.movement import Repetition
from imu_valgus.model.placement import Side


class ExerciseKind(StrEnum):
    """What an exercise is for."""

    RELEASE = "release"
    STRETCH = "stretch"
    MOBILISATION = "mobilisation"
    STRENGTHENING = "strengthening"
    INTEGRATION = "integration"
    CALIBRATION = "calibration"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Exercise:
    """One exercise or check of the catalogue, as data.

    Parameters
    ----------
    key
        Name in snake_case: of the recording's folder, and for programs.
    name, region, kind
        For people.
    dose
        How much, in words.
    cue
        What matters when doing it.
    measured
        What sensors on thigh and shank (pelvis, feet) tell, in words.
    is_measured
        Whether there is an analyser; the others are timed and logged.
    """

    key: str
    name: str
    region: str
    kind: ExerciseKind
    dose: str
    cue: str
    measured: str
    is_measured: bool


@dataclass(frozen=True, slots=True)
class ExerciseSet:
    """One exercise as it was done in one recording.

    Parameters
    ----------
    exercise, name
        Key and name in the catalogue.
    recording
        In which recording.
    side
        The leg that works; None for both.
    start_s, end_s
        When, on the recording's clock.
    repetitions
        In order; holds and ranges are measures of each.
    measures
        Figures of the whole set by name with their unit.
    notes
        What is to be known about the figures, one sentence each.
    """

    exercise: str
    name: str
    recording: str
    side: Side | None
    start_s: float
    end_s: float
    repetitions: tuple[Repetition, ...] = ()
    measures: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "measures", MappingProxyType(dict(self.measures)))
