"""Puts one sensor's samples on the recording's clock and lists its gaps.

There are three kinds of sensors. With a clock, stamps give the times, and numbers or stamps the
losses. With numbered samples only, the number at the nominal rate serves as the clock. With
neither, received samples are counted; losses cannot be detected, and the record says so.

Stamps or numbers that make no sense (a clock that stands still or restarts all the time) are not
used: the next method is tried instead.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
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

_log = logging.getLogger(__name__)

IntArray = npt.NDArray[np.int64]

_CRYSTAL: Final = ClockSettings()
_OSCILLATOR: Final = ClockSettings(
    shortest_free_slope_s=5.0, crystal_ppm=20_000.0, longest_window_s=30.0
)
"""The oscillator of a motion sensor may be off by percents and drifts with temperature."""

_COARSE_TICK_S: Final = 1e-4
_SMOOTHING_S: Final = 3.0
"""Coarse stamps are averaged over this time: 1 ms of rounding becomes a few hundredths of it."""

_LEAST_NEW: Final = 0.9
"""Share of samples whose time must increase; a clock that stands still would cost all the rest."""

_OLDEST_S: Final = 600.0
_EARLIEST_S: Final = 5.0
"""Samples are no older at their arrival than a sensor's memory lasts, and not from the future."""

_DEVICE_CLOCK: Final = "device clock"
_COUNTED: Final = "counted samples, no device clock"


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

    Raises
    ------
    ValueError
        If no method gives times that can be right.
    """
    if len(table) == 0:
        return None
    faults = []
    for device_times in _METHODS:
        try:
            if (blocks := device_times(table)) is not None:
                return _timed(table, blocks)
        except ValueError as fault:
            faults.append(str(fault))
            _log.warning("sample times, %s: %s", device_times.__name__.strip("_"), fault)
    raise ValueError(f"no sample times: {faults[-1]}")


def _timed(table: BlockTable, blocks: _BlockTimes) -> TimedSamples:
    """Map the samples' device times to the recording's clock, and check what comes out."""
    last_s = blocks.first_s + (table.samples - 1) * blocks.period_s
    clock = UnwrappedClock(last_s, blocks.epoch)
    fits = fit_epochs(clock, table.arrival_s, settings=blocks.settings)
    starts = np.cumsum(table.samples) - table.samples
    within = np.arange(int(table.samples.sum())) - np.repeat(starts, table.samples)
    time_s = np.repeat(blocks.first_s, table.samples) + within * blocks.period_s
    edges = np.append(starts, time_s.size)[np.searchsorted(blocks.epoch, np.arange(len(fits) + 1))]
    for fit, (start, stop) in zip(fits, pairwise(edges.tolist()), strict=True):
        time_s[start:stop] = fit.to_host(time_s[start:stop])
    latest = np.append(-np.inf, np.maximum.accumulate(time_s)[:-1])
    is_new = time_s > latest
    _check_plausible(time_s, is_new, table.arrival_s, blocks.method)
    rate_hz = 1.0 / float(np.median(np.diff(time_s[is_new]))) if is_new.sum() > 1 else 0.0
    gaps = _find_gaps(table, blocks, time_s)
    return TimedSamples(
        time_s=time_s[is_new],
        values=table.values[is_new],
        rate_hz=rate_hz or table.nominal_rate_hz,
        gaps=gaps,
        lost=sum(gap.lost for gap in gaps if gap.is_counted),
        repeated=int(np.count_nonzero(~is_new)),
        clock=_clock_record(blocks, fits),
    )


def _check_plausible(
    time_s: FloatArray, is_new: npt.NDArray[np.bool_], arrival_s: FloatArray, method: str
) -> None:
    """Raise ValueError unless nearly all samples have a time of their own, within the take."""
    if not np.isfinite(time_s).all():
        raise ValueError("times are not finite")
    earliest, latest = float(arrival_s.min()) - _OLDEST_S, float(arrival_s.max()) + _EARLIEST_S
    if float(time_s.min()) < earliest or float(time_s.max()) > latest:
        raise ValueError(
            f"times from {time_s.min():.0f} to {time_s.max():.0f} s, but the packets arrived from "
            f"{arrival_s.min():.0f} to {arrival_s.max():.0f} s"
        )
    share = float(np.mean(is_new))
    if method != _COUNTED and share < _LEAST_NEW:
        raise ValueError(f"only {share:.0%} of the times increase")


def _by_stamps(table: BlockTable) -> _BlockTimes | None:
    clock = table.clock
    if clock is None or (table.ticks == NO_VALUE).any():
        return None
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
    return _BlockTimes(first_s, index, unwrapped.epoch, period_s, _DEVICE_CLOCK, _CRYSTAL)


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
    samples = float(np.rint(step_s[usable] / rough).sum())
    period_s = float(step_s[usable].sum()) / max(samples, 1.0)
    return period_s if 0.5 < period_s * nominal_hz < 2.0 else 1.0 / nominal_hz


def _numbered_steps(table: BlockTable, expected: IntArray, modulus: int) -> IntArray:
    """Count samples from block to block by number, or by time where numbering restarted."""
    modulus = min(modulus, 2**62)  # a wider one would not fit the arithmetic, and never wraps
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
    edges = np.searchsorted(epoch, np.arange(int(epoch[-1]) + 2)).tolist()
    for start, stop in pairwise(edges):
        smooth[start:stop] = uniform_filter1d(rounding[start:stop], size=span, mode="nearest")
    times: FloatArray = smooth + index * period_s
    return times


def _by_numbers(table: BlockTable) -> _BlockTimes | None:
    modulus = table.counter_modulus
    if modulus is None or (table.counter == NO_VALUE).any():
        return None
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
        _COUNTED,
        _OSCILLATOR,
    )


_METHODS: Final[tuple[Callable[[BlockTable], _BlockTimes | None], ...]] = (
    _by_stamps,
    _by_numbers,
    _by_counting,
)
"""Ways to device times, the best first."""


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


def _clock_record(blocks: _BlockTimes, fits: tuple[ClockFit, ...]) -> ClockRecord:
    weights = np.bincount(blocks.epoch, minlength=len(fits))
    errors = np.array([fit.sync_error_s for fit in fits])
    longest = fits[int(np.argmax(weights))]
    is_rate_known = blocks.method == _DEVICE_CLOCK and not longest.is_slope_fixed
    record = ClockRecord(
        method=blocks.method,
        rate_error_ppm=longest.rate_error_ppm,
        sync_error_s=float(np.sqrt(np.average(errors**2, weights=weights))),
        epochs=len(fits),
    )
    return record if is_rate_known else replace(record, rate_error_ppm=float("nan"))
