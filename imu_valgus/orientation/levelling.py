"""The first tilt of a run, from the specific force of its first seconds in any movement."""

from typing import Final

import numpy as np
from scipy.spatial.transform import Rotation

from imu_valgus.model import FloatArray
from imu_valgus.rotations import compose, rotate

LEVELLING_S: Final = 3.0
"""Time whose specific force gives the first tilt: two or three strides, or standing still.

Accelerations of the body average out, and a bias of 0.5 deg/s still turns the average by less than
one degree.
"""


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
