"""Which proposed sessions have been recorded."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imu_valgus.model import Grade
from imu_valgus.model.progress import Purpose
from imu_valgus.progress.schedule import (
    Appointment,
    match_appointments,
    propose_programme_sessions,
    propose_repeat_sessions,
)

START = date(2026, 3, 2)


@pytest.fixture
def on(session):
    """Build a session of a purpose so many days after the start."""

    def build(day: float, purpose: Purpose | None, **more):
        return replace(session(5.0, day=day, **more), purpose=purpose)

    return build


def found(appointments, sessions):
    return [
        (one.day - START).days if kept else None
        for one, kept in match_appointments(appointments, sessions)
    ]


def test_the_nearest_session_of_the_purpose_is_taken(on):
    wanted = [Appointment(START + timedelta(days=d), Purpose.CHECK) for d in (0, 4)]
    (_, first), (_, second) = match_appointments(wanted, [on(3, Purpose.CHECK)])
    assert first is None
    assert second.session_id == "s3000"


def test_a_late_check_is_not_the_next_one_but_a_late_baseline_still_is_one(on):
    check, baseline = (Appointment(START, purpose) for purpose in (Purpose.CHECK, Purpose.BASELINE))
    assert found([check], [on(2, Purpose.CHECK)]) == [0]
    assert found([check], [on(3, Purpose.CHECK)]) == [None]
    assert found([baseline], [on(14, Purpose.BASELINE)]) == [0]
    assert found([baseline], [on(15, Purpose.BASELINE)]) == [None]


def test_sessions_without_that_purpose_or_of_poor_calibration_fill_nothing(on):
    wanted = [Appointment(START, Purpose.BASELINE)]
    assert found(wanted, [on(0, None), on(0.1, Purpose.CLOSING)]) == [None]
    assert found(wanted, [on(0, Purpose.BASELINE, calibration=Grade.POOR)]) == [None]


def test_of_a_day_one_baseline_counts_but_every_redonning(on):
    days = [Appointment(START + timedelta(days=d), Purpose.BASELINE) for d in range(3)]
    assert found(days, [on(0, Purpose.BASELINE), on(0.1, Purpose.BASELINE)]) == [0, None, None]
    repeats = propose_repeat_sessions(START)
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
    wanted = propose_programme_sessions(START)
    kept = match_appointments(wanted, sessions)
    assert kept == match_appointments(wanted, random.sample(sessions, len(sessions)))
    assert [one for one, _ in kept] == list(wanted)
    used = [found.session_id for _, found in kept if found]
    assert len(used) == len(set(used))
    assert all(one.purpose is found.purpose for one, found in kept if found)
