"""Writes reports completely or not at all, without replacing files of others."""

from collections.abc import Mapping
from pathlib import Path

from imu_valgus.conventions import SOFTWARE_NAME
from imu_valgus.errors import InputError
from imu_valgus.io.atomic import make_private_folder, write_whole_together

__all__ = ["write_report_files"]


def write_report_files(out: Path, files: Mapping[str, bytes]) -> tuple[Path, ...]:
    """Write reports into a folder; only earlier reports are replaced.

    Parameters
    ----------
    out
        Folder of the reports. It is created if it is missing; other files in it stay.
    files
        Content by file name.

    Returns
    -------
    tuple of Path
        The files, in the order given.

    Raises
    ------
    InputError
        If a file with one of the names is no report of this package, or the folder cannot be
        written; nothing has been replaced then.
    """
    paths = tuple(out / name for name in files)
    try:
        make_private_folder(out)
        for path in paths:
            is_report = path.is_file() and SOFTWARE_NAME.encode() in path.read_bytes()
            if path.exists() and not is_report:
                raise InputError(
                    f"{path} exists already and is no earlier report. Move it away, or choose "
                    "another folder."
                )
        write_whole_together(out, files)
    except OSError as error:
        raise InputError(
            f"{out} cannot be written ({error.strerror or error}). Free some space, change its "
            "permissions, or choose another folder."
        ) from error
    return paths
