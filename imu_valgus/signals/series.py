"""What every stage asks of a sampled series: its rate, a low-pass without delay, runs of True."""

import numpy as np
from scipy.signal import butter, sosfiltfilt

from imu_valgus.model import BoolArray, FloatArray

__all__ = ["runs", "sample_period_s", "sampling_rate", "smooth"]


def sampling_rate(time_s: FloatArray) -> float:
    """Rate of a uniform clock in Hz; 1 with fewer than two samples."""
    return float((time_s.size - 1) / (time_s[-1] - time_s[0])) if time_s.size > 1 else 1.0


def sample_period_s(time_s: FloatArray) -> float:
    """Mean time between neighbouring samples, gaps left out, in seconds.

    The median alone is off where a file rounds its time stamps (3.99 or 4.00 ms for 3.994 ms).

    Examples
    --------
    >>> import numpy as np
    >>> round(sample_period_s(np.array([0.0, 0.01, 0.02, 0.03, 0.5])), 4)
    0.01
    """
    steps = np.diff(time_s)
    if steps.size == 0:
        return float("nan")
    return float(np.mean(steps[steps <= 1.5 * np.median(steps)]))


def smooth(values: FloatArray, rate_hz: float, *, cutoff_hz: float = 6.0) -> FloatArray:
    """Low-pass a signal without delay; gaps are bridged for the filter and stay as bridged.

    Parameters
    ----------
    values
        Shape (n,), NaN where not known.
    rate_hz
        Sampling rate.
    cutoff_hz
        Corner of the second-order Butterworth filter that runs forwards and backwards.

    Returns
    -------
    ndarray, shape (n,)
        Zero where nothing is known at all.
    """
    known = np.isfinite(values)
    if not known.any():
        return np.zeros(values.size)
    bridged = np.interp(np.arange(values.size), np.flatnonzero(known), values[known])
    if values.size < 30 or cutoff_hz >= 0.45 * rate_hz:
        return np.asarray(bridged)
    sos = butter(2, cutoff_hz, fs=rate_hz, output="sos")
    return np.asarray(sosfiltfilt(sos, bridged))


def runs(mask: BoolArray) -> list[tuple[int, int]]:
    """Half-open runs of True.

    Examples
    --------
    >>> runs(np.array([False, True, True, False, True]))
    [(1, 3), (4, 5)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in zip(edges[::2], edges[1::2], strict=True)]
