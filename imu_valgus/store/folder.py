"""Where the store lies, and files that only their owner may read and that survive a power cut."""

import json
import os
import secrets
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from imu_valgus.errors import InputError

HOME_VARIABLE: Final = "IMU_VALGUS_HOME"
_OWNER_ONLY_FILE: Final = 0o600
_OWNER_ONLY_FOLDER: Final = 0o700


def default_folder(
    environ: Mapping[str, str] = os.environ, *, platform: str = sys.platform
) -> Path:
    """Name the store's folder: ``IMU_VALGUS_HOME``, else the platform's place for data.

    Parameters
    ----------
    environ
        Environment variables.
    platform
        As ``sys.platform``.
    """
    if environ.get(HOME_VARIABLE):
        return Path(environ[HOME_VARIABLE]).expanduser()
    if platform == "win32":
        base = environ.get("LOCALAPPDATA")
        return (Path(base) if base else Path.home() / "AppData" / "Local") / "imu_valgus"
    if platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "imu_valgus"
    base = environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "imu_valgus"


def make_private_folder(folder: Path) -> None:
    """Make a folder that only its owner may enter, and those above it that are missing."""
    for missing in reversed([folder, *folder.parents]):
        # `parents=True` would leave the folders in between open to everybody.
        missing.mkdir(mode=_OWNER_ONLY_FOLDER, exist_ok=True)


def touch_private(path: Path) -> None:
    """Make an empty file of the owner, unless there is one."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, _OWNER_ONLY_FILE))


def sync_folder(folder: Path) -> None:
    """Make names in a folder survive a power cut; Windows does so by itself."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_private(path: Path, content: bytes) -> None:
    """Write a new file of the owner and wait until the disk has it."""
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER_ONLY_FILE)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace_private(path: Path, content: bytes) -> None:
    """Replace a file in one step: whoever reads it sees the old content or the new one."""
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    new.unlink(missing_ok=True)
    write_private(new, content)
    new.replace(path)
    sync_folder(path.parent)


def checked_file_name(name: str) -> PurePosixPath:
    """Return the name of a result file relative to its session, refusing any way out of it."""
    path = PurePosixPath(name)
    is_inside = name and not path.is_absolute() and ".." not in path.parts and "\\" not in name
    if not is_inside or ":" in name or path.parts[:1] in ((), (".",)):
        raise InputError(
            f"Expected the name of a result file inside its session's folder, found {name!r}."
        )
    return path


def write_files(folder: Path, files: Mapping[str, bytes | Path]) -> None:
    """Write or copy result files into a new folder and wait until the disk has them.

    Raises
    ------
    InputError
        If a name leads out of the folder or a file to be copied cannot be read.
    """
    make_private_folder(folder)
    for name, content in files.items():
        target = folder.joinpath(*checked_file_name(name).parts)
        make_private_folder(target.parent)
        write_private(target, _read(content) if isinstance(content, Path) else content)
    for inner in {folder, *(path.parent for path in folder.rglob("*"))}:
        sync_folder(inner)


def place_files(final: Path, files: Mapping[str, bytes | Path]) -> None:
    """Write the result files of a session so that its folder is there wholly or not at all.

    Raises
    ------
    InputError
        As :func:`write_files`, or if the disk does not take them.
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
                f"Expected to write session {final.name} to {final.parent}, but: "
                f"{error.strerror}. Nothing was added."
            ) from error
        raise


def check_new_or_empty(folder: Path) -> None:
    """Raise InputError unless an export may be written to `folder` without touching any file."""
    if folder.is_file() or (folder.exists() and any(folder.iterdir())):
        raise InputError(f"Expected a new or empty folder to export to, found files in {folder}.")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"Expected to read {path}, but: {error.strerror}.") from error


def read_names(path: Path) -> dict[str, str]:
    """Read the file that maps pseudonyms to names; empty when there is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise InputError(f"Expected names in {path}, found no JSON: {error}.") from error
    return {str(key): str(value) for key, value in content.items()}


def write_names(path: Path, names: Mapping[str, str]) -> None:
    """Replace the file of names in one step."""
    text = json.dumps(dict(sorted(names.items())), ensure_ascii=False, indent=1)
    replace_private(path, text.encode("utf-8"))
