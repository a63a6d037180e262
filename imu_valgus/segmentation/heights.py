"""By how much a sensor rises within a short movement: integrated between two moments of rest."""

import numpy as np

from imu_valgus.model import FloatArray


def largest_rise_m(lift_m_s2: FloatArray, rate_hz: float) -> float:
    """Largest height above the straight line from start to end of a movement.

    Integrating an acceleration twice is only good for some seconds; with the velocity zero at
    both ends, which takes away what a constant error would make of it, a few centimetres in two
    or three seconds can be told.

    Parameters
    ----------
    lift_m_s2
        Vertical acceleration of a sensor within the movement, at rest before and after, (n,).
    rate_hz
        Its rate.

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
    if lift_m_s2.size < 3 or not np.isfinite(lift_m_s2).all():
        return float("nan")
    velocity = np.cumsum(lift_m_s2) / rate_hz
    velocity -= np.linspace(velocity[0], velocity[-1], velocity.size)
    height = np.cumsum(velocity) / rate_hz
    height -= np.linspace(height[0], height[-1], height.size)
    return float(max(height.max(), 0.0))


def net_rise_m(lift_m_s2: FloatArray, rate_hz: float) -> float:
    """By how much a sensor is higher at the end of a movement than at its start, at rest at both.

    Parameters
    ----------
    lift_m_s2
        Vertical acceleration of a sensor within the movement, (n,).
    rate_hz
        Its rate.

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
    if lift_m_s2.size < 3 or not np.isfinite(lift_m_s2).all():
        return float("nan")
    velocity = np.cumsum(lift_m_s2) / rate_hz
    velocity -= np.linspace(velocity[0], velocity[-1], velocity.size)
    return float(velocity.sum() / rate_hz)
