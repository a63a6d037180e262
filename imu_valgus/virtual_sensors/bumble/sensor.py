"""A simulated sensor behind a real Bluetooth stack (bumble), which serves its GATT table."""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np
from bumble import att, hci
from bumble.core import AdvertisingData
from bumble.gatt import Characteristic, CharacteristicValue, Service

from imu_valgus.errors import DeviceError
from imu_valgus.sensors.driver import Advertisement
from imu_valgus.virtual_sensors.bumble.air import RangedLink, new_device
from imu_valgus.virtual_sensors.peripherals.peripheral import Characteristic as Row
from imu_valgus.virtual_sensors.peripherals.peripheral import Property
from imu_valgus.virtual_sensors.sensor import SimulatedSensor

__all__ = ["BumbleSensor"]

_PACKETS_PER_EVENT: Final = 6
_REPEATED_SHARE: Final = 0.03
"""Share of connection events that fail on air; their packets go with the next one."""
_SUPERVISION_S: Final = 1.0
_FLAGS: Final = b"\x06"
_LONGEST_ADVERTISEMENT: Final = 31

_PROPERTIES: Final = {
    Property.READ: Characteristic.Properties.READ,
    Property.WRITE: Characteristic.Properties.WRITE,
    Property.WRITE_WITHOUT_RESPONSE: Characteristic.Properties.WRITE_WITHOUT_RESPONSE,
    Property.NOTIFY: Characteristic.Properties.NOTIFY,
    Property.INDICATE: Characteristic.Properties.INDICATE,
}


