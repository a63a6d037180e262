"""Puts sample times in order: sorted, without repeats, in seconds, at a possible rate."""

from dataclasses import replace
from typing import Final

import numpy as np

from imu_valgus.errors import InputError
from imu_valgus.io.cleaning.raw import RawSamples
from imu_valgus.model import Finding, Severity
from imu_valgus.signals.align import find_clock_jump

MIN_SAMPLES: Final = 20
"""Fewer samples cannot hold a movement (0.2 s at 100 Hz)."""

_MIN_RATE_HZ: Final = 22.5
_MAX_RATE_HZ: Final = 1100.0
"""The plain session format allows 25 to 1000 Hz; a tenth is the margin for inexact clocks."""

_MAX_REPEATED_SHARE: Final = 0.01
"""If more rows repeat a time stamp with other values, the clock restarted or is too coarse, and
sorting would mix samples of different moments."""

_SAME_TIME_SHARE: Final = 0.05
"""Samples closer than this share of the usual step are one: a spline of degree 7 through both turns
their difference into a wave of 140 times its size at a hundredth of a step, 20 times at this."""

_MAX_SPAN_S: Final = 86_400.0
"""More than a day is a broken time stamp, not a recording."""

_LARGEST_TIME: Final = 1e19
"""Nanoseconds since 1970 are about 1.8e18; larger numbers are not times."""

_TIME_UNITS: Final = {
    "seconds": 1.0,
    "milliseconds": 1e-3,
    "microseconds": 1e-6,
    "nanoseconds": 1e-9,
}


def order_samples(raw: RawSamples) -> tuple[RawSamples, tuple[Finding, ...]]:
    """Sort the rows by time, drop repeats, and bring the times to seconds.

    Parameters
    ----------
    raw
        Samples as read.

    Returns
    -------
    RawSamples
        Samples with strictly increasing times in seconds.
    tuple of Finding
        What was repaired.

    Raises
    ------
    InputError
        If there are too few samples, if times do not increase, restart or jump far ahead, or if
        the rate is out of range.
    """
    findings: list[Finding] = []
    samples = _without_timeless_rows(raw, findings)
    _check_count(samples)
    if not np.ptp(samples.time_s) > 0.0:
        raise InputError(
            f"{raw.source}: the time stamps do not increase; every row has {samples.time_s[0]:g}. "
            "Export the file again with its time column."
        )
    samples = _sorted(samples, findings)
    samples = _without_repeats(samples, findings)
    _check_count(samples)
    samples = _in_seconds(samples, findings)
    span_s = float(samples.time_s[-1] - samples.time_s[0])
    if (jump := find_clock_jump(samples.time_s)) is not None:
        raise InputError(
            f"{raw.source}: the clock jumps from {jump[0]:.2f} s to {jump[1]:.2f} s and so spans "
            f"{span_s / 60:.0f} minutes, far more than its {len(samples)} samples last. Remove the "
            "rows with a wrong time, or cut the recording there."
        )
    if span_s > _MAX_SPAN_S:
        raise InputError(
            f"{raw.source}: the time stamps span {span_s / 3600:.1f} hours, more than a recording "
            f"can have ({_MAX_SPAN_S / 3600:.0f} hours). Remove the broken rows."
        )
    return samples, tuple(findings)


def _check_count(raw: RawSamples) -> None:
    if len(raw) < MIN_SAMPLES:
        raise InputError(
            f"{raw.source}: there are only {len(raw)} samples, fewer than {MIN_SAMPLES}. Record "
            "at least a few seconds."
        )


def _without_timeless_rows(raw: RawSamples, findings: list[Finding]) -> RawSamples:
    has_time = np.abs(raw.time_s) <= _LARGEST_TIME
    n_lost = int(np.count_nonzero(~has_time))
    if n_lost == 0:
        return raw
    message = f"{raw.source}: {n_lost} rows have no time and were left out."
    findings.append(Finding(Severity.NOTE, "rows_without_time", message))
    return raw.rows(has_time)


def _sorted(raw: RawSamples, findings: list[Finding]) -> RawSamples:
    n_back = int(np.count_nonzero(np.diff(raw.time_s) < 0.0))
    if n_back == 0:
        return raw
    message = f"{raw.source}: the time goes back in {n_back} places; the rows were sorted."
    findings.append(Finding(Severity.NOTE, "unsorted_time", message))
    return raw.rows(np.argsort(raw.time_s, kind="stable"))


def _without_repeats(raw: RawSamples, findings: list[Finding]) -> RawSamples:
    steps = np.diff(raw.time_s)
    usual = float(np.median(steps[steps > 0.0]))
    is_repeat = np.concatenate([[False], steps <= _SAME_TIME_SHARE * usual])
    n_repeats = int(np.count_nonzero(is_repeat))
    if n_repeats == 0:
        return raw
    values = np.hstack([raw.acc, raw.gyr])
    rows = np.flatnonzero(is_repeat)
    is_other = ~((values[rows] == values[rows - 1]) | np.isnan(values[rows])).all(axis=1)
    n_other = int(np.count_nonzero(is_other))
    if n_other > _MAX_REPEATED_SHARE * len(raw) + 1:
        raise InputError(
            f"{raw.source}: {n_other} rows repeat a time stamp with other values, so the clock "
            "restarts or its time stamps are too coarse. Split the file, or export it with finer "
            "time stamps."
        )
    severity = Severity.WARNING if n_other else Severity.NOTE
    others = f" ({n_other} of them with other values)" if n_other else ""
    message = (
        f"{raw.source}: {n_repeats} rows repeat a time stamp{others}; the first of each was kept."
    )
    findings.append(Finding(severity, "duplicate_rows", message))
    return raw.rows(~is_repeat)


def _in_seconds(raw: RawSamples, findings: list[Finding]) -> RawSamples:
    step = float(np.median(np.diff(raw.time_s)))
    for unit, factor in _TIME_UNITS.items():
        rate_hz = 1.0 / (step * factor)
        if not _MIN_RATE_HZ <= rate_hz <= _MAX_RATE_HZ:
            continue
        if factor == 1.0:
            return raw
        if raw.has_certain_units:
            break
        message = (
            f"{raw.source}: the time stamps are {step:g} apart, so they were read as {unit} "
            f"({rate_hz:.1f} Hz) instead of seconds."
        )
        findings.append(Finding(Severity.WARNING, "time_unit", message))
        return replace(raw, time_s=raw.time_s * factor)
    raise InputError(
        f"{raw.source}: {1.0 / step:.4g} rows per second are outside the supported range, 25 to "
        "1000 Hz. Check the time column (seconds), or record at a rate in this range."
    )
