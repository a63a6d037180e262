"""The folder in which imu_valgus keeps people, sessions and what it remembers of sensors."""

import os
from pathlib import Path
from typing import Final

from platformdirs import user_data_path

HOME_VARIABLE: Final = "IMU_VALGUS_HOME"


def data_home() -> Path:
    r"""Name the folder: ``IMU_VALGUS_HOME`` if it is set, else the platform's place for data.

    On Linux that is ``~/.local/share/imu_valgus``, on macOS ``~/Library/Application
    Support/imu_valgus``, on Windows ``%LOCALAPPDATA%\\imu_valgus``.
    """
    wanted = os.environ.get(HOME_VARIABLE)
    return Path(wanted).expanduser() if wanted else user_data_path("imu_valgus", appauthor=False)
