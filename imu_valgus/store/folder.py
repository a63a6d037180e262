"""The files of the store: result files of sessions, and the names behind pseudonyms."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from imu_valgus.errors import InputError
from imu_valgus.io.atomic import make_private_folder, sync_folder, write_new_file
from imu_valgus.io.regular_file import read_regular

INDEX_FILE: Final = "index.sqlite3"
NAMES_FILE: Final = "names.json"
PEOPLE_FOLDER: Final = "people"
SESSIONS_FOLDER: Final = "sessions"
OWN_ITEMS: Final = (INDEX_FILE, NAMES_FILE, PEOPLE_FOLDER, SESSIONS_FOLDER)
"""What a store consists of, beside its staging area."""

_LARGEST_NAMES: Final = 64_000_000
"""A million names."""

REPLACED_PREFIX: Final = "before-restore-"
"""Begins the name of a folder with what a restore replaced: a store of its own."""

DAMAGED_FOLDER: Final = "damaged"
"""Holds indexes that a rebuild replaced, each in a folder named after the time."""

STAMP: Final = r"\d{8}-\d{6}(-\d+)?"
"""How the time is written in such names."""


def touch_private(path: Path) -> None:
    """Make an empty file of the owner, unless there is one.

    Parameters
    ----------
    path
        Path of the file.
    """
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def checked_file_name(name: str) -> PurePosixPath:
    """Return the name of a result file relative to its session, refusing any way out of it.

    Parameters
    ----------
    name
        Name relative to the folder of a session.

    Returns
    -------
    PurePosixPath
        The name as a relative path.

    Raises
    ------
    InputError
        If it leads out of the folder or cannot be a name.
    """
    path = PurePosixPath(name)
    is_inside = name and not path.is_absolute() and ".." not in path.parts and "\\" not in name
    if not is_inside or ":" in name or path.parts[:1] in ((), (".",)):
        raise InputError(
            f"Expected the name of a result file inside its session's folder, found {name!r}."
        )
    return path


def check_files(files: Mapping[str, bytes | Path]) -> None:
    """Raise InputError for a name that leads out of a session, or that the store itself uses.

    Parameters
    ----------
    files
        Content, or a file to copy, by name.
    """
    for name in files:
        if str(checked_file_name(name)) == "session.json":
            raise InputError("'session.json' is the name of the store's own file of a session.")


def write_files(folder: Path, files: Mapping[str, bytes | Path]) -> None:
    """Write or copy result files into a new folder and wait until the disk has them.

    Parameters
    ----------
    folder
        Folder to make, of a session or an export.
    files
        Content, or a file to copy, by name.

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


def check_new_or_empty(folder: Path) -> None:
    """Raise InputError unless an export may be written to `folder` without touching any file.

    Parameters
    ----------
    folder
        Folder to export to.
    """
    if folder.is_file() or (folder.exists() and any(folder.iterdir())):
        raise InputError(f"{folder} is not empty. Give the name of a new or empty folder.")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"Expected to read {path}, but: {error.strerror}.") from error


def read_names(path: Path) -> dict[str, str]:
    """Read the file that maps pseudonyms to names; empty when there is none.

    Parameters
    ----------
    path
        File that maps pseudonyms to names.

    Returns
    -------
    dict
        Name by pseudonym.

    Raises
    ------
    InputError
        If it cannot be read or holds something else.
    """
    try:
        content = json.loads(read_regular(path, most_bytes=_LARGEST_NAMES))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"The names in '{path}' cannot be read ({error}). Restore a backup, or move the file "
            "away to go on without names."
        ) from error
    if not isinstance(content, dict):
        raise InputError(
            f"'{path}' does not hold names. Restore a backup, or move the file away to go on "
            "without names."
        )
    return {str(key): str(value) for key, value in content.items()}


def names_bytes(names: Mapping[str, str]) -> bytes:
    """Write names as the file holds them.

    Parameters
    ----------
    names
        Name by pseudonym.

    Returns
    -------
    bytes
        JSON in UTF-8.
    """
    return json.dumps(dict(sorted(names.items())), ensure_ascii=False, indent=1).encode()


def leftovers_of_older_versions(store_folder: Path) -> tuple[Path, ...]:
    """List what killed processes of versions before 0.2 left, which had no staging area.

    Their names are exact and no version writes them any more: ``.names.json.<process>.new`` and
    ``sessions/.adding-<16 hexadecimal digits>``.

    Parameters
    ----------
    store_folder
        Folder of the store.

    Returns
    -------
    tuple
        Files and folders to remove.
    """
    found = [
        path
        for path in store_folder.iterdir()
        if re.fullmatch(rf"\.{re.escape(NAMES_FILE)}\.\d+\.new", path.name)
    ]
    sessions = store_folder / SESSIONS_FOLDER
    found += [
        path for path in sessions.iterdir() if re.fullmatch(r"\.adding-[0-9a-f]{16}", path.name)
    ]
    return tuple(path for path in found if not path.is_symlink())


def replaced_stores(store_folder: Path) -> tuple[Path, ...]:
    """List the stores that restores replaced, which still lie inside the store's folder.

    Parameters
    ----------
    store_folder
        Folder of the store.

    Returns
    -------
    tuple
        Folders, oldest first.
    """
    return tuple(
        path
        for path in sorted(store_folder.iterdir())
        if re.fullmatch(REPLACED_PREFIX + STAMP, path.name)
        and path.is_dir()
        and not path.is_symlink()
    )
