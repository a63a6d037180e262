"""Grood-Suntay angles of a joint from the orientations of its two segments, with uncertainty.

The joint coordinate system (Grood and Suntay 1983, doi:10.1115/1.3138397; ISB: Wu et al. 2002,
doi:10.1016/S0021-9290(01)00222-6): flexion about the proximal z axis, adduction about the
floating axis, internal rotation about the distal y axis. All signs are applied here and nowhere
else, from ``conventions.FLEXION_SIGN`` and ``Side.sign``.
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from imu_valgus.conventions import EULER_SEQUENCE, FLEXION_SIGN
from imu_valgus.model import FloatArray, Joint, JointAngles, OrientationSeries, Side
from imu_valgus.rotations import compose

_UP = np.array([0.0, 0.0, 1.0])
_FASTEST_RAD_S = 30.0
"""Faster rates are jumps of an angle by a whole turn."""


@dataclass(frozen=True, slots=True, eq=False)
class AxialErrors:
    """Uncertainty of a segment about its long axis because of moving skin.

    Parameters
    ----------
    level_sd_rad
        Standard uncertainty of the level, beyond that of the frame, shape (n,).
    change_sd_rad
        Standard uncertainty of the change since neutral stance, shape (n,).
    """

    level_sd_rad: FloatArray
    change_sd_rad: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class OrientationErrors:
    """Errors from which the uncertainty of one joint's angles is propagated.

    Parameters
    ----------
    proximal_frame_rad2, distal_frame_rad2
        Covariance of the segment frames about their own axes, shape (3, 3).
    heading_sd_rad, heading_change_sd_rad
        Standard uncertainty of the relative heading, as a level and relative to neutral stance,
        shape (n,).
    inclination_sd_rad
        Standard uncertainty of each segment's inclination to gravity.
    is_distal_zeroed
        Whether the distal frame was turned about its long axis so that neutral stance has no
        rotation. An axial error of the proximal frame then turns the distal one along with it.
    clock_sd_s
        Standard uncertainty of the offset between the clocks of the two sensors.
    proximal_skin, distal_skin
        Errors of either segment because of moving skin; None if nothing is known of them.
    """

    proximal_frame_rad2: FloatArray
    distal_frame_rad2: FloatArray
    heading_sd_rad: FloatArray
    heading_change_sd_rad: FloatArray
    inclination_sd_rad: float
    is_distal_zeroed: bool
    clock_sd_s: float = 0.0
    proximal_skin: AxialErrors | None = None
    distal_skin: AxialErrors | None = None


def estimate_joint_angles(
    proximal: OrientationSeries,
    distal: OrientationSeries,
    *,
    joint: Joint,
    side: Side,
    errors: OrientationErrors | None,
) -> JointAngles:
    """Estimate the three clinical angles of a joint and their standard uncertainty.

    Parameters
    ----------
    proximal, distal
        Segment-to-earth orientations that share one heading; for ``Joint.FEMUR`` `proximal` is
        the upright reference frame that faces the neutral stance or the walking direction.
    joint, side
        Joint and side of the body, which decide the signs.
    errors
        Errors to propagate to first order; with None the uncertainties are NaN.

    Returns
    -------
    JointAngles
        Angles and uncertainties in degrees; NaN where either segment is not known.

    Raises
    ------
    ValueError
        If the two series do not have the same length.
    """
    if len(proximal) != len(distal):
        raise ValueError(
            f"Both series need an equal length, but have {len(proximal)} and {len(distal)} samples."
        )
    distal_to_proximal = compose(proximal.to_earth.inv(), distal.to_earth)
    turns = distal_to_proximal.as_euler(EULER_SEQUENCE)
    signs = np.array([FLEXION_SIGN[joint], side.sign, side.sign])
    is_known = (proximal.is_known & distal.is_known)[:, None]
    angles_deg = np.where(is_known, np.degrees(turns) * signs, np.nan)
    if errors is None:
        unknown = np.full_like(angles_deg, np.nan)
        return JointAngles(joint, side, proximal.time_s, angles_deg, unknown, unknown)
    by_clock = _clock_variance(
        np.where(is_known, turns, np.nan), proximal.time_s, errors.clock_sd_s
    )
    level, change = (
        variance + by_clock
        for variance in _angle_variances(proximal.to_earth, distal_to_proximal, turns, errors)
    )
    return JointAngles(
        joint,
        side,
        proximal.time_s,
        angles_deg,
        np.where(is_known, np.degrees(np.sqrt(level)), np.nan),
        np.where(is_known, np.degrees(np.sqrt(change)), np.nan),
    )


def _angle_variances(
    proximal_to_earth: Rotation,
    distal_to_proximal: Rotation,
    turns: FloatArray,
    errors: OrientationErrors,
) -> tuple[FloatArray, FloatArray]:
    """Propagate small rotations of frames, heading and inclination to the angles.

    Returns the variances of the level and of the change since neutral stance, shape (n, 3) each.
    The effect that a constant error of a frame has in neutral stance cancels in the change.
    """
    to_angles = _rates_to_angles(turns)
    up_in_proximal = proximal_to_earth.inv().apply(_UP)
    relative = distal_to_proximal.as_matrix()
    # A small rotation d of the distal frame acts as R·d, one p of the proximal frame as −p.
    from_distal = to_angles @ relative
    from_proximal = -to_angles
    from_heading = np.einsum("nij,nj->ni", to_angles, up_in_proximal)
    skin_level, skin_change = _skin_variances(from_proximal, from_distal, errors)
    if errors.is_distal_zeroed:
        from_proximal[:, :, 1] += from_distal[:, :, 1]
    # Inclinations err about horizontal axes: the whole of a rotation but its vertical part.
    about_any_axis = np.sum(to_angles**2, axis=2) - from_heading**2
    both = 2.0 * errors.inclination_sd_rad**2 * about_any_axis
    neutral = _rates_to_angles(np.zeros((1, 3)))[0]
    neutral_proximal = -neutral
    if errors.is_distal_zeroed:
        neutral_proximal[:, 1] += neutral[:, 1]
    level, change = both.copy(), both
    for jacobian, in_neutral, covariance in (
        (from_distal, neutral, errors.distal_frame_rad2),
        (from_proximal, neutral_proximal, errors.proximal_frame_rad2),
    ):
        level += _quadratic_form(jacobian, covariance)
        change += _quadratic_form(jacobian - in_neutral, covariance)
    level += (from_heading * errors.heading_sd_rad[:, None]) ** 2
    change += (from_heading * errors.heading_change_sd_rad[:, None]) ** 2
    return level + skin_level, change + skin_change


def _clock_variance(turns: FloatArray, time_s: FloatArray, clock_sd_s: float) -> FloatArray:
    """Variance from the clock offset: an angle is wrong by its rate times the offset, (n, 3)."""
    if len(time_s) < 2:
        return np.zeros_like(turns)
    rates = np.gradient(turns, time_s, axis=0)
    # Next to a gap, and where an angle jumps by a whole turn, the rate is not known.
    return np.where(np.abs(rates) < _FASTEST_RAD_S, (rates * clock_sd_s) ** 2, 0.0)


def _skin_variances(
    from_proximal: FloatArray, from_distal: FloatArray, errors: OrientationErrors
) -> tuple[FloatArray, FloatArray]:
    """Variances from skin that twists about the long axes, level and change, (n, 3) each."""
    level, change = np.zeros(from_proximal.shape[:2]), np.zeros(from_proximal.shape[:2])
    for jacobian, skin in (
        (from_proximal, errors.proximal_skin),
        (from_distal, errors.distal_skin),
    ):
        if skin is not None:
            effect = jacobian[:, :, 1] ** 2
            level += effect * skin.level_sd_rad[:, None] ** 2
            change += effect * skin.change_sd_rad[:, None] ** 2
    return level, change


def _quadratic_form(jacobian: FloatArray, covariance: FloatArray) -> FloatArray:
    """Diagonal of J C Jᵀ for n Jacobians, by a square root of C, shape (n, 3)."""
    values, directions = np.linalg.eigh(covariance)
    root = directions * np.sqrt(np.maximum(values, 0.0))
    return np.asarray(np.sum((jacobian @ root) ** 2, axis=2))


def _rates_to_angles(turns: FloatArray) -> FloatArray:
    """Return the matrices that map a small rotation (proximal axes) to the three Euler angles.

    The rows are the dual basis of the joint's axes: proximal z, floating x, distal y. Singular at
    ±90° of adduction, far beyond what a leg does; the uncertainty grows without bound there.
    """
    about_z, about_x = turns[:, 0], turns[:, 1]
    sin_z, cos_z = np.sin(about_z), np.cos(about_z)
    sin_x, cos_x = np.sin(about_x), np.cos(about_x)
    cos_x = np.where(np.abs(cos_x) < 1e-6, 1e-6, cos_x)
    tan_x = sin_x / cos_x
    zeros, ones = np.zeros_like(sin_z), np.ones_like(sin_z)
    rows = [
        [sin_z * tan_x, -cos_z * tan_x, ones],
        [cos_z, sin_z, zeros],
        [-sin_z / cos_x, cos_z / cos_x, zeros],
    ]
    return np.moveaxis(np.array(rows), 2, 0)
