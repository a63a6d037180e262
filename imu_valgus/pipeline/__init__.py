"""From a session to its analysis: the one place that composes the stages."""

from imu_valgus.pipeline.analyse import Settings, analyse

__all__ = ["Settings", "analyse"]
