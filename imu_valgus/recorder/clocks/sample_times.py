"""Puts one sensor's samples on the recording's clock and lists its gaps.

There are three kinds of sensors. With a clock, stamps give the times, and numbers or stamps the
losses. With numbered samples only, the number at the nominal rate serves as the clock. With
neither, received samples are counted; losses cannot be detected, and the record says so.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from imu_valgus.model import FloatArray
from imu_valgus.model.recorded import ClockRecord, Gap
from imu_valgus.recorder.clocks.device_clock import (
    ClockFit,
    ClockSettings,
    UnwrappedClock,
    fit_epochs,
    unwrap_ticks,
)
from imu_valgus.recorder.decode import NO_VALUE, BlockTable
from imu_valgus.sensors.packets import DeviceClock, LossAccounting, StampedSample

__all__ = ["TimedSamples", "time_samples"]

IntArray = npt.NDArray[np.int64]

_CRYSTAL: Final = ClockSettings()
_OSCILLATOR: Final = ClockSettings(
    shortest_free_slope_s=5.0, crystal_ppm=20_000.0, longest_window_s=30.0
)
"""The oscillator of a motion sensor may be off by percents and drifts with temperature."""

_COARSE_TICK_S: Final = 1e-4
_SMOOTHING_S: Final = 3.0
"""Coarse stamps are averaged over this time: 1 ms of rounding becomes a few hundredths of it."""


@dataclass(frozen=True, slots=True, eq=False)
class TimedSamples:
    """Samples of one sensor on the recording's clock.

    Parameters
    ----------
    time_s
        Sample times in seconds, strictly increasing, shape (n,).
    values
        Specific force (m/s²), angular velocity (rad/s) and magnetic flux density (µT) in the
        sensor frame, shape (n, 9).
    rate_hz
        Measured rate; the nominal one if there are fewer than two samples.
    gaps
        Missing samples, in order of time.
    lost
        Number of samples counted as lost, without estimates.
    repeated
        Number of samples left out because their time does not increase.
    clock
        How the times were found, and their error.
    """

    time_s: FloatArray
    values: FloatArray
    rate_hz: float
    gaps: tuple[Gap, ...]
    lost: int
    repeated: int
    clock: ClockRecord


@dataclass(frozen=True, slots=True, eq=False)
class _BlockTimes:
    """Time and number of each block's first sample on the device, and the epochs of its clock."""

    first_s: FloatArray
    index: IntArray
    epoch: IntArray
    period_s: float
    method: str
    settings: ClockSettings


def time_samples(table: BlockTable) -> TimedSamples | None:
    """Give every sample its time on the recording's clock.

    Parameters
    ----------
    table
        Decoded blocks of one sensor.

    Returns
    -------
    TimedSamples or None
        None if there are no samples.
    """
    if len(table) == 0:
        return None
    blocks = _device_times(table)
    last_s = blocks.first_s + (table.samples - 1) * blocks.period_s
    clock = UnwrappedClock(last_s, blocks.epoch)
    fits = fit_epochs(clock, table.arrival_s, settings=blocks.settings)
    epoch = np.repeat(blocks.epoch, table.samples)
    starts = np.cumsum(table.samples) - table.samples
    within = np.arange(epoch.size) - np.repeat(starts, table.samples)
    device_s = np.repeat(blocks.first_s, table.samples) + within * blocks.period_s
    time_s = np.empty_like(device_s)
    for number, fit in enumerate(fits):
        in_epoch = epoch == number
        time_s[in_epoch] = fit.to_host(device_s[in_epoch])
    latest = np.append(-np.inf, np.maximum.accumulate(time_s)[:-1])
    is_new = time_s > latest
    gaps = _find_gaps(table, blocks, time_s)
    rate_hz = 1.0 / float(np.median(np.diff(time_s))) if time_s.size > 1 else 0.0
    return TimedSamples(
        time_s=time_s[is_new],
        values=table.values[is_new],
        rate_hz=rate_hz or table.nominal_rate_hz,
        gaps=gaps,
        lost=sum(gap.lost for gap in gaps if gap.is_counted),
        repeated=int(np.count_nonzero(~is_new)),
        clock=_clock_record(blocks, fits, has_clock=table.clock is not None),
    )


def _device_times(table: BlockTable) -> _BlockTimes:
    if table.clock is not None and (table.ticks != NO_VALUE).all():
        return _by_stamps(table, table.clock)
    if table.counter_modulus is not None and (table.counter != NO_VALUE).all():
        return _by_numbers(table, table.counter_modulus)
    return _by_counting(table)


