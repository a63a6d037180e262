"""Poses of the lower body as rows of clinical angles, and smooth tracks through them."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field, fields, replace
from typing import Final, Self

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator
from scipy.ndimage import gaussian_filter1d

from imu_valgus.model import FloatArray, Side

INTERNAL_RATE_HZ: Final = 500.0
"""Rate of the clock on which poses are made; splines carry them to any sensor's sample times."""

SIDES: Final = (Side.RIGHT, Side.LEFT)
"""Order of the two legs in all arrays of this package."""

_EASING_S: Final = 0.045
"""Standard deviation of the smoothing of keyframed movement. Our choice: angular accelerations of
joints stay within those of slow voluntary movement."""


@dataclass(frozen=True, slots=True)
class LegPose:
    """Pose of one leg: clinical angles in degrees, with the signs of ``imu_valgus.conventions``.

    Parameters
    ----------
    hip_flexion, hip_adduction, hip_rotation
        Thigh relative to the pelvis (internal rotation positive).
    knee_flexion, knee_adduction, knee_rotation
        Shank relative to the thigh (varus and internal rotation positive).
    ankle_flexion, ankle_inversion, ankle_rotation
        Foot relative to the shank, for a foot in the air (`planted` 0).
    foot_pitch
        Toes above the heel, for a foot guided by the ground (`planted` 1).
    toe_out
        Direction of the foot relative to the body's heading, outwards positive.
    planted
        1 if the ground or a guided swing decides the foot's orientation, 0 if the ankle does.
    support
        Share of the body weight on this foot, relative to the other supports.
    ground_m
        Height of the surface under the foot.
    """

    hip_flexion: float = 0.0
    hip_adduction: float = 0.0
    hip_rotation: float = 0.0
    knee_flexion: float = 0.0
    knee_adduction: float = 0.0
    knee_rotation: float = 0.0
    ankle_flexion: float = 0.0
    ankle_inversion: float = 0.0
    ankle_rotation: float = 0.0
    foot_pitch: float = 0.0
    toe_out: float = 0.0
    planted: float = 1.0
    support: float = 0.5
    ground_m: float = 0.0


@dataclass(frozen=True, slots=True)
class BodyPose:
    """Pose of the lower body at one instant, in degrees and metres.

    Parameters
    ----------
    anterior_tilt
        Forward tilt of the pelvis.
    obliquity
        Tilt of the pelvis with its right side up.
    rotation
        Turn of the pelvis with its right side forwards, relative to the heading.
    heading
        Direction the body faces or walks, counter-clockwise seen from above.
    seat_support
        Share of the body weight on the pelvis (chair, floor), relative to the other supports.
    seat_height_m
        Height of the pelvis origin while the pelvis carries weight.
    right, left
        Poses of the legs.
    """

    anterior_tilt: float = 0.0
    obliquity: float = 0.0
    rotation: float = 0.0
    heading: float = 0.0
    seat_support: float = 0.0
    seat_height_m: float = 0.0
    right: LegPose = field(default_factory=LegPose)
    left: LegPose = field(default_factory=LegPose)

    def leg(self, side: Side) -> LegPose:
        """Return the pose of one leg."""
        return self.right if side is Side.RIGHT else self.left

    def with_legs(self, legs: Mapping[Side, LegPose]) -> "BodyPose":
        """Return the same pose with other legs; a leg that is not given stays as it is."""
        return replace(
            self,
            right=legs.get(Side.RIGHT, self.right),
            left=legs.get(Side.LEFT, self.left),
        )

    def as_row(self) -> FloatArray:
        """Return the pose as a row, shape (c,); see :func:`column`."""
        body = [getattr(self, name) for name in _BODY_CHANNELS]
        return np.array([*body, *astuple(self.right), *astuple(self.left)], dtype=np.float64)


_LEG_CHANNELS: Final = tuple(f.name for f in fields(LegPose))
_BODY_CHANNELS: Final = tuple(f.name for f in fields(BodyPose) if f.name not in SIDES)
N_CHANNELS: Final = len(_BODY_CHANNELS) + 2 * len(_LEG_CHANNELS)


def column(name: str, side: Side | None = None) -> int:
    """Return the column of a channel in a row.

    Parameters
    ----------
    name
        Field of `BodyPose`, or of `LegPose` if a side is given.
    side
        Leg of the channel; None for the body.

    Returns
    -------
    int
        Index along the last axis.
    """
    if side is None:
        return _BODY_CHANNELS.index(name)
    return len(_BODY_CHANNELS) + SIDES.index(side) * len(_LEG_CHANNELS) + _LEG_CHANNELS.index(name)


def joint_columns(joint: str, side: Side) -> slice:
    """Return the columns of a joint's angles.

    Parameters
    ----------
    joint
        "hip", "knee" or "ankle".
    side
        Leg of the joint.

    Returns
    -------
    slice
        Three columns: flexion, adduction (ankle: inversion), rotation.
    """
    start = column(f"{joint}_flexion", side)
    return slice(start, start + 3)


