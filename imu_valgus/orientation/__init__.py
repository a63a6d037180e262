"""Sensor-to-earth orientation by interchangeable fusion engines."""

from imu_valgus.orientation.engines import (
    BEST_ENGINE,
    DEFAULT_ENGINE,
    ENGINES,
    estimate_orientation,
    find_engine,
)
from imu_valgus.orientation.filters import FilterState, OrientationEngine, RunningFilter

__all__ = [
    "BEST_ENGINE",
    "DEFAULT_ENGINE",
    "ENGINES",
    "FilterState",
    "OrientationEngine",
    "RunningFilter",
    "estimate_orientation",
    "find_engine",
]
