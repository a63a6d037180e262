"""Errors of one sensor's accelerometer and magnetometer, and what they were found from."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from imu_valgus.model._check import FloatArray, frozen_floats


@dataclass(frozen=True, slots=True, eq=False)
class TriaxialCorrection:
    """Linear correction of a three-axis sensor: ``corrected = matrix @ (measured - offset)``.

    Parameters
    ----------
    matrix
        Scale and cross-axis correction without unit, shape (3, 3), invertible.
    offset
        Reading where nothing is felt, in the unit of the samples (m/s² or µT), shape (3,).
    residual
        Root mean square of what is left of the magnitude's error, in the same unit.
    made_from
        In words ("6 positions, 31 s").

    Raises
    ------
    ValueError
        If a number is not finite or the matrix cannot be inverted.
    """

    matrix: FloatArray
    offset: FloatArray
    residual: float
    made_from: str

    def __post_init__(self) -> None:
        matrix = frozen_floats(self.matrix, name="matrix", shape=(3, 3))
        offset = frozen_floats(self.offset, name="offset", shape=(3,))
        object.__setattr__(self, "matrix", matrix)
        object.__setattr__(self, "offset", offset)
        if not (np.isfinite(matrix).all() and np.isfinite(offset).all()):
            raise ValueError("Expected a correction of finite numbers, got holes.")
        if not (np.isfinite(self.residual) and self.residual >= 0):
            raise ValueError(f"Expected a residual of zero or more, got {self.residual}.")
        scales = np.linalg.svd(matrix, compute_uv=False)
        if not scales[-1] > 1e-6 * scales[0]:
            raise ValueError("Expected a matrix that can be inverted, got a flat one.")

    def applied(self, samples: FloatArray) -> FloatArray:
        """Return corrected samples, shape (n, 3); NaN stays NaN."""
        return np.asarray((samples - self.offset) @ self.matrix.T)


@dataclass(frozen=True, slots=True, eq=False)
class SensorCalibration:
    """What is known about one sensor's errors at one date.

    Parameters
    ----------
    sensor_id
        As `SensorStream.sensor_id`.
    created
        When the data were recorded, with time zone.
    accelerometer, magnetometer
        Corrections in m/s² and µT; None where it was not calibrated, at least one is there.

    Raises
    ------
    ValueError
        If the id is empty, the date has no time zone, or there is no correction.
    """

    sensor_id: str
    created: datetime
    accelerometer: TriaxialCorrection | None = None
    magnetometer: TriaxialCorrection | None = None

    def __post_init__(self) -> None:
        if not self.sensor_id.strip():
            raise ValueError("Expected the id of a sensor, got none.")
        if self.created.tzinfo is None:
            raise ValueError("Expected a date with a time zone, got one without.")
        if self.accelerometer is None and self.magnetometer is None:
            raise ValueError("Expected at least one correction, got none.")

    @property
    def calibration_id(self) -> str:
        """The mark that corrected samples carry."""
        return f"{self.sensor_id} {self.created.date().isoformat()}"
