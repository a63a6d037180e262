"""The data folder: people, sessions and the places of sensors."""

import os
from pathlib import Path
from typing import Final

from platformdirs import user_data_path

HOME_VARIABLE: Final = "IMU_VALGUS_HOME"


def data_home() -> Path:
    r"""Return the data folder; it need not exist.

    Returns
    -------
    Path
        ``IMU_VALGUS_HOME`` if it is set. Otherwise ``~/.local/share/imu_valgus`` on Linux,
        ``~/Library/Application Support/imu_valgus`` on macOS, ``%LOCALAPPDATA%\\imu_valgus`` on
        Windows.
    """
    home = os.environ.get(HOME_VARIABLE)
    return Path(home).expanduser() if home else user_data_path("imu_valgus", appauthor=False)
