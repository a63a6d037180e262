"""Before and after: signs, refusals, and agreement with scipy and published values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from imu_valgus.errors import NotComparableError
from imu_valgus.model import Grade, Side, Task
from imu_valgus.model.progress import Feedback, Footwear, MeasureKey
from imu_valgus.progress.compare import compare_blocks, hedges_g, small_sample_factor
from imu_valgus.progress.repeatability import estimate_repeatability
from imu_valgus.progress.verdict import Verdict

_values = st.lists(st.floats(-40, 40), min_size=1, max_size=6)


@given(_values)
def test_identical_blocks_show_no_change_beyond_measurement_noise(block, key, values):
    before, after = block(values), block(values, first_day=30)
    found = compare_blocks(before, after, key=key)
    assert found.change == 0.0
    assert found.verdict is Verdict.BELOW
    assert "no change beyond measurement noise" in found.sentence


def test_comparing_a_session_with_itself_says_so(session, key):
    same = session(7.0)
    found = compare_blocks([same], [same], key=key)
    assert found.verdict is Verdict.BELOW
    assert found.reservations == ("In both blocks: s0.",)


@given(_values, _values)
def test_swapping_before_and_after_only_flips_signs(block, key, first, second):
    before, after = block(first), block(second, first_day=30)
    there = compare_blocks(before, after, key=key)
    back = compare_blocks(after, before, key=key)
    assert back.change == -there.change
    assert (back.low, back.high) == pytest.approx((-there.high, -there.low), nan_ok=True)
    assert back.mdc == there.mdc
    assert back.verdict is there.verdict
    assert (back.hedges_g is None) == (there.hedges_g is None)
    if there.hedges_g is not None:
        assert back.hedges_g == pytest.approx(-there.hedges_g)


def test_interval_and_effect_agree_with_scipys_t_test(block, key):
    first, second = [4.1, 5.2, 6.6], [9.4, 7.3, 8.8]
    found = compare_blocks(block(first), block(second, first_day=40), key=key)
    interval = stats.ttest_ind(second, first).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), abs=1e-9)
    # escalc(measure="SMD") of R's metafor 3.8-1.
    assert found.hedges_g == pytest.approx(2.18137211038689, abs=1e-9)


def test_hedges_g_gives_the_worked_example_of_borenstein_and_others():
    # Introduction to Meta-Analysis (2009), p. 27: 103 (5.5, n 50) against 100 (4.5, n 50).
    spread = np.sqrt((49 * 5.5**2 + 49 * 4.5**2) / 98)
    assert 3.0 / spread == pytest.approx(0.5970, abs=5e-5)
    assert hedges_g(3.0, spread, 98) == pytest.approx(0.5924, abs=5e-5)
    # metafor prints more digits of the same example.
    assert hedges_g(3.0, spread, 98) == pytest.approx(0.5924396230, abs=1e-9)


def test_small_sample_factor_takes_the_bias_away():
    rng = np.random.default_rng(1)
    before, after = rng.normal(0, 1, (2, 200_000, 3))
    after += 1.0
    spread = np.sqrt((before.var(axis=1, ddof=1) + after.var(axis=1, ddof=1)) / 2)
    raw = (after.mean(axis=1) - before.mean(axis=1)) / spread
    assert raw.mean() > 1.2
    assert small_sample_factor(4) * raw.mean() == pytest.approx(1.0, abs=0.02)


def test_one_session_against_one_rests_on_the_repeatability_and_says_so(session, key):
    own = estimate_repeatability([[2.0, 5.0, 8.0], [1.0, 4.0, 7.0]])
    found = compare_blocks([session(5.0)], [session(11.0, day=40)], key=key, repeatability=own)
    half = stats.t.ppf(0.975, 4) * own.sem * np.sqrt(2)
    assert found.high - found.low == pytest.approx(2 * half)
    assert found.interval_from == "the person's own repeatability"
    assert found.hedges_g is None
    assert found.df == 0
    # 6 degrees are nothing with a spread of 3 from day to day.
    assert found.verdict is Verdict.WITHIN


def test_without_any_repeatability_no_verdict_is_given(session):
    key = MeasureKey("stride_time_s", Task.WALK, None)
    before, after = session(1.0, key=key), session(1.4, key=key, day=40)
    found = compare_blocks([before], [after], key=key)
    assert found.verdict is Verdict.NOISE_UNKNOWN
    assert found.mdc is None
    assert np.isnan(found.low)


def test_an_assumed_repeatability_is_marked(block, key):
    found = compare_blocks(block([5.0, 6.0]), block([5.0, 6.0], first_day=9), key=key)
    assert found.is_mdc_assumed
    own = estimate_repeatability([[1.0, 2.0, 3.0]])
    found = compare_blocks(
        block([5.0, 6.0]), block([5.0, 6.0], first_day=9), key=key, repeatability=own
    )
    assert not found.is_mdc_assumed


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        ({"step_height_m": 0.20}, "different height"),
        ({"feedback": Feedback.SUMMARY}, "feedback while moving"),
        ({"science_version": "2"}, "scientific versions"),
    ],
)
def test_unlike_sessions_are_refused_with_the_reason(session, key, conditions, reason):
    with pytest.raises(NotComparableError, match=reason):
        compare_blocks([session(5.0)], [session(6.0, day=9, **conditions)], key=key)


def test_scores_of_two_versions_are_refused_but_their_angles_are_not(session, key):
    score = MeasureKey("score", Task.STEP_UP, Side.LEFT)
    other = {"score_version": "sas-2", "day": 9}
    with pytest.raises(NotComparableError, match="sas-1 and sas-2"):
        compare_blocks([session(50.0, key=score)], [session(60.0, key=score, **other)], key=score)
    compare_blocks([session(5.0)], [session(6.0, **other)], key=key)


def test_the_other_leg_is_refused_with_the_reason(session, key):
    other = MeasureKey(key.name, key.task, Side.RIGHT)
    with pytest.raises(NotComparableError, match="only for the other leg"):
        compare_blocks([session(5.0)], [session(6.0, day=9, key=other)], key=key)


def test_sessions_of_two_people_are_refused(session, key):
    with pytest.raises(NotComparableError, match="one person"):
        compare_blocks([session(5.0)], [session(6.0, day=9, person="P2")], key=key)


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        ({"footwear": Footwear.BAREFOOT}, "footwear"),
        ({"fusion": "madgwick"}, "orientation engine"),
        ({"sensors": ("C", "D")}, "set of sensors"),
        ({"calibration": Grade.FAIR}, "only fair"),
        ({"step_height_m": None}, "not written down"),
    ],
)
def test_smaller_differences_are_reported_as_reservations(session, key, conditions, reason):
    found = compare_blocks([session(5.0)], [session(6.0, day=9, **conditions)], key=key)
    assert len(found.reservations) == 1
    assert reason in found.reservations[0]


def test_fair_calibration_of_all_sessions_is_reported_too(session, key):
    fair = {"calibration": Grade.FAIR}
    found = compare_blocks([session(5.0, **fair)], [session(6.0, day=9, **fair)], key=key)
    assert found.reservations == ("The calibration of at least one session was only fair.",)


def test_poor_calibration_and_sessions_set_aside_do_not_count(block, session, key):
    poor = session(60.0, day=20, calibration=Grade.POOR)
    aside = session(70.0, day=21, set_aside="A strap slipped.")
    found = compare_blocks([*block([5.0, 6.0]), poor, aside], block([6.0], first_day=40), key=key)
    assert found.before == (5.0, 6.0)
    assert [left.reason for left in found.left_out] == [
        "The calibration of the session was poor.",
        "A strap slipped.",
    ]
    with pytest.raises(NotComparableError, match=r"second block.*calibration.*poor"):
        compare_blocks(block([5.0]), [poor], key=key)


def test_false_alarms_of_three_against_three_stay_below_five_percent(block, key):
    rng = np.random.default_rng(4)
    alarms = 0
    for _ in range(600):
        own = estimate_repeatability(rng.normal(0, 3, (2, 3)).tolist())
        first, second = rng.normal(0, 3, (2, 3)).tolist()
        found = compare_blocks(
            block(first), block(second, first_day=40), key=key, repeatability=own
        )
        alarms += found.verdict is Verdict.BEYOND
    assert alarms / 600 < 0.05
