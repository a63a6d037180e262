"""Level orientations by the specific force: at the start of a run, and at rests.

At the start this works in any movement. At rests the accelerometer feels only gravity.
"""

from typing import Final

import numpy as np
from scipy.ndimage import uniform_filter1d
from scipy.spatial.transform import Rotation

from imu_valgus.model import FloatArray
from imu_valgus.rotations import compose, rotate

LEVELLING_S: Final = 3.0
"""Time whose specific force gives the first tilt: two or three strides, or standing still.

Accelerations of the body average out, and a bias of 0.5 deg/s still turns the average by less than
one degree.
"""

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


def level_from_motion(gyr: FloatArray, acc: FloatArray, rate_hz: float) -> Rotation:
    """Estimate the sensor-to-earth tilt just before the first sample.

    The gyroscope carries every specific force back into the frame of the first moment. There
    gravity is constant and the accelerations of a moving body average out (inertial-frame
    averaging, as in Laidig and Seel 2023, doi:10.1016/j.inffus.2022.10.014).

    Parameters
    ----------
    gyr, acc
        Angular velocity in rad/s and specific force in m/s² of the first seconds, shape (n, 3),
        n ≥ 1; finite. Sample k of the gyroscope is the mean rate since sample k − 1.
    rate_hz
        Sampling rate.

    Returns
    -------
    Rotation
        Single, of least angle: z up, heading arbitrary. The identity if all forces are zero.
    """
    to_first = running_product(gyr, rate_hz)
    # A window that fades in and out leaves less of a rhythm than a plain mean.
    weight = np.hanning(len(acc) + 2)[1:-1]
    return tilt_from_gravity(weight @ rotate(to_first, acc) / weight.sum())


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


def tilt_from_gravity(acc: FloatArray) -> Rotation:
    """Find the rotation of least angle that turns a specific force to the vertical.

    Parameters
    ----------
    acc
        Specific force, shape (3,); zero gives the identity.

    Returns
    -------
    Rotation
        Single sensor-to-earth rotation: z up, heading arbitrary.

    Examples
    --------
    >>> import numpy as np
    >>> tilt_from_gravity(np.array([9.81, 0.0, 0.0])).apply([1.0, 0.0, 0.0]).round(6)
    array([0., 0., 1.])
    """
    length = float(np.linalg.norm(acc))
    if length == 0.0:
        return Rotation.identity()
    up = acc / length
    axis = np.cross(up, [0.0, 0.0, 1.0])
    sine = float(np.linalg.norm(axis))
    if sine < 1e-9:  # parallel to the vertical: any horizontal axis serves
        return Rotation.identity() if up[2] > 0 else Rotation.from_rotvec([np.pi, 0.0, 0.0])
    return Rotation.from_rotvec(axis / sine * np.arctan2(sine, up[2]))


def running_product(gyr: FloatArray, rate_hz: float) -> Rotation:
    """Integrate angular velocity to rotations from each sample to the frame before the first.

    Parameters
    ----------
    gyr
        Angular velocity in rad/s, shape (n, 3), n ≥ 1; constant over the period before a sample.
    rate_hz
        Sampling rate.

    Returns
    -------
    Rotation
        Series of n, computed by doubling without a loop over samples.
    """
    product = Rotation.from_rotvec(gyr / rate_hz)
    reach = 1
    while reach < len(product):
        longer = compose(product[:-reach], product[reach:])
        product = Rotation.concatenate([product[:reach], longer])
        reach *= 2
    return product


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
