"""Identifies a raw recording by a hash of its files."""

import hashlib
from pathlib import Path
from typing import Final

from imu_valgus.errors import InputError
from imu_valgus.io.atomic import LITTER
from imu_valgus.io.regular_file import open_regular, shown_path
from imu_valgus.io.results import is_result_file

_BLOCK: Final = 1 << 20

_NOT_READ: Final = LITTER | {"raw.jrnl"}
"""The samples were made from the recorder's journal, which may be deleted later."""


def hash_of_session(path: Path | str) -> str:
    """Hash everything in a session's folder that an analysis may read.

    The files enter in order of their relative names (with / between folders, compared by their
    UTF-8 bytes). Each one enters as its name, a zero byte, its length in bytes as 8 bytes (big
    endian) and its content. Hidden files, files that file managers leave behind, the recorder's
    journal and the results of ``analyse`` do not enter. Nor does the name of the folder, so that a
    copy or a renamed folder has the same hash.

    Parameters
    ----------
    path
        A plain session, a recorded session or a folder of vendor exports.

    Returns
    -------
    str
        SHA-256 in 64 hexadecimal digits.

    Raises
    ------
    InputError
        If a file cannot be read or there are none.
    """
    folder = Path(path)
    shown = shown_path(folder)
    try:
        files = _input_files(folder)
        digest = hashlib.sha256()
        for name in sorted(files):
            digest.update(name + b"\0" + files[name].stat().st_size.to_bytes(8, "big"))
            with open_regular(files[name]) as file:
                while block := file.read(_BLOCK):
                    digest.update(block)
    except OSError as error:
        raise InputError(
            f"{shown}: a file cannot be read ({error.strerror}: "
            f"{shown_path(error.filename)}). Check its permissions."
        ) from error
    if not files:
        raise InputError(f"{shown} holds no files of a session. Give the folder of a session.")
    return digest.hexdigest()


def _input_files(folder: Path) -> dict[bytes, Path]:
    files = {}
    for file in folder.rglob("*"):
        inner = file.relative_to(folder)
        is_hidden = any(part.startswith(".") for part in inner.parts)
        is_read = not is_hidden and inner.name not in _NOT_READ and not _is_result(inner)
        if is_read and file.is_file():
            files[inner.as_posix().encode("utf-8", "surrogateescape")] = file
    return files


def _is_result(inner: Path) -> bool:
    """Whether a file is a result of ``analyse``, whose folder may be inside the session's."""
    return is_result_file(Path(inner.name)) or is_result_file(Path("recording", inner.name))
