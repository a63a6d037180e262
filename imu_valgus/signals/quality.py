"""Measure how complete the samples of a sensor are, and how many reach the end of its range."""

from typing import Final

import numpy as np

from imu_valgus.model import BoolArray, FloatArray, SensorStream, StreamQuality
from imu_valgus.signals.series import sample_period_s

LEAST_ACC_RANGE_M_S2: Final = 15.0
"""Flat tops below this are rest; the smallest range on the market is 2 g, 19.6 m/s²."""

LEAST_GYR_RANGE_RAD_S: Final = 4.0
"""The smallest common range is 250 deg/s, 4.36 rad/s."""

_FLAT_TOP: Final = 2e-4
"""Samples within this share of the largest count as equal to it; it exceeds two 16-bit counts."""

_LEAST_COUNT: Final = 3
"""Number of equal largest values that make a flat top; without clipping there is only one."""


def find_saturated(values: FloatArray, *, least_range: float) -> BoolArray:
    """Mark samples at the end of the range, where the extreme value forms a flat top.

    Parameters
    ----------
    values
        Samples, shape (n, 3).
    least_range
        Flat tops below this do not count, in the unit of `values`.

    Returns
    -------
    ndarray of bool, shape (n,)
        True where any axis is at the end of its range.
    """
    is_saturated = np.zeros(len(values), dtype=np.bool_)
    for axis in values.T:
        for signed in (axis, -axis):
            top = float(np.nanmax(signed, initial=0.0))
            if top < least_range:
                continue
            is_top = signed >= (1.0 - _FLAT_TOP) * top
            if np.count_nonzero(is_top) >= _LEAST_COUNT:
                is_saturated |= is_top
    return is_saturated


def measure_quality(stream: SensorStream, *, start_s: float, end_s: float) -> StreamQuality:
    """Measure rate, received share, longest gap and saturated share of a sensor.

    A sample counts as received when it has an acceleration and, unless the sensor has no
    gyroscope, a turn rate.

    Parameters
    ----------
    stream
        Samples as recorded.
    start_s, end_s
        First and last time of the recording over all its sensors, seconds.

    Returns
    -------
    StreamQuality
        The received share is at most 1; time before the first and after the last sample of the
        stream counts as a gap.

    Examples
    --------
    >>> import numpy as np
    >>> time_s = np.delete(np.arange(101) * 0.01, slice(50, 60))
    >>> stream = SensorStream(time_s, np.ones((91, 3)), np.ones((91, 3)))
    >>> quality = measure_quality(stream, start_s=0.0, end_s=1.0)
    >>> round(quality.received_share, 2), round(quality.longest_gap_s, 3)
    (0.9, 0.1)
    """
    is_known = np.isfinite(stream.acc).all(axis=1)
    has_gyr = np.isfinite(stream.gyr).all(axis=1)
    if has_gyr.any():
        is_known &= has_gyr
    time_s = stream.time_s[is_known]
    if time_s.size < 2:
        return StreamQuality(stream.rate_hz, 0.0, max(0.0, end_s - start_s), 0.0)
    period_s = sample_period_s(time_s)
    expected = round((end_s - start_s) / period_s) + 1
    edges = np.concatenate([[start_s - period_s], time_s, [end_s + period_s]])
    is_saturated = find_saturated(stream.acc, least_range=LEAST_ACC_RANGE_M_S2)
    is_saturated |= find_saturated(stream.gyr, least_range=LEAST_GYR_RANGE_RAD_S)
    return StreamQuality(
        rate_hz=stream.rate_hz,
        received_share=min(1.0, time_s.size / expected),
        longest_gap_s=max(0.0, float(np.diff(edges).max()) - period_s),
        saturated_share=float(np.mean(is_saturated)),
    )
