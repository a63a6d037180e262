"""The store's files: results of sessions, names behind pseudonyms."""

import json
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from imu_valgus.errors import InputError
from imu_valgus.io.atomic import make_private_folder, sync_folder, write_new_file, write_whole


def touch_private(path: Path) -> None:
    """Make an empty file that only its owner can read, unless it exists."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def checked_file_name(name: str) -> PurePosixPath:
    """Return the name of a result file; raise InputError if it leads out of its folder."""
    path = PurePosixPath(name)
    is_inside = name and not path.is_absolute() and ".." not in path.parts and "\\" not in name
    if not is_inside or ":" in name or path.parts[:1] in ((), (".",)):
        raise InputError(
            f"A result file must lie inside its session's folder, but {name!r} does not."
        )
    return path


def write_files(folder: Path, files: Mapping[str, bytes | Path]) -> None:
    """Write or copy result files into a new folder, and wait until they are on the disk.

    Raises
    ------
    InputError
        If a name leads out of the folder or a file to be copied cannot be read.
    """
    make_private_folder(folder)
    for name, content in files.items():
        target = folder.joinpath(*checked_file_name(name).parts)
        make_private_folder(target.parent)
        write_new_file(target, _read(content) if isinstance(content, Path) else content)
    for inner in {folder, *(path.parent for path in folder.rglob("*"))}:
        sync_folder(inner)


def place_files(final: Path, files: Mapping[str, bytes | Path]) -> None:
    """Write the result files of a session; the folder appears completely or not at all.

    Raises
    ------
    InputError
        As for :func:`write_files`, or if the disk refuses.
    """
    staged = final.with_name(f".adding-{secrets.token_hex(8)}")
    try:
        write_files(staged, files)
        staged.rename(final)
        sync_folder(final.parent)
    except BaseException as error:
        shutil.rmtree(staged, ignore_errors=True)
        if isinstance(error, OSError):
            raise InputError(
                f"Cannot write session {final.name} to {final.parent} ({error.strerror}). "
                "Nothing was added."
            ) from error
        raise


def check_new_or_empty(folder: Path) -> None:
    """Raise InputError unless the folder is absent or empty."""
    if folder.is_file() or (folder.exists() and any(folder.iterdir())):
        raise InputError(f"An export needs a new or empty folder, but {folder} holds files.")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"Cannot read {path} ({error.strerror}).") from error


def read_names(path: Path) -> dict[str, str]:
    """Read the names by pseudonym, empty without a file; raise InputError if it is damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise InputError(f"The file of names {path} is damaged: {error}.") from error
    return {str(key): str(value) for key, value in content.items()}


def write_names(path: Path, names: Mapping[str, str]) -> None:
    """Replace the file of names as a whole."""
    text = json.dumps(dict(sorted(names.items())), ensure_ascii=False, indent=1)
    write_whole(path, text.encode("utf-8"))
