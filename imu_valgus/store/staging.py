"""Half-written work of the store: prepared out of sight, marked as ours, finished or undone later.

Everything that takes more than one step is prepared in ``.staging/<token>/`` beside a marker that
says what is being done. A process does this only while it holds the write lock of the index, so
whoever gets the lock knows that work still lying there was abandoned: its process is gone. Nothing
without such a marker is ever deleted.
"""

import contextlib
import json
import re
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from imu_valgus.io.atomic import make_private_folder, write_whole
from imu_valgus.io.regular_file import read_regular

__all__ = ["STAGING_FOLDER", "Work", "abandoned_works", "begin_work", "works_in"]

STAGING_FOLDER: Final = ".staging"
_MARKER: Final = "work.json"
_LARGEST_MARKER: Final = 64_000_000
_FORMAT: Final = "imu-valgus store work 1"


@dataclass(frozen=True, slots=True)
class Work:
    """One piece of work that was begun.

    Parameters
    ----------
    folder
        Its folder in the staging area, for whatever is being prepared.
    kind
        What is being done, such as ``add`` or ``forget``.
    details
        What it is done to; JSON values.
    """

    folder: Path
    kind: str
    details: dict[str, Any]

    @property
    def token(self) -> str:
        """A random word that marks everything this work makes as its own."""
        return self.folder.name

    def note(self, **details: Any) -> None:
        """Add to what the marker says."""
        self.details.update(details)
        marker = {"format": _FORMAT, "kind": self.kind, **self.details}
        write_whole(self.folder / _MARKER, json.dumps(marker).encode())

    def end(self) -> None:
        """Remove what was prepared, the marker last."""
        for path in self.folder.iterdir():
            if path.name == _MARKER:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        (self.folder / _MARKER).unlink()
        self.folder.rmdir()


def begin_work(store_folder: Path, kind: str, **details: Any) -> Work:
    """Mark the beginning of a piece of work; the caller holds the write lock.

    Parameters
    ----------
    store_folder
        Folder of the store.
    kind
        What is being done, such as ``add``.
    **details
        What it is done to; JSON values.

    Returns
    -------
    Work
        The work, its marker on the disk.

    Raises
    ------
    OSError
        If the disk refuses.
    """
    folder = store_folder / STAGING_FOLDER / secrets.token_hex(8)
    make_private_folder(folder)
    work = Work(folder, kind, details)
    try:
        work.note()
    except OSError:
        folder.rmdir()
        raise
    return work


def works_in(store_folder: Path) -> tuple[Work, ...]:
    """List the work that somebody has begun, whether they are still at it or not.

    Parameters
    ----------
    store_folder
        Folder of the store.

    Returns
    -------
    tuple
        All work that has a marker.
    """
    staging = store_folder / STAGING_FOLDER
    works = []
    for folder in sorted(staging.iterdir()) if staging.is_dir() else ():
        marker = _read_marker(folder)
        if marker is not None:
            works.append(Work(folder, str(marker.pop("kind")), marker))
    return tuple(works)


def abandoned_works(store_folder: Path) -> tuple[Work, ...]:
    """List the work that somebody began; the caller holds the write lock, so nobody is still at it.

    What a process left that died before it had written its marker is removed: it holds nothing.

    Parameters
    ----------
    store_folder
        Folder of the store.

    Returns
    -------
    tuple
        All work that has a marker.
    """
    works = works_in(store_folder)
    staging = store_folder / STAGING_FOLDER
    for folder in staging.iterdir() if staging.is_dir() else ():
        if folder not in {work.folder for work in works} and folder.is_dir():
            _remove_if_empty(folder)
    return works


def _read_marker(folder: Path) -> dict[str, Any] | None:
    try:
        marker = json.loads(read_regular(folder / _MARKER, most_bytes=_LARGEST_MARKER))
    except (OSError, ValueError, RecursionError):
        return None
    is_ours = isinstance(marker, dict) and marker.pop("format", None) == _FORMAT
    return marker if is_ours and isinstance(marker.get("kind"), str) else None


def _remove_if_empty(folder: Path) -> None:
    # A process that died while it wrote the marker leaves a part of it and nothing else.
    partial = re.compile(rf"\.{re.escape(_MARKER)}\.[0-9a-f]{{8}}\.partial")
    if folder.is_symlink():
        return
    with contextlib.suppress(OSError):
        inner = list(folder.iterdir())
        if all(partial.fullmatch(path.name) for path in inner):
            for path in inner:
                path.unlink()
            folder.rmdir()
