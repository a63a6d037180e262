"""People, sessions, programmes and logs, kept on this machine only."""

from imu_valgus.store.backup import backup_store, restore_store
from imu_valgus.store.care import Rebuilt, check_store, rebuild_store
from imu_valgus.store.export import everything_of, export_encrypted, export_files
from imu_valgus.store.share import shared_of
from imu_valgus.store.store import Store

__all__ = [
    "Rebuilt",
    "Store",
    "backup_store",
    "check_store",
    "everything_of",
    "export_encrypted",
    "export_files",
    "rebuild_store",
    "restore_store",
    "shared_of",
]
