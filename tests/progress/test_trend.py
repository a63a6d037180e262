"""Trends of stored sessions and their verdicts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imu_valgus.errors import NotComparableError
from imu_valgus.model import Grade
from imu_valgus.model.progress import Feedback
from imu_valgus.progress.repeatability import estimate_repeatability
from imu_valgus.progress.trend import estimate_trend
from imu_valgus.progress.verdict import Verdict

_DAYS = np.linspace(0, 42, 19)
_OWN = estimate_repeatability([[-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]])


@pytest.fixture(scope="module")
def course(session):
    """Builder of nineteen sessions over six weeks."""

    def build(values, **more):
        pairs = zip(_DAYS, values, strict=True)
        return [session(float(value), day=float(day), **more) for day, value in pairs]

    return build


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_identical_sessions_and_small_noise_show_no_change(course, key, seed):
    values = 5.0 + np.random.default_rng(seed).normal(0, 0.1, 19)
    found = estimate_trend(course(values), key=key)
    assert found.verdict is Verdict.BELOW
    flat = estimate_trend(course(np.full(19, 5.0)), key=key)
    assert flat.verdict is Verdict.BELOW
    assert "no change beyond measurement noise" in flat.sentence


def test_a_large_steady_change_is_seen_with_its_size(course, key):
    values = np.random.default_rng(3).normal(0, 1, 19) - 8.0 * _DAYS / 42
    found = estimate_trend(course(values), key=key, repeatability=_OWN)
    assert found.verdict is Verdict.BEYOND
    assert found.low < -8.0 < found.high < 0
    assert found.span_weeks == pytest.approx(6.0)
    assert "smaller, beyond measurement noise" in found.sentence


def test_turning_time_around_flips_the_change(course, key):
    values = np.random.default_rng(4).normal(0, 2, 19) + 0.2 * _DAYS
    there = estimate_trend(course(values), key=key)
    back = estimate_trend(course(values[::-1]), key=key)
    assert back.change == pytest.approx(-there.change, abs=1e-6)
    assert (back.low, back.high) == pytest.approx((-there.high, -there.low), abs=1e-5)


def test_a_clear_change_smaller_than_the_mdc_is_not_called_one(course, key):
    values = np.random.default_rng(5).normal(0, 0.05, 19) + 1.0 * _DAYS / 42
    found = estimate_trend(course(values), key=key, repeatability=_OWN)
    assert found.low > 0
    assert found.mdc is not None
    assert abs(found.change) < found.mdc
    assert found.verdict is not Verdict.BEYOND


def test_five_days_are_not_enough_sessions(block, key):
    found = estimate_trend(block([1.0, 2.0, 3.0, 4.0, 5.0]), key=key)
    assert found.verdict is Verdict.TOO_FEW
    assert found.n == 5
    assert np.isnan(found.change)
    assert found.line is None
    assert "not enough sessions" in found.sentence


def test_sessions_of_one_day_count_once(session, key):
    days = [0, 0.1, 0.2, 1, 1.1, 2, 2.1, 3, 4]
    found = estimate_trend([session(5.0 + d, day=d) for d in days], key=key)
    assert found.n == 5
    assert found.verdict is Verdict.TOO_FEW


def test_sessions_unlike_the_latest_are_left_out_with_the_reason(course, session, key):
    values = np.random.default_rng(16).normal(5, 1, 19)
    more = [
        session(90.0, day=3.3, feedback=Feedback.EVERY_REPETITION, name="live"),
        session(90.0, day=9.3, calibration=Grade.POOR, name="poor"),
        session(None, day=12.3, name="other_task"),
    ]
    found = estimate_trend([*more, *course(values)], key=key)
    reasons = {left.session_id: left.reason for left in found.left_out}
    assert set(reasons) == {"live", "poor", "other_task"}
    assert "feedback" in reasons["live"]
    assert found.n == 19


def test_an_odd_session_is_left_out_by_name(course, key):
    values = np.random.default_rng(7).normal(5, 1, 19)
    values[8] += 30.0
    found = estimate_trend(course(values), key=key)
    assert [left.session_id for left in found.left_out] == [f"s{round(_DAYS[8] * 1000)}"]
    assert found.n == 18


def test_the_band_is_narrowest_in_the_middle_and_holds_the_line(course, key):
    values = np.random.default_rng(8).normal(5, 1, 19)
    found = estimate_trend(course(values), key=key)
    assert found.line is not None
    centre, low, high = found.line.band(np.linspace(0, 6, 25))
    assert (low < centre).all()
    assert (centre < high).all()
    assert 8 < np.argmin(high - low) < 16
    assert centre[-1] - centre[0] == pytest.approx(found.change)


def test_nobody_and_several_people_are_refused(session, key):
    with pytest.raises(NotComparableError, match="no sessions"):
        estimate_trend([], key=key)
    with pytest.raises(NotComparableError, match="one person"):
        estimate_trend([session(1.0), session(2.0, day=1, person="P2")], key=key)
