"""People, sessions, programmes and logs, kept on this machine only."""

from imu_valgus.store.backup import backup_store, restore_store
from imu_valgus.store.care import Rebuilt, check_store, rebuild_store
from imu_valgus.store.export import export_everything
from imu_valgus.store.share import export_share
from imu_valgus.store.store import Store

__all__ = [
    "Rebuilt",
    "Store",
    "backup_store",
    "check_store",
    "export_everything",
    "export_share",
    "rebuild_store",
    "restore_store",
]
