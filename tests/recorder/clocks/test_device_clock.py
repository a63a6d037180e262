"""Device clocks against a known truth: unwrapping, restarts, the hull fit and its stated error."""

import time
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imu_valgus.recorder.clocks.device_clock import (
    UnwrappedClock,
    fit_clock,
    fit_epochs,
    unwrap_ticks,
)
from imu_valgus.sensors.packets import DeviceClock

MICROSECONDS = DeviceClock(1e-6, 2**32)


@dataclass(frozen=True)
class Take:
    """Packets of one simulated sensor: true host time of the last sample, stamp, arrival."""

    true_s: np.ndarray
    device_s: np.ndarray
    arrival_s: np.ndarray


def simulated_take(
    rng: np.random.Generator, *, duration_s: float, interval_s: float, samples: int = 4
) -> Take:
    """Simulate a sensor at 104 Hz: ±50 ppm, 3 % repeated on air, late host, a stall each 30 s."""
    period = samples / 104.0
    true_s = np.arange(period, duration_s, period) + rng.uniform(0.0, period)
    device_s = (true_s + rng.uniform(0.0, 100.0)) * (1.0 + rng.uniform(-50e-6, 50e-6))
    interval_s *= 1.0 + rng.uniform(-20e-6, 20e-6)
    phase = rng.uniform(0.0, interval_s)
    event = np.ceil((true_s - phase) / interval_s) + rng.geometric(0.97, true_s.size) - 1
    arrival_s = phase + event * interval_s + rng.exponential(0.002, true_s.size)
    for start in np.arange(rng.uniform(0.0, 30.0), duration_s, 30.0):
        stop = start + rng.uniform(0.05, 0.3)
        arrival_s[(arrival_s > start) & (arrival_s < stop)] = stop
    return Take(true_s, device_s, np.maximum.accumulate(arrival_s))


def rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def error_between_two_sensors_s(
    rng: np.random.Generator, duration_s: float, intervals_s: tuple[float, float]
) -> tuple[np.ndarray, float]:
    errors, told = [], []
    for interval_s in intervals_s:
        take = simulated_take(rng, duration_s=duration_s, interval_s=interval_s)
        fit = fit_clock(take.device_s, take.arrival_s)
        grid = np.linspace(0.02 * duration_s, 0.98 * duration_s, 200)
        stamps = np.interp(grid, take.true_s, take.device_s)
        errors.append(fit.to_host(stamps) - grid)
        told.append(fit.sync_error_s)
    return errors[0] - errors[1], float(np.hypot(*told))


# Duration, intervals, rms that the published-by-us table of the method gives (ms), share allowed.
TABLE = [
    (10.0, (0.015, 0.015), 0.54),
    (60.0, (0.015, 0.015), 0.24),
    (60.0, (0.030, 0.030), 0.40),
    (60.0, (0.050, 0.050), 1.6),
    (60.0, (0.015, 0.050), 2.3),
    (600.0, (0.015, 0.015), 0.16),
    (600.0, (0.015, 0.050), 1.9),
]


@pytest.mark.parametrize(("duration_s", "intervals_s", "expected_ms"), TABLE)
def test_two_sensors_agree_as_well_as_the_method_is_known_to(
    duration_s: float, intervals_s: tuple[float, float], expected_ms: float
) -> None:
    rng = np.random.default_rng(7)
    found = [error_between_two_sensors_s(rng, duration_s, intervals_s) for _ in range(16)]
    true_ms = 1e3 * rms(np.concatenate([error for error, _ in found]))
    told_ms = 1e3 * rms(np.array([told for _, told in found]))
    assert 0.3 * expected_ms < true_ms < 1.4 * expected_ms
    # The stated error is honest: neither half nor three times the true one.
    assert 0.5 < told_ms / true_ms < 3.0


def test_least_squares_would_miss_by_half_the_difference_of_the_intervals() -> None:
    rng = np.random.default_rng(1)
    hull_error, _ = error_between_two_sensors_s(rng, 60.0, (0.015, 0.050))
    slow = simulated_take(rng, duration_s=60.0, interval_s=0.050)
    line = np.polyfit(slow.device_s, slow.arrival_s, 1)
    least_squares_error = np.polyval(line, slow.device_s) - slow.true_s
    assert rms(least_squares_error) > 0.020
    assert rms(hull_error) < 0.005


