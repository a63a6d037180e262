"""The sensor's side of a protocol as a state machine that any transport can carry.

A simulated radio or a virtual Bluetooth controller calls the ``on_...``, ``read`` and ``write``
hooks when its central does something, and :meth:`VirtualPeripheral.produce` with new motion. The
peripheral has no clock: it stamps with the times it is given, so the transport decides about skew,
rollover and power cycles.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

import numpy as np

from imu_valgus.errors import DeviceError
from imu_valgus.model import FloatArray
from imu_valgus.model._check import frozen_floats
from imu_valgus.sensors.driver import BATTERY_LEVEL_UUID, BATTERY_SERVICE_UUID, Advertisement

Notification = tuple[str, bytes]
"""Characteristic UUID and bytes."""


class Property(StrEnum):
    """What a central may do with a characteristic."""

    READ = "read"
    WRITE = "write"
    WRITE_WITHOUT_RESPONSE = "write-without-response"
    NOTIFY = "notify"
    INDICATE = "indicate"


@dataclass(frozen=True, slots=True)
class Characteristic:
    """One row of a GATT table.

    Parameters
    ----------
    uuid
        UUID, 128 bit, lower case.
    properties
        What a central may do with the characteristic.
    """

    uuid: str
    properties: frozenset[Property]


@dataclass(frozen=True, slots=True)
class Service:
    """A service of a GATT table.

    Parameters
    ----------
    uuid
        UUID, 128 bit, lower case.
    characteristics
        Characteristics of the service.
    """

    uuid: str
    characteristics: tuple[Characteristic, ...]


READ: Final = frozenset({Property.READ})
READ_WRITE: Final = frozenset({Property.READ, Property.WRITE})
WRITE: Final = frozenset({Property.WRITE})
NOTIFY: Final = frozenset({Property.NOTIFY})
BATTERY_SERVICE: Final = Service(BATTERY_SERVICE_UUID, (Characteristic(BATTERY_LEVEL_UUID, READ),))


@dataclass(frozen=True, slots=True, eq=False)
class MotionSamples:
    """True motion at a series of instants, in the sensor's frame.

    Parameters
    ----------
    time_s
        Time since the device's power-on in seconds, shape (n,).
    acc
        Specific force in m/s², shape (n, 3).
    gyr
        Angular velocity in rad/s, shape (n, 3).
    quat
        Orientation, sensor to earth, scalar first, shape (n, 4).
    mag
        Magnetic flux density in µT, shape (n, 3).

    Raises
    ------
    ValueError
        If shapes do not agree.
    """

    time_s: FloatArray
    acc: FloatArray
    gyr: FloatArray
    quat: FloatArray
    mag: FloatArray

    def __post_init__(self) -> None:
        time_s = frozen_floats(self.time_s, name="time_s", shape=(None,))
        object.__setattr__(self, "time_s", time_s)
        for name, width in (("acc", 3), ("gyr", 3), ("quat", 4), ("mag", 3)):
            values = frozen_floats(getattr(self, name), name=name, shape=(time_s.size, width))
            object.__setattr__(self, name, values)

    def __len__(self) -> int:
        return int(self.time_s.size)

    @classmethod
    def of(
        cls,
        time_s: FloatArray,
        acc: FloatArray,
        gyr: FloatArray,
        *,
        quat: FloatArray | None = None,
        mag: FloatArray | None = None,
    ) -> "MotionSamples":
        """Make samples; the defaults are identity orientation and zero magnetic field."""
        n = len(time_s)
        quat = np.tile([1.0, 0.0, 0.0, 0.0], (n, 1)) if quat is None else quat
        return cls(time_s, acc, gyr, quat, np.zeros((n, 3)) if mag is None else mag)


class VirtualPeripheral(Protocol):
    """A sensor that exists in memory only."""

    @property
    def advertisement(self) -> Advertisement:
        """What the sensor advertises."""
        ...

    @property
    def services(self) -> tuple[Service, ...]:
        """GATT table of the sensor."""
        ...

    @property
    def streaming_rate_hz(self) -> float:
        """Rate at which :meth:`produce` expects samples now; 0 while nothing is measured."""
        ...

    def on_connect(self, *, mtu: int) -> None:
        """Accept a new central with its ATT MTU (a notification holds MTU − 3 bytes)."""
        ...

    def on_disconnect(self) -> None:
        """Turn all notifications off because the link has ended, for whatever reason."""
        ...

    def on_subscribe(self, uuid: str, *, enabled: bool) -> None:
        """Turn the notifications of a characteristic on or off, as the central asked."""
        ...

    def read(self, uuid: str) -> bytes:
        """Return the value of a characteristic.

        Raises
        ------
        DeviceError
            If the characteristic cannot be read.
        """
        ...

    def write(self, uuid: str, data: bytes) -> list[Notification]:
        """Take a command.

        Parameters
        ----------
        uuid
            Characteristic that is written.
        data
            Value that is written.

        Returns
        -------
        list of (uuid, bytes)
            Notifications that answer the command, to be sent at once.

        Raises
        ------
        DeviceError
            If the value is refused.
        """
        ...

    def produce(self, samples: MotionSamples) -> list[Notification]:
        """Measure the motion since the last call.

        Parameters
        ----------
        samples
            Motion since the last call.

        Returns
        -------
        list of (uuid, bytes)
            Notifications that are now complete, for characteristics with a listener only. The
            transport may lose them.
        """
        ...


class LinkState:
    """The link of a virtual sensor: its MTU and the characteristics with a listener."""

    def __init__(self) -> None:
        self._mtu = 23
        self._is_connected = False
        self._listened_to: set[str] = set()

    def on_connect(self, *, mtu: int) -> None:
        """Accept a new central."""
        self._mtu = mtu
        self._is_connected = True
        self._listened_to.clear()

    def on_disconnect(self) -> None:
        """Forget the central and its subscriptions."""
        self._is_connected = False
        self._listened_to.clear()

    def on_subscribe(self, uuid: str, *, enabled: bool) -> None:
        """Turn the notifications of a characteristic on or off."""
        if enabled:
            self._listened_to.add(uuid)
        else:
            self._listened_to.discard(uuid)

    @staticmethod
    def _value(uuid: str, values: Mapping[str, bytes]) -> bytes:
        """Return the value of a characteristic that can be read."""
        if uuid not in values:
            raise DeviceError(f"The virtual sensor has nothing to read at {uuid}.")
        return values[uuid]

    def _notified(self, uuid: str, data: bytes) -> list[Notification]:
        """Return the notification if there is a listener, cut as a real stack cuts it."""
        return [(uuid, data[: self._mtu - 3])] if uuid in self._listened_to else []
