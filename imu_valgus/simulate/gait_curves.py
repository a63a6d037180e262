"""Walking curves: key values over the gait cycle, and periodic splines through them.

Key values of the hip's and knee's frontal and transverse planes, knee flexion and pelvis follow
the means of Schwartz, Rozumalski and Trost (2008), doi:10.1016/j.jbiomech.2008.03.015, rounded;
the knee's frontal swing bump, mostly cross-talk of the measurement, is halved. Thigh inclination
and foot pitch are own choices of textbook size. All for toe-off at 60 % of the cycle. The sagittal
curves are adapted to the person by ``gait_cycle``; knee flexion in swing is drawn a little high
because that fit lowers it.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from scipy.interpolate import CubicSpline

from imu_valgus.model import FloatArray

REFERENCE_TOE_OFF: Final = 0.60

LEG_KEYS: Final[Mapping[str, tuple[tuple[float, float], ...]]] = {
    "thigh_inclination": (
        (0, 25.5), (8, 23.5), (20, 13.0), (30, 2.5), (40, -9.0), (50, -18.0), (55, -18.0),
        (62, -10.5), (70, 7.0), (80, 24.0), (88, 29.5), (95, 27.5),
    ),
    "hip_adduction": (
        (0, -1.5), (10, 3.5), (18, 5.0), (30, 3.2), (40, 2.4), (50, 0.8), (58, -4.2), (66, -7.0),
        (80, -3.2), (90, -2.2),
    ),
    "hip_rotation": (
        (0, -2.7), (10, 0.6), (20, -0.5), (30, -1.4), (40, -1.9), (50, -3.0), (61, -5.2),
        (70, -3.2), (81, 1.1), (90, -2.0),
    ),
    "knee_flexion": (
        (0, 5.5), (6, 13.5), (13, 18.5), (20, 16.0), (30, 9.5), (40, 6.0), (50, 13.0), (60, 40.0),
        (66, 56.0), (72, 62.0), (80, 51.5), (88, 24.0), (96, 5.0),
    ),
    "knee_adduction": (
        (0, 0.1), (10, 0.7), (20, 0.6), (30, -0.1), (40, 0.2), (50, -0.4), (66, -1.4), (81, 2.3),
        (90, 0.7),
    ),
    "knee_rotation": (
        (0, -2.1), (10, 2.8), (20, 3.6), (30, 4.9), (40, 6.0), (51, 8.2), (60, 5.0), (70, 4.8),
        (80, -0.6), (87, -2.5),
    ),
    "foot_pitch": (
        (0, 17.0), (4, 9.5), (8, 2.0), (12, 0.0), (20, 0.0), (30, 0.0), (38, -1.5), (44, -6.0),
        (50, -16.0), (55, -30.0), (60, -48.0), (66, -62.0), (72, -54.0), (80, -22.0), (86, 3.0),
        (93, 19.0), (97, 20.5),
    ),
}  # fmt: skip
"""Per cent of the cycle and degrees; thigh inclination and foot pitch against the vertical."""

PELVIS_KEYS: Final[Mapping[str, tuple[tuple[float, float], ...]]] = {
    "obliquity": ((0, 0.0), (8, 3.0), (16, 4.1), (26, 2.6), (38, 0.9)),
    "rotation": ((0, 4.2), (12, 3.4), (25, 0.3), (38, -2.6)),
}
"""First half of the cycle; the second half has the opposite sign. Right leg's phase."""


def periodic_curve(keys: tuple[tuple[float, float], ...]) -> CubicSpline:
    """Periodic spline through key values; the argument is the phase in cycles."""
    at = np.array([k[0] for k in keys] + [100.0]) / 100.0
    values = np.array([k[1] for k in keys] + [keys[0][1]])
    return CubicSpline(at, values, bc_type="periodic")


def pelvis_curve(keys: tuple[tuple[float, float], ...]) -> CubicSpline:
    """Periodic spline whose second half is the opposite of the first."""
    both = keys + tuple((at + 50.0, -value) for at, value in keys)
    return periodic_curve(both)


def reference_phase(phase: FloatArray, *, toe_off: float) -> FloatArray:
    """Stretch the cycle so that toe-off at `toe_off` reads the curves at their own toe-off."""
    swell = (1.0 - np.cos(2.0 * np.pi * phase)) / (1.0 - np.cos(2.0 * np.pi * toe_off))
    return np.asarray(phase + (REFERENCE_TOE_OFF - toe_off) * swell, dtype=np.float64)