def test_rate_of_a_crystal_is_found_within_10_ppm_in_a_minute() -> None:
    rng = np.random.default_rng(3)
    errors = []
    for _ in range(20):
        take = simulated_take(rng, duration_s=60.0, interval_s=0.015)
        truth = np.ptp(take.device_s) / np.ptp(take.true_s)
        fit = fit_clock(take.device_s, take.arrival_s)
        assert not fit.is_slope_fixed
        errors.append(fit.rate_error_ppm - (truth - 1.0) * 1e6)
    assert rms(np.array(errors)) < 10.0


def test_a_short_take_keeps_the_nominal_rate() -> None:
    rng = np.random.default_rng(4)
    take = simulated_take(rng, duration_s=12.0, interval_s=0.015)
    fit = fit_clock(take.device_s, take.arrival_s)
    assert fit.is_slope_fixed
    assert fit.rate_error_ppm == pytest.approx(0.0, abs=1e-6)


def test_a_crystal_that_warms_up_is_followed_piece_by_piece() -> None:
    rng = np.random.default_rng(5)
    take = simulated_take(rng, duration_s=2400.0, interval_s=0.015, samples=10)
    # 10 ppm over 40 minutes: a warming sensor; one line misses by several milliseconds.
    bent_s = take.device_s + 10e-6 * take.true_s**2 / 2400.0
    fit = fit_clock(bent_s, take.arrival_s)
    assert fit.device_s.size > 4
    error = fit.to_host(bent_s) - take.true_s
    assert rms(error - error.mean()) < 1e-3
    one_line = np.polyval(np.polyfit(bent_s, take.true_s, 1), bent_s) - take.true_s
    assert rms(one_line) > 1.5e-3


def test_the_map_is_continuous_and_increasing_over_windows() -> None:
    rng = np.random.default_rng(6)
    take = simulated_take(rng, duration_s=1500.0, interval_s=0.030, samples=10)
    host = fit_clock(take.device_s, take.arrival_s).to_host(take.device_s)
    steps = np.diff(host) / np.diff(take.device_s)
    assert np.all(np.abs(steps - 1.0) < 100e-6)


@settings(max_examples=60, deadline=None)
@given(
    first=st.integers(0, 2**32 - 1),
    seed=st.integers(0, 2**32 - 1),
    outage_s=st.sampled_from([0.0, 3.0, 300.0, 4200.0, 9000.0]),
)
def test_rollovers_are_undone_even_over_silences_longer_than_the_wrap(
    first: int, seed: int, outage_s: float
) -> None:
    rng = np.random.default_rng(seed)
    true_s = np.cumsum(rng.uniform(0.02, 0.08, 400))
    true_s[200:] += outage_s
    device_s = true_s * (1 + 40e-6)
    ticks = (first + np.floor(device_s * 1e6).astype(np.int64)) % 2**32
    arrival_s = np.maximum.accumulate(true_s + rng.exponential(0.02, 400))
    clock = unwrap_ticks(ticks, arrival_s, MICROSECONDS)
    assert not clock.epoch.any()
    assert np.allclose(np.diff(clock.device_s), np.diff(device_s), rtol=0, atol=1.01e-6)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), silence_s=st.floats(2.0, 60.0))
def test_a_restarted_clock_opens_a_new_epoch(seed: int, silence_s: float) -> None:
    rng = np.random.default_rng(seed)
    true_s = np.cumsum(rng.uniform(0.02, 0.08, 600))
    true_s[300:] += silence_s
    device_s = true_s + 1000.0
    device_s[300:] -= device_s[300] - 0.5
    arrival_s = np.maximum.accumulate(true_s + rng.exponential(0.02, 600))
    clock = unwrap_ticks(np.floor(device_s * 1e6).astype(np.int64), arrival_s, MICROSECONDS)
    assert np.flatnonzero(np.diff(clock.epoch)).tolist() == [299]


def test_a_clock_that_stood_still_while_the_sensor_was_off_opens_a_new_epoch() -> None:
    true_s = np.arange(0.0, 60.0, 0.04)
    true_s[500:] += 12.0
    device_s = true_s + 10.0
    device_s[500:] -= 9.0  # behind, but not backwards
    clock = unwrap_ticks((device_s * 1e6).astype(np.int64), true_s + 0.01, MICROSECONDS)
    assert np.flatnonzero(np.diff(clock.epoch)).tolist() == [499]


def test_a_backlog_sent_after_an_outage_is_no_restart() -> None:
    device_s = np.arange(0.0, 60.0, 0.04)
    arrival_s = device_s + 0.01
    late = (device_s > 20.0) & (device_s < 28.0)
    arrival_s[late] = 28.0 + 0.01 * np.arange(np.count_nonzero(late))
    arrival_s = np.maximum.accumulate(arrival_s)
    clock = unwrap_ticks((device_s * 1e6).astype(np.int64), arrival_s, MICROSECONDS)
    assert not clock.epoch.any()
    assert np.diff(clock.device_s) == pytest.approx(0.04, abs=2e-6)


