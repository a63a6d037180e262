"""The sensor's side of a protocol: a state machine that any transport can carry.

A simulated radio or a virtual Bluetooth controller calls the four ``on_...``/``read``/``write``
hooks when its central does something, and :meth:`VirtualPeripheral.produce` with fresh motion. The
peripheral has no clock of its own: it stamps with the times it is given, so that skew, rollover and
power cycles are the carrier's to choose.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np

from imu_valgus.model import FloatArray
from imu_valgus.model._check import frozen_floats
from imu_valgus.sensors.protocols.advertisement import Advertisement

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
    """One row of a GATT table."""

    uuid: str
    properties: frozenset[Property]


@dataclass(frozen=True, slots=True)
class Service:
    """A service and its characteristics."""

    uuid: str
    characteristics: tuple[Characteristic, ...]


@dataclass(frozen=True, slots=True, eq=False)
class MotionSamples:
    """True motion at a run of instants, in the sensor's frame.

    Parameters
    ----------
    time_s
        Device time since power-on in seconds, shape (n,).
    acc
        Specific force in m/s², shape (n, 3).
    gyr
        Angular velocity in rad/s, shape (n, 3).
    quat
        Sensor to earth, scalar first, shape (n, 4).
    mag
        Flux density in µT, shape (n, 3).

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
        """Make samples where orientation and field may be left out (identity, zero field)."""
        n = len(time_s)
        upright = np.tile([1.0, 0.0, 0.0, 0.0], (n, 1)) if quat is None else quat
        return cls(time_s, acc, gyr, upright, np.zeros((n, 3)) if mag is None else mag)


class VirtualPeripheral(Protocol):
    """A sensor that exists in memory only."""

    @property
    def advertisement(self) -> Advertisement:
        """What it advertises."""
        ...

    @property
    def services(self) -> tuple[Service, ...]:
        """Its GATT table."""
        ...

    @property
    def streaming_rate_hz(self) -> float:
        """Rate at which :meth:`produce` wants samples now; 0 while it does not measure."""
        ...

    def on_connect(self, *, mtu: int) -> None:
        """Take note of a new central and its ATT MTU (a notification holds MTU − 3 bytes)."""
        ...

    def on_disconnect(self) -> None:
        """Take note that the link has ended, however it ended: all notifications are off."""
        ...

    def on_subscribe(self, uuid: str, *, enabled: bool) -> None:
        """Turn the notifications of a characteristic on or off, as the central asked."""
        ...

    def read(self, uuid: str) -> bytes:
        """Value of a characteristic.

        Raises
        ------
        DeviceError
            If it cannot be read.
        """
        ...

    def write(self, uuid: str, data: bytes) -> list[Notification]:
        """Take a command.

        Returns
        -------
        list of (uuid, bytes)
            Notifications that answer it, to be sent at once.

        Raises
        ------
        DeviceError
            If the value is refused.
        """
        ...

    def produce(self, samples: MotionSamples) -> list[Notification]:
        """Measure: take the samples since the last call, give the notifications now complete.

        The carrier may lose them; notifications of characteristics that nobody listens to are not
        given.
        """
        ...


class LinkState:
    """What every virtual sensor keeps of its link: MTU and who listens to what."""

    def __init__(self) -> None:
        self._mtu = 23
        self._is_connected = False
        self._listened_to: set[str] = set()

    def on_connect(self, *, mtu: int) -> None:
        """Take note of a new central."""
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

    def _notified(self, uuid: str, data: bytes) -> list[Notification]:
        """Give the notification if somebody listens, cut as a real stack cuts it."""
        return [(uuid, data[: self._mtu - 3])] if uuid in self._listened_to else []
