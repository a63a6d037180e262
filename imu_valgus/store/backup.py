"""A whole store in one file, and back again."""

import contextlib
import json
import os
import shutil
import sqlite3
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Final

from imu_valgus._version import __version__
from imu_valgus.errors import InputError
from imu_valgus.io.atomic import make_private_folder
from imu_valgus.store.folder import INDEX_FILE, OWN_ITEMS, REPLACED_PREFIX
from imu_valgus.store.repairs import put_restored_in_place, repair_lock
from imu_valgus.store.staging import begin_work
from imu_valgus.store.store import Store

__all__ = ["backup_store", "restore_store"]

_FORMAT: Final = "imu-valgus store backup 1"
_MARKER: Final = "backup.json"
_LARGEST_RATIO: Final = 200
"""No table, picture or index of ours packs better; a file that does is a trap."""

_UNREADABLE: Final = (
    OSError, EOFError, NotImplementedError, RuntimeError, ValueError, sqlite3.Error,
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error,
)  # fmt: skip
"""What reading a ZIP file raises that is damaged, encrypted or made by another program."""


def backup_store(store: Store, file: Path) -> int:
    """Write everything in a store into one ZIP file, consistent while others use the store.

    Parameters
    ----------
    store
        The store; other processes wait to write while it is copied.
    file
        File to write; it must not exist yet. Readable by its owner only.

    Returns
    -------
    int
        Number of files packed.

    Raises
    ------
    InputError
        If the file exists or the disk refuses; then nothing is written.
    """
    if file.exists():
        raise InputError(f"{file} exists already. Choose another name for the backup.")
    with store.frozen(file) as (staged, index):
        handle = os.open(staged, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        with os.fdopen(handle, "wb") as raw:
            with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as packed:
                n_files = _pack(packed, store.folder, index)
            raw.flush()
            os.fsync(raw.fileno())
    return n_files


def _pack(packed: zipfile.ZipFile, folder: Path, index: Path) -> int:
    marker = {"format": _FORMAT, "software": __version__, "made": datetime.now(UTC).isoformat()}
    packed.writestr(_MARKER, json.dumps(marker))
    paths = [
        path
        for item in OWN_ITEMS
        if item != INDEX_FILE
        for path in ([folder / item] if (folder / item).is_file() else (folder / item).rglob("*"))
        if path.is_file() and not path.is_symlink()
    ]
    packed.write(index, INDEX_FILE)
    for path in sorted(paths):
        packed.write(path, path.relative_to(folder).as_posix())
    return len(paths) + 1


def restore_store(file: Path, folder: Path) -> Path | None:
    """Put a backup in the place of a store, healthy or damaged; the old one is kept aside.

    Parameters
    ----------
    file
        A backup of :func:`backup_store`.
    folder
        Folder of the store. Close other programs that use it.

    Returns
    -------
    Path or None
        Folder with what was there before; None where nothing was.

    Raises
    ------
    InputError
        If the file is no backup, is damaged, or the disk refuses; then nothing was replaced.
    """
    try:
        make_private_folder(folder)
        with repair_lock(folder):
            work = begin_work(folder, "restore")
            try:
                _unpack(file, work.folder / "new")
                aside = _aside(folder)
                work.note(aside=aside.name, is_ready=True)
            except BaseException:
                work.end()
                raise
            put_restored_in_place(folder, work)
    except _UNREADABLE as error:
        raise InputError(f"The backup {file} cannot be restored ({error}).") from error
    return aside if aside.exists() else None


def _aside(folder: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    names = (f"{REPLACED_PREFIX}{stamp}{f'-{k}' if k > 1 else ''}" for k in range(1, 1000))
    return next(folder / name for name in names if not (folder / name).exists())


def _unpack(file: Path, target: Path) -> None:
    """Unpack a backup, refusing everything that a backup of ours does not hold."""
    with zipfile.ZipFile(file) as packed:
        try:
            is_ours = json.loads(packed.read(_MARKER))["format"] == _FORMAT
        except (KeyError, TypeError, ValueError, RecursionError):
            is_ours = False
        if not is_ours:
            raise InputError(f"{file} is not a backup of an imu_valgus store.")
        for entry in packed.infolist():
            path = PurePosixPath(entry.filename)
            if entry.filename == _MARKER:
                continue
            is_inside = not path.is_absolute() and ".." not in path.parts and "\\" not in str(path)
            is_known = path.parts[:1] and path.parts[0] in OWN_ITEMS
            is_plausible = entry.file_size <= _LARGEST_RATIO * max(entry.compress_size, 4096)
            if not (is_inside and is_known and is_plausible):
                raise InputError(f"The backup {file} is damaged: it holds '{entry.filename}'.")
            out = target.joinpath(*path.parts)
            make_private_folder(out.parent)
            handle = os.open(out, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with packed.open(entry) as source, os.fdopen(handle, "wb") as sink:
                shutil.copyfileobj(source, sink)
                sink.flush()
                os.fsync(sink.fileno())
    for item in OWN_ITEMS[2:]:
        make_private_folder(target / item)
    index = (target / INDEX_FILE).resolve()
    is_whole = False
    if index.is_file():
        with contextlib.closing(sqlite3.connect(f"{index.as_uri()}?mode=ro", uri=True)) as opened:
            is_whole = opened.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    if not is_whole:
        raise InputError(f"The backup {file} is damaged: it holds no whole index.")