def test_a_short_second_epoch_takes_over_the_measured_rate() -> None:
    rng = np.random.default_rng(8)
    take = simulated_take(rng, duration_s=130.0, interval_s=0.015)
    rate = np.ptp(take.device_s) / np.ptp(take.true_s)
    second = take.true_s > 120.0
    device_s = np.where(second, take.device_s - take.device_s[second][0], take.device_s)
    fits = fit_epochs(UnwrappedClock(device_s, second.astype(np.int64)), take.arrival_s)
    assert [fit.is_slope_fixed for fit in fits] == [False, True]
    assert fits[1].rate_error_ppm == pytest.approx((rate - 1.0) * 1e6, abs=15.0)
    error = fits[1].to_host(device_s[second]) - take.true_s[second]
    assert rms(error) < 2e-3


@settings(max_examples=60, deadline=None)
@given(
    ticks=st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=400),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_stamps_give_finite_increasing_times_per_epoch(ticks: list[int], seed: int) -> None:
    arrival_s = np.cumsum(np.random.default_rng(seed).exponential(0.05, len(ticks)))
    clock = unwrap_ticks(np.array(ticks), arrival_s, MICROSECONDS)
    fits = fit_epochs(clock, arrival_s)
    assert len(fits) == clock.epoch[-1] + 1
    for number, fit in enumerate(fits):
        own = clock.device_s[clock.epoch == number]
        assert np.isfinite(fit.to_host(own)).all()
        assert (np.diff(own) >= 0).all()


@pytest.mark.parametrize("seed", range(5))
def test_a_take_of_any_number_of_packets_is_fitted(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for count in range(1, 201):
        device_s = 3.0 + np.sort(rng.uniform(0.0, 30.0, count)) + np.linspace(0.0, 21.0, count)
        fit = fit_clock(device_s, device_s + 0.01 + rng.exponential(0.02, count))
        assert np.isfinite(fit.to_host(device_s)).all()
        assert np.isfinite(fit.sync_error_s)
        assert fit.sync_error_s >= 0.0
        assert np.isfinite(fit.rate_error_ppm)


@settings(max_examples=100, deadline=None)
@given(
    delays_s=st.lists(st.floats(0.0, 30.0), min_size=1, max_size=200),
    gap_s=st.floats(0.0, 2.0),
    span_s=st.floats(0.0, 3000.0),
)
def test_any_delays_give_a_finite_map(delays_s: list[float], gap_s: float, span_s: float) -> None:
    device_s = np.linspace(0.0, span_s, len(delays_s)) + gap_s
    arrival_s = np.maximum.accumulate(device_s + np.array(delays_s))
    fit = fit_clock(device_s, arrival_s)
    assert np.isfinite(fit.to_host(device_s)).all()
    assert np.isfinite(fit.sync_error_s)
    assert np.isfinite(fit.rate_error_ppm)


def test_a_backlog_that_arrives_at_once_says_nothing_of_the_rate() -> None:
    device_s = np.linspace(0.0, 60.0, 200)
    fit = fit_clock(device_s, np.full(200, 61.0))
    assert fit.is_slope_fixed
    assert np.isfinite(fit.rate_error_ppm)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), jump_s=st.floats(-1e6, 1e12))
def test_a_clock_that_jumps_by_days_costs_neither_time_nor_memory(seed: int, jump_s: float) -> None:
    rng = np.random.default_rng(seed)
    true_s = np.arange(0.0, 60.0, 0.04)
    device_s = true_s + 2e6 + np.where(true_s > 30.0, jump_s, 0.0)
    clock = unwrap_ticks(
        np.maximum(device_s * 1e6, 0.0).astype(np.int64),
        true_s + 0.01 + rng.exponential(0.003, true_s.size),
        DeviceClock(1e-6, 2**64),
    )
    for number in range(int(clock.epoch[-1]) + 1):
        assert np.ptp(clock.device_s[clock.epoch == number]) < 70.0


def test_a_clock_that_restarts_all_the_time_is_given_up_soon() -> None:
    rng = np.random.default_rng(0)
    ticks = rng.integers(0, 2**32, 200_000)
    arrival_s = np.cumsum(rng.exponential(0.02, ticks.size))
    begin = time.perf_counter()
    with pytest.raises(ValueError, match="more than 1000 times"):
        unwrap_ticks(ticks, arrival_s, MICROSECONDS)
    assert time.perf_counter() - begin < 10.0
