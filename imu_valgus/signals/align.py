"""Bring every sensor of a recording onto one uniform clock.

The clock covers the times of all sensors. A sensor that stops early leaves its own joints unknown
from there on and does not affect the others. The clock starts at a whole multiple of its period, so
that results of the same recording can be compared row by row.
"""

import math
from typing import Final

import numpy as np

from imu_valgus.conventions import ANALYSIS_RATE_HZ
from imu_valgus.errors import InputError
from imu_valgus.model import (
    AlignedRecording,
    Finding,
    FloatArray,
    Recording,
    SensorStream,
    Severity,
)
from imu_valgus.signals.quality import measure_quality
from imu_valgus.signals.resample import resample
from imu_valgus.signals.series import sample_period_s

MOST_ROWS: Final = 20_000_000
"""More rows (over two days at 100 Hz) come from a broken clock and would fill the memory."""

MOST_EMPTY_RATIO: Final = 10.0
MOST_EMPTY_S: Final = 600.0
"""A clock that spans more than ten times what was sampled and ten minutes has jumped. Empty rows
would fill the memory: one wrong time of a day gives 8.6 million rows at 100 Hz."""


def find_clock_jump(time_s: FloatArray) -> tuple[float, float] | None:
    """Find the jump of a clock that spans far more than its samples last.

    Parameters
    ----------
    time_s
        Increasing sample times, shape (n,).

    Returns
    -------
    tuple of float or None
        Times before and after the largest step, seconds; None if the clock spans at most ten times
        the number of samples times their median step, plus ten minutes.

    Examples
    --------
    >>> import numpy as np
    >>> find_clock_jump(np.array([0.0, 0.01, 0.02, 1e5]))
    (0.02, 100000.0)
    """
    if time_s.size < 2:
        return None
    steps = np.diff(time_s)
    sampled_s = time_s.size * float(np.median(steps))
    if time_s[-1] - time_s[0] <= MOST_EMPTY_RATIO * sampled_s + MOST_EMPTY_S:
        return None
    at = int(np.argmax(steps))
    return float(time_s[at]), float(time_s[at + 1])


def align_recording(
    recording: Recording, *, rate_hz: float = ANALYSIS_RATE_HZ
) -> tuple[AlignedRecording, tuple[Finding, ...]]:
    """Resample every stream onto one uniform clock: band-limited, without delay, gaps kept.

    Parameters
    ----------
    recording
        Repaired streams on one clock.
    rate_hz
        Rate of the analysis clock.

    Returns
    -------
    AlignedRecording
        All streams at the same times; rows of NaN where a sensor has no samples or a gap of more
        than 0.1 s.
    tuple of Finding
        One note (``rate_raised``) per sensor whose rate was raised, which adds no information.

    Raises
    ------
    InputError
        If the rate is not positive, the recording has no samples, or a clock spans too many rows or
        far more than its samples last; the message names the sensor and the jump.

    Examples
    --------
    >>> import numpy as np
    >>> from imu_valgus.model import Placement
    >>> time_s = 5.003 + np.arange(60) / 60.0
    >>> stream = SensorStream(time_s, np.tile([0.0, 0.0, 9.81], (60, 1)), np.zeros((60, 3)))
    >>> aligned, findings = align_recording(Recording("walk", {Placement.PELVIS: stream}))
    >>> aligned.time_s[:2].round(6).tolist(), len(aligned), findings[0].code
    ([5.01, 5.02], 98, 'rate_raised')
    """
    if not math.isfinite(rate_hz) or rate_hz <= 0.0:
        raise InputError(f"The analysis rate is {rate_hz:g} Hz. Give a rate above 0 Hz.")
    if not any(len(stream) for stream in recording.streams.values()):
        raise InputError(
            f"The recording '{recording.name}' has no samples. Check its files, or remove it from "
            "the session."
        )
    _check_clocks(recording)
    start_s = min(float(s.time_s[0]) for s in recording.streams.values() if len(s))
    end_s = max(float(s.time_s[-1]) for s in recording.streams.values() if len(s))
    grid_s = _uniform_grid(recording.name, start_s, end_s, rate_hz)
    streams = {
        place: _aligned_stream(stream, grid_s, rate_hz)
        for place, stream in recording.streams.items()
    }
    quality = {
        place: measure_quality(stream, start_s=start_s, end_s=end_s)
        for place, stream in recording.streams.items()
    }
    aligned = AlignedRecording(recording.name, grid_s, rate_hz, streams, recording.tasks, quality)
    return aligned, _raised_rates(recording, rate_hz)


