"""Writes files and folders completely or not at all, even in a power cut, for their owner only.

Everything is written under a temporary name beside its target, synced to the disk and renamed. The
temporary name begins with a dot and ends with ``.partial``.
"""

import os
import re
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from imu_valgus.errors import InputError

__all__ = [
    "LITTER",
    "check_replaceable",
    "make_private_folder",
    "staged_folder",
    "sync_folder",
    "write_new_file",
    "write_whole",
    "write_whole_together",
]

LITTER: Final = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""Files that file managers leave behind; they may be deleted."""

_OWNER_ONLY_FILE: Final = 0o600
_OWNER_ONLY_FOLDER: Final = 0o700
_ABANDONED_S: Final = 3600.0


def partial_name(path: Path) -> Path:
    """Make a temporary name beside a file or folder that is about to be written.

    Parameters
    ----------
    path
        Target, a file or folder.

    Returns
    -------
    Path
        Hidden name in the same folder.
    """
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.partial")


def remove_abandoned(path: Path) -> None:
    """Remove what killed processes left of earlier attempts to write a file or folder.

    Only exact temporary names of this very target are touched, and only after an hour: no write of
    ours takes that long.

    Parameters
    ----------
    path
        Target, a file or folder.
    """
    name = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{8}}\.(partial|old)")
    for other in path.parent.iterdir() if path.parent.is_dir() else ():
        if not name.fullmatch(other.name) or other.is_symlink():
            continue
        if time.time() - other.stat().st_mtime > _ABANDONED_S:
            shutil.rmtree(other) if other.is_dir() else other.unlink()


def make_private_folder(folder: Path) -> None:
    """Create a folder, and missing ones above it, that only the owner may enter.

    Parameters
    ----------
    folder
        Folder to create; it may exist already.

    Raises
    ------
    OSError
        If the disk refuses.
    """
    for missing in reversed([folder, *folder.parents]):
        # `parents=True` would leave the folders in between open to everyone.
        missing.mkdir(mode=_OWNER_ONLY_FOLDER, exist_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut; Windows needs no help with that.

    Parameters
    ----------
    folder
        Folder in which files were created or renamed.

    Raises
    ------
    OSError
        If the disk refuses.
    """
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_new_file(path: Path, content: bytes) -> None:
    """Write a new file that only its owner can read, and wait until it is on the disk.

    Parameters
    ----------
    path
        File to create; must not exist yet.
    content
        All bytes of the file.

    Raises
    ------
    OSError
        If the file exists or the disk refuses.
    """
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER_ONLY_FILE)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def write_whole(path: Path, content: bytes) -> None:
    """Write or replace a file; every reader sees either the old content or the new one.

    Parameters
    ----------
    path
        File to write; its folder must exist.
    content
        All bytes of the file.

    Raises
    ------
    OSError
        If the disk refuses; the old content stays.
    """
    write_whole_together(path.parent, {path.name: content})


def write_whole_together(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write or replace several files; none is replaced unless all of them could be written.

    Parameters
    ----------
    folder
        Folder of the files; must exist.
    files
        Content by file name.

    Raises
    ------
    OSError
        If the disk refuses.
    """
    staged = {name: partial_name(folder / name) for name in files}
    for name in files:
        remove_abandoned(folder / name)
    try:
        for name, content in files.items():
            write_new_file(staged[name], content)
        for name, path in staged.items():
            path.replace(folder / name)
        sync_folder(folder)
    finally:
        for path in staged.values():
            path.unlink(missing_ok=True)


@contextmanager
def staged_folder(out: Path, *, is_ours: Callable[[Path], bool]) -> Iterator[Path]:
    """Provide a temporary folder that replaces `out` when the block ends without an error.

    Parameters
    ----------
    out
        Final folder. Files that an earlier run wrote there are replaced.
    is_ours
        Whether a file, relative to `out`, may be replaced. Any other file is an error, before
        anything is written.

    Yields
    ------
    Path
        Folder to write into. It is removed if the block raises.

    Raises
    ------
    InputError
        If `out` is a file, holds foreign files, or cannot be written.
    """
    target = out.resolve()
    stage = partial_name(target)
    try:
        check_replaceable(out, is_ours=is_ours)
        make_private_folder(target.parent)
        remove_abandoned(target)
        stage.mkdir(mode=_OWNER_ONLY_FOLDER)
        yield stage
        _settle(stage)
        _take_place(stage, target)
    except OSError as error:
        raise InputError(
            f"{out} cannot be written ({error.strerror or error}). Free some space, change the "
            "permissions of its folder, or choose another folder."
        ) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def check_replaceable(out: Path, *, is_ours: Callable[[Path], bool]) -> None:
    """Raise if `out` exists and must not be replaced.

    Parameters
    ----------
    out
        Folder that is going to be written.
    is_ours
        Whether a file, relative to `out`, may be replaced.

    Raises
    ------
    InputError
        If `out` is a file, or a folder with a file that is not ours.
    """
    if not out.exists():
        return
    if not out.is_dir():
        raise InputError(f"{out} is a file, not a folder. Choose another name.")
    for found in out.rglob("*"):
        inner = found.relative_to(out)
        is_harmless = found.name in LITTER or (found.is_dir() and not found.is_symlink())
        if not is_harmless and not is_ours(inner):
            raise InputError(
                f"{out} holds '{inner}', which no earlier run wrote. Choose another folder, or "
                "move that file away."
            )


def _settle(stage: Path) -> None:
    """Sync everything in a folder to the disk, readable by its owner only."""
    for path in stage.rglob("*"):
        if path.is_dir():
            path.chmod(_OWNER_ONLY_FOLDER)
            sync_folder(path)
            continue
        path.chmod(_OWNER_ONLY_FILE)
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    sync_folder(stage)


def _take_place(stage: Path, target: Path) -> None:
    if not target.exists():
        stage.rename(target)
    else:
        old = stage.with_suffix(".old")
        target.rename(old)
        try:
            stage.rename(target)
        except BaseException:
            old.rename(target)
            raise
        shutil.rmtree(old, ignore_errors=True)
    sync_folder(target.parent)
