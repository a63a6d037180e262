"""Conventions for frames, axes, signs, units and column names, used throughout the package.

Frames
    ``sensor``: right-handed axes as printed on the case.
    ``segment``: ISB axes on both legs: **x anterior, y proximal (up in standing), z right**
    (Wu et al. 2002, doi:10.1016/S0021-9290(01)00222-6). The left leg's frame is not mirrored.
    ``earth``: z up, heading arbitrary but fixed during a recording.

Rotations
    Named ``<from>_to_<to>``: ``shank_to_thigh = earth_to_thigh * shank_to_earth``.

Joint angles (Grood and Suntay 1983, doi:10.1115/1.3138397)
    ``distal_to_proximal.as_euler("ZXY")`` gives the rotations about the proximal z axis, the
    floating x axis and the distal y axis. :data:`FLEXION_SIGN` and ``Side.sign`` turn them into
    clinical angles: flexion, adduction (varus, inversion) and internal rotation are positive on
    both sides.

Units
    SI units and radians inside; degrees only in joint angles and scores. Column names hold units.
"""

from typing import Final

GRAVITY_M_S2: Final = 9.81
"""Magnitude of the specific force at rest; the plain session format relies on this value."""

ANALYSIS_RATE_HZ: Final = 100.0
"""Rate of the common clock to which all sensors of a recording are resampled."""

LONGEST_BRIDGED_GAP_S: Final = 0.1
"""Longest gap over which values are interpolated."""

TIME_COLUMN: Final = "time_s"
ACC_COLUMNS: Final = ("acc_x_m_s2", "acc_y_m_s2", "acc_z_m_s2")
GYR_COLUMNS: Final = ("gyr_x_rad_s", "gyr_y_rad_s", "gyr_z_rad_s")
MAG_COLUMNS: Final = ("mag_x_uT", "mag_y_uT", "mag_z_uT")

PLAIN_SESSION_FORMAT: Final = "imu-valgus plain session 1"
RECORDED_SESSION_FORMAT: Final = "imu-valgus recorded session 1"
SESSION_FILE: Final = "session.toml"

EULER_SEQUENCE: Final = "ZXY"
"""Intrinsic: flexion about proximal z, adduction about floating x, rotation about distal y."""

FLEXION_SIGN: Final = {"hip": 1.0, "femur": 1.0, "knee": -1.0, "ankle": 1.0}
"""A positive rotation about z (right) swings the distal end forwards: hip flexion, knee extension.

At the ankle it lifts the toes: dorsiflexion counts as flexion.
"""

MOTIONS: Final = ("flexion", "adduction", "internal_rotation")
"""Order of the three clinical angles along axis −1 of every array that holds them."""

SOFTWARE_NAME: Final = "imu_valgus"
RESULT_SCHEMA: Final = "imu-valgus analysis 1"


def angle_column(joint: str, motion: str, side: str) -> str:
    """Build the column name of one joint angle.

    Parameters
    ----------
    joint, motion, side
        Values of `Joint` and `Side`, and one of `MOTIONS`.

    Returns
    -------
    str
        Column name, which ends in the unit.

    Examples
    --------
    >>> angle_column("knee", "internal_rotation", "right")
    'knee_internal_rotation_right_deg'
    """
    return f"{joint}_{motion}_{side}_deg"


def angle_sd_column(joint: str, motion: str, side: str) -> str:
    """Build the column name of a joint angle's standard uncertainty.

    Parameters
    ----------
    joint, motion, side
        As for `angle_column`.

    Returns
    -------
    str
        Column name, which ends in the unit.

    Examples
    --------
    >>> angle_sd_column("knee", "flexion", "left")
    'knee_flexion_left_sd_deg'
    """
    return f"{joint}_{motion}_{side}_sd_deg"
