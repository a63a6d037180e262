"""Ellipsoid calibration of a magnetometer: hard and soft iron that turns with the sensor.

Turned through all directions in one place, an ideal magnetometer's readings lie on a sphere; iron
on the sensor moves it and makes it an ellipsoid (after Gebre-Egziabher et al. 2006,
doi:10.1061/(ASCE)0893-1321(2006)19:2(87)).
"""

from dataclasses import dataclass

import numpy as np

from imu_valgus.errors import InputError
from imu_valgus.model import FloatArray
from imu_valgus.model.calibration import TriaxialCorrection


@dataclass(frozen=True, slots=True)
class EllipsoidSettings:
    """Numbers of the ellipsoid fit, with their reasons.

    Parameters
    ----------
    fewest
        Fewer samples hold too little of the sphere.
    thinnest_spread
        Smallest share of the directions' spread along any axis (one third each when all around):
        below it part of the ellipsoid was never seen.
    largest_ratio
        Longest over shortest axis of a plausible ellipsoid: more is a disturbed place.
    largest_residual
        Of the field's magnitude: more means that the field changed while turning.
    """

    fewest: int = 100
    thinnest_spread: float = 0.12
    largest_ratio: float = 3.0
    largest_residual: float = 0.1


def calibrate_magnetometer(
    mag: FloatArray,
    *,
    field_ut: float | None = None,
    settings: EllipsoidSettings | None = None,
) -> TriaxialCorrection:
    """Fit the ellipsoid of readings turned through all directions.

    Parameters
    ----------
    mag
        Readings in µT, shape (n, 3); rows with NaN are left out.
    field_ut
        Magnitude of the earth's field in the place; without it the mean radius is kept.
    settings
        Numbers of the fit.

    Returns
    -------
    TriaxialCorrection
        With a symmetric matrix: the correction does not turn the sensor's frame.

    Raises
    ------
    InputError
        If the readings do not surround an ellipsoid, with what to do.
    """
    settings = settings or EllipsoidSettings()
    known = mag[np.isfinite(mag).all(axis=1)]
    if len(known) < settings.fewest:
        raise InputError(
            f"Expected at least {settings.fewest} magnetometer samples while turning the sensor, "
            f"found {len(known)}: turn it slowly through all directions for half a minute."
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
        raise _turn_further("directions all around", "a part of them only")
    if residual > settings.largest_residual * magnitude.mean():
        raise _turn_further(
            "a steady field", f"one that varies by {residual / magnitude.mean():.0%}"
        )
    return TriaxialCorrection(matrix, offset, residual, f"{len(known)} samples turned around")


def _turn_further(expected: str, found: str) -> InputError:
    return InputError(
        f"Expected {expected} while turning the magnetometer, found {found}: go away from iron "
        "and turn it slowly through all directions, also upside down."
    )


def _ellipsoid(readings: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Fit (x - c)' A (x - c) = 1 by linear least squares; returns A and c."""
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
    """Find the symmetric root of the ellipsoid's matrix, or say that it is none."""
    values, vectors = np.linalg.eigh(shape)
    if not (np.isfinite(values).all() and values[0] > 0):
        raise _turn_further("readings on an ellipsoid", "readings that lie on none")
    if np.sqrt(values[-1] / values[0]) > settings.largest_ratio:
        raise _turn_further(
            f"an ellipsoid whose axes differ by a factor under {settings.largest_ratio:g}",
            f"a factor of {np.sqrt(values[-1] / values[0]):.1f}",
        )
    return np.asarray(vectors @ np.diag(np.sqrt(values)) @ vectors.T)
