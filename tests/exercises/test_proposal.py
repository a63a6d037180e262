"""The programme proposed to start from."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imu_valgus.errors import InputError
from imu_valgus.exercises import CATALOGUE
from imu_valgus.exercises.proposal import propose_programme
from imu_valgus.model import ExerciseKind

START = date(2026, 3, 9)


@given(st.integers(1, 60))
def test_the_phases_fill_the_weeks_one_after_the_other(weeks):
    phases = propose_programme(START, weeks=weeks).phases
    assert phases[0].first_day == START
    assert phases[-1].last_day == START + timedelta(days=7 * weeks - 1)
    for phase, following in pairwise(phases):
        assert following.first_day == phase.last_day + timedelta(days=1)
    lengths = [(phase.last_day - phase.first_day).days + 1 for phase in phases]
    assert max(lengths) - min(lengths) <= 1


def test_checks_and_calibration_are_no_training():
    kinds = {entry.exercise.key: entry.exercise.kind for entry in CATALOGUE}
    planned = {item.exercise for item in propose_programme(START, weeks=6).plan}
    assert len(planned) == 16
    assert not {kinds[key] for key in planned} & {ExerciseKind.CHECK, ExerciseKind.CALIBRATION}
    assert {"step_up", "wall_push", "short_foot", "adductor_ball"} <= planned


def test_no_week_is_no_programme():
    with pytest.raises(InputError, match="one week or more"):
        propose_programme(START, weeks=0)
