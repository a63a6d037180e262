"""What a person trains: phases, plan and daily log."""

from dataclasses import dataclass
from datetime import date

from imu_valgus.model.progress import check_pain, check_slug


@dataclass(frozen=True, slots=True)
class Phase:
    """A named stretch of the programme, from the first day to the last, both included."""

    name: str
    first_day: date
    last_day: date

    def __post_init__(self) -> None:
        if self.last_day < self.first_day:
            msg = f"Expected phase {self.name!r} to end after it starts, got {self.last_day}."
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class PlannedExercise:
    """An exercise of the plan: the catalogue's name, how often a week, and the dose in words."""

    exercise: str
    times_per_week: int
    dose: str = ""

    def __post_init__(self) -> None:
        check_slug(self.exercise, what="an exercise's name")
        if not 1 <= self.times_per_week <= 21:
            msg = f"Expected 1 to 21 times a week, got {self.times_per_week}."
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Programme:
    """What a person trains: since when, in which phases, which exercises."""

    start: date
    phases: tuple[Phase, ...] = ()
    plan: tuple[PlannedExercise, ...] = ()


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the daily log: an exercise done (None: only pain is noted), pain 0-10, a note."""

    day: date
    exercise: str | None = None
    pain: int | None = None
    notes: str = ""

    def __post_init__(self) -> None:
        if self.exercise is not None:
            check_slug(self.exercise, what="an exercise's name")
        check_pain(self.pain)
