"""A programme to start from: which exercises of the catalogue, how often, in which phases.

The exercises and their order follow the programme's catalogue; how often and for how long each
phase lasts is our proposal and has not been tested. Strengthening taught first and used in
upright tasks later, and a first look after four to six weeks, are the programme's own.
"""

from datetime import date, timedelta
from typing import Final

from imu_valgus.errors import InputError
from imu_valgus.exercises.catalogue import CATALOGUE
from imu_valgus.exercises.counted import CALF_RAISE
from imu_valgus.model import ExerciseKind
from imu_valgus.model.programme import Phase, PlannedExercise, Programme

TIMES_PER_WEEK: Final = 5
"""Most days: two days off keep the plan within reach."""

PHASES: Final = ("Releases and mobility", "Strengthening", "Integration and step-ups")
"""Where the weight lies, a third of the weeks each; every exercise stays in the plan throughout."""

_TRAINED: Final = frozenset(
    {
        ExerciseKind.RELEASE,
        ExerciseKind.STRETCH,
        ExerciseKind.MOBILISATION,
        ExerciseKind.STRENGTHENING,
        ExerciseKind.INTEGRATION,
    }
)


def propose_programme(start: date, *, weeks: int) -> Programme:
    """Propose phases and a plan.

    Parameters
    ----------
    start
        First day of training.
    weeks
        Length, 1 or more.

    Raises
    ------
    InputError
        If there is no whole week.

    Examples
    --------
    >>> [str(phase.first_day) for phase in propose_programme(date(2026, 3, 9), weeks=6).phases]
    ['2026-03-09', '2026-03-23', '2026-04-06']
    """
    if weeks < 1:
        raise InputError(f"Expected a programme of one week or more, found {weeks}.")
    edges = [round(index * 7 * weeks / len(PHASES)) for index in range(len(PHASES) + 1)]
    return Programme(
        start=start,
        phases=tuple(
            Phase(name, start + timedelta(days=first), start + timedelta(days=next_first - 1))
            for name, first, next_first in zip(PHASES, edges, edges[1:], strict=False)
        ),
        plan=tuple(
            PlannedExercise(entry.exercise.key, TIMES_PER_WEEK, entry.exercise.dose)
            for entry in CATALOGUE
            if entry.exercise.kind in _TRAINED and entry is not CALF_RAISE
        ),
    )
