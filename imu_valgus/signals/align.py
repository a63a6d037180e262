"""Every sensor of a recording onto one uniform clock.

The clock spans the union of the sensors' times: a sensor that stops early leaves its own joints
unknown from there on, but takes nothing from the others. It starts at a whole multiple of its
period, so that results of the same recording can be laid side by side row by row.
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
"""More rows than two days at 100 Hz come from a broken clock; they would fill the memory."""


def align_recording(
    recording: Recording, *, rate_hz: float = ANALYSIS_RATE_HZ
) -> tuple[AlignedRecording, tuple[Finding, ...]]:
    """Bring every stream onto one uniform clock: band-limited, without delay, gaps kept.

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
        Sensors whose rate had to be raised, which adds rows but no knowledge.

    Raises
    ------
    InputError
        If the recording has no samples, or its clock spans more rows than can be handled.

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
        raise InputError(f"Expected a positive analysis rate, found {rate_hz:g} Hz.")
    if not any(len(stream) for stream in recording.streams.values()):
        raise InputError(f"Recording '{recording.name}': expected samples, found none.")
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


def _uniform_grid(name: str, start_s: float, end_s: float, rate_hz: float) -> FloatArray:
    # A time that is a multiple of the period up to rounding belongs to the clock.
    first = math.ceil(start_s * rate_hz - 1e-4)
    last = math.floor(end_s * rate_hz + 1e-4)
    if last - first + 1 > MOST_ROWS:
        raise InputError(
            f"Recording '{name}': expected at most {MOST_ROWS} rows at {rate_hz:g} Hz, found a "
            f"clock that runs for {(end_s - start_s) / 3600.0:.1f} hours; check the time columns."
        )
    return np.asarray(np.arange(first, last + 1) / rate_hz, dtype=np.float64)


def _aligned_stream(stream: SensorStream, grid_s: FloatArray, rate_hz: float) -> SensorStream:
    def onto_grid(values: FloatArray) -> FloatArray:
        return resample(values, time_s=stream.time_s, grid_s=grid_s, rate_hz=rate_hz)

    has_same_gaps = np.array_equal(np.isnan(stream.acc[:, 0]), np.isnan(stream.gyr[:, 0]))
    if has_same_gaps:
        both = onto_grid(np.hstack([stream.acc, stream.gyr]))
        acc, gyr = both[:, :3], both[:, 3:]
    else:
        acc, gyr = onto_grid(stream.acc), onto_grid(stream.gyr)
    mag = None if stream.mag is None else onto_grid(stream.mag)
    return SensorStream(grid_s, acc, gyr, mag, stream.sensor_id, stream.calibration_id)


def _raised_rates(recording: Recording, rate_hz: float) -> tuple[Finding, ...]:
    findings = []
    for place, stream in recording.streams.items():
        own_hz = 1.0 / sample_period_s(stream.time_s)
        if own_hz < 0.9 * rate_hz:
            findings.append(
                Finding(
                    Severity.NOTE,
                    "rate_raised",
                    f"The {place.words} sensor ran at {own_hz:.0f} Hz and was brought to "
                    f"{rate_hz:.0f} Hz; events are no sharper than its own rate.",
                    recording.name,
                    place,
                )
            )
    return tuple(findings)
