"""The log of the package as a file, for a recording or a whole command.

Modules log to ``logging.getLogger(__name__)`` and print nothing by themselves.
"""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from imu_valgus._version import __version__
from imu_valgus.io.atomic import make_private_folder

__all__ = ["TAKE_LOG_FILE", "log_to_file"]

TAKE_LOG_FILE: Final = "take.log"
"""Log of a take, beside its journal."""

_PACKAGE_LOGGER: Final = logging.getLogger("imu_valgus")
_FORMAT: Final = "%(asctime)s.%(msecs)03dZ %(levelname)-7s %(name)s: %(message)s"


@contextmanager
def log_to_file(path: Path) -> Iterator[None]:
    """Append everything that the package logs to a file while the block runs.

    Parameters
    ----------
    path
        File to append to; only its owner may read it. Its folder is made where missing.

    Yields
    ------
    None
        While the log is open.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    make_private_folder(path.parent)
    os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600))
    handler = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace")
    formatter = logging.Formatter(_FORMAT, "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    level = _PACKAGE_LOGGER.level
    _PACKAGE_LOGGER.addHandler(handler)
    _PACKAGE_LOGGER.setLevel(logging.DEBUG)
    _PACKAGE_LOGGER.info("imu_valgus %s", __version__)
    try:
        yield
    except BaseException as error:
        _PACKAGE_LOGGER.exception("ended by %s", type(error).__name__)
        raise
    finally:
        _PACKAGE_LOGGER.removeHandler(handler)
        _PACKAGE_LOGGER.setLevel(level)
        handler.close()
