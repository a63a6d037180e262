"""The one truth about frames, axes, signs, units and names.

Frames
    ``sensor``: as the maker printed it on the case, right-handed.
    ``segment``: ISB axes on both legs: **x anterior, y proximal (up in standing), z right**
    (Wu et al. 2002, doi:10.1016/S0021-9290(01)00222-6). The left leg is not a reflected frame.
    ``earth``: z up, heading arbitrary but fixed during a recording.

Rotations
    Named ``<from>_to_<to>``: ``shank_to_thigh = earth_to_thigh * shank_to_earth``.

Joint angles (Grood and Suntay 1983, doi:10.1115/1.3138397)
    ``distal_to_proximal.as_euler("ZXY")`` gives turns about the proximal z axis, the floating
    x axis and the distal y axis. :data:`FLEXION_SIGN` and ``Side.sign`` turn them into clinical
    angles: flexion, adduction (varus, inversion) and internal rotation positive on both sides.

Units
    SI and radians inside; degrees only in joint angles and scores; units in column names.
"""

from typing import Final

GRAVITY_M_S2: Final = 9.81
"""Magnitude of the specific force at rest; the plain session format is defined with it."""

ANALYSIS_RATE_HZ: Final = 100.0
"""Rate of the common clock that a recording is brought onto."""

LONGEST_BRIDGED_GAP_S: Final = 0.1
"""No value is ever interpolated over a longer gap."""

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
"""A positive turn about z (right) swings the distal end forwards: hip flexion, but knee extension.

At the ankle it lifts the toes: dorsiflexion is flexion.
"""

MOTIONS: Final = ("flexion", "adduction", "internal_rotation")
"""Order of the three clinical angles wherever they stand in one array, axis −1."""

SOFTWARE_NAME: Final = "imu_valgus"
RESULT_SCHEMA: Final = "imu-valgus analysis 1"


def angle_column(joint: str, motion: str, side: str) -> str:
    """Name the column of one joint angle.

    Examples
    --------
    >>> angle_column("knee", "internal_rotation", "right")
    'knee_internal_rotation_right_deg'
    """
    return f"{joint}_{motion}_{side}_deg"


def angle_sd_column(joint: str, motion: str, side: str) -> str:
    """Name the column of the standard uncertainty of one joint angle.

    Examples
    --------
    >>> angle_sd_column("knee", "flexion", "left")
    'knee_flexion_left_sd_deg'
    """
    return f"{joint}_{motion}_{side}_sd_deg"
