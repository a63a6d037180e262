"""Turn a session into its analysis: the one place where all stages come together."""

from imu_valgus.pipeline.angles import AngleStages
from imu_valgus.pipeline.prepare import find_tasks, with_sensor_calibrations
from imu_valgus.pipeline.session import Settings, analyse

__all__ = ["AngleStages", "Settings", "analyse", "find_tasks", "with_sensor_calibrations"]
