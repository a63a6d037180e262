"""A simulated course has the truth that was asked for, on the days that were asked for."""

from dataclasses import replace
from datetime import date, timedelta
from statistics import fmean, median, pstdev

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imu_valgus.errors import InputError
from imu_valgus.model import Side, Task
from imu_valgus.model.progress import Purpose
from imu_valgus.simulate import StepUp
from imu_valgus.simulate.course import (
    RECORDING,
    SLIPS,
    Protocol,
    simulate_course_session,
    simulated_course,
)
from imu_valgus.simulate.habits import DAY_SPREAD, HABIT_AFTER, HABIT_BEFORE, habit_on, pain_on

START = date(2025, 3, 3)
WEEKS = 6
SHORT = Protocol(squats=2, seated_rotations=2, walk_s=10.0, step_ups=3, step_up_s=3.0)


def visits(weeks: int = WEEKS) -> list[tuple[date, Purpose]]:
    end = START + timedelta(weeks=weeks)
    return [
        *((START - timedelta(days=7), Purpose.REDONNING) for _ in range(3)),
        *((START - timedelta(days=i), Purpose.BASELINE) for i in (1, 2, 3)),
        *((START + timedelta(days=i), Purpose.CHECK) for i in range(4, 7 * weeks, 4)),
        *((end + timedelta(days=i), Purpose.CLOSING) for i in range(3)),
    ]


def course(**arguments):
    return simulated_course(visits(), start=START, weeks=WEEKS, **arguments)


def test_every_planned_session_but_one_takes_place_on_its_day_and_one_strap_slips():
    sessions = course()
    planned = sorted(visits())
    found = [(one.recorded_at.date(), one.purpose) for one in sessions]
    missing = [one for one in planned if planned.count(one) > found.count(one)]
    assert len(found) == len(planned) - 1
    assert [purpose for _, purpose in missing] == [Purpose.CHECK]
    assert [one.purpose for one in sessions if one.slips] == [Purpose.CHECK]
    moments = [one.recorded_at for one in sessions]
    assert moments == sorted(set(moments))
    assert len({one.seed for one in sessions}) == len(sessions)


def test_few_checks_all_take_place():
    few = [one for one in visits() if one[1] is not Purpose.CHECK]
    few += [(START + timedelta(days=i), Purpose.CHECK) for i in (3, 6)]
    sessions = simulated_course(few, start=START, weeks=WEEKS)
    assert len(sessions) == len(few)
    assert not any(one.slips for one in sessions)


def test_the_same_seed_gives_the_same_course_and_another_seed_another_one():
    assert course(seed=4) == course(seed=4)
    assert course(seed=4) != course(seed=5)


def test_habits_are_those_before_until_the_start_and_those_after_from_the_end():
    sessions = course()
    for one in sessions:
        if one.purpose in (Purpose.BASELINE, Purpose.REDONNING):
            assert one.habit == HABIT_BEFORE
        if one.purpose is Purpose.CLOSING:
            assert one.habit == HABIT_AFTER


@given(st.integers(1, 26), st.integers(-30, 250))
def test_a_habit_goes_one_way_and_faster_first(weeks, number):
    def rotation(days: int) -> float:
        return habit_on(
            START + timedelta(days=days), start=START, weeks=weeks
        ).right.hip_internal_rotation_deg

    assert rotation(number) >= rotation(number + 1)
    half, end = rotation(7 * weeks // 2), rotation(7 * weeks)
    assert rotation(0) - half > half - end


def test_the_right_leg_gains_more_than_the_left():
    gains = {
        side: HABIT_BEFORE.of(side).hip_internal_rotation_deg
        - HABIT_AFTER.of(side).hip_internal_rotation_deg
        for side in Side
    }
    assert gains[Side.RIGHT] > 2.0 * gains[Side.LEFT] > 0.0


def test_days_spread_around_the_habit_and_donnings_of_a_day_share_it():
    many = [(START - timedelta(days=i), Purpose.BASELINE) for i in range(1, 400)]
    off = [
        one.excursions.left.hip_adduction_deg - one.habit.left.hip_adduction_deg
        for one in simulated_course(many, start=START, weeks=WEEKS)
    ]
    assert abs(fmean(off)) < 0.2
    assert pstdev(off) == pytest.approx(DAY_SPREAD.hip_adduction_deg, rel=0.15)
    sessions = [one for one in course() if one.purpose is Purpose.REDONNING]
    assert len({one.excursions for one in sessions}) == len({one.person for one in sessions}) == 1
    assert len({one.recorded_at for one in sessions}) == 3


def test_step_ups_are_asked_to_move_as_that_day():
    for one in course():
        steps = {part.side: part for part in one.script if isinstance(part, StepUp)}
        assert set(steps) == set(Side)
        for side, step in steps.items():
            day = one.excursions.of(side)
            assert step.hip_internal_rotation_deg == day.hip_internal_rotation_deg
            assert step.hip_adduction_deg == day.hip_adduction_deg
            assert step.tibial_external_rotation_deg == day.tibial_external_rotation_deg
            assert step.knee_abduction_deg == day.knee_abduction_deg


def test_bones_move_as_asked_and_sensors_sit_anew():
    planned = course(protocol=SHORT)[:2]
    simulated = [simulate_course_session(one) for one in planned]
    asked = planned[0].excursions
    for side in Side:
        moved = median(
            one.measures["hip_internal_rotation_excursion_deg"]
            for one in simulated[0].truth[RECORDING].repetitions
            if one.task is Task.STEP_UP and one.side is side
        )
        assert moved == pytest.approx(asked.of(side).hip_internal_rotation_deg, rel=0.25)
    mountings = [one.mountings[SLIPS].sensor_to_segment for one in simulated]
    assert (mountings[0].inv() * mountings[1]).magnitude() > 0.1


def test_only_the_strap_that_slips_feels_something_else():
    slipping = next(one for one in course(protocol=SHORT) if one.slips)
    slipped = simulate_course_session(slipping).session.recordings[0]
    kept = simulate_course_session(replace(slipping, slips=False)).session.recordings[0]
    changed = [
        place
        for place in kept.streams
        if not np.array_equal(kept.streams[place].acc, slipped.streams[place].acc)
    ]
    assert changed == [SLIPS]
    walk = next(one for one in kept.tasks if one.task is Task.WALK)
    before = kept.streams[SLIPS].time_s < walk.start_s
    assert np.allclose(kept.streams[SLIPS].acc[before], slipped.streams[SLIPS].acc[before])


@given(st.integers(1, 26), st.integers(-20, 220), st.integers(0, 50))
def test_pain_stays_low_and_is_two_before_the_start(weeks, number, seed):
    day = START + timedelta(days=number)
    pain = pain_on(day, start=START, weeks=weeks, seed=seed)
    assert pain == 2 if number < 0 else 0 <= pain <= 3


def test_a_course_without_a_week_is_refused():
    with pytest.raises(InputError, match="found 0"):
        simulated_course(visits(), start=START, weeks=0)
