"""Knots in time, and a drift rate that wanders away from the stands it was measured in."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from imu_valgus.heading.knots import between, bias_random_walk, spread_knots

WALK_RAD_S_SQRT_S = 1e-4


@given(st.floats(3.0, 2000.0), st.floats(0.5, 30.0), st.integers(1, 80))
def test_a_straight_line_is_reproduced_between_knots(
    length_s: float, gap_s: float, most: int
) -> None:
    time_s = np.linspace(10.0, 10.0 + length_s, 500)
    knots_s = spread_knots(time_s, gap_s=gap_s, most=most)
    assert_allclose(between(knots_s, time_s) @ (3.0 * knots_s - 1.0), 3.0 * time_s - 1.0)


@given(st.floats(3.0, 2000.0), st.floats(0.5, 30.0), st.integers(1, 80))
def test_knots_are_as_close_as_asked_for_unless_that_is_too_many(
    length_s: float, gap_s: float, most: int
) -> None:
    time_s = np.linspace(0.0, length_s, 500)
    knots_s = spread_knots(time_s, gap_s=gap_s, most=most)
    assert 2 <= knots_s.size <= most + 1
    assert np.diff(knots_s).max() <= gap_s + 1e-6 or knots_s.size == most + 1
    assert knots_s[0] <= time_s[0] <= time_s[-1] <= knots_s[-1]


def test_beyond_the_ends_the_last_knot_counts() -> None:
    rows = between(np.array([0.0, 1.0, 2.0]), np.array([-5.0, 9.0]))
    assert_allclose(rows, [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])


def _sd(knots_s: np.ndarray, pinned_s: list[float]) -> np.ndarray:
    known = bias_random_walk(
        knots_s, pinned_s=np.array(pinned_s), sd_rad_s_sqrt_s=WALK_RAD_S_SQRT_S
    )
    return np.sqrt(np.diag(np.linalg.inv(known.precision)))


def test_the_rate_wanders_with_the_root_of_the_time_since_the_stand() -> None:
    sd = _sd(np.linspace(0.0, 1600.0, 81), [0.0])
    assert_allclose(sd[[20, 80]], WALK_RAD_S_SQRT_S * np.sqrt([400.0, 1600.0]), rtol=0.02)


def test_between_two_stands_it_is_a_bridge() -> None:
    sd = _sd(np.linspace(0.0, 1600.0, 81), [0.0, 1600.0])
    assert_allclose(sd[40], WALK_RAD_S_SQRT_S * np.sqrt(1600.0) / 2.0, rtol=0.02)
    assert max(sd[0], sd[80]) < 0.2 * sd[40]


def test_without_a_stand_the_first_moment_counts_as_one() -> None:
    knots_s = np.linspace(0.0, 1600.0, 81)
    assert_allclose(_sd(knots_s, []), _sd(knots_s, [0.0]))