def mirrored_rows(rows: FloatArray) -> FloatArray:
    """Exchange left and right.

    Parameters
    ----------
    rows
        Poses, shape (n, c) or (c,).

    Returns
    -------
    ndarray
        Mirrored poses of the same shape.
    """
    mirrored = rows.copy()
    start, width = len(_BODY_CHANNELS), len(_LEG_CHANNELS)
    right, left = slice(start, start + width), slice(start + width, start + 2 * width)
    mirrored[..., right], mirrored[..., left] = rows[..., left], rows[..., right]
    for name in ("obliquity", "rotation", "heading"):
        mirrored[..., column(name)] *= -1.0
    return mirrored


@dataclass(slots=True)
class Keyframes:
    """Builder of one movement: key values of channels over time, starting from a rest pose.

    Parameters
    ----------
    rest
        Pose that every channel starts in, as a row of shape (c,). A channel keeps its last value.
    """

    rest: FloatArray
    _keys: dict[int, list[tuple[float, float]]] = field(default_factory=dict)

    def set(self, time_s: float, side: Side | None = None, **values: float) -> Self:
        """Set key values of channels at a time; times of one channel must increase."""
        for name, value in values.items():
            self.set_column(column(name, side), time_s, value)
        return self

    def set_column(self, index: int, time_s: float, value: float) -> None:
        """Set the key value of one column at a time; times of one column must increase."""
        self._keys.setdefault(index, []).append((time_s, value))

    def rows(self, duration_s: float) -> FloatArray:
        """Return the movement on the internal clock, shape (n, c).

        Curves are monotone between keys, so that no channel overshoots a key value, then smoothed.
        """
        time_s = internal_times(duration_s)
        rows = np.tile(self.rest, (time_s.size, 1))
        for index, key_values in self._keys.items():
            keys = [(key_values[0][0] - 1.0, float(self.rest[index])), *key_values]
            times = np.array([*(key[0] for key in keys), keys[-1][0] + 1.0])
            values = np.array([*(key[1] for key in keys), keys[-1][1]])
            curve = PchipInterpolator(times, values)(np.clip(time_s, times[0], times[-1]))
            rows[:, index] = eased(curve)
        return rows


def internal_times(duration_s: float) -> FloatArray:
    """Return the times of the internal clock.

    Parameters
    ----------
    duration_s
        Duration in seconds.

    Returns
    -------
    ndarray, shape (n,)
        Times from 0 to the duration, its end left out.
    """
    return np.arange(round(duration_s * INTERNAL_RATE_HZ)) / INTERNAL_RATE_HZ


def eased(curve: FloatArray, *, sd_s: float = _EASING_S) -> FloatArray:
    """Smooth along axis 0 with a Gaussian; the ends are held.

    Parameters
    ----------
    curve
        Values on the internal clock, shape (n, ...).
    sd_s
        Standard deviation of the Gaussian in seconds.

    Returns
    -------
    ndarray
        Smooth values of the same shape.
    """
    smooth = gaussian_filter1d(curve, sd_s * INTERNAL_RATE_HZ, axis=0, mode="nearest")
    return np.asarray(smooth, dtype=np.float64)


def ramp(values: FloatArray) -> FloatArray:
    """Rise smoothly from 0 to 1, without velocity or acceleration at the ends.

    Parameters
    ----------
    values
        Progress of the rise: 0 and less before it, 1 and more after it.

    Returns
    -------
    ndarray
        Values from 0 to 1 of the same shape.
    """
    x = np.clip(values, 0.0, 1.0)
    return np.asarray(x**3 * (10.0 - 15.0 * x + 6.0 * x**2), dtype=np.float64)


def smooth_noise(
    rng: np.random.Generator, n: int, *, columns: int, sd: float, knot_s: float
) -> FloatArray:
    """Draw random curves with two continuous derivatives.

    Parameters
    ----------
    rng
        Random numbers.
    n, columns
        Samples on the internal clock, and number of curves.
    sd
        Standard deviation at the knots.
    knot_s
        Time between knots; a cubic spline runs through them.

    Returns
    -------
    ndarray, shape (n, columns)
        One curve per column.
    """
    n_knots = max(4, int(np.ceil(n / INTERNAL_RATE_HZ / knot_s)) + 3)
    knots = rng.normal(scale=sd, size=(n_knots, columns))
    at = np.arange(n) / (INTERNAL_RATE_HZ * knot_s) + 1.0
    return np.asarray(CubicSpline(np.arange(n_knots), knots)(at), dtype=np.float64)


def clipped_normal(
    rng: np.random.Generator, mean: float, sd: float, low: float, high: float
) -> float:
    """Draw a normally distributed value within limits.

    Parameters
    ----------
    rng
        Random numbers.
    mean, sd
        Mean and standard deviation before limiting.
    low, high
        Limits; a value beyond one becomes the limit.

    Returns
    -------
    float
        Value in [low, high].
    """
    return float(np.clip(rng.normal(mean, sd), low, high))
