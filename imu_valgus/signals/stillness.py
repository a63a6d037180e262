"""Find when a person is still, by how much each sensor's readings vary and never by their level.

The level of a gyroscope says little, because a bias of several deg/s is common before calibration.
So a short window counts as still when its readings vary little about their mean, when gravity keeps
its direction, and when the mean rate agrees with that of the sensor's calmest moments. Other code
decides which posture it is (standing, sitting, a stop in walking).
"""

from dataclasses import dataclass

import numpy as np

from imu_valgus.conventions import LONGEST_BRIDGED_GAP_S
from imu_valgus.model import AlignedRecording, BoolArray, FloatArray, SensorStream, Span
from imu_valgus.signals.series import runs


@dataclass(frozen=True, slots=True)
class StillnessSettings:
    """Limits of stillness, chosen on recordings of standing people.

    Parameters
    ----------
    window_s
        Length of the sliding window. Half a second fits into the calm between two repetitions, and
        is too long for mid-stance in walking to count as still on thigh and shank together.
    shortest_s
        Shortest span that is returned.
    smoothing_s
        Length of the moving average that removes sensor noise but keeps sway.
    rate_deviation_rad_s
        Largest root-mean-square deviation of the angular rate vector from its window mean. Quiet
        standing reaches 2 deg/s on thigh and shank, slow bending exceeds 5.
    acc_deviation_m_s2
        The same for the specific force. Quiet standing reaches 0.1, slow bending exceeds 0.5.
    tilt_rate_rad_s
        Largest rate at which the direction of gravity may turn over two windows.
    rate_from_calm_rad_s
        Largest difference of the window's mean rate from that of the sensor's calmest quarter. A
        larger one is slow turning, since a bias does not jump.
    largest_bias_rad_s
        Largest steady rate that counts as bias (zero-rate level of consumer parts: up to
        10 deg/s).
    known_share
        Minimum share of known samples in a still window.
    """

    window_s: float = 0.5
    shortest_s: float = 0.5
    smoothing_s: float = 0.1
    rate_deviation_rad_s: float = float(np.deg2rad(3.0))
    acc_deviation_m_s2: float = 0.25
    tilt_rate_rad_s: float = float(np.deg2rad(5.0))
    rate_from_calm_rad_s: float = float(np.deg2rad(4.0))
    largest_bias_rad_s: float = float(np.deg2rad(15.0))
    known_share: float = 0.7


def find_still_spans(
    aligned: AlignedRecording, *, settings: StillnessSettings | None = None
) -> tuple[Span, ...]:
    """Find where all worn sensors are still at once.

    Where a sensor has no samples (it may have stopped early) the others decide; where no sensor
    has samples the person does not count as still.

    Parameters
    ----------
    aligned
        The recording on its common clock; the gyroscope bias need not be removed.
    settings
        Limits; None uses the defaults.

    Returns
    -------
    tuple of Span
        In order of time. Rows of NaN of up to 0.1 s may lie inside.
    """
    settings = settings or StillnessSettings()
    still = np.ones(len(aligned), dtype=np.bool_)
    any_known = np.zeros(len(aligned), dtype=np.bool_)
    for stream in aligned.streams.values():
        sensor_still, known = _judge(stream, aligned.rate_hz, settings)
        still &= sensor_still | ~known
        any_known |= known
    return _spans(still & any_known, settings.shortest_s * aligned.rate_hz)


def find_sensor_still_spans(
    stream: SensorStream, rate_hz: float, *, settings: StillnessSettings | None = None
) -> tuple[Span, ...]:
    """Find where one sensor is still.

    Parameters
    ----------
    stream
        Uniformly sampled stream; rows of NaN are gaps.
    rate_hz
        Sampling rate.
    settings
        Limits; None uses the defaults.

    Returns
    -------
    tuple of Span
        In order of time, in samples of the stream.
    """
    settings = settings or StillnessSettings()
    still, known = _judge(stream, rate_hz, settings)
    return _spans(still & known, settings.shortest_s * rate_hz)


