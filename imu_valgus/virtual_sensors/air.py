"""What a virtual radio must be able to do; nothing here needs a Bluetooth library."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from imu_valgus.sensors.driver import Advertisement
from imu_valgus.virtual_sensors.peripherals.peripheral import Service

__all__ = ["HeardDevice", "VirtualConnection", "VirtualRadio"]


@dataclass(frozen=True, slots=True)
class HeardDevice:
    """An advertisement on the virtual air.

    Parameters
    ----------
    address
        Address of the sensor.
    advertisement
        What the sensor advertises.
    rssi_dbm
        Signal strength.
    """

    address: str
    advertisement: Advertisement
    rssi_dbm: int = -55


class VirtualConnection(Protocol):
    """A link to one virtual sensor; failures are ``DeviceError``."""

    @property
    def services(self) -> tuple[Service, ...]:
        """GATT table of the sensor."""
        ...

    @property
    def mtu(self) -> int:
        """ATT MTU in force."""
        ...

    @property
    def is_connected(self) -> bool:
        """Whether the link is up."""
        ...

    async def read(self, uuid: str) -> bytes:
        """Read a characteristic."""
        ...

    async def write(self, uuid: str, data: bytes, *, response: bool) -> None:
        """Write a characteristic."""
        ...

    async def subscribe(self, uuid: str, callback: Callable[[bytearray], None]) -> None:
        """Turn notifications on."""
        ...

    async def unsubscribe(self, uuid: str) -> None:
        """Turn notifications off."""
        ...

    async def disconnect(self) -> None:
        """End the link."""
        ...


class VirtualRadio(Protocol):
    """An adapter and the sensors within its reach."""

    async def start_scan(self, heard: Callable[[HeardDevice], None]) -> None:
        """Call `heard` for every advertisement until `stop_scan`."""
        ...

    async def stop_scan(self) -> None:
        """End the scan."""
        ...

    async def connect(
        self, address: str, on_lost: Callable[[], None], *, timeout_s: float
    ) -> VirtualConnection:
        """Connect; `on_lost` is called when the link ends without having been closed."""
        ...
