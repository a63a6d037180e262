"""Basic operations on a sampled series: rate, low-pass filter, runs of True, height gained."""

import numpy as np
from scipy.signal import butter, sosfiltfilt

from imu_valgus.model import BoolArray, FloatArray

__all__ = ["largest_rise_m", "net_rise_m", "runs", "sample_period_s", "sampling_rate", "smooth"]


def sampling_rate(time_s: FloatArray) -> float:
    """Return the rate of a uniform clock.

    Parameters
    ----------
    time_s
        Uniform sample times, shape (n,).

    Returns
    -------
    float
        Rate in Hz; 1 with fewer than two samples.
    """
    return float((time_s.size - 1) / (time_s[-1] - time_s[0])) if time_s.size > 1 else 1.0


def sample_period_s(time_s: FloatArray) -> float:
    """Return the mean time between neighbouring samples in seconds, without gaps.

    The median alone is wrong where a file rounds its time stamps (3.99 or 4.00 ms for 3.994 ms).

    Parameters
    ----------
    time_s
        Sample times, shape (n,).

    Returns
    -------
    float
        Period in seconds; NaN with fewer than two samples.

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
    """Low-pass a signal without delay, with gaps bridged by straight lines.

    Parameters
    ----------
    values
        Signal, shape (n,), NaN where not known.
    rate_hz
        Sampling rate.
    cutoff_hz
        Corner of the second-order Butterworth filter, which runs forwards and backwards.

    Returns
    -------
    ndarray, shape (n,)
        Without NaN; zero everywhere where no sample is known.
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
    """Return the half-open runs of True.

    Parameters
    ----------
    mask
        Mask of the samples, shape (n,).

    Returns
    -------
    list of (int, int)
        First sample of each run, and the sample after its last.

    Examples
    --------
    >>> runs(np.array([False, True, True, False, True]))
    [(1, 3), (4, 5)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in zip(edges[::2], edges[1::2], strict=True)]


def largest_rise_m(lift_m_s2: FloatArray, rate_hz: float) -> float:
    """Return the largest height above the straight line from start to end of a short movement.

    Integrating an acceleration twice is only good for some seconds. Setting the velocity to zero
    at both ends removes the effect of a constant error, so that a rise of a few centimetres shows
    within two or three seconds.

    Parameters
    ----------
    lift_m_s2
        Vertical acceleration of a sensor that is at rest before and after the movement, shape (n,).
    rate_hz
        Sampling rate.

    Returns
    -------
    float
        Metres; 0 where the sensor only sinks, NaN where samples are missing.

    Examples
    --------
    >>> t = np.arange(0.0, 1.0, 0.01)
    >>> height = 0.05 * (1.0 - np.cos(2.0 * np.pi * t))
    >>> round(largest_rise_m(np.gradient(np.gradient(height, t), t), 100.0), 2)
    0.1
    """
    height = np.cumsum(_velocity_m_s(lift_m_s2, rate_hz)) / rate_hz
    if height.size == 0:
        return float("nan")
    height -= np.linspace(height[0], height[-1], height.size)
    return float(max(height.max(), 0.0))


def net_rise_m(lift_m_s2: FloatArray, rate_hz: float) -> float:
    """Return how much higher a sensor is at the end of a short movement than at its start.

    Parameters
    ----------
    lift_m_s2
        Vertical acceleration of a sensor that is at rest before and after the movement, shape (n,).
    rate_hz
        Sampling rate.

    Returns
    -------
    float
        Metres; NaN where samples are missing.

    Examples
    --------
    >>> t = np.arange(0.0, 2.0, 0.01)
    >>> height = 0.05 * (1.0 - np.cos(np.pi * t / 2.0))
    >>> round(net_rise_m(np.gradient(np.gradient(height, t), t) + 0.1, 100.0), 2)
    0.1
    """
    velocity = _velocity_m_s(lift_m_s2, rate_hz)
    return float(velocity.sum() / rate_hz) if velocity.size else float("nan")


def _velocity_m_s(lift_m_s2: FloatArray, rate_hz: float) -> FloatArray:
    """Integrate to a velocity that is zero at both ends; empty where samples are missing."""
    if lift_m_s2.size < 3 or not np.isfinite(lift_m_s2).all():
        return np.empty(0)
    velocity = np.cumsum(lift_m_s2) / rate_hz
    return np.asarray(velocity - np.linspace(velocity[0], velocity[-1], velocity.size))
