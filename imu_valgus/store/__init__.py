"""The local store of people, sessions and programmes: an SQLite index with files beside it."""

from imu_valgus.store.export import export_everything
from imu_valgus.store.share import export_share
from imu_valgus.store.store import Store

__all__ = ["Store", "export_everything", "export_share"]
