"""Level orientations at rests, where the accelerometer feels only gravity."""

from typing import Final

import numpy as np
from scipy.ndimage import uniform_filter1d
from scipy.spatial.transform import Rotation

from imu_valgus.model import FloatArray
from imu_valgus.rotations import compose, rotate

_WINDOW_S: Final = 0.5
_CALM_M_S2: Final = 0.25
"""Largest variation of the specific force in earth in a window of rest. Standing people reach 0.1,
slow bending 0.5."""

_SLOW_RAD_S: Final = float(np.deg2rad(15.0))
"""Faster turning is not rest, however steady it is."""

_SPREAD_S: Final = 2.0
"""Length of the moving average, applied three times, that spreads the correction at a rest."""

_REST_WEIGHT: Final = 20.0
"""Weight of a sample at rest against the filter's own tilt in movement."""


def level_at_rests(
    to_earth: Rotation, gyr: FloatArray, acc: FloatArray, rate_hz: float
) -> Rotation:
    """Align a filter's vertical with the specific force at rests.

    A filter averages gravity over seconds, so a rest just before or after walking is tilted by the
    acceleration of setting off and stopping. Here the tilt error at rests is removed, fading out
    over some seconds of movement around them. Headings do not change.

    Parameters
    ----------
    to_earth
        n sensor-to-earth rotations from any engine.
    gyr, acc
        Angular velocity in rad/s and specific force in m/s², shape (n, 3); finite.
    rate_hz
        Sampling rate.

    Returns
    -------
    Rotation
        n rotations; those of the engine unless there is a rest nearby.
    """
    force = rotate(to_earth, acc)
    length = np.linalg.norm(force, axis=1, keepdims=True)
    is_rest = (_deviation(force, rate_hz) < _CALM_M_S2) & (length[:, 0] > 0)
    is_rest &= np.linalg.norm(gyr, axis=1) < _SLOW_RAD_S
    if not is_rest.any():
        return to_earth
    up = np.divide(force, length, out=np.zeros_like(force), where=length > 0)
    error = np.where(is_rest[:, None], np.cross(up, [0.0, 0.0, 1.0]), 0.0)
    weight = np.where(is_rest, _REST_WEIGHT, 1.0)[:, None]
    correction = _spread(error * weight, rate_hz) / _spread(weight, rate_hz)
    return compose(Rotation.from_rotvec(correction), to_earth)


def _deviation(force: FloatArray, rate_hz: float) -> FloatArray:
    """Root mean square length of the deviation from the mean in a window around each sample."""
    window = max(min(round(_WINDOW_S * rate_hz), len(force)), 1)
    centred = force - force.mean(axis=0)
    mean = uniform_filter1d(centred, window, axis=0, mode="nearest")
    square = uniform_filter1d(centred**2, window, axis=0, mode="nearest")
    return np.asarray(np.sqrt(np.maximum((square - mean**2).sum(axis=1), 0.0)))


def _spread(values: FloatArray, rate_hz: float) -> FloatArray:
    """Apply three moving averages: close to a bell curve, and equally fast for any length."""
    window = max(round(_SPREAD_S * rate_hz), 1)
    for _ in range(3):
        values = uniform_filter1d(values, window, axis=0, mode="constant")
    return values
