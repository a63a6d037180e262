"""A folder appears complete or not at all."""

import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from imu_valgus.errors import InputError

LITTER: Final = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""What file managers leave behind; it belongs to nobody."""


@contextmanager
def staged_folder(out: Path, *, is_ours: Callable[[Path], bool]) -> Iterator[Path]:
    """Give a temporary folder beside `out` that takes its place when the block ends well.

    Parameters
    ----------
    out
        The folder wanted. What an earlier run wrote there is replaced.
    is_ours
        Whether a file, given relative to `out`, is one that this kind of folder holds; any
        other file stops the replacement before anything is written.

    Yields
    ------
    Path
        The folder to write into. It is removed when the block raises.

    Raises
    ------
    InputError
        If `out` is a file or holds files of others, or if the disk does not take the files.
    """
    target = out.resolve()
    stage = target.parent / f".{target.name}.{uuid.uuid4().hex[:8]}.partial"
    try:
        check_replaceable(out, is_ours=is_ours)
        target.parent.mkdir(parents=True, exist_ok=True)
        stage.mkdir()
        yield stage
        _take_place(stage, target)
    except OSError as error:
        raise InputError(
            f"{out}: expected a folder that can be written, found: {error.strerror or error}; "
            f"free space, change its permissions, or choose another folder."
        ) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def check_replaceable(out: Path, *, is_ours: Callable[[Path], bool]) -> None:
    """Raise if something stands at `out` that must not be replaced.

    Raises
    ------
    InputError
        If it is a file, or a folder with a file that is not ours.
    """
    if not out.exists():
        return
    if not out.is_dir():
        raise InputError(
            f"{out}: expected a folder or nothing there, found a file; choose another."
        )
    for found in out.rglob("*"):
        inner = found.relative_to(out)
        is_harmless = found.name in LITTER or (found.is_dir() and not found.is_symlink())
        if not is_harmless and not is_ours(inner):
            raise InputError(
                f"{out}: expected an empty folder or earlier results, found '{inner}', which is "
                f"neither; choose another folder or move that file away."
            )


def _take_place(stage: Path, target: Path) -> None:
    if not target.exists():
        stage.rename(target)
        return
    old = stage.with_suffix(".old")
    target.rename(old)
    try:
        stage.rename(target)
    except BaseException:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)
