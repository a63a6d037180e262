"""Completeness and saturation of one sensor."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.raw_samples import nodding_sensor

from imu_valgus.io.cleaning.raw import RawSamples
from imu_valgus.model import SensorStream
from imu_valgus.signals.quality import find_saturated, measure_quality


def stream(raw: RawSamples, keep: np.ndarray) -> SensorStream:
    return SensorStream(raw.time_s[keep], raw.acc[keep], raw.gyr[keep])


def test_a_complete_sensor_is_complete() -> None:
    raw = nodding_sensor()
    quality = measure_quality(stream(raw, np.arange(1000)), start_s=0.0, end_s=9.99)
    assert quality.rate_hz == pytest.approx(100.0)
    assert quality.received_share == 1.0
    assert quality.longest_gap_s == pytest.approx(0.0, abs=1e-9)
    assert quality.saturated_share == 0.0


@pytest.mark.parametrize("as_nan", [False, True])
def test_missing_rows_and_rows_of_nan_count_the_same(as_nan: bool) -> None:
    raw = nodding_sensor()
    lost = np.r_[100:150, 400, 600:610]
    if as_nan:
        acc, gyr = raw.acc.copy(), raw.gyr.copy()
        acc[lost], gyr[lost] = np.nan, np.nan
        sensor = SensorStream(raw.time_s, acc, gyr)
    else:
        sensor = stream(raw, np.delete(np.arange(1000), lost))
    quality = measure_quality(sensor, start_s=0.0, end_s=9.99)
    assert quality.received_share == pytest.approx(0.939)
    assert quality.longest_gap_s == pytest.approx(0.50)


def test_time_before_the_first_and_after_the_last_sample_counts_as_a_gap() -> None:
    quality = measure_quality(
        stream(nodding_sensor(), np.arange(200, 500)), start_s=0.0, end_s=9.99
    )
    assert quality.received_share == pytest.approx(0.3)
    assert quality.longest_gap_s == pytest.approx(5.0)


@given(limit=st.floats(20.0, 150.0), seed=st.integers(0, 1000))
def test_clipped_samples_are_found_and_only_they(limit: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(400, 3)) * limit
    assert not find_saturated(values, least_range=15.0).any()
    clipped = np.clip(values, -limit, limit)
    expected = (np.abs(values) >= limit * (1 - 2e-4)).any(axis=1)
    np.testing.assert_array_equal(find_saturated(clipped, least_range=15.0), expected)


def test_a_resting_sensor_is_not_saturated_by_its_coarse_steps() -> None:
    values = np.tile([0.0, 9.81, 0.0], (100, 1))
    assert not find_saturated(values, least_range=15.0).any()
