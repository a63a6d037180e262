"""Remembers which sensor sits where, by the sensor's own serial number."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final, Self

from imu_valgus.errors import InputError
from imu_valgus.io.atomic import make_private_folder, write_whole
from imu_valgus.model import Placement

__all__ = ["PlacementMemory", "RememberedSensor"]

_FILE: Final = "placements.json"
_FORMAT: Final = "imu-valgus placements 1"


@dataclass(frozen=True, slots=True)
class RememberedSensor:
    """A sensor that was placed once.

    Parameters
    ----------
    sensor_id
        Its own serial number; its address where it tells none.
    placement
        Where it sits.
    address
        Where this computer heard it last; only a short cut, checked at every connection.
    own_id
        The serial number as the sensor tells it, None where it tells none.
    """

    sensor_id: str
    placement: Placement
    address: str
    own_id: str | None


def _remembered(entry: dict[str, str]) -> RememberedSensor:
    return RememberedSensor(
        entry["sensor_id"], Placement(entry["placement"]), entry["address"], entry["own_id"]
    )


@dataclass(frozen=True, slots=True)
class PlacementMemory:
    """All remembered sensors; one per placement and one placement per sensor."""

    sensors: tuple[RememberedSensor, ...] = ()

    @classmethod
    def load(cls, home: Path) -> Self:
        """Read the memory of this computer; empty where there is none yet.

        Parameters
        ----------
        home
            Folder with the program's data.

        Raises
        ------
        InputError
            If the file is not what `save` writes.
        """
        path = home / _FILE
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            return cls(tuple(_remembered(entry) for entry in document[_FORMAT]))
        except FileNotFoundError:
            return cls()
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"The file '{path}', which remembers the places of the sensors, cannot be read "
                f"({error}); delete it and let the places be learned again with --learn."
            ) from error

    def save(self, home: Path) -> None:
        """Write the memory, whole or not at all.

        Raises
        ------
        InputError
            If the folder cannot be written.
        """
        document = {_FORMAT: [asdict(sensor) for sensor in self.sensors]}
        path = home / _FILE
        try:
            make_private_folder(home)
            write_whole(path, (json.dumps(document, indent=2) + "\n").encode())
        except OSError as error:
            raise InputError(
                f"Expected to remember the sensors' places in '{home}', but it cannot be written "
                f"({error.strerror}); set IMU_VALGUS_HOME to a folder that can."
            ) from error

    def remembering(self, learned: Iterable[RememberedSensor]) -> "PlacementMemory":
        """Add sensors; whatever was at their places, and where they were before, is forgotten."""
        learned = tuple(learned)
        ids = {sensor.sensor_id for sensor in learned}
        places = {sensor.placement for sensor in learned}
        kept = (
            sensor
            for sensor in self.sensors
            if sensor.sensor_id not in ids and sensor.placement not in places
        )
        return replace(self, sensors=(*kept, *learned))

    def by_id(self, sensor_id: str) -> RememberedSensor | None:
        """Find a sensor by its serial number."""
        return next((one for one in self.sensors if one.sensor_id == sensor_id), None)

    def by_address(self, address: str) -> RememberedSensor | None:
        """Find the sensor that was last heard at an address."""
        return next((one for one in self.sensors if one.address == address), None)
