"""Clips: what a movement returns, as rows of poses with its events and repetitions."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from imu_valgus.model import EventKind, FloatArray, Side, Task
from imu_valgus.simulate.body import Person
from imu_valgus.simulate.pose import INTERNAL_RATE_HZ


@dataclass(frozen=True, slots=True)
class ClipEvent:
    """A gait event of a clip.

    Parameters
    ----------
    time_s
        Seconds from the start of the clip.
    side
        Foot of the event.
    kind
        Kind of the event.
    """

    time_s: float
    side: Side
    kind: EventKind


@dataclass(frozen=True, slots=True)
class ClipRepetition:
    """A repetition as planned.

    It starts when the first key leaves rest and ends when the last one is back. What a person would
    call its start and end is found from the angles afterwards.

    Parameters
    ----------
    side
        Leg that moves; None for both.
    start_s, top_s, end_s
        Start, turning point and end, seconds from the start of the clip.
    hold_s
        Planned duration of the hold; None if there is none.
    """

    side: Side | None
    start_s: float
    top_s: float
    end_s: float
    hold_s: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """Rows of poses on the internal clock that begin and end at rest.

    Parameters
    ----------
    rows
        Poses, shape (n, c).
    task
        Task of the movement; None if it has no label.
    side
        Leg that does the movement; None for both.
    start_s, end_s
        Span of the task, seconds from the start of the clip; None for the whole clip.
    events, repetitions
        Gait events and repetitions, in order of time.
    """

    rows: FloatArray
    task: Task | None
    side: Side | None = None
    start_s: float | None = None
    end_s: float | None = None
    events: tuple[ClipEvent, ...] = ()
    repetitions: tuple[ClipRepetition, ...] = ()

    @property
    def duration_s(self) -> float:
        """Duration of the clip."""
        return len(self.rows) / INTERNAL_RATE_HZ


@dataclass(frozen=True, slots=True, eq=False)
class Performer:
    """A person who performs movements.

    Parameters
    ----------
    person
        Person who moves.
    rng
        Random numbers for the variation of the movements.
    """

    person: Person
    rng: np.random.Generator = field(repr=False)

    def vary(self, value: float, relative_sd: float) -> float:
        """Draw a value around another one, within three standard deviations."""
        return float(value * (1.0 + relative_sd * np.clip(self.rng.standard_normal(), -3.0, 3.0)))


class Movement(Protocol):
    """One movement of a script: a frozen dataclass with the settings of the movement."""

    def perform(self, performer: Performer) -> Clip:
        """Return the poses of the movement, beginning and ending at rest."""
        ...
