"""Relative heading of neighbouring segments without a magnetometer."""

from imu_valgus.heading.anchors import AnchorSettings, estimate_relative_heading
from imu_valgus.heading.progression import ProgressionSettings, estimate_thigh_heading

__all__ = [
    "AnchorSettings",
    "ProgressionSettings",
    "estimate_relative_heading",
    "estimate_thigh_heading",
]
