"""From a session to its analysis: the one place that composes the stages."""

from imu_valgus.pipeline.angles import AngleStages
from imu_valgus.pipeline.prepare import find_tasks, with_sensor_calibrations
from imu_valgus.pipeline.session import Settings, analyse

__all__ = ["AngleStages", "Settings", "analyse", "find_tasks", "with_sensor_calibrations"]
