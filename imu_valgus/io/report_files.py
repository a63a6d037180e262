"""Reports on disk: each file appears complete or not at all, and nobody else's is replaced."""

from collections.abc import Mapping
from pathlib import Path

from imu_valgus.conventions import SOFTWARE_NAME
from imu_valgus.errors import InputError
from imu_valgus.io.atomic import make_private_folder, write_whole_together

__all__ = ["write_report_files"]


def write_report_files(out: Path, files: Mapping[str, bytes]) -> tuple[Path, ...]:
    """Write reports into a folder, replacing earlier reports only.

    Parameters
    ----------
    out
        The folder; made when absent, whatever else it holds stays.
    files
        Content by name.

    Returns
    -------
    tuple of Path
        Where they are, in the order given.

    Raises
    ------
    InputError
        If one of the names is taken by a file that no report of this package is, or the disk does
        not take them; then nothing was replaced.
    """
    try:
        make_private_folder(out)
        for name in files:
            _check_replaceable(out / name)
        write_whole_together(out, files)
    except OSError as error:
        raise InputError(
            f"{out}: expected a folder that can be written, found: {error.strerror or error}; "
            f"free space, change its permissions, or choose another folder."
        ) from error
    return tuple(out / name for name in files)


def _check_replaceable(path: Path) -> None:
    if not path.exists():
        return
    if not path.is_file() or SOFTWARE_NAME.encode() not in path.read_bytes():
        raise InputError(
            f"{path}: expected nothing or an earlier report there, found something else; move it "
            f"away or choose another folder."
        )
