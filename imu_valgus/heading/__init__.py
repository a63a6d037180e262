"""Relative heading of neighbouring segments without a magnetometer."""

from imu_valgus.heading.acceleration import (
    BODY_LEVER_ARMS,
    FITTED_LEVER_ARMS,
    HeadingObservations,
    joint_acceleration,
    observe_heading,
)
from imu_valgus.heading.joint import estimate_relative_heading
from imu_valgus.heading.progression import ProgressionSettings, estimate_thigh_heading
from imu_valgus.heading.smoother import PosePrior

__all__ = [
    "BODY_LEVER_ARMS",
    "FITTED_LEVER_ARMS",
    "HeadingObservations",
    "PosePrior",
    "ProgressionSettings",
    "estimate_relative_heading",
    "estimate_thigh_heading",
    "joint_acceleration",
    "observe_heading",
]
