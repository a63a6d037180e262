"""What calibration finds about a sensor: its errors, its bias, its frame on the segment."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from scipy.spatial.transform import Rotation

from imu_valgus.model._check import FloatArray, freeze_floats
from imu_valgus.model.finding import Grade
from imu_valgus.model.placement import Placement


@dataclass(frozen=True, slots=True, eq=False)
class TriaxialCorrection:
    """Linear correction of a three-axis sensor: ``corrected = matrix @ (measured - offset)``.

    Parameters
    ----------
    matrix
        Scale and cross-axis correction without unit, shape (3, 3), invertible.
    offset
        Reading where the true value is zero, in the unit of the samples (m/s² or µT), shape (3,).
    residual
        Root mean square error of the magnitude that remains, in the same unit.
    made_from
        The data it was made from, in words ("6 positions, 31 s").

    Raises
    ------
    ValueError
        If a number is not finite, the residual is negative or the matrix cannot be inverted.
    """

    matrix: FloatArray
    offset: FloatArray
    residual: float
    made_from: str

    def __post_init__(self) -> None:
        freeze_floats(self, matrix=(3, 3), offset=(3,))
        if not (np.isfinite(self.matrix).all() and np.isfinite(self.offset).all()):
            raise ValueError("The correction has numbers that are not finite.")
        if not (np.isfinite(self.residual) and self.residual >= 0):
            raise ValueError(
                f"The correction needs a residual of zero or more, not {self.residual}."
            )
        scales = np.linalg.svd(self.matrix, compute_uv=False)
        if not scales[-1] > 1e-6 * scales[0]:
            raise ValueError("The matrix of the correction cannot be inverted.")

    def applied(self, samples: FloatArray) -> FloatArray:
        """Return corrected samples, shape (n, 3); NaN stays NaN."""
        return np.asarray((samples - self.offset) @ self.matrix.T)


@dataclass(frozen=True, slots=True, eq=False)
class SensorCalibration:
    """What is known about one sensor's errors at one date.

    Parameters
    ----------
    sensor_id
        Serial number or tag, as in `SensorStream.sensor_id`.
    created
        When the data were recorded, with time zone.
    accelerometer, magnetometer
        Corrections in m/s² and µT; None where not calibrated, but at least one is given.

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
            raise ValueError("The id of the sensor is empty.")
        if self.created.tzinfo is None:
            raise ValueError("The date of the calibration has no time zone.")
        if self.accelerometer is None and self.magnetometer is None:
            raise ValueError("The calibration holds no correction.")

    @property
    def calibration_id(self) -> str:
        """The mark that corrected samples carry."""
        return f"{self.sensor_id} {self.created.date().isoformat()}"


@dataclass(frozen=True, slots=True, eq=False)
class GyroBias:
    """Gyroscope bias of one sensor in one recording, piecewise linear between static trials.

    Parameters
    ----------
    time_s
        Times of the anchors (middles of the static trials), shape (k,), k ≥ 1. Before the first
        and after the last anchor the bias is constant.
    bias_rad_s
        Bias at the anchors, shape (k, 3).
    sd_rad_s
        Standard uncertainty at each anchor, the same for all axes, shape (k,).
    """

    time_s: FloatArray
    bias_rad_s: FloatArray
    sd_rad_s: FloatArray

    def __post_init__(self) -> None:
        freeze_floats(self, time_s=(None,))
        k = self.time_s.size
        freeze_floats(self, bias_rad_s=(k, 3), sd_rad_s=(k,))


@dataclass(frozen=True, slots=True, eq=False)
class SegmentFrame:
    """How one sensor sits on its segment, for the whole donning.

    Parameters
    ----------
    placement
        The segment and side.
    sensor_to_segment
        Rotation that takes a vector of the sensor frame to the ISB segment frame.
    covariance_rad2
        Covariance of a small rotation of the segment frame about its own x (anterior),
        y (long axis), z (medio-lateral) axes, in rad², shape (3, 3).
    grade
        How far the frame can be trusted.
    reasons
        Why the grade is not better, one sentence each.
    evidence
        What the frame was found from, in words ("standing 8.1 s", "5 squats").
    """

    placement: Placement
    sensor_to_segment: Rotation
    covariance_rad2: FloatArray
    grade: Grade
    reasons: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        freeze_floats(self, covariance_rad2=(3, 3))
