"""Ellipsoid calibration of a magnetometer: hard and soft iron that turns with the sensor.

An ideal magnetometer that is turned through all directions in one place reads points on a sphere.
Iron on the sensor shifts the sphere and makes it an ellipsoid (after Gebre-Egziabher et al. 2006,
doi:10.1061/(ASCE)0893-1321(2006)19:2(87)).
"""

from dataclasses import dataclass

import numpy as np

from imu_valgus.errors import InputError
from imu_valgus.model import FloatArray
from imu_valgus.model.calibration import TriaxialCorrection


@dataclass(frozen=True, slots=True)
class EllipsoidSettings:
    """Limits beyond which the ellipsoid fit is refused.

    Parameters
    ----------
    fewest
        Least number of samples; fewer cover too little of the sphere.
    thinnest_spread
        Least share of the spread of directions along any axis (one third each if they point all
        around). Below it part of the ellipsoid was never covered.
    largest_ratio
        Largest ratio of the longest to the shortest axis; more means a disturbed place.
    largest_residual
        Largest residual as a share of the magnitude; more means that the field changed meanwhile.
    """

    fewest: int = 100
    thinnest_spread: float = 0.12
    largest_ratio: float = 3.0
    largest_residual: float = 0.1


DEFAULT_SETTINGS = EllipsoidSettings()


def calibrate_magnetometer(
    mag: FloatArray,
    *,
    field_ut: float | None = None,
    settings: EllipsoidSettings = DEFAULT_SETTINGS,
) -> TriaxialCorrection:
    """Calibrate a magnetometer from readings in all directions.

    Parameters
    ----------
    mag
        Readings in µT, shape (n, 3); rows with NaN are left out.
    field_ut
        Magnitude of the earth's field at the place; without it the mean radius is kept.
    settings
        See `EllipsoidSettings`.

    Returns
    -------
    TriaxialCorrection
        Correction with a symmetric matrix, which does not rotate the sensor's frame.

    Raises
    ------
    InputError
        If the readings do not cover an ellipsoid.
    """
    known = mag[np.isfinite(mag).all(axis=1)]
    if len(known) < settings.fewest:
        raise InputError(
            f"There are only {len(known)} magnetometer samples, and {settings.fewest} are needed. "
            "Turn the sensor slowly through all directions for half a minute."
        )
    shape, offset = _ellipsoid(known)
    root = _checked_root(shape, settings)
    radius = float(np.exp(-np.mean(np.log(np.linalg.eigvalsh(root)))))
    matrix = root * (field_ut if field_ut is not None else radius)
    corrected = (known - offset) @ matrix.T
    magnitude = np.linalg.norm(corrected, axis=1)
    spread = np.linalg.eigvalsh(np.cov((corrected / magnitude[:, None]).T))
    residual = float(np.std(magnitude))
    if spread[0] < settings.thinnest_spread * spread.sum():
        raise _turn_again("The magnetometer was turned through a part of the directions only.")
    if residual > settings.largest_residual * magnitude.mean():
        variation = residual / magnitude.mean()
        raise _turn_again(f"The magnetic field varied by {variation:.0%} while turning.")
    return TriaxialCorrection(matrix, offset, residual, f"{len(known)} samples turned around")


def _turn_again(reason: str) -> InputError:
    return InputError(
        f"{reason} Go away from iron and turn the sensor slowly through all directions, also "
        "upside down."
    )


def _ellipsoid(readings: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Fit (x - c)' A (x - c) = 1 by linear least squares, and return A and c."""
    middle = readings.mean(axis=0)
    size = float(np.abs(readings - middle).max()) or 1.0
    x, y, z = ((readings - middle) / size).T
    design = np.column_stack(
        [x * x, y * y, z * z, 2 * x * y, 2 * x * z, 2 * y * z, 2 * x, 2 * y, 2 * z]
    )
    a, b, c, d, e, f, *linear = np.linalg.lstsq(design, np.ones(len(readings)), rcond=None)[0]
    quadric = np.array([[a, d, e], [d, b, f], [e, f, c]])
    centre = -np.linalg.lstsq(quadric, np.array(linear), rcond=None)[0]
    scale = 1.0 + centre @ quadric @ centre
    return quadric / (scale * size**2), middle + centre * size


def _checked_root(shape: FloatArray, settings: EllipsoidSettings) -> FloatArray:
    """Find the symmetric root of the ellipsoid's matrix, or raise if it is no ellipsoid."""
    values, vectors = np.linalg.eigh(shape)
    if not (np.isfinite(values).all() and values[0] > 0):
        raise _turn_again("The magnetometer readings do not lie on an ellipsoid.")
    ratio = np.sqrt(values[-1] / values[0])
    if ratio > settings.largest_ratio:
        raise _turn_again(
            f"The axes of the magnetometer's ellipsoid differ by a factor of {ratio:.1f} (at most "
            f"{settings.largest_ratio:g} is plausible)."
        )
    return np.asarray(vectors @ np.diag(np.sqrt(values)) @ vectors.T)
