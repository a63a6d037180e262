"""Compute the frontal-plane projection angle, as a camera in front sees it, from joint angles."""

import numpy as np

from imu_valgus.conventions import FLEXION_SIGN
from imu_valgus.model import FloatArray, Joint, Side


def frontal_projection_deg(
    hip_deg: FloatArray, knee_deg: FloatArray, *, joint: Joint, side: Side
) -> FloatArray:
    """Project the long axes of thigh and shank onto the frontal plane and return their angle.

    Parameters
    ----------
    hip_deg
        Flexion, adduction and internal rotation of the hip, or of the femur where no pelvis sensor
        is worn, shape (n, 3). The frontal plane is that of the pelvis, or the one that faces as in
        neutral stance.
    knee_deg
        The same angles of the knee, shape (n, 3).
    joint
        ``Joint.HIP`` or ``Joint.FEMUR``, whichever `hip_deg` holds.
    side
        Side of the leg.

    Returns
    -------
    ndarray, shape (n,)
        Degrees; positive where the knee lies medial of the line from hip to ankle (valgus), NaN
        where an angle is not known.

    Examples
    --------
    >>> straight = np.zeros((1, 3))
    >>> valgus = np.array([[0.0, -6.0, 0.0]])
    >>> frontal_projection_deg(straight, valgus, joint=Joint.HIP, side=Side.LEFT).round(6)
    array([6.])
    """
    thigh = _long_axis(hip_deg, joint, side)
    shank = _turned_by(hip_deg, _long_axis(knee_deg, Joint.KNEE, side), joint, side)
    known = np.isfinite(hip_deg).all(axis=1) & np.isfinite(knee_deg).all(axis=1)
    return np.where(known, _medial_lean(thigh, side) - _medial_lean(shank, side), np.nan)


def _long_axis(angles_deg: FloatArray, joint: Joint, side: Side) -> FloatArray:
    """Distal long axis in the proximal frame, shape (3, n); axial rotation does not change it."""
    about_z, about_x, _ = _turns(angles_deg, joint, side)
    in_plane = np.cos(about_x)
    return np.array([-np.sin(about_z) * in_plane, np.cos(about_z) * in_plane, np.sin(about_x)])


def _turned_by(angles_deg: FloatArray, vector: FloatArray, joint: Joint, side: Side) -> FloatArray:
    """Turn a vector from the distal into the proximal frame by Rz · Rx · Ry, written out."""
    about_z, about_x, about_y = _turns(angles_deg, joint, side)
    x = np.cos(about_y) * vector[0] + np.sin(about_y) * vector[2]
    z = np.cos(about_y) * vector[2] - np.sin(about_y) * vector[0]
    y = np.cos(about_x) * vector[1] - np.sin(about_x) * z
    z = np.sin(about_x) * vector[1] + np.cos(about_x) * z
    return np.array(
        [
            np.cos(about_z) * x - np.sin(about_z) * y,
            np.sin(about_z) * x + np.cos(about_z) * y,
            z,
        ]
    )


def _turns(angles_deg: FloatArray, joint: Joint, side: Side) -> FloatArray:
    """Return the turns about z, x and y in radians, shape (3, n)."""
    signs = np.array([FLEXION_SIGN[joint], side.sign, side.sign])
    return np.asarray(np.radians(angles_deg * signs).T)


def _medial_lean(long_axis: FloatArray, side: Side) -> FloatArray:
    """Lean of the distal end towards the midline in the frontal plane of the reference, degrees."""
    return np.asarray(np.degrees(np.arctan2(side.sign * long_axis[2], long_axis[1])))