def _by_stamps(table: BlockTable, clock: DeviceClock) -> _BlockTimes:
    unwrapped = unwrap_ticks(table.ticks, table.arrival_s, clock)
    stamps_first = clock.stamps is StampedSample.FIRST
    # Between two stamps lie the samples of the earlier block, or those of the later one.
    passed = table.samples[:-1] if stamps_first else table.samples[1:]
    step_s = np.diff(unwrapped.device_s)
    is_inner = np.diff(unwrapped.epoch) == 0
    period_s = _period(step_s, passed, is_inner, table.nominal_rate_hz)
    first_s = unwrapped.device_s - (0 if stamps_first else 1) * (table.samples - 1) * period_s
    steps = np.maximum(np.rint(np.diff(first_s) / period_s), 0).astype(np.int64)
    if table.accounting is LossAccounting.EXACT and table.counter_modulus is not None:
        steps = _numbered_steps(table, steps, table.counter_modulus)
    index = np.append(0, np.cumsum(np.where(is_inner, steps, table.samples[:-1])))
    if clock.tick_s > _COARSE_TICK_S:
        first_s = _smoothed(first_s, index, unwrapped.epoch, period_s, table)
    return _BlockTimes(first_s, index, unwrapped.epoch, period_s, "device clock", _CRYSTAL)


def _period(
    step_s: FloatArray, passed: IntArray, is_inner: npt.NDArray[np.bool_], nominal_hz: float
) -> float:
    """Estimate the sampling period on the device's clock; the nominal one if data are scarce."""
    usable = is_inner & (step_s > 0.0) & (step_s < 5.0)
    if np.count_nonzero(usable) < 8:
        return 1.0 / nominal_hz
    rough = float(np.median(step_s[usable] / passed[usable]))
    if not 0.8 < rough * nominal_hz < 1.25:
        rough = 1.0 / nominal_hz
    return float(step_s[usable].sum() / np.rint(step_s[usable] / rough).sum())


def _numbered_steps(table: BlockTable, expected: IntArray, modulus: int) -> IntArray:
    """Count samples from block to block by number, or by time where numbering restarted."""
    step = np.mod(np.diff(table.counter), modulus)
    step += modulus * np.maximum(np.rint((expected - step) / modulus), 0).astype(np.int64)
    margin = 0.05 * expected + 2 * table.samples[:-1]
    numbered: IntArray = np.where(np.abs(step - expected) <= margin, step, expected)
    return numbered


def _smoothed(
    first_s: FloatArray, index: IntArray, epoch: IntArray, period_s: float, table: BlockTable
) -> FloatArray:
    """Average out the rounding of coarse stamps, relative to evenly spaced samples."""
    rounding = first_s - index * period_s
    span = max(1, round(_SMOOTHING_S / (period_s * float(np.mean(table.samples)))))
    smooth = np.empty_like(rounding)
    for number in range(int(epoch[-1]) + 1):
        part = epoch == number
        smooth[part] = uniform_filter1d(rounding[part], size=span, mode="nearest")
    times: FloatArray = smooth + index * period_s
    return times


def _by_numbers(table: BlockTable, modulus: int) -> _BlockTimes:
    period_s = 1.0 / table.nominal_rate_hz
    clock = DeviceClock(period_s, modulus)
    unwrapped = unwrap_ticks(table.counter, table.arrival_s, clock, settings=_OSCILLATOR)
    index = np.rint(unwrapped.device_s / period_s - 0.5).astype(np.int64)
    return _BlockTimes(
        unwrapped.device_s,
        index,
        unwrapped.epoch,
        period_s,
        "sample numbers",
        _OSCILLATOR,
    )


def _by_counting(table: BlockTable) -> _BlockTimes:
    """Count the received samples; after a silence, the number of missing ones is unknown."""
    period_s = 1.0 / table.nominal_rate_hz
    breaks = np.diff(table.connection) != 0
    breaks |= np.diff(table.arrival_s) > _OSCILLATOR.outage_s
    index = np.cumsum(table.samples) - table.samples
    return _BlockTimes(
        period_s * index.astype(np.float64),
        index,
        np.append(0, np.cumsum(breaks)),
        period_s,
        "counted samples, no device clock",
        _OSCILLATOR,
    )


def _find_gaps(table: BlockTable, blocks: _BlockTimes, time_s: FloatArray) -> tuple[Gap, ...]:
    """Find missing samples: counted within an epoch, estimated between two epochs."""
    stops = np.cumsum(table.samples)
    before_s, after_s = time_s[stops[:-1] - 1], time_s[stops[:-1]]
    is_inner = np.diff(blocks.epoch) == 0
    counted = np.diff(blocks.index) - table.samples[:-1]
    estimated = np.rint((after_s - before_s) / blocks.period_s).astype(np.int64) - 1
    missing = np.where(is_inner, counted, estimated)
    return tuple(
        Gap(float(before_s[k]), float(after_s[k]), int(missing[k]), bool(is_inner[k]))
        for k in np.flatnonzero(missing > 0)
    )


def _clock_record(
    blocks: _BlockTimes, fits: tuple[ClockFit, ...], *, has_clock: bool
) -> ClockRecord:
    weights = np.bincount(blocks.epoch, minlength=len(fits))
    errors = np.array([fit.sync_error_s for fit in fits])
    longest = fits[int(np.argmax(weights))]
    is_rate_known = has_clock and not longest.is_slope_fixed
    record = ClockRecord(
        method=blocks.method,
        rate_error_ppm=longest.rate_error_ppm,
        sync_error_s=float(np.sqrt(np.average(errors**2, weights=weights))),
        epochs=len(fits),
    )
    return record if is_rate_known else replace(record, rate_error_ppm=float("nan"))