def _judge(
    stream: SensorStream, rate_hz: float, settings: StillnessSettings
) -> tuple[BoolArray, BoolArray]:
    """Return whether each sample lies in a still window, and whether it lies outside long gaps."""
    n = len(stream)
    finite = np.asarray(np.isfinite(np.hstack([stream.gyr, stream.acc])).all(axis=1))
    known = ~_long_runs(~finite, LONGEST_BRIDGED_GAP_S * rate_hz)
    window = max(round(settings.window_s * rate_hz), 2)
    if window > n or not finite.any():
        return np.zeros(n, dtype=np.bool_), known
    box = max(round(settings.smoothing_s * rate_hz), 1)
    gyr = _smoothed(stream.gyr, finite, box)
    acc = _smoothed(stream.acc, finite, box)
    share = _window_sums(finite[:, None].astype(np.float64), window)[:, 0] / window
    rate_mean, rate_deviation = _window_statistics(gyr, finite, window)
    acc_mean, acc_deviation = _window_statistics(acc, finite, window)
    calm = (
        (share >= settings.known_share)
        & (rate_deviation <= settings.rate_deviation_rad_s)
        & (acc_deviation <= settings.acc_deviation_m_s2)
        & (np.linalg.norm(rate_mean, axis=1) <= settings.largest_bias_rad_s)
        & (_tilt_rate(acc_mean, window, rate_hz) <= settings.tilt_rate_rad_s)
    )
    calm &= _near_calmest(rate_mean, rate_deviation, calm, settings.rate_from_calm_rad_s)
    return _covered(calm, window, n), known


def _smoothed(values: FloatArray, finite: BoolArray, box: int) -> FloatArray:
    """Take the centred moving average of known samples; the median where none is near."""
    middle = np.median(values[finite], axis=0)
    padding = ((box // 2, (box - 1) - box // 2), (0, 0))
    offset = np.where(finite[:, None], values - middle, 0.0)
    total = _window_sums(np.pad(offset, padding), box)
    count = _window_sums(np.pad(finite[:, None].astype(np.float64), padding), box)
    return np.asarray(middle + total / np.maximum(count, 1.0))


def _window_sums(values: FloatArray, window: int) -> FloatArray:
    """Sum over all full windows, shape (n - window + 1, k)."""
    total = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    return np.asarray(total[window:] - total[:-window])


def _window_statistics(
    values: FloatArray, finite: BoolArray, window: int
) -> tuple[FloatArray, FloatArray]:
    """Return the mean and the root-mean-square deviation from it in each full window."""
    middle = np.median(values[finite], axis=0)
    offset = np.where(finite[:, None], values - middle, 0.0)
    count = np.maximum(_window_sums(finite[:, None].astype(np.float64), window), 1.0)
    mean = _window_sums(offset, window) / count
    square = _window_sums((offset**2).sum(axis=1, keepdims=True), window) / count
    variance = square[:, 0] - (mean**2).sum(axis=1)
    return np.asarray(middle + mean), np.sqrt(np.maximum(variance, 0.0))


def _tilt_rate(acc_mean: FloatArray, window: int, rate_hz: float) -> FloatArray:
    """Rate at which the mean force turns, between the windows half a window before and after."""
    index = np.arange(acc_mean.shape[0])
    before = np.maximum(index - window // 2, 0)
    after = np.minimum(index + window // 2, index.size - 1)
    length = np.maximum(np.linalg.norm(acc_mean, axis=1, keepdims=True), np.finfo(float).tiny)
    direction = acc_mean / length
    sine = np.linalg.norm(np.cross(direction[before], direction[after]), axis=1)
    # At the ends the two windows may coincide; at least a quarter window keeps the noise small.
    interval_s = np.maximum(after - before, max(window // 4, 1)) / rate_hz
    return np.asarray(np.arcsin(np.minimum(sine, 1.0)) / interval_s)


def _near_calmest(
    rate_mean: FloatArray, rate_deviation: FloatArray, calm: BoolArray, limit: float
) -> BoolArray:
    """Whether the mean rate agrees with the median of the calmest quarter of the calm windows."""
    if not calm.any():
        return calm
    calmest = calm & (rate_deviation <= np.quantile(rate_deviation[calm], 0.25))
    reference = np.median(rate_mean[calmest], axis=0)
    return np.asarray(np.linalg.norm(rate_mean - reference, axis=1) <= limit)


def _covered(window_is_still: BoolArray, window: int, n: int) -> BoolArray:
    """Mark samples in at least one still window; window i covers samples i to i + window."""
    change = np.zeros(n + 1, dtype=np.int64)
    change[: window_is_still.size] += window_is_still
    change[window : window + window_is_still.size] -= window_is_still
    return np.asarray(np.cumsum(change)[:n] > 0)


def _long_runs(mask: BoolArray, longest: float) -> BoolArray:
    """Keep only runs of True longer than `longest` samples."""
    kept = np.zeros_like(mask)
    for start, stop in runs(mask):
        kept[start:stop] = stop - start > longest
    return kept


def _spans(mask: BoolArray, shortest: float) -> tuple[Span, ...]:
    """Keep runs of True with at least `shortest` samples."""
    return tuple(Span(start, stop) for start, stop in runs(mask) if stop - start >= shortest)
