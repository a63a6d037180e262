"""A person's course: what is compared, what is left out, and that nothing arbitrary decides."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imu_valgus.errors import InputError, NotComparableError
from imu_valgus.model import Grade, Side, Task
from imu_valgus.model.programme import LogEntry, PlannedExercise, Programme
from imu_valgus.model.progress import Feedback, MeasureKey, Purpose
from imu_valgus.progress.course import (
    MEAN_OF_DAY,
    compare_days,
    find_standing_out,
    review_course,
)
from imu_valgus.progress.repeatability import Repeatability, estimate_repeatability
from imu_valgus.progress.verdict import Verdict

SCORE = {side: MeasureKey("score", Task.STEP_UP, side) for side in Side}
CADENCE = MeasureKey("cadence_per_min", Task.WALK, None)
PROGRAMME = Programme(start=date(2026, 3, 9))
SPREAD = Repeatability(1.0, 0.8, 1.4, 20)
few = settings(max_examples=25, deadline=None)


@st.composite
def courses(draw, fewest=1, most=24):
    """Days, values and purposes of sessions, several a day among them."""
    count = draw(st.integers(fewest, most))
    days = draw(st.lists(st.integers(0, 60), min_size=count, max_size=count))
    hours = draw(st.lists(st.integers(0, 9), min_size=count, max_size=count))
    values = draw(st.lists(st.floats(-40.0, 40.0), min_size=count, max_size=count))
    purposes = draw(st.lists(st.sampled_from([None, *Purpose]), min_size=count, max_size=count))
    return list(zip(days, hours, values, purposes, strict=True))


def built(course, measured_session, **more):
    return [
        measured_session(value, day=day + hour / 24, name=f"s{i}", purpose=purpose, **more)
        for i, (day, hour, value, purpose) in enumerate(course)
    ]


@few
@given(course=courses(), value=st.floats(-30.0, 30.0))
def test_identical_sessions_never_say_that_something_changed(course, value, measured_session):
    alike = [(day, hour, value, purpose) for day, hour, _, purpose in course]
    (one,) = review_course(built(alike, measured_session), programme=PROGRAMME).measures
    if one.comparison:
        assert one.comparison.verdict is Verdict.BELOW
        assert "no change beyond measurement noise" in one.comparison.sentence
        assert one.comparison.change == pytest.approx(0.0, abs=1e-12)
    assert one.trend.verdict in (Verdict.BELOW, Verdict.TOO_FEW)
    assert not any(point.stands_out for point in one.points)


@few
@given(
    course=courses(),
    random=st.randoms(use_true_random=False),
    programme=st.sampled_from([None, PROGRAMME]),
)
def test_the_order_of_the_sessions_does_not_matter_and_a_second_look_sees_the_same(
    course, random, programme, measured_session
):
    sessions = built(course, measured_session)
    mixed = random.sample(sessions, len(sessions))
    first = review_course(sessions, programme=programme)
    again = review_course(mixed, programme=programme)
    # repr, because NaN differs from itself.
    assert repr(first) == repr(again)


@few
@given(
    course=courses(2, 12),
    n_before=st.integers(1, 11),
    sem=st.sampled_from([None, 1.7]),
)
def test_swapping_before_and_after_only_flips_signs(course, n_before, sem, measured_session, tilt):
    sessions = built(course, measured_session)
    cut = min(n_before, len(sessions) - 1)
    own = sem and Repeatability(sem, 1.0, 4.0, 4)
    there = compare_days(sessions[:cut], sessions[cut:], key=tilt, repeatability=own)
    back = compare_days(sessions[cut:], sessions[:cut], key=tilt, repeatability=own)
    assert back.change == -there.change
    assert (back.low, back.high) == pytest.approx((-there.high, -there.low), nan_ok=True)
    assert back.hedges_g == pytest.approx(there.hedges_g and -there.hedges_g)
    assert (back.mdc, back.verdict) == (there.mdc, there.verdict)
    assert (back.before, back.after) == (there.after, there.before)
    assert set(back.reservations) == set(there.reservations)


@few
@given(course=courses(6, 20))
def test_mirrored_values_mirror_the_course(course, measured_session):
    mirrored = [(day, hour, -value, purpose) for day, hour, value, purpose in course]
    (one,) = review_course(built(course, measured_session)).measures
    (other,) = review_course(built(mirrored, measured_session)).measures
    assert one.trend.verdict is other.trend.verdict
    assert one.trend.change == pytest.approx(-other.trend.change, abs=1e-9, nan_ok=True)
    assert one.band.centre == -other.band.centre
    assert one.band.half == other.band.half
    assert [p.stands_out for p in one.points] == [p.stands_out for p in other.points]
    if one.comparison:
        assert one.comparison.change == -other.comparison.change


def test_without_a_session_there_is_nothing_to_review():
    with pytest.raises(InputError, match="at least one session"):
        review_course([])


def test_one_session_gives_its_point_and_says_what_is_missing(measured_session):
    course = review_course([measured_session(5.0)])
    (one,) = course.measures
    assert [point.weeks for point in one.points] == [0.0]
    assert one.trend.verdict is Verdict.TOO_FEW
    assert one.comparison is None
    assert "1 counts before and none after" in one.not_compared
    assert "nothing was recorded since" in course.blocks.words


def test_two_sessions_are_compared_with_an_assumed_spread(measured_session):
    (one,) = review_course([measured_session(5.0), measured_session(9.0, day=7)]).measures
    assert one.comparison.change == 4.0
    assert one.comparison.interval_from == "an assumed repeatability"
    assert one.comparison.mdc == pytest.approx(1.959964 * 2.5 * 2**0.5, rel=1e-6)
    assert one.comparison.verdict is Verdict.WITHIN
    assert one.blocks.words == "Compared: the first session with the latest session."


def test_sixty_sessions_of_both_legs_with_a_true_change_show_it_for_the_right_leg(
    measured_session,
):
    rng = np.random.default_rng(7)
    sessions = [
        measured_session(
            {SCORE[Side.LEFT]: 60 + rng.normal(0, 3), SCORE[Side.RIGHT]: 60 + i + rng.normal(0, 3)},
            day=i,
        )
        for i in range(60)
    ]
    course = review_course(sessions)
    left, right = (course.measure(SCORE[side]) for side in (Side.LEFT, Side.RIGHT))
    assert left.trend.verdict is not Verdict.BEYOND
    assert right.trend.verdict is Verdict.BEYOND
    assert right.comparison.change == pytest.approx(57, abs=6)
    assert right.points[-1].stands_out
    assert not left.points[-1].stands_out
    assert course.blocks.words == "Compared: the first 3 sessions with the latest 3 sessions."


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        ({"set_aside": "Strap slipped."}, "Strap slipped."),
        ({"calibration": Grade.POOR}, "The calibration of the session was poor."),
        ({"step_height_m": 0.15}, "The steps were of different height (0.1 m and 0.15 m)."),
        ({"feedback": Feedback.SUMMARY}, "The feedback while moving differed (none and summary)."),
        ({"science_version": "2"}, "analyse the older recording again"),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 5, 8, 9])
def test_a_session_of_another_stratum_is_left_out_with_the_reason_wherever_it_is(
    odd, why, place, measured_session
):
    sessions = [
        measured_session(
            40.0 if i == place else 5.0 + 0.1 * i, day=i, **(odd if i == place else {})
        )
        for i in range(10)
    ]
    (one,) = review_course(sessions).measures
    (left,) = one.left_out
    assert left.session_id == sessions[place].session_id
    assert why in left.reason
    assert one.points[place].left_out == left.reason
    assert one.comparison.left_out == one.trend.left_out == one.left_out
    assert 40.0 not in one.comparison.before + one.comparison.after
    assert len(one.comparison.before) == len(one.comparison.after) == 3
    assert one.band.centre == pytest.approx(np.mean(one.comparison.before))
    assert not any(point.stands_out for point in one.points)


def test_baseline_sessions_that_differ_among_each_other_do_not_end_the_comparison(
    measured_session,
):
    heights = [0.15, 0.10, 0.10, 0.10, 0.10, 0.10]
    purposes = [Purpose.BASELINE] * 3 + [Purpose.CLOSING] * 3
    sessions = [
        measured_session(5.0 + i, day=i, step_height_m=height, purpose=purpose)
        for i, (height, purpose) in enumerate(zip(heights, purposes, strict=True))
    ]
    (one,) = review_course(sessions).measures
    assert one.comparison.before == (6.0, 7.0)
    assert [left.session_id for left in one.comparison.left_out] == ["s000000"]
    assert one.blocks.words == (
        "Compared: the 2 sessions recorded as baseline with the 3 sessions recorded as closing."
    )


def test_a_course_on_two_heights_that_never_meet_is_refused_with_the_reason(measured_session):
    sessions = [measured_session(5.0, day=0), measured_session(6.0, day=1, step_height_m=0.2)]
    (one,) = review_course(sessions).measures
    assert one.comparison is None
    assert "of different height" in one.not_compared


def test_the_stratum_with_the_fuller_blocks_is_followed(measured_session):
    heights = [0.2] * 3 + [0.1] * 6
    sessions = [measured_session(5.0, day=i, step_height_m=h) for i, h in enumerate(heights)]
    (one,) = review_course(sessions).measures
    assert {left.session_id for left in one.left_out} == {s.session_id for s in sessions[:3]}
    assert len(one.comparison.before) == len(one.comparison.after) == 3


def test_among_equals_the_stratum_of_the_baseline_is_followed_even_if_others_have_more(
    measured_session,
):
    heights = [0.1] * 6 + [0.15] * 12
    sessions = [
        measured_session(
            5.0, day=i, step_height_m=h, purpose=Purpose.BASELINE if i < 3 else Purpose.CHECK
        )
        for i, h in enumerate(heights)
    ]
    (one,) = review_course(sessions).measures
    assert {s.purpose for s in one.blocks.before} == {Purpose.BASELINE}
    assert len(one.left_out) == 12


def test_a_baseline_session_never_stands_out_from_its_own_baseline(measured_session):
    values = [0.0, 20.0, 20.0, 13.0, 13.0, 13.0]
    sessions = [measured_session(value, day=i) for i, value in enumerate(values)]
    (one,) = review_course(sessions).measures
    assert not any(point.stands_out for point in one.points)


def test_training_with_feedback_does_not_displace_the_sessions_without(measured_session):
    sessions = [
        measured_session(5.0, day=i, feedback=Feedback.SUMMARY if i % 2 else Feedback.NONE)
        for i in range(12)
    ]
    (one,) = review_course(sessions).measures
    assert {s.conditions.feedback for s in (*one.blocks.before, *one.blocks.after)} == {
        Feedback.NONE
    }


def test_every_measure_takes_its_blocks_from_the_sessions_that_have_it(measured_session, tilt):
    sessions = [
        measured_session({tilt: 5.0} if i < 5 else {tilt: 9.0}, day=2 * i) for i in range(10)
    ] + [measured_session({CADENCE: 110.0}, day=2 * i + 1) for i in range(10)]
    course = review_course(sessions)
    steps, walks = course.measure(tilt), course.measure(CADENCE)
    assert len(steps.points) == len(walks.points) == 10
    assert steps.comparison.before == (5.0,) * 3
    assert steps.comparison.after == (9.0,) * 3
    assert len(walks.left_out) == 10
    assert "only for another task" not in walks.left_out[0].reason
    assert walks.comparison.verdict is Verdict.NOISE_UNKNOWN
    assert walks.band is None


def test_donnings_of_a_day_count_once(measured_session):
    three = [measured_session(v, day=0.1 * i) for i, v in enumerate((4.0, 5.0, 9.0))]
    sessions = [*three, *(measured_session(5.0 + i, day=i) for i in range(1, 6))]
    (one,) = review_course(sessions).measures
    assert one.comparison.before == (6.0, 6.0, 7.0)
    assert one.comparison.mdc == pytest.approx(1.959964 * 2.5 * (2 / 3) ** 0.5, rel=1e-6)
    assert MEAN_OF_DAY in one.comparison.reservations
    assert one.band.centre == pytest.approx(19 / 3)
    assert one.trend.n == 6
    assert "the first 5 sessions on 3 days with" in one.blocks.words


def test_two_donnings_of_one_odd_day_do_not_stand_out(measured_session):
    usual = [measured_session(5.0, day=i) for i in range(3)]
    odd_day = [measured_session(25.0, day=4 + i / 10) for i in range(2)]
    later = [measured_session(5.0, day=i) for i in range(5, 8)]
    (one,) = review_course([*usual, *odd_day, *later]).measures
    assert not any(point.stands_out for point in one.points)
    two_days = [measured_session(25.0, day=4), measured_session(26.0, day=4.6)]
    (one,) = review_course([*usual, *two_days, measured_session(26.0, day=5)]).measures
    assert [point.stands_out for point in one.points] == [False] * 3 + [True] * 3


def test_the_baseline_band_is_the_one_that_sessions_differ_from(measured_session):
    usual = [measured_session(5.0 + i, day=i, purpose=Purpose.BASELINE) for i in range(3)]
    band = review_course(usual).measures[0].band
    edge = band.centre + band.half
    for value, is_out in ((edge - 1e-6, False), (edge + 1e-6, True)):
        later = [measured_session(value, day=i) for i in (3, 4)]
        (one,) = review_course([*usual, *later]).measures
        assert [point.stands_out for point in one.points[3:]] == [is_out] * 2


def test_before_the_programme_comes_the_baseline_at_negative_weeks(measured_session):
    sessions = [measured_session(5.0, day=i) for i in range(0, 30, 2)]
    course = review_course(sessions, programme=PROGRAMME)
    assert course.origin == datetime(2026, 3, 9, tzinfo=UTC)
    assert [s.recorded_at.day for s in course.blocks.before] == [4, 6, 8]
    assert course.measures[0].points[0].weeks == pytest.approx((9 / 24 - 7) / 7)
    assert course.weeks_of(date(2026, 3, 16)) == pytest.approx(7.5 / 7)


def test_a_second_programme_has_its_own_baseline(measured_session):
    first = [measured_session(5.0, day=i, purpose=Purpose.BASELINE) for i in range(3)]
    second = [measured_session(8.0, day=60 + i, purpose=Purpose.BASELINE) for i in range(3)]
    later = [measured_session(9.0, day=80)]
    (one,) = review_course([*first, *second, *later]).measures
    assert one.comparison.change == 1.0


def test_days_are_those_of_where_the_session_was_recorded(measured_session):
    tokyo = timezone(timedelta(hours=9))
    evening = measured_session(5.0, name="evening", at=datetime(2026, 3, 2, 23, 30, tzinfo=tokyo))
    night = measured_session(9.0, name="night", at=datetime(2026, 3, 3, 0, 30, tzinfo=tokyo))
    (one,) = review_course([evening, night]).measures
    assert one.comparison.change == 4.0
    assert one.trend.n == 2


def test_one_instant_in_two_zones_ends_no_review(measured_session):
    moment = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    zones = (timezone(timedelta(hours=hours)) for hours in (-11, 13))
    twice = [
        measured_session(5.0, name=f"z{i}", at=moment.astimezone(zone))
        for i, zone in enumerate(zones)
    ]
    (one,) = review_course([*twice, *(measured_session(5.0, day=i) for i in range(3, 9))]).measures
    assert one.trend is None
    assert "two sessions at the same time" in one.no_trend


def test_the_own_spread_comes_from_comparable_repeat_sessions(measured_session, tilt):
    repeats = [
        measured_session(v, day=i, purpose=Purpose.REPEAT) for i, v in enumerate((4.0, 5.0, 6.0))
    ]
    other = measured_session(50.0, day=0.5, purpose=Purpose.REPEAT, step_height_m=0.2)
    walk = measured_session({CADENCE: 100.0}, day=3, purpose=Purpose.REPEAT)
    course = review_course([*repeats, other, walk])
    assert course.measure(tilt).repeatability.sem == pytest.approx(1.0)
    assert course.measure(tilt).repeatability.df == 2
    assert len(course.repeats) == 1


def test_adherence_runs_to_the_last_thing_known(measured_session):
    programme = Programme(date(2026, 3, 2), plan=(PlannedExercise("clam_shell", 2),))
    log = [LogEntry(date(2026, 3, 3), "clam_shell"), LogEntry(date(2026, 3, 15), "clam_shell")]
    course = review_course([measured_session(5.0)], programme=programme, log=log)
    assert [(week.done, week.planned) for week in course.adherence] == [(1, 2), (1, 2)]
    shorter = review_course(
        [measured_session(5.0)], programme=programme, log=log, through=date(2026, 3, 8)
    )
    assert len(shorter.adherence) == 1


def test_two_people_are_never_one_course(measured_session):
    one = measured_session(5.0)
    with pytest.raises(NotComparableError):
        review_course([one, replace(one, person="P2", session_id="x")])


def test_a_single_session_outside_is_never_flagged_but_two_in_a_row_are():
    values = [0, 9, 0, 0, 9, 9, 0, 9, -9, 0]
    found = find_standing_out(values, baseline=[0, 0, 0], repeatability=SPREAD)
    assert np.flatnonzero(found).tolist() == [4, 5]


def test_false_flags_in_twenty_sessions_become_rare():
    rng = np.random.default_rng(1)
    baseline, values = rng.normal(0, 1, (20_000, 3)), rng.normal(0, 1, (20_000, 20))
    found = find_standing_out(values, baseline=baseline, repeatability=SPREAD)
    half = 1.96 * np.sqrt(1 + 1 / 3)
    single = (np.abs(values - baseline.mean(axis=1, keepdims=True)) > half).any(axis=1).mean()
    assert single > 0.5
    assert found.any(axis=1).mean() < 0.07


def test_with_a_spread_from_few_repeats_false_flags_are_rare_as_well():
    rng = np.random.default_rng(2)
    flagged = 0
    courses = 1500
    for _ in range(courses):
        repeats = rng.normal(0, 3, 6)
        own = estimate_repeatability([repeats])
        values, baseline = rng.normal(0, 3, 12), rng.normal(0, 3, 3)
        flagged += bool(find_standing_out(values, baseline=baseline, repeatability=own).any())
    assert flagged / courses < 0.08