def _check_clocks(recording: Recording) -> None:
    """Raise if the clock of a sensor, or that of all of them, spans far more than its samples."""
    streams = {place: stream for place, stream in recording.streams.items() if len(stream)}
    for place, stream in streams.items():
        if (jump := find_clock_jump(stream.time_s)) is not None:
            raise InputError(
                f"Recording '{recording.name}': the clock of the {place.words} jumps from "
                f"{jump[0]:.2f} s to {jump[1]:.2f} s, far more than its samples last. Check its "
                "time column."
            )
    starts = {place: float(stream.time_s[0]) for place, stream in streams.items()}
    ends = {place: float(stream.time_s[-1]) for place, stream in streams.items()}
    first, last = min(ends, key=ends.__getitem__), max(starts, key=starts.__getitem__)
    sampled_s = max(ends[place] - starts[place] for place in streams)
    if starts[last] - ends[first] > MOST_EMPTY_RATIO * sampled_s + MOST_EMPTY_S:
        raise InputError(
            f"Recording '{recording.name}': the {first.words} ends at {ends[first]:.2f} s, but the "
            f"{last.words} starts at {starts[last]:.2f} s, so they are not on one clock. Check the "
            "time columns."
        )


def _uniform_grid(name: str, start_s: float, end_s: float, rate_hz: float) -> FloatArray:
    # A time that is a multiple of the period within rounding belongs to the clock.
    first = math.ceil(start_s * rate_hz - 1e-4)
    last = math.floor(end_s * rate_hz + 1e-4)
    if last - first + 1 > MOST_ROWS:
        raise InputError(
            f"The clock of recording '{name}' runs for {(end_s - start_s) / 3600.0:.1f} hours, "
            f"which gives more than {MOST_ROWS} rows at {rate_hz:g} Hz. Check the time columns."
        )
    return np.asarray(np.arange(first, last + 1) / rate_hz, dtype=np.float64)


def _aligned_stream(stream: SensorStream, grid_s: FloatArray, rate_hz: float) -> SensorStream:
    def onto_grid(values: FloatArray) -> FloatArray:
        return resample(values, time_s=stream.time_s, grid_s=grid_s, rate_hz=rate_hz)

    if np.array_equal(np.isnan(stream.acc[:, 0]), np.isnan(stream.gyr[:, 0])):
        both = onto_grid(np.hstack([stream.acc, stream.gyr]))
        acc, gyr = both[:, :3], both[:, 3:]
    else:
        acc, gyr = onto_grid(stream.acc), onto_grid(stream.gyr)
    mag = None if stream.mag is None else onto_grid(stream.mag)
    return SensorStream(grid_s, acc, gyr, mag, stream.sensor_id, stream.calibration_id)


def _raised_rates(recording: Recording, rate_hz: float) -> tuple[Finding, ...]:
    findings = []
    for place, stream in recording.streams.items():
        sensor_hz = 1.0 / sample_period_s(stream.time_s)
        if sensor_hz < 0.9 * rate_hz:
            message = (
                f"The {place.words} sensor ran at {sensor_hz:.0f} Hz and was resampled to "
                f"{rate_hz:.0f} Hz. Its events are no sharper than {sensor_hz:.0f} Hz allows."
            )
            findings.append(Finding(Severity.NOTE, "rate_raised", message, recording.name, place))
    return tuple(findings)
