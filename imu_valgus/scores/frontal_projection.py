"""The frontal-plane projection angle from joint angles: what a camera in front would measure."""

import numpy as np
from scipy.spatial.transform import Rotation

from imu_valgus.conventions import EULER_SEQUENCE, FLEXION_SIGN
from imu_valgus.model import FloatArray, Joint, Side
from imu_valgus.rotations import compose


def frontal_projection_deg(
    hip_deg: FloatArray, knee_deg: FloatArray, *, joint: Joint, side: Side
) -> FloatArray:
    """Project the long axes of thigh and shank on the frontal plane and measure their angle.

    Parameters
    ----------
    hip_deg
        Flexion, adduction and internal rotation of the hip, or of the femur where no pelvis sensor
        is worn, shape (n, 3). The frontal plane is that of the pelvis, or that which faces the
        neutral stance.
    knee_deg
        The same of the knee, shape (n, 3).
    joint
        ``Joint.HIP`` or ``Joint.FEMUR``.
    side
        Which leg.

    Returns
    -------
    ndarray, shape (n,)
        Degrees; positive when the knee lies medial of the line from hip to ankle (valgus). NaN
        where an angle is not known.

    Examples
    --------
    >>> straight = np.zeros((1, 3))
    >>> valgus = np.array([[0.0, -6.0, 0.0]])
    >>> frontal_projection_deg(straight, valgus, joint=Joint.HIP, side=Side.LEFT).round(6)
    array([6.])
    """
    thigh = _rotation(hip_deg, joint, side)
    shank = compose(thigh, _rotation(knee_deg, Joint.KNEE, side))
    known = np.isfinite(hip_deg).all(axis=1) & np.isfinite(knee_deg).all(axis=1)
    return np.where(known, _medial_lean(thigh, side) - _medial_lean(shank, side), np.nan)


def _rotation(angles_deg: FloatArray, joint: Joint, side: Side) -> Rotation:
    signs = np.array([FLEXION_SIGN[joint], side.sign, side.sign])
    return Rotation.from_euler(EULER_SEQUENCE, np.nan_to_num(angles_deg) * signs, degrees=True)


def _medial_lean(segment: Rotation, side: Side) -> FloatArray:
    """Lean of the distal end towards the midline in the frontal plane of the reference, degrees."""
    long_axis = segment.as_matrix()[:, :, 1]
    return np.asarray(np.degrees(np.arctan2(side.sign * long_axis[:, 2], long_axis[:, 1])))
