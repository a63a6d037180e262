"""Proposed sessions, which of them were recorded, and adherence."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imu_valgus.errors import InputError
from imu_valgus.model import Grade
from imu_valgus.model.programme import LogEntry, PlannedExercise
from imu_valgus.model.progress import Purpose
from imu_valgus.progress.schedule import (
    Appointment,
    match_appointments,
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


@pytest.fixture
def on(session):
    """Build a session of a purpose so many days after the start."""

    def build(day: float, purpose: Purpose | None, **more):
        return replace(session(5.0, day=day, **more), purpose=purpose)

    return build


def found(appointments, sessions):
    return [
        (one.day - MONDAY).days if kept else None
        for one, kept in match_appointments(appointments, sessions)
    ]


def test_the_nearest_session_of_the_purpose_is_taken(on):
    wanted = [Appointment(MONDAY + timedelta(days=d), Purpose.CHECK) for d in (0, 4)]
    (_, first), (_, second) = match_appointments(wanted, [on(3, Purpose.CHECK)])
    assert first is None
    assert second.session_id == "s3000"


def test_a_late_check_is_not_the_next_one_but_a_late_baseline_still_is_one(on):
    check, baseline = (
        Appointment(MONDAY, purpose) for purpose in (Purpose.CHECK, Purpose.BASELINE)
    )
    assert found([check], [on(2, Purpose.CHECK)]) == [0]
    assert found([check], [on(3, Purpose.CHECK)]) == [None]
    assert found([baseline], [on(14, Purpose.BASELINE)]) == [0]
    assert found([baseline], [on(15, Purpose.BASELINE)]) == [None]


def test_sessions_without_that_purpose_or_of_poor_calibration_fill_nothing(on):
    wanted = [Appointment(MONDAY, Purpose.BASELINE)]
    assert found(wanted, [on(0, None), on(0.1, Purpose.CLOSING)]) == [None]
    assert found(wanted, [on(0, Purpose.BASELINE, calibration=Grade.POOR)]) == [None]


def test_of_a_day_one_baseline_counts_but_every_redonning(on):
    days = [Appointment(MONDAY + timedelta(days=d), Purpose.BASELINE) for d in range(3)]
    assert found(days, [on(0, Purpose.BASELINE), on(0.1, Purpose.BASELINE)]) == [0, None, None]
    repeats = propose_repeat_sessions(MONDAY)
    done = [on(0.1 * i, Purpose.REDONNING) for i in range(3)]
    assert found(repeats, done) == [0, 0, 0, None, None, None]


@given(
    days=st.lists(st.tuples(st.integers(-9, 60), st.sampled_from(Purpose)), max_size=25),
    random=st.randoms(use_true_random=False),
)
def test_no_session_is_used_twice_and_the_order_does_not_matter(days, random, session):
    sessions = [
        replace(session(5.0, day=day, name=f"s{i}"), purpose=purpose)
        for i, (day, purpose) in enumerate(days)
    ]
    wanted = propose_programme_sessions(MONDAY)
    kept = match_appointments(wanted, sessions)
    assert kept == match_appointments(wanted, random.sample(sessions, len(sessions)))
    assert [one for one, _ in kept] == list(wanted)
    used = [found.session_id for _, found in kept if found]
    assert len(used) == len(set(used))
    assert all(one.purpose is found.purpose for one, found in kept if found)
