"""A bumble adapter in this process, through which unmodified bleak talks to virtual sensors."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

from bumble import core
from bumble.core import UUID, AdvertisingData
from bumble.device import Device, Peer
from bumble.hci import Address

from imu_valgus.errors import DeviceError
from imu_valgus.sensors.ble import Radio, RadioLimits
from imu_valgus.sensors.driver import Advertisement
from imu_valgus.virtual_sensors.air import HeardDevice
from imu_valgus.virtual_sensors.bleak_backend import radio_over
from imu_valgus.virtual_sensors.bumble.air import RangedLink, new_device
from imu_valgus.virtual_sensors.bumble.sensor import BumbleSensor
from imu_valgus.virtual_sensors.peripherals.peripheral import Service
from imu_valgus.virtual_sensors.sensor import SimulatedSensor

__all__ = ["bumble_radio"]

T = TypeVar("T")

_CENTRAL_ADDRESS: Final = "F0:F0:F0:F0:F0:F0"
_CENTRAL_MTU: Final = 517
_INTERVALS_S: Final = (0.015, 0.020, 0.0225, 0.030, 0.0475)
"""Connection intervals for the sensors in turn, as a busy adapter assigns them."""


@asynccontextmanager
async def bumble_radio(
    sensors: Sequence[SimulatedSensor],
    *,
    intervals_s: Sequence[float] = _INTERVALS_S,
    limits: RadioLimits | None = None,
) -> AsyncIterator[Radio]:
    """Switch virtual sensors on and yield the radio that hears them.

    Parameters
    ----------
    sensors
        Sensors with static random addresses (first byte C0 to FF).
    intervals_s
        Connection intervals in seconds, assigned in turn.
    limits
        Time limits of the radio; the usual ones when None.

    Yields
    ------
    Radio
        Radio for recorder, scan and doctor.
    """
    link = RangedLink()
    begin_s = time.perf_counter()
    boards = [
        BumbleSensor(
            sensor,
            link,
            lambda: time.perf_counter() - begin_s,
            interval_s=intervals_s[number % len(intervals_s)],
        )
        for number, sensor in enumerate(sensors)
    ]
    central = new_device(link, _CENTRAL_ADDRESS, "central")
    await central.power_on()
    for board in boards:
        await board.start()
    try:
        yield radio_over(_BumbleRadio(central, boards), limits=limits)
    finally:
        for board in boards:
            await board.stop()
        await central.power_off()


class _BumbleRadio:
    """A `VirtualRadio` over a bumble central."""

    def __init__(self, central: Device, boards: Sequence[BumbleSensor]) -> None:
        self._central = central
        self._boards = {board.sensor.address: board for board in boards}
        self._heard: Callable[[Any], None] | None = None

    async def start_scan(self, heard: Callable[[HeardDevice], None]) -> None:
        """Scan until `stop_scan`."""

        def on_advertisement(advertisement: Any) -> None:
            heard(
                HeardDevice(
                    str(advertisement.address).partition("/")[0],
                    _read_advertisement(advertisement.data),
                    advertisement.rssi,
                )
            )

        self._heard = on_advertisement
        self._central.on("advertisement", on_advertisement)
        await self._central.start_scanning(filter_duplicates=False)

    async def stop_scan(self) -> None:
        """End the scan."""
        if self._heard is not None:
            self._central.remove_listener("advertisement", self._heard)
            self._heard = None
        await self._central.stop_scanning()

    async def connect(
        self, address: str, on_lost: Callable[[], None], *, timeout_s: float
    ) -> "_BumbleConnection":
        """Connect, exchange the MTU, then discover services and characteristics."""
        board = self._boards.get(address)
        if board is None:
            raise DeviceError(f"there is no virtual sensor {address}")
        try:
            random_address = Address(address, Address.RANDOM_DEVICE_ADDRESS)
            connection = await self._central.connect(random_address, timeout=timeout_s)
        except (core.BaseBumbleError, TimeoutError) as error:
            raise DeviceError(f"it does not answer ({type(error).__name__})") from error
        linked = _BumbleConnection(connection, board.sensor.peripheral.services, on_lost)
        await linked.discover()
        return linked


class _BumbleConnection:
    """A `VirtualConnection` over bumble's GATT client."""

    def __init__(
        self, connection: Any, services: tuple[Service, ...], on_lost: Callable[[], None]
    ) -> None:
        self.services = services
        self.is_connected = True
        self._connection = connection
        self._peer = Peer(connection)
        self._on_lost = on_lost
        self._is_closing = False
        self._callbacks: dict[str, Callable[[bytes], None]] = {}
        connection.on("disconnection", self._on_disconnection)

    @property
    def mtu(self) -> int:
        """ATT MTU agreed on."""
        return int(self._connection.att_mtu)

    async def discover(self) -> None:
        """Exchange the MTU, then find services and characteristics."""
        await self._ask(self._peer.request_mtu(_CENTRAL_MTU))
        discovering: Any = self._peer.discover_all()  # type: ignore[no-untyped-call]
        await self._ask(discovering)

    def _on_disconnection(self, _: Any) -> None:
        self.is_connected = False
        if not self._is_closing:
            self._on_lost()

    def _proxy(self, uuid: str) -> Any:
        found = self._peer.get_characteristics_by_uuid(UUID(uuid))
        if not found:
            raise DeviceError(f"the sensor has no characteristic {uuid}")
        return found[0]

    async def read(self, uuid: str) -> bytes:
        """Read a characteristic."""
        return bytes(await self._ask(self._proxy(uuid).read_value()))

    async def write(self, uuid: str, data: bytes, *, response: bool) -> None:
        """Write a characteristic."""
        await self._ask(self._proxy(uuid).write_value(data, with_response=response))

    async def subscribe(self, uuid: str, callback: Callable[[bytearray], None]) -> None:
        """Turn notifications on."""

        def notified(value: bytes) -> None:
            callback(bytearray(value))

        self._callbacks[uuid] = notified
        await self._ask(self._proxy(uuid).subscribe(notified))

    async def unsubscribe(self, uuid: str) -> None:
        """Turn notifications off."""
        callback = self._callbacks.pop(uuid, None)
        if callback is not None:
            await self._ask(self._proxy(uuid).unsubscribe(callback))

    async def disconnect(self) -> None:
        """End the link."""
        self._is_closing = True
        if self.is_connected:
            try:
                await self._connection.disconnect()
            except core.BaseBumbleError as error:
                raise DeviceError(f"could not disconnect ({error})") from error

    async def _ask(self, request: Awaitable[T]) -> T:
        """Await a GATT procedure; when the link ends, bumble itself would wait for ever."""
        if not self.is_connected:
            raise DeviceError("the link was lost")
        task = asyncio.current_task()
        try:
            answer: T = await self._connection.cancel_on_disconnection(request)
        except asyncio.CancelledError as error:
            if task is not None and task.cancelling():
                raise
            raise DeviceError("the link was lost") from error
        except (core.BaseBumbleError, TimeoutError) as error:
            raise DeviceError(str(error) or type(error).__name__) from error
        return answer


def _read_advertisement(data: Any) -> Advertisement:
    """Turn bumble's advertising data into the advertisement that drivers look at."""
    name = data.get(AdvertisingData.COMPLETE_LOCAL_NAME)
    maker = data.get(AdvertisingData.MANUFACTURER_SPECIFIC_DATA)
    uuids = data.get(AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS) or []
    return Advertisement(
        name,
        tuple(uuid.to_hex_str("-").lower() for uuid in uuids),
        {maker[0]: maker[1]} if maker else {},
    )
