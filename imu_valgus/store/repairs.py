"""Repairs replace the index itself: they have their own lock and are finished before it opens."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from imu_valgus.errors import InputError
from imu_valgus.io.atomic import make_private_folder, sync_folder
from imu_valgus.store.folder import OWN_ITEMS, touch_private
from imu_valgus.store.staging import Work, works_in

__all__ = ["finish_repairs", "put_restored_in_place", "repair_lock"]

_LOCK_FILE: Final = ".repair-lock"


@contextlib.contextmanager
def repair_lock(folder: Path, *, wait_s: float = 10.0) -> Iterator[None]:
    """Hold a lock that ends with the process, however it ends: that of an empty database.

    Parameters
    ----------
    folder
        Folder of the store.
    wait_s
        How long to wait for another repair, s.

    Yields
    ------
    None
        While it is held.

    Raises
    ------
    InputError
        If another repair is going on.
    """
    touch_private(folder / _LOCK_FILE)
    connection = sqlite3.connect(folder / _LOCK_FILE, timeout=wait_s, isolation_level=None)
    with contextlib.closing(connection) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise InputError(
                f"Another repair of the store in {folder} is going on ({error}). Wait for it."
            ) from error
        yield


def finish_repairs(folder: Path) -> None:
    """Finish a restore that was killed when its files were ready, and undo other killed repairs.

    Parameters
    ----------
    folder
        Folder of the store.
    """
    for work in works_in(folder):
        if work.kind in {"restore", "rebuild"}:
            # If the lock is taken, the repair is not abandoned but going on.
            with contextlib.suppress(InputError), repair_lock(folder, wait_s=0.0):
                if work.folder.exists():
                    put_restored_in_place(folder, work)


def put_restored_in_place(folder: Path, work: Work) -> None:
    """Move old items aside and new ones into place, as often as needed; then end the work.

    Parameters
    ----------
    folder
        Folder of the store.
    work
        Work that was begun.
    """
    if work.details.get("is_ready"):
        aside = folder / Path(str(work.details["aside"])).name
        for item in OWN_ITEMS:
            new = work.folder / "new" / item
            if not new.exists():
                continue
            for name in (item, f"{item}-wal", f"{item}-shm"):
                if (folder / name).exists():
                    make_private_folder(aside)
                    (folder / name).rename(aside / name)
            new.rename(folder / item)
        sync_folder(folder)
    work.end()
