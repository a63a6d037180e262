"""Sample times: sorted, single, in seconds, at a rate that can be used."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.raw_samples import nodding_sensor

from imu_valgus.errors import InputError
from imu_valgus.io.cleaning.raw import RawSamples
from imu_valgus.io.cleaning.time_order import order_samples
from imu_valgus.model import Placement, Recording, SensorStream
from imu_valgus.signals.align import align_recording
from imu_valgus.signals.series import sample_period_s


def test_good_samples_pass_unchanged_and_untold() -> None:
    raw = nodding_sensor()
    ordered, findings = order_samples(raw)
    assert findings == ()
    np.testing.assert_array_equal(ordered.time_s, raw.time_s)
    np.testing.assert_array_equal(ordered.acc, raw.acc)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), n_repeats=st.integers(0, 50))
def test_shuffled_and_repeated_rows_are_put_right(seed: int, n_repeats: int) -> None:
    raw = nodding_sensor(n=200)
    rng = np.random.default_rng(seed)
    rows = np.concatenate([np.arange(200), rng.integers(0, 200, n_repeats)])
    rng.shuffle(rows)
    ordered, findings = order_samples(raw.rows(rows))
    np.testing.assert_array_equal(ordered.time_s, raw.time_s)
    np.testing.assert_array_equal(ordered.gyr, raw.gyr)
    assert {f.code for f in findings} <= {"unsorted_time", "duplicate_rows"}
    assert ("duplicate_rows" in {f.code for f in findings}) == (n_repeats > 0)


def test_rows_without_time_are_left_out_and_told() -> None:
    raw = nodding_sensor()
    time_s = raw.time_s.copy()
    time_s[[3, 7]] = np.nan, np.inf
    ordered, findings = order_samples(replace(raw, time_s=time_s))
    assert len(ordered) == len(raw) - 2
    assert [f.code for f in findings] == ["rows_without_time"]
    assert "2 rows" in findings[0].message


@pytest.mark.parametrize(("factor", "unit"), [(1e3, "milli"), (1e6, "micro"), (1e9, "nano")])
def test_other_units_of_time_are_turned_into_seconds_and_told(factor: float, unit: str) -> None:
    raw = nodding_sensor()
    ordered, findings = order_samples(replace(raw, time_s=raw.time_s * factor))
    np.testing.assert_allclose(ordered.time_s, raw.time_s, atol=1e-9)
    assert unit in findings[0].message


@pytest.mark.parametrize("rate_hz", [5.0, 5000.0])
def test_rates_outside_the_format_are_refused(rate_hz: float) -> None:
    with pytest.raises(
        InputError, match=r"walk/thigh_right\.csv: .* outside the supported range, 25 to 1000"
    ):
        order_samples(nodding_sensor(rate_hz=rate_hz))


def test_a_clock_that_restarts_is_refused_and_not_interleaved() -> None:
    raw = nodding_sensor()
    rows = np.concatenate([np.arange(1000), np.arange(400)])
    restarted = replace(raw.rows(rows), acc=raw.acc[rows] + np.arange(1400)[:, None])
    with pytest.raises(InputError, match="the clock restarts"):
        order_samples(restarted)


def test_a_day_is_the_longest_recording() -> None:
    time_s = np.arange(25 * 3600 * 25) / 25.0
    acc = np.tile([0.0, 0.0, 9.81], (time_s.size, 1))
    with pytest.raises(InputError, match="hours"):
        order_samples(RawSamples("thigh.csv", time_s, acc, acc))


@pytest.mark.parametrize("last_s", [900.0, 1e5, 1e7])
def test_a_clock_that_jumps_far_ahead_is_refused_with_the_jump(last_s: float) -> None:
    raw = nodding_sensor()
    time_s = raw.time_s.copy()
    time_s[-1] = last_s
    with pytest.raises(InputError, match=f"jumps from 9.98 s to {last_s:.2f} s"):
        order_samples(replace(raw, time_s=time_s))


@pytest.mark.parametrize("share", [1e-300, 1e-9, 1e-4, 0.04])
def test_samples_that_nearly_coincide_are_one(share: float) -> None:
    raw = nodding_sensor()
    time_s = raw.time_s.copy()
    time_s[[300, 301, 700]] = time_s[[299, 299, 699]] + share * 0.01 * np.array([1.0, 2.0, 1.0])
    samples, (finding,) = order_samples(replace(raw, time_s=time_s))
    assert (len(samples), finding.code) == (997, "duplicate_rows")
    stream = SensorStream(samples.time_s, samples.acc, samples.gyr)
    aligned, _ = align_recording(Recording("walk", {Placement.PELVIS: stream}), rate_hz=97.0)
    acc = aligned.streams[Placement.PELVIS].acc
    assert np.nanmax(np.linalg.norm(acc, axis=1)) < 1.2 * np.linalg.norm(raw.acc, axis=1).max()


def test_a_pause_of_ten_minutes_is_no_jump() -> None:
    raw = nodding_sensor()
    time_s = raw.time_s + np.where(np.arange(len(raw)) < 500, 0.0, 600.0)
    assert order_samples(replace(raw, time_s=time_s))[1] == ()


@pytest.mark.parametrize("factor", [1e3, 1e6, 1e9])
def test_certain_units_are_not_read_as_others(factor: float) -> None:
    raw = nodding_sensor()
    other = replace(raw, time_s=raw.time_s * factor, has_certain_units=True)
    with pytest.raises(InputError, match="rows per second"):
        order_samples(other)


def test_the_period_is_that_of_the_clock_where_time_stamps_are_rounded() -> None:
    time_s = np.round(np.arange(5000) * 0.0039941, 5)
    time_s = np.delete(time_s, slice(100, 160))
    assert sample_period_s(time_s) == pytest.approx(0.0039941, rel=1e-4)
