"""Lines through courses: symmetries, odd sessions, borders."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imu_valgus.errors import InputError
from imu_valgus.progress.line import FEWEST_SESSIONS, fit_lines

_WEEKS = np.linspace(0, 6, 19)


def _noise(seed: int, n: int = 19) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 3, (1, n))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(-10, 10))
def test_adding_a_slope_adds_it_and_turning_the_sign_turns_it(seed, slope):
    plain = fit_lines(_WEEKS[None], _noise(seed))
    steeper = fit_lines(_WEEKS[None], _noise(seed) + slope * _WEEKS)
    turned = fit_lines(_WEEKS[None], -_noise(seed))
    assert steeper.slope[0] - plain.slope[0] == pytest.approx(slope, abs=1e-5)
    assert steeper.slope_sd[0] == pytest.approx(plain.slope_sd[0], rel=1e-5)
    assert turned.slope_low[0] == pytest.approx(-plain.slope_high[0], rel=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_sessions_does_not_matter(seed):
    order = np.random.default_rng(seed).permutation(19)
    there = fit_lines(_WEEKS[None], _noise(seed))
    mixed = fit_lines(_WEEKS[order][None], _noise(seed)[:, order])
    assert mixed.slope[0] == pytest.approx(there.slope[0], abs=1e-9)
    assert (mixed.is_used[0] == there.is_used[0][order]).all()


@pytest.mark.parametrize("where", [0, 9, 18])
def test_one_session_far_off_the_line_is_left_out_and_named(where):
    values = _noise(5) / 3 + 2 * _WEEKS
    clean = fit_lines(_WEEKS[None], values)
    spoiled = values.copy()
    spoiled[0, where] += 25.0
    found = fit_lines(_WEEKS[None], spoiled)
    assert clean.is_used.all()
    assert np.flatnonzero(~found.is_used[0]).tolist() == [where]
    assert found.slope[0] == pytest.approx(clean.slope[0], abs=0.2)


def test_two_odd_sessions_of_nineteen_are_too_many_to_be_left_out():
    values = _noise(5) / 3
    values[0, [3, 12]] += 40.0
    assert (~fit_lines(_WEEKS[None], values).is_used).sum() <= 1


def test_odd_sessions_are_rarely_found_where_there_are_none():
    values = np.random.default_rng(2).normal(0, 3, (2000, 19))
    share = (~fit_lines(np.tile(_WEEKS, (2000, 1)), values).is_used).any(axis=1).mean()
    assert share < 0.06


def test_a_course_of_six_keeps_all_six_however_odd_one_is():
    values = np.array([[0.0, 1.0, 0.0, 40.0, 0.0, 1.0]])
    assert fit_lines(np.arange(6.0)[None], values).is_used.all()


@pytest.mark.parametrize("values", [np.full(19, 4.0), 4.0 + 0.5 * _WEEKS])
def test_values_on_a_perfect_line_give_that_line(values):
    found = fit_lines(_WEEKS[None], values[None])
    assert found.slope[0] == pytest.approx((values[-1] - values[0]) / 6, abs=1e-9)
    assert found.slope_high[0] - found.slope_low[0] < 1e-6


def test_too_few_and_simultaneous_sessions_are_refused_in_a_sentence():
    with pytest.raises(InputError, match=f"at least {FEWEST_SESSIONS} sessions"):
        fit_lines(np.arange(5.0)[None], np.zeros((1, 5)))
    with pytest.raises(InputError, match="at the same time"):
        fit_lines(np.array([[0, 1, 1, 2, 3, 4.0]]), np.zeros((1, 6)))