class BumbleSensor:
    """A device that advertises, accepts one central and notifies at the connection interval.

    Parameters
    ----------
    sensor
        Simulated sensor; its address must be static random (first byte C0 to FF).
    link
        Air that the device shares with others.
    clock_s
        Function that returns the time of the virtual world in seconds.
    interval_s
        Connection interval in seconds.
    """

    def __init__(
        self,
        sensor: SimulatedSensor,
        link: RangedLink,
        clock_s: Callable[[], float],
        *,
        interval_s: float = 0.015,
    ) -> None:
        advertisement = sensor.peripheral.advertisement
        self.sensor = sensor
        self._link = link
        self._clock_s = clock_s
        self._interval_s = interval_s
        self._rng = np.random.default_rng(int(sensor.address.replace(":", ""), 16))
        self._device = new_device(link, sensor.address, advertisement.name or "sensor")
        self._device.advertising_data = _advertising_bytes(advertisement)
        self._device.gatt_server.max_mtu = sensor.behaviour.mtu
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._characteristics: dict[str, Any] = {}
        self._connection: Any = None
        self._unheard_since_s: float | None = None
        self._serving: asyncio.Task[None] | None = None
        for service in sensor.peripheral.services:
            rows = [self._characteristic(row) for row in service.characteristics]
            self._device.add_service(Service(service.uuid, rows))
        self._device.on("connection", self._on_connection)

    def _characteristic(self, row: Row) -> Any:
        flags = Characteristic.Properties(0)
        for prop in row.properties:
            flags |= _PROPERTIES[prop]
        value = CharacteristicValue(read=partial(self._read, row), write=partial(self._write, row))
        permissions = Characteristic.READABLE | Characteristic.WRITEABLE
        characteristic = Characteristic(row.uuid, flags, permissions, value)
        characteristic.on("subscription", partial(self._on_subscription, row.uuid))
        self._characteristics[row.uuid] = characteristic
        return characteristic

    async def start(self) -> None:
        """Switch the device on."""
        await self._device.power_on()
        await self._device.start_advertising(auto_restart=True, advertising_interval_min=100)
        self._serving = asyncio.create_task(self._serve())

    async def stop(self) -> None:
        """Switch the device off."""
        if self._serving is not None:
            self._serving.cancel()
            await asyncio.gather(self._serving, return_exceptions=True)
        await self._device.power_off()

    # A real stack enforces what a characteristic allows; bumble does not.
    def _read(self, row: Row, _: Any) -> bytes:
        if Property.READ not in row.properties:
            raise att.ATT_Error(att.ATT_READ_NOT_PERMITTED_ERROR)
        try:
            return self.sensor.peripheral.read(row.uuid)
        except DeviceError as error:
            raise att.ATT_Error(att.ATT_UNLIKELY_ERROR_ERROR, message=str(error)) from error

    def _write(self, row: Row, _: Any, value: bytes) -> None:
        if not row.properties & {Property.WRITE, Property.WRITE_WITHOUT_RESPONSE}:
            raise att.ATT_Error(att.ATT_WRITE_NOT_PERMITTED_ERROR)
        try:
            self._waiting.extend(self.sensor.peripheral.write(row.uuid, bytes(value)))
        except DeviceError as error:
            raise att.ATT_Error(att.ATT_UNLIKELY_ERROR_ERROR, message=str(error)) from error

    def _on_connection(self, connection: Any) -> None:
        self._connection = connection
        self._waiting.clear()
        self.sensor.on_connect(mtu=connection.att_mtu)
        connection.on("connection_att_mtu_update", self._on_mtu)
        connection.on("disconnection", self._on_disconnection)

    def _on_mtu(self) -> None:
        self.sensor.on_connect(mtu=self._connection.att_mtu)

    def _on_disconnection(self, _: Any) -> None:
        self._connection = None
        self._waiting.clear()
        self.sensor.peripheral.on_disconnect()

    def _on_subscription(self, uuid: str, _: Any, *enabled: bool) -> None:
        self.sensor.peripheral.on_subscribe(uuid, enabled=any(enabled))

    async def _serve(self) -> None:
        """Measure and send at every connection event."""
        loop = asyncio.get_running_loop()
        next_s = loop.time()
        while True:
            now_s = self._clock_s()
            self._waiting.extend(self.sensor.measure(now_s))
            self._move(now_s)
            if self._connection is None:
                self._waiting.clear()
            elif self.sensor.wants_to_hang_up(now_s):
                await self._connection.disconnect(hci.HCI_REMOTE_USER_TERMINATED_CONNECTION_ERROR)
            elif self._unheard_since_s is None and self._rng.random() >= _REPEATED_SHARE:
                await self._send()
            next_s = max(next_s + self._interval_s, loop.time())
            await asyncio.sleep(next_s - loop.time())

    def _move(self, now_s: float) -> None:
        """Go out of range or come back; an unheard link dies after the supervision timeout."""
        address = self._device.random_address
        if self.sensor.is_present(now_s):
            self._unheard_since_s = None
            self._link.absent.discard(address)
            return
        self._link.absent.add(address)
        if self._unheard_since_s is None:
            self._unheard_since_s = now_s
        if self._connection is not None and now_s - self._unheard_since_s > _SUPERVISION_S:
            self._link.time_out(address)

    async def _send(self) -> None:
        for _ in range(min(_PACKETS_PER_EVENT, len(self._waiting))):
            uuid, data = self._waiting.popleft()
            await self._device.notify_subscriber(
                self._connection, self._characteristics[uuid], data
            )
            if self._connection is None:
                return


def _advertising_bytes(advertisement: Advertisement) -> bytes:
    """Encode flags and name, then maker's data and services as far as they fit in 31 bytes."""
    fields = [(AdvertisingData.FLAGS, _FLAGS)]
    if advertisement.name is not None:
        fields.append((AdvertisingData.COMPLETE_LOCAL_NAME, advertisement.name.encode()))
    for company, data in advertisement.manufacturer_data.items():
        content = company.to_bytes(2, "little") + data
        fields.append((AdvertisingData.MANUFACTURER_SPECIFIC_DATA, content))
    for uuid in advertisement.service_uuids:
        content = bytes.fromhex(uuid.replace("-", ""))[::-1]
        fields.append((AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS, content))
    encoded = b""
    for kind, content in fields:
        field = bytes([len(content) + 1, kind]) + content
        if len(encoded) + len(field) <= _LONGEST_ADVERTISEMENT:
            encoded += field
    return encoded
