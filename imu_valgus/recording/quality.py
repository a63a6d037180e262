"""How complete and clean the samples of a sensor are."""

import numpy as np

from imu_valgus.model import BoolArray, SensorStream, StreamQuality
from imu_valgus.recording.clock import sample_period_s
from imu_valgus.recording.saturation import (
    LEAST_ACC_RANGE_M_S2,
    LEAST_GYR_RANGE_RAD_S,
    find_saturated,
)


def known_samples(stream: SensorStream) -> BoolArray:
    """Mark the samples that hold numbers: accelerometer and, if there is one, gyroscope.

    Returns
    -------
    BoolArray
        Shape (n,).
    """
    has_acc = np.asarray(np.isfinite(stream.acc).all(axis=1))
    has_gyr = np.asarray(np.isfinite(stream.gyr).all(axis=1))
    return has_acc & has_gyr if has_gyr.any() else has_acc


def measure_quality(stream: SensorStream, *, start_s: float, end_s: float) -> StreamQuality:
    """Measure how much of a recording a sensor holds.

    Parameters
    ----------
    stream
        Samples as recorded.
    start_s, end_s
        First and last time of the recording (over all its sensors), seconds.

    Returns
    -------
    StreamQuality
        With a received share of at most 1; time before the first and after the last sample of
        the stream counts as a gap.

    Examples
    --------
    >>> import numpy as np
    >>> time_s = np.delete(np.arange(101) * 0.01, slice(50, 60))
    >>> stream = SensorStream(time_s, np.ones((91, 3)), np.ones((91, 3)))
    >>> quality = measure_quality(stream, start_s=0.0, end_s=1.0)
    >>> round(quality.received_share, 2), round(quality.longest_gap_s, 3)
    (0.9, 0.1)
    """
    time_s = stream.time_s[known_samples(stream)]
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
