"""Recognises units from the samples themselves: g or m/s², deg/s or rad/s."""

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from imu_valgus.conventions import GRAVITY_M_S2
from imu_valgus.io.cleaning.raw import RawSamples
from imu_valgus.model import FloatArray
from imu_valgus.signals.series import sample_period_s

K = TypeVar("K", bound=Hashable)

ACC_UNITS: Final = {"m/s²": 1.0, "g": GRAVITY_M_S2, "mg": GRAVITY_M_S2 / 1000.0}
"""Units of acceleration by the factor that turns them into m/s²."""

GYR_UNITS: Final = {"rad/s": 1.0, "deg/s": math.pi / 180.0}
"""Units of angular velocity by the factor that turns them into rad/s."""


_QUIET_WINDOW_S: Final = 0.5
"""Length of the windows whose quietest quarter shows the specific force at rest."""

_GRAVITY_TOLERANCE: Final = 0.3
"""Largest relative difference of the specific force at rest from 9.81 m/s². It allows for
uncalibrated sensors and walks without a rest; the units are a factor of ten apart."""

_BLOCK_S: Final = 0.25
"""Length of the blocks over which the turning of gravity is compared with the gyroscope."""

_FASTEST_LEG_RAD_S: Final = 45.0
"""No leg turns faster, and few sensors can measure more (2000 deg/s are 35 rad/s)."""

_LARGEST_BIAS_RAD_S: Final = 0.2
"""A larger reading while gravity does not turn is not a bias (11 deg/s)."""

_DOUBTFUL_BIAS_RAD_S: Final = 0.05
"""A larger level at rest makes the unit doubtful if nothing else shows it (3 deg/s)."""

_LEAST_TURNING_RATIO: Final = 0.25
"""Ratio of observed to predicted turning of gravity that separates the units, midway on a
logarithmic scale between 0.8 (smallest found in rad/s) and 0.08 (largest in deg/s)."""


@dataclass(frozen=True, slots=True)
class Units:
    """Units of one sensor's samples, and whether each is doubtful.

    Parameters
    ----------
    acc, gyr
        Units of specific force and angular velocity.
    is_acc_doubtful, is_gyr_doubtful
        Whether the samples fit the unit badly.
    """

    acc: str = "m/s²"
    gyr: str = "rad/s"
    is_acc_doubtful: bool = False
    is_gyr_doubtful: bool = False


def estimate_units(raws: Mapping[K, RawSamples]) -> dict[K, Units]:
    """Estimate the units of all sensors of a session.

    A quiet recording does not show whether it is in deg/s or rad/s. The moving sensors of the same
    session decide for the quiet ones, since an export has a single unit.

    Parameters
    ----------
    raws
        Samples in order of time, by any key.

    Returns
    -------
    dict of Units
        Units by the same keys.
    """
    acc = {key: recognise_acc_unit(raw.acc, raw.time_s) for key, raw in raws.items()}
    gyr = {key: recognise_gyr_unit(raw.gyr, raw.acc, raw.time_s) for key, raw in raws.items()}
    common_gyr = _most_frequent([unit for unit in gyr.values() if unit is not None])
    found = {}
    for key, raw in raws.items():
        if raw.has_certain_units:
            found[key] = Units()
            continue
        is_doubtful = gyr[key] is None and common_gyr is None and _is_loud(raw.gyr)
        found[key] = Units(
            acc=acc[key] or "m/s²",
            gyr=gyr[key] or common_gyr or "rad/s",
            is_acc_doubtful=acc[key] is None,
            is_gyr_doubtful=is_doubtful,
        )
    return found


def recognise_acc_unit(acc: FloatArray, time_s: FloatArray) -> str | None:
    """Recognise the unit of an accelerometer from its reading at rest.

    Parameters
    ----------
    acc
        Samples in an unknown unit, shape (n, 3).
    time_s
        Sample times in seconds, shape (n,).

    Returns
    -------
    str or None
        A key of :data:`ACC_UNITS`; None if none fits.
    """
    level = resting_level(acc, time_s)
    for unit, factor in ACC_UNITS.items():
        if abs(level * factor / GRAVITY_M_S2 - 1.0) <= _GRAVITY_TOLERANCE:
            return unit
    return None


