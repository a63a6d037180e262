"""Sessions that stand out are told only two in a row."""

import numpy as np

from imu_valgus.progress.flags import find_standing_out
from imu_valgus.progress.repeatability import Repeatability

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
