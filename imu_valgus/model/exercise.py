"""Exercises of the programme: as listed in the catalogue, and as done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from imu_valgus.model._check import freeze_mappings
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
    """One exercise or check of the catalogue.

    Parameters
    ----------
    key
        Name in snake_case, for programs and for the recording's folder.
    name, region, kind
        Name, body region and purpose, for people.
    dose
        How much to do, in words.
    cue
        What matters when doing it.
    measured
        What sensors on thigh and shank (pelvis, feet) measure, in words.
    is_measured
        Whether there is an analyser; other exercises are timed and logged.
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
        Name of the recording.
    side
        The working leg; None for both.
    start_s, end_s
        Start and end on the recording's clock.
    repetitions
        Repetitions in order; holds and ranges are measures of each.
    measures
        Figures of the whole set by name, with the unit in the name.
    notes
        Remarks about the figures, one sentence each.
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
        freeze_mappings(self, "measures")
