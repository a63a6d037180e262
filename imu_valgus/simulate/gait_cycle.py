"""The walking cycle: published curves, the sagittal ones fitted to one body and pace.

Key values of frontal and transverse hip and knee angles, knee flexion and pelvis follow the means
of Schwartz, Rozumalski and Trost (2008), doi:10.1016/j.jbiomech.2008.03.015, rounded. The bump of
knee adduction in swing, mostly cross-talk of the measurement, is halved. Thigh inclination and foot
pitch are our choices of textbook size. All hold for toe-off at 60 % of the cycle; periodic splines
run through them.

The published curves belong to legs of other lengths. A least-squares fit moves thigh inclination,
knee flexion and foot pitch as little as possible so that the planted heel and ball stay in place
while the hips travel smoothly. That makes the simulated accelerations those of a body that walks on
a floor. Knee flexion in swing is drawn a little high because the fit lowers it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.optimize import least_squares

from imu_valgus.model import FloatArray
from imu_valgus.simulate.chain import BALL_AHEAD_OF_ANKLE, HEEL_BEHIND_ANKLE
from imu_valgus.simulate.pose import ramp


@dataclass(frozen=True, slots=True)
class Walker:
    """Body and pace that a cycle is fitted to.

    Parameters
    ----------
    thigh_m, shank_m, foot_m, ankle_m, hip_distance_m
        Lengths of thigh, shank and foot, height of the ankle, distance of the hip centres.
    toe_off
        Toe-off as a share of the stride.
    sagittal_gain, frontal_gain
        Factors on the reference curves.
    """

    thigh_m: float
    shank_m: float
    foot_m: float
    ankle_m: float
    hip_distance_m: float
    toe_off: float
    sagittal_gain: float
    frontal_gain: float


@dataclass(frozen=True, slots=True, eq=False)
class SagittalCycle:
    """Periodic curves in degrees over the phase of one leg in cycles (0 at its initial contact).

    Parameters
    ----------
    thigh_inclination, knee_flexion, foot_pitch
        Curves of the leg; inclination and pitch are against the vertical and the floor.
    stride_length_m
        Distance the body travels in one cycle.
    """

    thigh_inclination: CubicSpline
    knee_flexion: CubicSpline
    foot_pitch: CubicSpline
    stride_length_m: float


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
"""Key values of a leg: per cent of the cycle, and degrees."""

PELVIS_KEYS: Final[Mapping[str, tuple[tuple[float, float], ...]]] = {
    "obliquity": ((0, 0.0), (8, 3.0), (16, 4.1), (26, 2.6), (38, 0.9)),
    "rotation": ((0, 4.2), (12, 3.4), (25, 0.3), (38, -2.6)),
}
"""Key values of the pelvis in the first half of the right leg's cycle; the second half has the
opposite sign."""

_N: Final = 100
_HARMONICS: Final = 8

# How far the fit may move things, as standard deviations; all our choices.
_FOOT_SD_M: Final = 0.02
_CHANGE_SD_DEG: Final = (1.5, 2.5, 5.0)  # thigh, knee, foot pitch
_TRAVEL_SD_M: Final = (0.015, 0.005)  # hips forwards, second and fourth harmonic
_HEAVE_SD_M: Final = (0.03, 0.005)  # hips up and down
_SURGE_M: Final = 0.009  # fastest in double support, slowest over the standing leg
_TOE_CLEARANCE_M: Final = 0.015

# Phases in cycles between which heel and ball carry the body, and the width of each change.
_FLAT_FROM: Final = 0.09
_HEEL_OFF: Final = 0.36
_EDGE: Final = 0.04


@lru_cache(maxsize=64)
def sagittal_cycle(walker: Walker) -> SagittalCycle:
    """Fit the sagittal curves to one walker.

    Parameters
    ----------
    walker
        Body and pace.

    Returns
    -------
    SagittalCycle
        Curves within a few degrees of the reference, and the stride length that they make.
    """
    problem = _Problem(walker)
    solution = least_squares(problem.residuals, problem.start(), method="lm", max_nfev=4000)
    curves = problem.curves(solution.x)
    at = np.arange(_N + 1) / _N
    thigh, knee, pitch = (CubicSpline(at, np.append(c, c[0]), bc_type="periodic") for c in curves)
    return SagittalCycle(
        thigh_inclination=thigh,
        knee_flexion=knee,
        foot_pitch=pitch,
        stride_length_m=float(solution.x[-1]),
    )


def periodic_curve(keys: tuple[tuple[float, float], ...]) -> CubicSpline:
    """Return the periodic spline through key values.

    Parameters
    ----------
    keys
        Per cent of the cycle, from 0 and rising, and the value there.

    Returns
    -------
    CubicSpline
        Function of the phase in cycles, with the unit of the values.
    """
    at = np.array([k[0] for k in keys] + [100.0]) / 100.0
    values = np.array([k[1] for k in keys] + [keys[0][1]])
    return CubicSpline(at, values, bc_type="periodic")


def pelvis_curve(keys: tuple[tuple[float, float], ...]) -> CubicSpline:
    """Return the periodic spline whose second half is the opposite of its first.

    Parameters
    ----------
    keys
        Per cent of the cycle, from 0 to below 50, and the value there.

    Returns
    -------
    CubicSpline
        Function of the phase in cycles, with the unit of the values.
    """
    both = keys + tuple((at + 50.0, -value) for at, value in keys)
    return periodic_curve(both)


def reference_phase(phase: FloatArray, *, toe_off: float) -> FloatArray:
    """Stretch phases so that toe-off reads the curves at the reference toe-off.

    Parameters
    ----------
    phase
        Phase of a leg in cycles, shape (n,).
    toe_off
        Toe-off as a share of the stride.

    Returns
    -------
    ndarray, shape (n,)
        Phases in cycles at which to read the reference curves.
    """
    swell = (1.0 - np.cos(2.0 * np.pi * phase)) / (1.0 - np.cos(2.0 * np.pi * toe_off))
    return np.asarray(phase + (REFERENCE_TOE_OFF - toe_off) * swell, dtype=np.float64)


class _Problem:
    """The fit: its unknowns are Fourier coefficients of three curves and of the hips' path."""

    def __init__(self, walker: Walker) -> None:
        self.walker = walker
        self.phase = np.arange(_N) / _N
        angle = 2.0 * np.pi * self.phase[:, None] * np.arange(1, _HARMONICS + 1)
        self.basis = np.concatenate([np.ones((_N, 1)), np.cos(angle), np.sin(angle)], axis=1)
        self.hips_basis = self.basis[:, [2, 4, _HARMONICS + 2, _HARMONICS + 4]]
        stretched = reference_phase(self.phase, toe_off=walker.toe_off)
        gain = walker.sagittal_gain
        gains = (gain, 1.0 + 0.35 * (gain - 1.0), 1.0 + 0.6 * (gain - 1.0))
        names = ("thigh_inclination", "knee_flexion", "foot_pitch")
        self.reference = np.stack(
            [g * periodic_curve(LEG_KEYS[n])(stretched) for g, n in zip(gains, names, strict=True)]
        )
        half = 0.5 * walker.hip_distance_m
        rotation = gain * pelvis_curve(PELVIS_KEYS["rotation"])(stretched)
        obliquity = walker.frontal_gain * pelvis_curve(PELVIS_KEYS["obliquity"])(stretched)
        self.hip_x = half * np.sin(np.radians(rotation))
        self.hip_z = half * np.sin(np.radians(obliquity))
        self.heel_carries, self.ball_carries = self._carrying()

    def _carrying(self) -> tuple[FloatArray, FloatArray]:
        phase, toe_off = self.phase, self.walker.toe_off
        scale = toe_off / 0.6
        heel = (ramp(phase / _EDGE + 0.5) + ramp((phase - 1.0) / _EDGE + 0.5)) * (
            1.0 - ramp((phase - _HEEL_OFF * scale) / _EDGE + 0.5)
        )
        ball = ramp((phase - _FLAT_FROM * scale) / _EDGE + 0.5)
        ball *= 1.0 - ramp((phase - toe_off) / (0.5 * _EDGE) + 0.5)
        return heel, ball

    def start(self) -> FloatArray:
        """Start from the reference curves, hips at leg height, and a stride of 1.5 leg lengths."""
        n_curves = 3 * self.basis.shape[1]
        leg = self.walker.thigh_m + self.walker.shank_m
        hips = np.zeros(2 * self.hips_basis.shape[1])
        return np.concatenate(
            [np.zeros(n_curves), hips, [0.98 * leg + self.walker.ankle_m, 0.5 * leg, 1.5 * leg]]
        )

    def curves(self, unknowns: FloatArray) -> FloatArray:
        """Thigh inclination, knee flexion, foot pitch in degrees, shape (3, n)."""
        width = self.basis.shape[1]
        change = unknowns[: 3 * width].reshape(3, width) @ self.basis.T
        return np.asarray(self.reference + change, dtype=np.float64)

    def residuals(self, unknowns: FloatArray) -> FloatArray:
        """Return foot slip, missing clearance and changes, each over its standard deviation."""
        walker, width = self.walker, self.basis.shape[1]
        hips = unknowns[3 * width : -3].reshape(2, -1)
        height, heel_at, stride = unknowns[-3:]
        hip_x = stride * self.phase + self.hips_basis @ hips[0] + self.hip_x
        hip_z = height + self.hips_basis @ hips[1] + self.hip_z
        thigh, knee, pitch = np.radians(self.curves(unknowns))
        shank = thigh - knee
        ankle_x = hip_x + walker.thigh_m * np.sin(thigh) + walker.shank_m * np.sin(shank)
        ankle_z = hip_z - walker.thigh_m * np.cos(thigh) - walker.shank_m * np.cos(shank)
        points = []
        for ahead in (-HEEL_BEHIND_ANKLE, BALL_AHEAD_OF_ANKLE):
            along = ahead * walker.foot_m
            points.append(
                (
                    ankle_x + along * np.cos(pitch) + walker.ankle_m * np.sin(pitch),
                    ankle_z + along * np.sin(pitch) - walker.ankle_m * np.cos(pitch),
                )
            )
        (heel_x, heel_z), (ball_x, ball_z) = points
        ball_at = heel_at + (HEEL_BEHIND_ANKLE + BALL_AHEAD_OF_ANKLE) * walker.foot_m
        feet = np.concatenate(
            [
                self.heel_carries * (heel_x - heel_at),
                self.heel_carries * heel_z,
                self.ball_carries * (ball_x - ball_at),
                self.ball_carries * ball_z,
            ]
        )
        swinging = (self.phase > walker.toe_off + 0.1) & (self.phase < 0.93)
        low = np.minimum(0.0, np.minimum(ball_z, heel_z) - _TOE_CLEARANCE_M) * swinging
        return np.concatenate([feet / _FOOT_SD_M, low / _FOOT_SD_M, self._changes(unknowns, hips)])

    def _changes(self, unknowns: FloatArray, hips: FloatArray) -> FloatArray:
        width = self.basis.shape[1]
        order = np.concatenate([[0.5], np.arange(1, _HARMONICS + 1), np.arange(1, _HARMONICS + 1)])
        coefficients = unknowns[: 3 * width].reshape(3, width)
        spread = np.array(_CHANGE_SD_DEG)[:, None] / (0.2 * order)
        hips_sd = np.stack([np.tile(_TRAVEL_SD_M, 2), np.tile(_HEAVE_SD_M, 2)])
        surge = np.zeros_like(hips)
        surge[0, 2] = _SURGE_M
        return np.concatenate([(coefficients / spread).ravel(), ((hips - surge) / hips_sd).ravel()])
