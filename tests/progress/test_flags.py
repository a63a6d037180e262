"""Sessions that stand out are told only two in a row."""

import numpy as np

from imu_valgus.progress.flags import find_standing_out
from imu_valgus.progress.repeatability import Repeatability, estimate_repeatability

_SPREAD = Repeatability(1.0, 0.8, 1.4, 20)


def test_a_single_session_outside_is_never_flagged_but_two_in_a_row_are():
    values = [0, 9, 0, 0, 9, 9, 0, 9, -9, 0]
    found = find_standing_out(values, baseline=[0, 0, 0], repeatability=_SPREAD)
    assert np.flatnonzero(found).tolist() == [4, 5]


def test_false_flags_in_twenty_sessions_become_rare():
    rng = np.random.default_rng(1)
    baseline, values = rng.normal(0, 1, (20_000, 3)), rng.normal(0, 1, (20_000, 20))
    found = find_standing_out(values, baseline=baseline, repeatability=_SPREAD)
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
