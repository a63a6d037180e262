"""A simulated diary keeps to its programme as well as asked."""

from datetime import date, timedelta

import pytest

from imu_valgus.errors import InputError
from imu_valgus.model.programme import PlannedExercise, Programme
from imu_valgus.simulate.diary import ADHERENCE, simulated_diary

START = date(2025, 3, 3)
PLAN = (PlannedExercise("clam_shell", 5), PlannedExercise("step_up", 3))
PROGRAMME = Programme(START, plan=PLAN)


def done_share(weeks: int, **arguments) -> float:
    diary = simulated_diary(PROGRAMME, weeks=weeks, **arguments)
    return sum(one.exercise is not None for one in diary) / (8 * weeks)


def test_about_the_share_asked_for_is_done():
    assert done_share(100) == pytest.approx(ADHERENCE, abs=0.03)
    assert done_share(100, adherence=0.3) == pytest.approx(0.3, abs=0.05)


def test_nothing_is_done_twice_a_day_or_more_often_than_planned_or_outside_the_weeks():
    diary = simulated_diary(PROGRAMME, weeks=6)
    done = [(one.day, one.exercise) for one in diary if one.exercise]
    assert len(done) == len(set(done))
    for week in range(6):
        days = {START + timedelta(weeks=week, days=i) for i in range(7)}
        for item in PLAN:
            times = sum(day in days and name == item.exercise for day, name in done)
            assert times <= item.times_per_week
    assert {one.day for one in diary} == {START + timedelta(days=i) for i in range(42)}


def test_pain_is_written_down_once_a_day_and_never_asks_to_stop():
    diary = simulated_diary(PROGRAMME, weeks=6)
    pain = [one.pain for one in diary if one.pain is not None]
    assert len(pain) == 42
    assert set(pain) <= {0, 1, 2, 3}


def test_the_same_seed_gives_the_same_diary():
    assert simulated_diary(PROGRAMME, weeks=2, seed=3) == simulated_diary(
        PROGRAMME, weeks=2, seed=3
    )
    assert simulated_diary(PROGRAMME, weeks=2, seed=3) != simulated_diary(
        PROGRAMME, weeks=2, seed=4
    )


def test_a_share_above_one_is_refused():
    with pytest.raises(InputError, match=r"found 1\.5"):
        simulated_diary(PROGRAMME, weeks=1, adherence=1.5)
