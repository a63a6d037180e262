"""What a simulated person writes down from day to day."""

from datetime import timedelta
from typing import Final

import numpy as np

from imu_valgus.errors import InputError
from imu_valgus.model.programme import LogEntry, Programme
from imu_valgus.simulate.habits import pain_on

ADHERENCE: Final = 0.8
"""Share of the planned occasions that are done, on average over the weeks; own choice."""

_WEEK_SPREAD: Final = 0.06
_DIARY: Final = 0xD1A


def simulated_diary(
    programme: Programme, *, weeks: int, seed: int = 1, adherence: float = ADHERENCE
) -> tuple[LogEntry, ...]:
    """Write a daily log: exercises done, and pain every evening.

    Parameters
    ----------
    programme
        With its plan.
    weeks
        How many are written down.
    seed
        Same seed, same diary.
    adherence
        Share of the plan that is done, 0 to 1; weeks differ around it.

    Returns
    -------
    tuple of LogEntry
        In order of days.

    Raises
    ------
    InputError
        If the share is none.
    """
    if not 0.0 <= adherence <= 1.0:
        raise InputError(f"Expected a share from 0 to 1 of the plan, found {adherence:g}.")
    rng = np.random.default_rng([seed, _DIARY])
    entries: list[LogEntry] = []
    for week in range(weeks):
        share = float(np.clip(rng.normal(adherence, _WEEK_SPREAD), 0.0, 1.0))
        for item in programme.plan:
            days = rng.permutation(7)[: min(7, item.times_per_week)]
            done = days[rng.random(days.size) < share]
            entries += [
                LogEntry(programme.start + timedelta(weeks=week, days=int(day)), item.exercise)
                for day in sorted(done)
            ]
    for number in range(7 * weeks):
        day = programme.start + timedelta(days=number)
        pain = pain_on(day, start=programme.start, weeks=weeks, seed=seed)
        entries.append(LogEntry(day, pain=pain))
    return tuple(sorted(entries, key=lambda entry: entry.day))
