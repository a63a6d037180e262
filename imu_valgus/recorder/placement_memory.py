"""Remembers where each sensor is worn, by its serial number."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final, Self

from imu_valgus.errors import InputError
from imu_valgus.io.atomic import make_private_folder, write_whole
from imu_valgus.io.regular_file import read_regular
from imu_valgus.model import Placement

__all__ = ["PlacementMemory", "RememberedSensor"]

_LARGEST_FILE: Final = 1_000_000
_FILE: Final = "placements.json"
_FORMAT: Final = "imu-valgus placements 1"


@dataclass(frozen=True, slots=True)
class RememberedSensor:
    """A sensor whose place is known.

    Parameters
    ----------
    sensor_id
        Serial number, or the address if the sensor reports none.
    placement
        Where it is worn.
    address
        Address at which this computer last heard it; a shortcut, checked at every connection.
    own_id
        Serial number as the sensor reports it, None if it reports none.
    """

    sensor_id: str
    placement: Placement
    address: str
    own_id: str | None


@dataclass(frozen=True, slots=True)
class PlacementMemory:
    """All remembered sensors: at most one per placement, and one placement per sensor.

    Parameters
    ----------
    sensors
        The sensors with their placements.
    """

    sensors: tuple[RememberedSensor, ...] = ()

    @classmethod
    def load(cls, home: Path) -> Self:
        """Read the memory of this computer; it is empty if there is no file yet.

        Parameters
        ----------
        home
            Data folder of the program.

        Raises
        ------
        InputError
            If the file does not hold what `save` writes.
        """
        path = home / _FILE
        try:
            document = json.loads(read_regular(path, most_bytes=_LARGEST_FILE))
            return cls(
                tuple(
                    RememberedSensor(
                        entry["sensor_id"],
                        Placement(entry["placement"]),
                        entry["address"],
                        entry["own_id"],
                    )
                    for entry in document[_FORMAT]
                )
            )
        except FileNotFoundError:
            return cls()
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"The file '{path}', which holds the places of the sensors, cannot be read "
                f"({error}). To learn the places again, delete it and use --learn."
            ) from error

    def save(self, home: Path) -> None:
        """Write the memory, completely or not at all.

        Parameters
        ----------
        home
            Data folder of the program; created if it is missing.

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
                f"The places of the sensors cannot be saved in '{home}' ({error.strerror}). Set "
                "IMU_VALGUS_HOME to a folder that can be written."
            ) from error

    def remembering(self, learned: Iterable[RememberedSensor]) -> "PlacementMemory":
        """Return a memory with more sensors, without what was known of them and their places."""
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
        """Find a sensor by its serial number; None if it is not remembered."""
        return next((sensor for sensor in self.sensors if sensor.sensor_id == sensor_id), None)

    def by_address(self, address: str) -> RememberedSensor | None:
        """Find the sensor that was last heard at an address; None if there is none."""
        return next((sensor for sensor in self.sensors if sensor.address == address), None)
