"""Reading the options of ``imu-valgus plan``: days, phases and exercises."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from imu_valgus.cli.course_options import check_names
from imu_valgus.errors import InputError
from imu_valgus.exercises.catalogue import CATALOGUE, entry_named
from imu_valgus.model.programme import Phase, PlannedExercise


def parsed_day(text: str, *, what: str) -> date:
    """Read a day written like 2026-03-09.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise InputError(f"Expected {what} as a day like 2026-03-09, found {text!r}.") from error


def parsed_phases(texts: Sequence[str]) -> tuple[Phase, ...]:
    """Read phases written like ``Strengthening:2026-03-23..2026-04-05``, sorted by day.

    Raises
    ------
    InputError
        If one is written otherwise, ends before it starts, or two share a day.
    """
    phases = sorted((_phase(text) for text in texts), key=lambda phase: phase.first_day)
    for one, other in pairwise(phases):
        if other.first_day <= one.last_day:
            raise InputError(
                f"Expected phases one after the other, but {one.name!r} and {other.name!r} "
                f"share {other.first_day}."
            )
    return tuple(phases)


def _phase(text: str) -> Phase:
    name, colon, days = text.rpartition(":")
    first, dots, last = days.partition("..")
    if not (colon and dots and name.strip()):
        raise InputError(f"Expected a phase as NAME:FIRST..LAST, found {text!r}.")
    try:
        return Phase(
            name.strip(),
            parsed_day(first, what="the first day of a phase"),
            parsed_day(last, what="the last day of a phase"),
        )
    except ValueError as error:
        raise InputError(str(error)) from error


def parsed_exercises(texts: Sequence[str]) -> tuple[PlannedExercise, ...]:
    """Read exercises written like ``clam_shell:5`` or ``clam_shell:5:20 per side``.

    Raises
    ------
    InputError
        If one is not in the catalogue, is named twice, or has no count from 1 to 21.
    """
    planned = [_planned(text) for text in texts]
    names = [one.exercise for one in planned]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise InputError(f"Expected every exercise once, found {twice} more often.")
    return tuple(planned)


def _planned(text: str) -> PlannedExercise:
    name, _, rest = text.partition(":")
    times, _, dose = rest.partition(":")
    key = exercise_key(name)
    if not times.strip().isdecimal():
        raise InputError(
            f"Expected an exercise as NAME:TIMES_PER_WEEK, say {key}:5, found {text!r}."
        )
    usual = next(entry.exercise.dose for entry in CATALOGUE if entry.exercise.key == key)
    try:
        return PlannedExercise(key, int(times), dose.strip() or usual)
    except ValueError as error:
        raise InputError(f"{error} See {text!r}.") from error


def exercise_key(name: str) -> str:
    """Return the key of an exercise of the catalogue.

    Raises
    ------
    InputError
        If there is none, with the one that is most like it.
    """
    entry = entry_named(name)
    if entry is None:
        keys = [one.exercise.key for one in CATALOGUE]
        check_names([name.strip()], keys, what="an exercise of the catalogue")
        raise InputError(f"Expected an exercise of the catalogue, found {name!r}.")
    return entry.exercise.key
