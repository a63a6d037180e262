"""Sample times and the ledger of gaps for every kind of sensor, against a known truth."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imu_valgus.recorder.clocks.sample_times import TimedSamples, time_samples
from imu_valgus.recorder.decode import NO_VALUE, BlockTable
from imu_valgus.sensors.packets import DeviceClock, LossAccounting, StampedSample

RATE_HZ = 104.0
PER_PACKET = 8


def simulated_table(
    *,
    duration_s: float = 60.0,
    lost_share: float = 0.03,
    silence_s: tuple[float, float] | None = (30.0, 34.0),
    oscillator_error: float = 0.0,
    interval_s: float = 0.015,
    is_size_varied: bool = False,
    seed: int = 0,
) -> tuple[BlockTable, np.ndarray]:
    """Simulate a sensor with clock and numbers; the true time of each received sample is returned.

    The nine values of a sample all hold its number.
    """
    rng = np.random.default_rng(seed)
    period_s = (1.0 + oscillator_error) / RATE_HZ
    count = int(duration_s / period_s / PER_PACKET)
    sizes = rng.integers(2, 2 * PER_PACKET, count) if is_size_varied else [PER_PACKET] * count
    samples = np.array(sizes)
    number = np.cumsum(samples) - samples
    first_s = 0.3 + number * period_s
    last_s = first_s + (samples - 1) * period_s
    arrival_s = (np.floor(last_s / interval_s) + 1.0) * interval_s + rng.exponential(0.002, count)
    arrives = rng.random(count) >= lost_share
    arrives[[0, -1]] = True
    if silence_s is not None:
        arrives &= (last_s < silence_s[0]) | (last_s > silence_s[1])
    first_s, number, samples = first_s[arrives], number[arrives], samples[arrives]
    arrival_s = np.maximum.accumulate(arrival_s[arrives])
    numbers = np.concatenate(
        [np.arange(n, n + size) for n, size in zip(number, samples, strict=True)]
    )
    device_s = (first_s + 4290.0) * (1.0 + 30e-6)
    table = BlockTable(
        samples=samples,
        arrival_s=arrival_s,
        connection=np.zeros(first_s.size, dtype=np.int64),
        ticks=np.floor(device_s * 1e6).astype(np.int64) % 2**32,
        counter=(number + 65000) % 65536,
        values=np.tile(numbers[:, None].astype(float), 9),
        clock=DeviceClock(1e-6, 2**32),
        counter_modulus=65536,
        accounting=LossAccounting.EXACT,
        nominal_rate_hz=RATE_HZ,
        undecodable=0,
    )
    return table, 0.3 + numbers * period_s


def timed(table: BlockTable) -> TimedSamples:
    result = time_samples(table)
    assert result is not None
    return result


def error_s(result: TimedSamples, truth_s: np.ndarray) -> np.ndarray:
    """Error beyond the common delay that no method can see (here the 2-ms host's median)."""
    assert result.time_s.size == truth_s.size
    return result.time_s - truth_s


def missing(truth_s: np.ndarray, rate_hz: float = RATE_HZ) -> int:
    return round((truth_s[-1] - truth_s[0]) * rate_hz) + 1 - truth_s.size


def test_numbered_samples_with_a_clock_are_timed_and_their_losses_exact() -> None:
    table, truth_s = simulated_table()
    result = timed(table)
    assert np.abs(error_s(result, truth_s)).max() < 2e-3
    assert result.lost == missing(truth_s) > 500
    assert len(result.values) + result.lost == result.values[-1, 0] + 1
    assert result.clock.epochs == 1
    assert result.clock.rate_error_ppm == pytest.approx(30.0, abs=20.0)
    longest = max(result.gaps, key=lambda gap: gap.lost)
    assert longest.start_s == pytest.approx(29.97, abs=0.2)
    assert longest.end_s == pytest.approx(34.0, abs=0.2)


def test_gaps_stay_gaps_and_times_increase() -> None:
    table, _ = simulated_table(lost_share=0.2)
    result = timed(table)
    steps = np.diff(result.time_s)
    assert (steps > 0).all()
    assert result.rate_hz == pytest.approx(RATE_HZ, rel=1e-3)
    jumps = steps > 1.5 / RATE_HZ
    assert np.count_nonzero(jumps) == len(result.gaps)
    assert np.rint(steps[jumps] * RATE_HZ - 1).sum() == result.lost


def test_losses_are_counted_from_time_where_there_are_no_numbers() -> None:
    table, truth_s = simulated_table()
    stamped_only = replace(
        table,
        counter=np.full(len(table), NO_VALUE),
        counter_modulus=None,
        accounting=LossAccounting.FROM_TIME,
    )
    result = timed(stamped_only)
    assert result.lost == missing(truth_s)
    assert np.abs(error_s(result, truth_s)).max() < 2e-3


@pytest.mark.parametrize("stamps", StampedSample)
def test_millisecond_stamps_are_smoothed_to_far_less(stamps: StampedSample) -> None:
    table, truth_s = simulated_table(is_size_varied=True)
    ends = np.cumsum(table.samples)
    stamped_s = truth_s[ends - (table.samples if stamps is StampedSample.FIRST else 1)]
    coarse = replace(
        table,
        ticks=np.floor((stamped_s + 4290.0) * 1e3).astype(np.int64),
        clock=DeviceClock(1e-3, 2**32, stamps),
        counter=np.full(len(table), NO_VALUE),
        counter_modulus=None,
        accounting=LossAccounting.FROM_TIME,
    )
    result = timed(coarse)
    error = error_s(result, truth_s)
    assert result.lost == missing(truth_s)
    assert np.std(error) < 0.12e-3
    assert np.abs(error).max() < 2e-3


def test_a_sensor_oscillator_two_percent_off_does_not_disturb_the_count() -> None:
    table, truth_s = simulated_table(oscillator_error=0.02)
    result = timed(table)
    assert result.lost == missing(truth_s, RATE_HZ / 1.02)
    assert np.abs(error_s(result, truth_s)).max() < 2e-3


def test_an_outage_longer_than_the_numbering_is_still_counted_exactly() -> None:
    table, truth_s = simulated_table()
    result = timed(replace(table, counter=table.counter % 256, counter_modulus=256))
    assert result.lost == missing(truth_s)


def test_a_numbering_that_starts_anew_is_counted_by_time() -> None:
    table, truth_s = simulated_table(lost_share=0.0)
    restarted = table.counter.copy()
    after = table.arrival_s > 32.0
    restarted[after] = PER_PACKET * np.arange(np.count_nonzero(after))
    result = timed(replace(table, counter=restarted))
    assert result.lost == missing(truth_s)


def test_numbers_without_a_clock_give_exact_losses_and_fair_times() -> None:
    table, truth_s = simulated_table(oscillator_error=0.01, silence_s=None)
    result = timed(replace(table, ticks=np.full(len(table), NO_VALUE), clock=None))
    assert result.lost == missing(truth_s, RATE_HZ / 1.01)
    assert np.abs(error_s(result, truth_s)).max() < 6e-3
    assert np.isnan(result.clock.rate_error_ppm)


def test_a_sensor_without_clock_or_numbers_is_timed_by_counting() -> None:
    table, truth_s = simulated_table(lost_share=0.0, oscillator_error=-0.01)
    result = timed(
        replace(
            table,
            ticks=np.full(len(table), NO_VALUE),
            clock=None,
            counter=np.full(len(table), NO_VALUE),
            counter_modulus=None,
            accounting=LossAccounting.NOT_DETECTABLE,
        )
    )
    assert np.abs(error_s(result, truth_s)).max() < 10e-3
    # Nothing is claimed as counted; the outage is shown as an estimate.
    assert result.lost == 0
    assert [gap.is_counted for gap in result.gaps] == [False]
    assert result.gaps[0].lost == pytest.approx(missing(truth_s, RATE_HZ / 0.99), rel=0.03)


def test_a_power_cycle_starts_an_epoch_and_its_losses_are_estimates() -> None:
    table, truth_s = simulated_table(lost_share=0.0)
    ticks, after = table.ticks.copy(), table.arrival_s > 32.0
    ticks[after] = (ticks[after] - ticks[after][0]) % 2**32 + 500_000
    result = timed(replace(table, ticks=ticks))
    assert result.clock.epochs == 2
    assert result.lost == 0
    assert [gap.is_counted for gap in result.gaps] == [False]
    assert np.abs(error_s(result, truth_s)).max() < 3e-3


def test_the_stated_error_grows_with_the_connection_interval() -> None:
    stated = [
        timed(simulated_table(interval_s=interval_s)[0]).clock.sync_error_s
        for interval_s in (0.0075, 0.030, 0.050)
    ]
    assert stated[0] < 0.6e-3
    assert stated == sorted(stated)


def test_an_empty_table_has_no_samples() -> None:
    table, _ = simulated_table()
    empty = np.empty(0, dtype=np.int64)
    assert time_samples(replace(table, samples=empty, values=np.empty((0, 9)))) is None


def test_a_single_packet_is_timed_by_its_arrival() -> None:
    table, truth_s = simulated_table(duration_s=60.0)
    one = replace(
        table,
        **{
            name: getattr(table, name)[:1]
            for name in ("samples", "arrival_s", "connection", "ticks", "counter")
        },
        values=table.values[:PER_PACKET],
    )
    result = timed(one)
    assert result.time_s[-1] == pytest.approx(table.arrival_s[0], abs=1e-4)
    assert result.time_s[0] == pytest.approx(truth_s[0], abs=0.03)


def test_a_clock_that_stands_still_is_not_used_and_no_sample_is_dropped() -> None:
    table, truth_s = simulated_table(lost_share=0.0, silence_s=None)
    ticks = table.ticks.copy()
    ticks[200:] = ticks[200]
    result = timed(replace(table, ticks=ticks))
    assert result.clock.method == "sample numbers"
    assert result.repeated == 0
    assert np.abs(error_s(result, truth_s)).max() < 10e-3


def test_stamps_and_numbers_at_random_leave_counting() -> None:
    table, truth_s = simulated_table(lost_share=0.0, silence_s=None, duration_s=400.0)
    rng = np.random.default_rng(0)
    noise = {name: rng.integers(0, 2**32, len(table)) for name in ("ticks", "counter")}
    result = timed(replace(table, **noise, counter_modulus=2**32))
    assert "counted" in result.clock.method
    assert result.repeated == 0
    assert np.abs(error_s(result, truth_s)).max() < 20e-3


@pytest.mark.parametrize("jump", [-(2**40), 2**40, 2**61])
def test_a_clock_that_jumps_by_days_starts_an_epoch(jump: int) -> None:
    table, truth_s = simulated_table(lost_share=0.0, silence_s=None)
    ticks = table.ticks + 2**41 + np.where(table.ticks < 2**31, 2**32, 0)
    ticks[400:] += jump
    result = timed(replace(table, ticks=ticks, clock=DeviceClock(1e-6, 2**64)))
    assert result.clock.epochs == 2
    assert np.abs(error_s(result, truth_s)).max() < 5e-3


def test_a_rate_that_cannot_be_is_an_error_and_not_a_time() -> None:
    table, _ = simulated_table(duration_s=10.0)
    none = np.full(len(table), NO_VALUE)
    absurd = replace(table, ticks=none, counter=none, clock=None, nominal_rate_hz=1e-4)
    with pytest.raises(ValueError, match="no sample times"):
        time_samples(absurd)


@settings(max_examples=40, deadline=None)
@given(
    stamps=st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=60),
    sizes=st.integers(1, 9),
    modulus=st.sampled_from([2, 256, 2**16, 2**32, 2**63]),
    tick_s=st.sampled_from([1e-9, 1e-6, 1e-3, 1.0]),
    rate_hz=st.floats(0.5, 10_000.0),
    seed=st.integers(0, 2**32 - 1),
)
def test_whatever_stamps_say_times_increase_within_the_take(
    *, stamps: list[int], sizes: int, modulus: int, tick_s: float, rate_hz: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    count = len(stamps)
    table = BlockTable(
        samples=np.full(count, sizes),
        arrival_s=np.cumsum(rng.exponential(0.1, count)),
        connection=np.zeros(count, dtype=np.int64),
        ticks=np.array([stamp % modulus for stamp in stamps]),
        counter=np.array([stamp % modulus for stamp in stamps[::-1]]),
        values=np.zeros((count * sizes, 9)),
        clock=DeviceClock(tick_s, modulus),
        counter_modulus=modulus,
        accounting=LossAccounting.EXACT,
        nominal_rate_hz=rate_hz,
        undecodable=0,
    )
    result = time_samples(table)
    assert result is not None
    assert (np.diff(result.time_s) > 0).all()
    assert result.time_s[0] > table.arrival_s[0] - 601.0
    assert result.time_s[-1] < table.arrival_s[-1] + 6.0
    assert np.isfinite(result.clock.sync_error_s)
    assert 0.0 < result.rate_hz < np.inf
