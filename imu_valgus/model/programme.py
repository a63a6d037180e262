"""What a person trains: phases, plan and daily log."""

from dataclasses import dataclass
from datetime import date

from imu_valgus.model.progress import check_pain, check_slug


@dataclass(frozen=True, slots=True)
class Phase:
    """A named part of the programme.

    Parameters
    ----------
    name
        Name for people.
    first_day, last_day
        First and last day, both included.

    Raises
    ------
    ValueError
        If the phase ends before it starts.
    """

    name: str
    first_day: date
    last_day: date

    def __post_init__(self) -> None:
        if self.last_day < self.first_day:
            raise ValueError(
                f"Phase {self.name!r} has to end after it starts on {self.first_day}, not on "
                f"{self.last_day}."
            )


@dataclass(frozen=True, slots=True)
class PlannedExercise:
    """An exercise of the plan.

    Parameters
    ----------
    exercise
        Key in the catalogue.
    times_per_week
        How often a week, 1 to 21.
    dose
        How much each time, in words.

    Raises
    ------
    ValueError
        If the key is not in snake_case or the number is out of range.
    """

    exercise: str
    times_per_week: int
    dose: str = ""

    def __post_init__(self) -> None:
        check_slug(self.exercise, what="an exercise's name")
        if not 1 <= self.times_per_week <= 21:
            raise ValueError(
                f"An exercise is planned 1 to 21 times a week, not {self.times_per_week} times."
            )


@dataclass(frozen=True, slots=True)
class Programme:
    """A training programme.

    Parameters
    ----------
    start
        First day of training.
    phases
        Phases in order.
    plan
        Planned exercises.
    """

    start: date
    phases: tuple[Phase, ...] = ()
    plan: tuple[PlannedExercise, ...] = ()


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the daily log.

    Parameters
    ----------
    day
        Day of the entry.
    exercise
        Key of the exercise that was done; None where only pain is noted.
    pain
        Pain from 0 (none) to 10; None where not noted.
    notes
        Free text.

    Raises
    ------
    ValueError
        If the key is not in snake_case or pain is out of range.
    """

    day: date
    exercise: str | None = None
    pain: int | None = None
    notes: str = ""

    def __post_init__(self) -> None:
        if self.exercise is not None:
            check_slug(self.exercise, what="an exercise's name")
        check_pain(self.pain)
