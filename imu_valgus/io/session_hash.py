"""Tells one raw recording from another by its bytes."""

import hashlib
from pathlib import Path
from typing import Final

from imu_valgus.errors import InputError
from imu_valgus.io.atomic import LITTER
from imu_valgus.io.results import is_result_file

_BLOCK: Final = 1 << 20

_NOT_READ: Final = LITTER | {"raw.jrnl"}
"""The recorder's journal is what the samples were made from; it may be thrown away later."""


def hash_of_session(path: Path | str) -> str:
    """Hash everything in a session's folder that an analysis may read.

    Parameters
    ----------
    path
        A plain session, a recorded session or a folder of vendor exports.

    Returns
    -------
    str
        SHA-256 in 64 hexadecimal digits, over the files in order of their relative names (with /
        between folders, compared by their UTF-8 bytes); each enters as its name, a zero byte, its
        length in bytes as 8 bytes (big endian) and its content. Hidden files, what file managers
        leave behind, the recorder's journal and the results of ``analyse`` do not enter, nor does
        the folder's own name: a copy or a renamed folder keeps its hash.

    Raises
    ------
    InputError
        If a file cannot be read or there is none.
    """
    folder = Path(path)
    try:
        files = _input_files(folder)
        digest = hashlib.sha256()
        for name in sorted(files):
            digest.update(name + b"\0" + files[name].stat().st_size.to_bytes(8, "big"))
            with files[name].open("rb") as file:
                while block := file.read(_BLOCK):
                    digest.update(block)
    except OSError as error:
        raise InputError(
            f"{folder}: expected files that can be read, but: {error.strerror} "
            f"({error.filename}); check their permissions."
        ) from error
    if not files:
        raise InputError(f"{folder}: expected the files of a session, found none.")
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
    """Whether a file is a result of ``analyse``, whose folder may lie inside the session's."""
    return is_result_file(Path(inner.name)) or is_result_file(Path("recording", inner.name))
