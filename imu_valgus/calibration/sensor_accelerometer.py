"""Six-position calibration of an accelerometer: offset, scale and cross-axis.

At rest an accelerometer feels gravity and nothing else: its magnitude is known exactly whatever the
table's tilt, its direction as well as a hand can lay a case on a face. Both are used, each with its
own trust. Nez et al. (2016, doi:10.1016/j.medengphy.2016.08.004) compare the known methods. Own
code instead of a library: imucal wants a turntable run for the gyroscope too and does not install
on Python 3.14.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from imu_valgus.conventions import GRAVITY_M_S2
from imu_valgus.errors import InputError
from imu_valgus.model import FloatArray, SensorStream, Span
from imu_valgus.model.calibration import TriaxialCorrection

_AXES = "xyz"
_SYMMETRIC = np.triu_indices(3)


@dataclass(frozen=True, slots=True)
class SixPositionSettings:
    """Numbers of the six-position calibration, with their reasons.

    Parameters
    ----------
    shortest_s
        Shorter positions are not used: a hand is still near.
    near_face_rad
        A position counts as lying on a face when an axis is this near the vertical; others tell
        by their magnitude only.
    laying_rad
        How exactly a case lies on a face: faces are moulded to about a degree.
    magnitude_m_s2
        Trust in the magnitude: noise and slow drift of a mean over seconds.
    cross_axis
        Spread of cross-axis terms that makers state (1 %).
    largest_offset_m_s2, largest_scale
        Beyond these the data are not of a sensor at rest in m/s².
    """

    shortest_s: float = 2.0
    near_face_rad: float = float(np.deg2rad(15.0))
    laying_rad: float = float(np.deg2rad(1.0))
    magnitude_m_s2: float = 0.01
    cross_axis: float = 0.01
    largest_offset_m_s2: float = 2.0
    largest_scale: float = 0.1


def calibrate_accelerometer(
    stream: SensorStream,
    stills: Sequence[Span],
    *,
    settings: SixPositionSettings | None = None,
) -> TriaxialCorrection:
    """Calibrate an accelerometer from the rests of one recording.

    Parameters
    ----------
    stream
        Samples as they were read, lying on all six faces in any order; further positions in
        between (on edges, leaning) make the cross-axis terms better known.
    stills
        Where the sensor lay still.
    settings
        Numbers of the calibration.

    Returns
    -------
    TriaxialCorrection
        Such that a corrected rest reads 9.81 m/s².

    Raises
    ------
    InputError
        If a face is missing, with its name, or the numbers cannot be of a sensor at rest in m/s².
    """
    settings = settings or SixPositionSettings()
    used = [span for span in stills if len(span) >= settings.shortest_s * stream.rate_hz]
    means = [np.nanmean(stream.acc[s.slice], axis=0) for s in used if _known(stream, s)]
    seconds = sum(len(span) for span in used) / stream.rate_hz
    rests = np.reshape(means, (-1, 3))
    return fit_accelerometer(
        rests, made_from=f"{len(rests)} positions, {seconds:.0f} s", settings=settings
    )


def _known(stream: SensorStream, span: Span) -> bool:
    return bool(np.isfinite(stream.acc[span.slice]).all(axis=1).mean() > 0.5)


def fit_accelerometer(
    rests: FloatArray, *, made_from: str, settings: SixPositionSettings | None = None
) -> TriaxialCorrection:
    """Fit offset, scale and cross-axis terms to mean readings at rest.

    Parameters
    ----------
    rests
        Mean specific force of each position in m/s², shape (k, 3), k ≥ 6.
    made_from
        In words, kept with the result.
    settings
        Numbers of the calibration.

    Returns
    -------
    TriaxialCorrection
        With a symmetric matrix: the correction does not turn the sensor's frame.

    Raises
    ------
    InputError
        As `calibrate_accelerometer`.
    """
    settings = settings or SixPositionSettings()
    faces = _faces(rests, settings)
    start = np.concatenate([np.eye(3)[_SYMMETRIC], np.zeros(3)])
    fitted = least_squares(_misfit, start, args=(rests, faces, settings), method="lm").x
    matrix, offset = _unpacked(fitted)
    if (
        np.abs(offset).max() > settings.largest_offset_m_s2
        or np.abs(np.diag(matrix) - 1.0).max() > settings.largest_scale
    ):
        raise InputError(
            f"Expected an accelerometer at rest in m/s² with an offset under "
            f"{settings.largest_offset_m_s2:g} m/s² and a scale within "
            f"{settings.largest_scale:.0%}, found an offset of {np.abs(offset).max():.2f} m/s² and "
            f"a scale off by {np.abs(np.diag(matrix) - 1.0).max():.0%}: check the unit, and lay "
            "the sensor on each face again."
        )
    left = np.linalg.norm((rests - offset) @ matrix.T, axis=1) - GRAVITY_M_S2
    return TriaxialCorrection(matrix, offset, float(np.sqrt(np.mean(left**2))), made_from)


def _faces(rests: FloatArray, settings: SixPositionSettings) -> FloatArray:
    """Direction of the vertical of each rest that lies on a face, zeros for the others."""
    length = np.linalg.norm(rests, axis=1, keepdims=True)
    direction = np.divide(rests, length, out=np.zeros_like(rests), where=length > 0)
    axis = np.abs(direction).argmax(axis=1)
    is_near = np.abs(direction).max(axis=1, initial=0.0) > np.cos(settings.near_face_rad)
    faces = np.zeros_like(rests)
    rows = np.flatnonzero(is_near)
    faces[rows, axis[rows]] = np.sign(direction[rows, axis[rows]])
    wanted = [(sign, i) for i in range(3) for sign in (1.0, -1.0)]
    missing = [
        f"{'+' if sign > 0 else '-'}{_AXES[i]}" for sign, i in wanted if sign not in faces[:, i]
    ]
    if missing:
        raise InputError(
            "Expected the sensor to lie still on all six faces, found none with "
            f"{', '.join(missing)} up among {len(rests)} rests: lay it on the missing faces too, "
            "a few seconds each."
        )
    return faces


def _unpacked(parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
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
