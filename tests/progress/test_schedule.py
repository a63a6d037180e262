"""Appointments and adherence."""

from datetime import date, timedelta

import pytest

from imu_valgus.errors import InputError
from imu_valgus.model.programme import LogEntry, PlannedExercise
from imu_valgus.progress.schedule import (
    Purpose,
    measure_adherence,
    propose_programme_sessions,
    propose_repeat_sessions,
)

MONDAY = date(2026, 3, 2)


def test_repeat_sessions_are_three_donnings_and_three_days():
    proposed = propose_repeat_sessions(MONDAY)
    assert [a.day for a in proposed if a.purpose is Purpose.REDONNING] == [MONDAY] * 3
    assert len({a.day for a in proposed if a.purpose is Purpose.REPEAT}) == 3


@pytest.mark.parametrize("per_week", [1, 2, 7])
def test_a_programme_has_three_baseline_and_three_closing_sessions_around_it(per_week):
    proposed = propose_programme_sessions(MONDAY, weeks=6, per_week=per_week)
    baseline = [a.day for a in proposed if a.purpose is Purpose.BASELINE]
    closing = [a.day for a in proposed if a.purpose is Purpose.CLOSING]
    checks = [a.day for a in proposed if a.purpose is Purpose.CHECK]
    assert len(baseline) == len(closing) == 3
    assert max(baseline) < MONDAY <= min(checks)
    assert max(checks) < min(closing) == MONDAY + timedelta(weeks=6)
    assert list(proposed) == sorted(proposed)


def test_impossible_programmes_are_refused():
    with pytest.raises(InputError, match="whole weeks"):
        propose_programme_sessions(MONDAY, weeks=0)


def test_adherence_counts_each_exercise_once_a_day_and_not_beyond_its_plan():
    plan = [PlannedExercise("step_up", 3), PlannedExercise("clam_shell", 2)]
    log = [LogEntry(MONDAY + timedelta(days=d), "step_up") for d in (0, 0, 1, 2, 3, 8)]
    log += [LogEntry(MONDAY, "clam_shell"), LogEntry(MONDAY, "unplanned"), LogEntry(MONDAY)]
    found = measure_adherence(log, start=MONDAY, plan=plan, through=MONDAY + timedelta(days=15))
    assert [(week.week, week.done, week.planned) for week in found] == [(0, 4, 5), (1, 1, 5)]
    assert found[0].share == 0.8
    assert measure_adherence(log, start=MONDAY, plan=[], through=date(2027, 1, 1)) == ()
