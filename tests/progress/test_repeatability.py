"""The person's own spread and what follows from it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from imu_valgus.errors import InputError
from imu_valgus.progress.repeatability import (
    assumed_repeatability,
    estimate_repeatability,
)


def test_sem_is_the_root_of_the_pooled_variance_of_both_groups():
    groups = [[1.0, 2.0, 3.0], [10.0, 14.0]]
    found = estimate_repeatability(groups)
    # Variances 1 (2 df) and 8 (1 df): (2 * 1 + 1 * 8) / 3.
    assert found.sem == pytest.approx(np.sqrt(10 / 3))
    assert found.df == 3
    assert not found.is_assumed


def test_its_interval_is_the_one_of_scipys_chi_square():
    found = estimate_repeatability([[1.0, 2.0, 4.0, 8.0]])
    sem = np.std([1.0, 2.0, 4.0, 8.0], ddof=1)
    low, high = sem * np.sqrt(3 / stats.chi2.ppf([0.975, 0.025], 3))
    assert (found.low, found.high) == pytest.approx((low, high))


def test_the_interval_holds_the_truth_in_95_percent_of_people():
    rng = np.random.default_rng(3)
    people = [estimate_repeatability(rng.normal(0, 3, (2, 3)).tolist()) for _ in range(4000)]
    inside = np.mean([person.low <= 3.0 <= person.high for person in people])
    assert 0.94 < inside < 0.96


def test_mdc_of_a_3_degree_spread_is_8_3_single_and_4_8_for_three_against_three():
    spread = estimate_repeatability([[-3.0, 0.0, 3.0]])
    assert spread.sem == pytest.approx(3.0)
    assert round(spread.mdc_single, 1) == 8.3
    assert round(spread.mdc_blocks(3, 3), 1) == 4.8


def test_few_repeat_sessions_widen_the_interval_beyond_the_mdc():
    spread = estimate_repeatability([[-3.0, 0.0, 3.0]])
    expected = stats.t.ppf(0.975, 2) * 3.0 * np.sqrt(2)
    assert spread.half_width(1, 1) == pytest.approx(expected)
    assumed = assumed_repeatability("deg")
    assert assumed is not None
    assert assumed.half_width(1, 1) == pytest.approx(assumed.mdc_single)


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))
def test_moving_all_values_changes_nothing_and_scaling_scales(shift, scale):
    groups = np.array([[1.0, 2.5, 4.0], [0.0, 0.5, 3.0]])
    plain = estimate_repeatability(groups.tolist())
    moved = estimate_repeatability((scale * groups + shift).tolist())
    assert moved.sem == pytest.approx(scale * plain.sem, rel=1e-6)


def test_the_default_is_marked_as_assumed_and_only_given_where_there_is_one():
    default = assumed_repeatability("deg")
    assert default is not None
    assert default.sem == 2.5
    assert default.is_assumed
    assert np.isnan(default.low)
    assert "assumed" in default.words("deg")
    assert assumed_repeatability("s") is None


@pytest.mark.parametrize("groups", [[], [[1.0, 2.0]], [[1.0], [2.0], [3.0]]])
def test_too_few_repeat_sessions_are_refused_in_a_sentence(groups):
    with pytest.raises(InputError, match="at least 3 repeat sessions"):
        estimate_repeatability(groups)


def test_copies_of_one_session_are_not_taken_for_perfect_repeatability():
    with pytest.raises(InputError, match="exactly the same value"):
        estimate_repeatability([[4.0, 4.0, 4.0]])


def test_rounding_between_equal_values_is_no_spread():
    with pytest.raises(InputError, match="exactly the same value"):
        estimate_repeatability([[0.1 + 0.2, 0.3, 0.3, 0.1 + 0.2]])
