"""Opens regular files only, and shows names and values from outside safely in messages.

A named pipe would wait for ever and ``/dev/zero`` would fill the memory, so nothing else than a
regular file is opened. What belongs to a session must lie inside its folder.
"""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO, Final

_LONGEST_SHOWN: Final = 60


def open_regular(file: Path, *, inside: Path | None = None) -> BinaryIO:
    """Open a regular file for reading; never waits for a pipe or a device.

    Parameters
    ----------
    file
        File to open.
    inside
        Folder that must hold the file after all links were followed; None for anywhere.

    Returns
    -------
    binary file
        To be closed by the caller.

    Raises
    ------
    OSError
        If there is no such file, it may not be read, is no regular file or lies elsewhere;
        `strerror` says which in plain words.
    """
    try:
        if inside is not None and not file.resolve(strict=True).is_relative_to(inside.resolve()):
            raise OSError(errno.EXDEV, f"it is a link that leads out of '{inside.name}'")
        if not stat.S_ISREG(file.stat().st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        descriptor = os.open(file, os.O_RDONLY | _NO_WAITING)
    except ValueError as error:
        raise OSError(errno.EINVAL, "its name cannot be used") from error
    except RuntimeError as error:  # pathlib's word for links in a circle, up to Python 3.12
        raise OSError(errno.ELOOP, "its links lead in a circle") from error
    # Another program may have put something else in its place since it was looked at.
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no regular file")
    return os.fdopen(descriptor, "rb")


_NO_WAITING: Final = (
    getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
)


def read_regular(file: Path, *, most_bytes: int, inside: Path | None = None) -> bytes:
    """Read a regular file of limited size.

    Parameters
    ----------
    file, inside
        As for :func:`open_regular`.
    most_bytes
        Largest size that such a file can have.

    Returns
    -------
    bytes
        Whole content.

    Raises
    ------
    OSError
        As :func:`open_regular`, and if the file is larger.
    """
    with open_regular(file, inside=inside) as stream:
        content = stream.read() if _size(stream) <= most_bytes else b""
        if _size(stream) > most_bytes:
            raise OSError(errno.EFBIG, f"it is larger than {most_bytes / 1e6:g} MB")
    return content


def _size(stream: BinaryIO) -> int:
    return os.fstat(stream.fileno()).st_size


def is_regular(file: Path, *, inside: Path | None = None) -> bool:
    """Whether :func:`open_regular` would open a file.

    Parameters
    ----------
    file
        Path of the file.
    inside
        Folder that the path must not lead out of; None for no limit.

    Returns
    -------
    bool
        True if it may be opened.
    """
    try:
        open_regular(file, inside=inside).close()
    except OSError:
        return False
    return True


def is_folder(path: Path, *, inside: Path | None = None) -> bool:
    """Whether a path is a folder, inside of another one if asked; impossible names are none.

    Parameters
    ----------
    path
        Path of a file or folder.
    inside
        Folder that the path must not lead out of; None for no limit.

    Returns
    -------
    bool
        True if it is a folder.
    """
    try:
        if inside is not None and not path.resolve().is_relative_to(inside.resolve()):
            return False
        return path.is_dir()
    except (OSError, ValueError, RuntimeError):
        return False


def exists(path: Path) -> bool:
    """Whether there is anything at a path; there is nothing at impossible names.

    Parameters
    ----------
    path
        Path of a file or folder.

    Returns
    -------
    bool
        True if there is something of that name.
    """
    try:
        return path.exists()
    except (OSError, ValueError, RuntimeError):
        return False


def shown(file: Path) -> str:
    """Name a file in messages: its folder and its name.

    Parameters
    ----------
    file
        Path of the file.

    Returns
    -------
    str
        Name of the file with its folder, safe to print.
    """
    name = f"{file.parent.name}/{file.name}" if file.parent.name else file.name
    return printable(name, most=2 * _LONGEST_SHOWN)


def shown_path(path: Path) -> str:
    """Name a path in messages as it was given.

    Parameters
    ----------
    path
        Path of a file or folder.

    Returns
    -------
    str
        The path, safe to print.
    """
    return printable(str(path), most=300)


def printable(text: str, *, most: int = _LONGEST_SHOWN) -> str:
    """Shorten a text from outside to printable characters for a message, 60 unless told.

    Parameters
    ----------
    text
        Text from outside.
    most
        Longest result, in characters.

    Returns
    -------
    str
        The text without control characters, shortened.
    """
    return "".join(sign if sign.isprintable() else "?" for sign in text[:most])


def brief(value: object, *, most: int = _LONGEST_SHOWN) -> str:
    """Show a value from a file in a message, however large or deep it is.

    Parameters
    ----------
    value
        Value from outside.
    most
        Longest result, in characters.

    Returns
    -------
    str
        The value in a few characters, safe to print.

    Examples
    --------
    >>> brief("x"), brief(1 << 40_000)
    ("'x'", 'a int that is too large to show')
    """
    try:
        return printable(repr(value), most=most)
    except (ValueError, RecursionError):
        return f"a {type(value).__name__} that is too large to show"
