"""What calibration finds: sensor errors, and how a sensor sits on its segment."""

from dataclasses import dataclass

from scipy.spatial.transform import Rotation

from imu_valgus.model._check import FloatArray, frozen_floats
from imu_valgus.model.finding import Grade
from imu_valgus.model.placement import Placement


@dataclass(frozen=True, slots=True, eq=False)
class GyroBias:
    """Gyroscope bias of one sensor in one recording, piecewise linear between stands.

    Parameters
    ----------
    time_s
        Times of the anchors (middles of the stands), shape (k,), k ≥ 1; constant outside.
    bias_rad_s
        Bias at the anchors, shape (k, 3).
    sd_rad_s
        Standard uncertainty of each, same for all axes, shape (k,).
    """

    time_s: FloatArray
    bias_rad_s: FloatArray
    sd_rad_s: FloatArray

    def __post_init__(self) -> None:
        time_s = frozen_floats(self.time_s, name="time_s", shape=(None,))
        k = time_s.size
        object.__setattr__(self, "time_s", time_s)
        bias = frozen_floats(self.bias_rad_s, name="bias_rad_s", shape=(k, 3))
        object.__setattr__(self, "bias_rad_s", bias)
        sd = frozen_floats(self.sd_rad_s, name="sd_rad_s", shape=(k,))
        object.__setattr__(self, "sd_rad_s", sd)


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
        covariance = frozen_floats(self.covariance_rad2, name="covariance_rad2", shape=(3, 3))
        object.__setattr__(self, "covariance_rad2", covariance)