def resting_level(acc: FloatArray, time_s: FloatArray) -> float:
    """Return the median magnitude in the quietest quarter of the windows.

    Parameters
    ----------
    acc
        Samples in any unit, shape (n, 3).
    time_s
        Sample times in seconds, shape (n,).

    Returns
    -------
    float
        Level in the unit of the samples; NaN without samples.
    """
    magnitude = np.linalg.norm(acc, axis=1)
    magnitude = magnitude[np.isfinite(magnitude)]
    if magnitude.size == 0:
        return math.nan
    size = max(1, min(magnitude.size, round(_QUIET_WINDOW_S / sample_period_s(time_s))))
    windows = magnitude[: magnitude.size // size * size].reshape(-1, size)
    spread = windows.std(axis=1)
    quiet = windows[spread <= np.quantile(spread, 0.25)]
    return float(np.median(quiet))


def recognise_gyr_unit(gyr: FloatArray, acc: FloatArray, time_s: FloatArray) -> str | None:
    """Recognise the unit of a gyroscope by how fast gravity turns in the sensor frame.

    A fixed vector v, seen from a frame that turns with ω, changes by dv/dt = -ω × v. The direction
    of the specific force must therefore change at least about as much as the gyroscope predicts;
    accelerations of the movement add to the change. The ratio of observed to predicted change (root
    mean square) is 0.8 or more in rad/s and, divided by 57.3, 0.08 or less in deg/s, in standing,
    squats and walks with sensors from pelvis to foot. Their correlation would not help: in walking
    it takes either sign.

    Parameters
    ----------
    gyr, acc
        Samples in the sensor frame, shape (n, 3); acceleration in any unit.
    time_s
        Sample times in seconds, shape (n,).

    Returns
    -------
    str or None
        A key of :data:`GYR_UNITS`; None if the movement does not show it.
    """
    is_known = np.isfinite(gyr).all(axis=1) & np.isfinite(acc).all(axis=1)
    gyr, acc = gyr[is_known], acc[is_known]
    if len(gyr) == 0:
        return None
    speed = np.linalg.norm(gyr, axis=1)
    if np.quantile(speed, 0.995) > _FASTEST_LEG_RAD_S:
        return "deg/s"
    predicted, observed = _turning_of_gravity(gyr, acc, sample_period_s(time_s))
    if not predicted.any():
        return None
    ratio = math.sqrt(float(np.sum(observed**2)) / float(np.sum(predicted**2)))
    if ratio > _LEAST_TURNING_RATIO:
        return "rad/s"
    # A small reading without turning may also be the bias of a resting sensor.
    is_more_than_bias = np.median(speed) > _LARGEST_BIAS_RAD_S
    return "deg/s" if is_more_than_bias else None


def _turning_of_gravity(
    gyr: FloatArray, acc: FloatArray, period_s: float
) -> tuple[FloatArray, FloatArray]:
    """Predict and observe the change of gravity's direction between blocks, shape (k, 3) each."""
    size = max(1, round(_BLOCK_S / period_s))
    n_blocks = len(gyr) // size
    gyr = gyr[: n_blocks * size].reshape(n_blocks, size, 3).mean(axis=1)
    acc = acc[: n_blocks * size].reshape(n_blocks, size, 3).mean(axis=1)
    norm = np.linalg.norm(acc, axis=1, keepdims=True)
    up = np.divide(acc, norm, out=np.zeros_like(acc), where=norm > 0.0)
    between = 0.5 * (gyr[1:] + gyr[:-1])
    predicted = -np.cross(between, 0.5 * (up[1:] + up[:-1])) * (size * period_s)
    return predicted, np.diff(up, axis=0)


def _is_loud(gyr: FloatArray) -> bool:
    speed = np.linalg.norm(gyr, axis=1)
    speed = speed[np.isfinite(speed)]
    return speed.size > 0 and float(np.median(speed)) > _DOUBTFUL_BIAS_RAD_S


def _most_frequent(units: list[str]) -> str | None:
    return max(sorted(set(units)), key=units.count, default=None)
