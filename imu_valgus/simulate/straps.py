"""A strap that slips during a recording."""

import numpy as np
from scipy.spatial.transform import Rotation

from imu_valgus.errors import InputError
from imu_valgus.model import FloatArray, SensorStream

_REST_S = 2.0
"""Quiet standing at the start, from which the up direction of the sensor is taken."""


def with_slipped_strap(
    stream: SensorStream,
    *,
    at_s: float,
    turn_deg: float = 25.0,
    tilt_deg: float = 18.0,
    over_s: float = 0.4,
) -> SensorStream:
    """Turn a sensor on its segment at some moment, as if its strap slipped.

    Parameters
    ----------
    stream
        Stream of the sensor; it must begin with two seconds of quiet standing.
    at_s, over_s
        Start and duration of the slip.
    turn_deg, tilt_deg
        How far the sensor turns about the vertical of the standing person, and tilts against it.
        The slip is a rotation only: the strap does not slide down the limb.

    Returns
    -------
    SensorStream
        The same samples before the slip, and those of the turned sensor after it, with those of a
        magnetometer.

    Raises
    ------
    InputError
        If the stream does not begin with samples that show where up is.

    Examples
    --------
    >>> time_s = np.arange(500) / 100.0
    >>> still = SensorStream(time_s, np.tile([0.0, 9.81, 0.0], (500, 1)), np.zeros((500, 3)))
    >>> after = with_slipped_strap(still, at_s=3.0, tilt_deg=18.0).acc[-1]
    >>> round(float(np.degrees(np.arccos(after[1] / 9.81))), 1)
    18.0
    """
    slip = _slip_rotvec(stream, turn_deg=turn_deg, tilt_deg=tilt_deg)
    phase = np.clip((stream.time_s - at_s) / over_s, 0.0, 1.0)
    share = phase**2 * (3.0 - 2.0 * phase)
    rate_per_s = 6.0 * phase * (1.0 - phase) / over_s
    # The axis of the slip stays the same, so its rate simply adds. Arrays are copied because scipy
    # does not rotate read-only ones.
    slipped = Rotation.from_rotvec(share[:, None] * slip)
    return SensorStream(
        time_s=stream.time_s,
        acc=slipped.apply(np.array(stream.acc), inverse=True),
        gyr=slipped.apply(np.array(stream.gyr), inverse=True) + rate_per_s[:, None] * slip,
        mag=None if stream.mag is None else slipped.apply(np.array(stream.mag), inverse=True),
        sensor_id=stream.sensor_id,
    )


def _slip_rotvec(stream: SensorStream, *, turn_deg: float, tilt_deg: float) -> FloatArray:
    early = stream.acc[stream.time_s < stream.time_s[0] + _REST_S] if stream.time_s.size else []
    force = np.mean(early, axis=0) if len(early) else np.zeros(3)
    size = float(np.linalg.norm(force))
    if not size > 0.0:
        raise InputError(
            "A strap can only slip in a recording that begins with quiet standing, and this one "
            "has no acceleration there. Please put standing first."
        )
    up: FloatArray = force / size
    across = np.cross(up, np.eye(3)[np.argmin(np.abs(up))])
    across /= np.linalg.norm(across)
    tilt = Rotation.from_rotvec(np.radians(tilt_deg) * across)
    turn = Rotation.from_rotvec(np.radians(turn_deg) * up)
    slip: FloatArray = (turn * tilt).as_rotvec()
    return slip
