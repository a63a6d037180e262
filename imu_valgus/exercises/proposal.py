"""A programme to start from: which exercises of the catalogue, how often and in which phases.

The exercises and their order follow the programme's catalogue. The programme also says to
strengthen first, to use the strength in upright tasks later, and to look at results after four to
six weeks. How often to train and how long each phase lasts is our own proposal, not yet tested.
"""

from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from imu_valgus.errors import InputError
from imu_valgus.exercises.catalogue import CALF_RAISE, CATALOGUE
from imu_valgus.model import ExerciseKind
from imu_valgus.model.programme import Phase, PlannedExercise, Programme

TIMES_PER_WEEK: Final = 5
"""Two days off a week keep the plan within reach."""

PHASES: Final = ("Releases and mobility", "Strengthening", "Integration and step-ups")
"""Focus of each third of the weeks; every exercise stays in the plan throughout."""

_NOT_TRAINED: Final = frozenset({ExerciseKind.CALIBRATION, ExerciseKind.CHECK})


def propose_programme(start: date, *, weeks: int) -> Programme:
    """Propose phases and a plan.

    Parameters
    ----------
    start
        First day of training.
    weeks
        Length of the programme, 1 or more.

    Returns
    -------
    Programme
        Phases of equal length to within a day, and every exercise that is trained.

    Raises
    ------
    InputError
        If `weeks` is below 1.

    Examples
    --------
    >>> [str(phase.first_day) for phase in propose_programme(date(2026, 3, 9), weeks=6).phases]
    ['2026-03-09', '2026-03-23', '2026-04-06']
    """
    if weeks < 1:
        raise InputError(f"A programme of {weeks} weeks is too short. Ask for one week or more.")
    edges = [round(index * 7 * weeks / len(PHASES)) for index in range(len(PHASES) + 1)]
    return Programme(
        start=start,
        phases=tuple(
            Phase(name, start + timedelta(days=first), start + timedelta(days=next_first - 1))
            for name, (first, next_first) in zip(PHASES, pairwise(edges), strict=True)
        ),
        plan=tuple(
            PlannedExercise(entry.exercise.key, TIMES_PER_WEEK, entry.exercise.dose)
            for entry in CATALOGUE
            if entry.exercise.kind not in _NOT_TRAINED and entry is not CALF_RAISE
        ),
    )
