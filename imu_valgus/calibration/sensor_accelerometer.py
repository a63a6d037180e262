"""Six-position calibration of an accelerometer: offset, scale and cross-axis.

At rest an accelerometer feels only gravity. The magnitude is known exactly, whatever the table's
tilt; the direction only as well as a hand can lay the case on a face. Both are used, weighed by how
well they are known. Nez et al. (2016, doi:10.1016/j.medengphy.2016.08.004) compare the published
methods. This is our own code because imucal also wants a turntable run for the gyroscope and does
not install on Python 3.14.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from imu_valgus.conventions import GRAVITY_M_S2
from imu_valgus.errors import InputError
from imu_valgus.model import FloatArray, SensorStream, Span
from imu_valgus.model.calibration import TriaxialCorrection

_SYMMETRIC = np.triu_indices(3)


@dataclass(frozen=True, slots=True)
class SixPositionSettings:
    """Limits and weights of the six-position calibration.

    Parameters
    ----------
    shortest_s
        Shorter rests are not used: a hand may still be moving the sensor.
    near_face_rad
        Largest angle between an axis and the vertical for a position to count as lying on a face.
        Other positions count by their magnitude only.
    laying_rad
        Uncertainty of the direction on a face: faces are moulded to about a degree.
    magnitude_m_s2
        Uncertainty of the magnitude: noise and slow drift of a mean over seconds.
    cross_axis
        Spread of the cross-axis terms; data sheets state 1 %.
    largest_offset_m_s2, largest_scale
        Beyond these the data cannot be those of a sensor at rest in m/s².
    """

    shortest_s: float = 2.0
    near_face_rad: float = float(np.deg2rad(15.0))
    laying_rad: float = float(np.deg2rad(1.0))
    magnitude_m_s2: float = 0.01
    cross_axis: float = 0.01
    largest_offset_m_s2: float = 2.0
    largest_scale: float = 0.1


DEFAULT_SETTINGS = SixPositionSettings()


def calibrate_accelerometer(
    stream: SensorStream,
    stills: Sequence[Span],
    *,
    settings: SixPositionSettings = DEFAULT_SETTINGS,
) -> TriaxialCorrection:
    """Calibrate an accelerometer from the rests of one recording.

    Parameters
    ----------
    stream
        Samples as they were read, with the sensor on all six faces in any order. Further positions
        in between (on edges, leaning) improve the cross-axis terms.
    stills
        Spans in which the sensor lay still.
    settings
        See `SixPositionSettings`.

    Returns
    -------
    TriaxialCorrection
        Correction with which a rest reads 9.81 m/s².

    Raises
    ------
    InputError
        If a face is missing, or the data cannot be those of a sensor at rest in m/s².
    """
    used = [span for span in stills if len(span) >= settings.shortest_s * stream.rate_hz]
    known = np.asarray(np.isfinite(stream.acc).all(axis=1))
    means = [
        np.nanmean(stream.acc[span.slice], axis=0)
        for span in used
        if known[span.slice].mean() > 0.5
    ]
    seconds = sum(len(span) for span in used) / stream.rate_hz
    rests = np.reshape(means, (-1, 3))
    return fit_accelerometer(
        rests, made_from=f"{len(rests)} positions, {seconds:.0f} s", settings=settings
    )


def fit_accelerometer(
    rests: FloatArray, *, made_from: str, settings: SixPositionSettings = DEFAULT_SETTINGS
) -> TriaxialCorrection:
    """Fit offset, scale and cross-axis terms to mean readings at rest.

    Parameters
    ----------
    rests
        Mean specific force of each position in m/s², shape (k, 3), k ≥ 6.
    made_from
        Description of the data, kept with the result.
    settings
        See `SixPositionSettings`.

    Returns
    -------
    TriaxialCorrection
        Correction with a symmetric matrix, which does not rotate the sensor's frame.

    Raises
    ------
    InputError
        If a face is missing, or the data cannot be those of a sensor at rest in m/s².
    """
    faces = _faces(rests, settings)
    start = np.concatenate([np.eye(3)[_SYMMETRIC], np.zeros(3)])
    fitted = least_squares(_misfit, start, args=(rests, faces, settings), method="lm").x
    matrix, offset = _unpacked(fitted)
    largest_offset = np.abs(offset).max()
    largest_scale = np.abs(np.diag(matrix) - 1.0).max()
    if largest_offset > settings.largest_offset_m_s2 or largest_scale > settings.largest_scale:
        raise InputError(
            "These readings cannot be those of an accelerometer at rest in m/s². The offset is "
            f"{largest_offset:.2f} m/s² (at most {settings.largest_offset_m_s2:g} is possible), "
            f"the scale is off by {largest_scale:.0%} (at most {settings.largest_scale:.0%}). "
            "Check the unit, and lay the sensor on each face again."
        )
    residual = np.linalg.norm((rests - offset) @ matrix.T, axis=1) - GRAVITY_M_S2
    return TriaxialCorrection(matrix, offset, float(np.sqrt(np.mean(residual**2))), made_from)


def _faces(rests: FloatArray, settings: SixPositionSettings) -> FloatArray:
    """Direction of the vertical in each rest on a face, zeros in the others, shape (k, 3)."""
    length = np.linalg.norm(rests, axis=1, keepdims=True)
    direction = np.divide(rests, length, out=np.zeros_like(rests), where=length > 0)
    axis = np.abs(direction).argmax(axis=1)
    is_near = np.abs(direction).max(axis=1, initial=0.0) > np.cos(settings.near_face_rad)
    faces = np.zeros_like(rests)
    rows = np.flatnonzero(is_near)
    faces[rows, axis[rows]] = np.sign(direction[rows, axis[rows]])
    missing = [
        f"{sign}{name}"
        for name, column in zip("xyz", faces.T, strict=True)
        for sign, up in (("+", 1.0), ("-", -1.0))
        if up not in column
    ]
    if missing:
        raise InputError(
            "The sensor must lie still on all six faces, but there is no rest with "
            f"{', '.join(missing)} up among the {len(rests)} rests. Lay it on the missing faces "
            "too, a few seconds each."
        )
    return faces


def _unpacked(parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Symmetric matrix and offset from the nine fitted parameters."""
    matrix = np.zeros((3, 3))
    matrix[_SYMMETRIC] = parameters[:6]
    matrix += np.triu(matrix, 1).T
    return matrix, parameters[6:]


def _misfit(
    parameters: FloatArray, rests: FloatArray, faces: FloatArray, settings: SixPositionSettings
) -> FloatArray:
    matrix, offset = _unpacked(parameters)
    corrected = (rests - offset) @ matrix.T
    magnitude = np.linalg.norm(corrected, axis=1) - GRAVITY_M_S2
    is_face = faces.any(axis=1)
    aside = np.where(faces[is_face] == 0, corrected[is_face], 0.0)
    cross = matrix[np.triu_indices(3, 1)]
    return np.concatenate(
        [
            magnitude / settings.magnitude_m_s2,
            aside.ravel() / (GRAVITY_M_S2 * settings.laying_rad),
            cross / settings.cross_axis,
        ]
    )
