"""What a movement hands over: rows of poses, and what happened when."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from imu_valgus.model import EventKind, FloatArray, Side, Task
from imu_valgus.simulate.body import Person
from imu_valgus.simulate.pose import INTERNAL_RATE_HZ


@dataclass(frozen=True, slots=True)
class ClipEvent:
    """A foot contact event, seconds from the start of the clip."""

    time_s: float
    side: Side
    kind: EventKind


@dataclass(frozen=True, slots=True)
class ClipRepetition:
    """A repetition as planned, seconds from the start of the clip.

    Start and end are when the first key leaves rest and the last one is back; what a person would
    call the start is found from the angles afterwards.
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
        Shape (n, c).
    task
        What it is called; None where nobody would label it.
    side
        The leg that does it, where one does.
    start_s, end_s
        The span to label, seconds from the start of the clip; None: all of it.
    events, repetitions
        In order of time.
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
        """Length of the clip."""
        return len(self.rows) / INTERNAL_RATE_HZ


@dataclass(frozen=True, slots=True, eq=False)
class Performer:
    """Who performs a movement, with what randomness."""

    person: Person
    rng: np.random.Generator = field(repr=False)

    def vary(self, value: float, relative_sd: float) -> float:
        """Draw a value near another one, within three standard deviations."""
        return float(value * (1.0 + relative_sd * np.clip(self.rng.standard_normal(), -3.0, 3.0)))


class Movement(Protocol):
    """Anything that can be put into a script: a frozen dataclass with its own settings."""

    def perform(self, performer: Performer) -> Clip:
        """Return the poses of the movement, beginning and ending at rest."""
        ...
