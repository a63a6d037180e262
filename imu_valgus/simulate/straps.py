"""A strap that slips while the sensor is recording."""

import numpy as np
from scipy.spatial.transform import Rotation

from imu_valgus.errors import InputError
from imu_valgus.model import FloatArray, SensorStream

_REST_S = 2.0
"""Quiet standing at the beginning, which tells the sensor's up direction."""


def with_slipped_strap(
    stream: SensorStream,
    *,
    at_s: float,
    turn_deg: float = 25.0,
    tilt_deg: float = 18.0,
    over_s: float = 0.4,
) -> SensorStream:
    """Turn a sensor on its segment from a moment on, as a strap does that gives way.

    Parameters
    ----------
    stream
        Of a sensor whose recording begins with two seconds of quiet standing.
    at_s, over_s
        When the strap begins to slip, and how long it slips.
    turn_deg, tilt_deg
        How far the sensor turns about the vertical of the standing person, and tilts against it.
        Rotation only; that the strap also slides down the limb is left away.

    Returns
    -------
    SensorStream
        The same samples until the slip; after it they are those of the turned sensor. The
        magnetometer, where there is one, turns along.

    Raises
    ------
    InputError
        If the stream does not begin with samples that tell where up is.

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
    # The axis of the slip is the same before and after it, so its rate simply adds. (Arrays are
    # copied: scipy does not rotate read-only ones.)
    turned = Rotation.from_rotvec(share[:, None] * slip)
    return SensorStream(
        time_s=stream.time_s,
        acc=turned.apply(np.array(stream.acc), inverse=True),
        gyr=turned.apply(np.array(stream.gyr), inverse=True) + rate_per_s[:, None] * slip,
        mag=None if stream.mag is None else turned.apply(np.array(stream.mag), inverse=True),
        sensor_id=stream.sensor_id,
    )


def _slip_rotvec(stream: SensorStream, *, turn_deg: float, tilt_deg: float) -> FloatArray:
    early = stream.acc[stream.time_s < stream.time_s[0] + _REST_S] if stream.time_s.size else []
    felt = np.mean(early, axis=0) if len(early) else np.zeros(3)
    size = float(np.linalg.norm(felt))
    if not size > 0.0:
        raise InputError(
            "Expected a recording that begins with quiet standing to let a strap slip in, found "
            "no acceleration there; put standing first."
        )
    up: FloatArray = felt / size
    across = np.cross(up, np.eye(3)[np.argmin(np.abs(up))])
    across /= np.linalg.norm(across)
    tilted = Rotation.from_rotvec(np.radians(tilt_deg) * across)
    turned = Rotation.from_rotvec(np.radians(turn_deg) * up)
    slip: FloatArray = (turned * tilted).as_rotvec()
    return slip
