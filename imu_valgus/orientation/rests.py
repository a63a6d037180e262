"""Levels orientations at rests, where the accelerometer feels gravity and nothing else."""

from typing import Final

import numpy as np
from scipy.ndimage import uniform_filter1d
from scipy.spatial.transform import Rotation

from imu_valgus.model import FloatArray
from imu_valgus.rotations import compose

_WINDOW_S: Final = 0.5
_CALM_M_S2: Final = 0.25
"""A window rests when the specific force, turned to earth, varies by less: standing people reach
0.1, slow bending 0.5."""

_SLOW_RAD_S: Final = float(np.deg2rad(15.0))
"""Faster turning is no rest, however steady."""

_SPREAD_S: Final = 2.0
"""Length of the moving average, taken three times, that spreads a rest's correction around it."""

_REST_WEIGHT: Final = 20.0
"""Trust in a sample at rest over the filter's own tilt in movement."""


def level_at_rests(
    to_earth: Rotation, gyr: FloatArray, acc: FloatArray, rate_hz: float
) -> Rotation:
    """Bring the vertical of a filter's result to that of the specific force at rests.

    A filter averages gravity over seconds, so a rest just before or after walking is tilted by the
    acceleration of setting off and stopping. Here the tilt error seen at rests is taken off, fading
    out over some seconds of movement around them. Headings stay.

    Parameters
    ----------
    to_earth
        n sensor-to-earth rotations of any engine.
    gyr, acc
        Angular velocity in rad/s and specific force in m/s², shape (n, 3); finite.
    rate_hz
        Sampling rate.

    Returns
    -------
    Rotation
        n rotations; those of the engine where nothing rests nearby.
    """
    force = to_earth.apply(np.array(acc))
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
    """Three moving averages: near a bell, and as quick for any length."""
    window = max(round(_SPREAD_S * rate_hz), 1)
    for _ in range(3):
        values = uniform_filter1d(values, window, axis=0, mode="constant")
    return values
