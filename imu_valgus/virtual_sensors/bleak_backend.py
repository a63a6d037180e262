"""Backends that make a virtual radio look like a platform's Bluetooth to bleak.

A virtual radio knows nothing of bleak. Behind these classes, recorder and drivers run the same code
as with real sensors.
"""

from collections.abc import Awaitable, Iterable
from typing import Any, TypeVar

from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import (
    AdvertisementData,
    AdvertisementDataCallback,
    BaseBleakScanner,
)
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakDeviceNotFoundError, BleakError

from imu_valgus.errors import DeviceError
from imu_valgus.sensors.ble import Radio, RadioBackend, RadioLimits
from imu_valgus.virtual_sensors.air import HeardDevice, VirtualConnection, VirtualRadio
from imu_valgus.virtual_sensors.peripherals.peripheral import Service

T = TypeVar("T")

__all__ = ["radio_backend", "radio_over"]


def radio_backend(radio: VirtualRadio) -> RadioBackend:
    """Make the classes that bleak takes as ``backend=``.

    Parameters
    ----------
    radio
        Virtual radio that the classes use.

    Returns
    -------
    RadioBackend
        Classes bound to the radio.
    """
    return RadioBackend(
        client=type("VirtualClient", (_VirtualClient,), {"radio": radio}),
        scanner=type("VirtualScanner", (_VirtualScanner,), {"radio": radio}),
    )


class _VirtualScanner(BaseBleakScanner):
    radio: VirtualRadio

    def __init__(
        self,
        detection_callback: AdvertisementDataCallback | None,
        service_uuids: list[str] | None,
        scanning_mode: str,  # noqa: ARG002 - the virtual air has no modes
        **_: Any,
    ) -> None:
        super().__init__(detection_callback, service_uuids)

    async def start(self) -> None:
        self.seen_devices.clear()
        await self.radio.start_scan(self._heard)

    async def stop(self) -> None:
        await self.radio.stop_scan()

    def _heard(self, device: HeardDevice) -> None:
        advertisement = device.advertisement
        uuids = list(advertisement.service_uuids)
        if not self.is_allowed_uuid(uuids):
            return
        data = AdvertisementData(
            local_name=advertisement.name,
            manufacturer_data=dict(advertisement.manufacturer_data),
            service_data={},
            service_uuids=uuids,
            tx_power=None,
            rssi=device.rssi_dbm,
            platform_data=(),
        )
        address = device.address
        found = self.create_or_update_device(address, address, advertisement.name, device, data)
        self.call_detection_callbacks(found, data)


class _VirtualClient(BaseBleakClient):
    radio: VirtualRadio

    def __init__(self, address_or_ble_device: BLEDevice | str, **kwargs: Any) -> None:
        super().__init__(address_or_ble_device, **kwargs)
        self._connection: VirtualConnection | None = None

    @property
    def name(self) -> str:
        return self.address

    @property
    def mtu_size(self) -> int:
        return self._link.mtu

    @property
    def is_connected(self) -> bool:
        return self._connection is not None and self._connection.is_connected

    @property
    def _link(self) -> VirtualConnection:
        if self._connection is None:
            msg = "Not connected"
            raise BleakError(msg)
        return self._connection

    async def connect(self, pair: bool, **_: Any) -> None:  # noqa: ARG002, FBT001 - bleak's signature
        try:
            self._connection = await self.radio.connect(
                self.address, self._lost, timeout_s=self._timeout
            )
        except DeviceError as error:
            raise BleakDeviceNotFoundError(self.address, str(error)) from error
        self.services = _service_collection(self._connection.services, self._connection.mtu)

    def _lost(self) -> None:
        if self._disconnected_callback is not None:
            self._disconnected_callback()

    async def disconnect(self) -> None:
        if self._connection is not None:
            await self._connection.disconnect()

    async def pair(self, *args: Any, **kwargs: Any) -> None:
        """Virtual sensors need no pairing."""

    async def unpair(self) -> None:
        """Virtual sensors need no pairing."""

    async def read_gatt_char(
        self,
        characteristic: BleakGATTCharacteristic,
        *,
        use_cached: bool = False,  # noqa: ARG002 - nothing is cached
        **_: Any,
    ) -> bytearray:
        return bytearray(await _asked(self._link.read(characteristic.uuid)))

    async def write_gatt_char(
        self,
        characteristic: BleakGATTCharacteristic,
        data: Any,
        response: bool,  # noqa: FBT001 - bleak's signature
    ) -> None:
        kind = "write" if response else "write-without-response"
        if kind not in characteristic.properties:
            msg = f"The characteristic {characteristic.uuid} does not offer {kind}"
            raise BleakError(msg)
        await _asked(self._link.write(characteristic.uuid, bytes(data), response=response))

    async def read_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, *, use_cached: bool = False, **_: Any
    ) -> bytearray:
        msg = f"Virtual sensors have no descriptor {descriptor.uuid} (cached: {use_cached})"
        raise BleakError(msg)

    async def write_gatt_descriptor(self, descriptor: BleakGATTDescriptor, data: Any) -> None:
        msg = f"Virtual sensors have no descriptor {descriptor.uuid} ({len(data)} bytes)"
        raise BleakError(msg)

    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: NotifyCallback, **_: Any
    ) -> None:
        await _asked(self._link.subscribe(characteristic.uuid, callback))

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        await _asked(self._link.unsubscribe(characteristic.uuid))


async def _asked(request: Awaitable[T]) -> T:
    try:
        return await request
    except DeviceError as error:
        raise BleakError(str(error)) from error


def _service_collection(services: Iterable[Service], mtu: int) -> BleakGATTServiceCollection:
    """Assign handles as a stack would: one per service, then two per characteristic."""
    collection = BleakGATTServiceCollection()
    handle = 1
    for service in services:
        owner = BleakGATTService(None, handle, service.uuid)
        collection.add_service(owner)
        handle += 1
        for characteristic in service.characteristics:
            properties: list[Any] = list(map(str, characteristic.properties))
            collection.add_characteristic(
                BleakGATTCharacteristic(
                    None, handle, characteristic.uuid, properties, lambda: mtu - 3, owner
                )
            )
            handle += 2
    return collection


def radio_over(virtual: VirtualRadio, *, limits: RadioLimits | None = None) -> Radio:
    """Make the radio that hears virtual sensors through bleak, as it hears real ones.

    Parameters
    ----------
    virtual
        Adapter that replaces the platform's Bluetooth behind bleak.
    limits
        Limits for connecting, reading and writing; the usual ones when None.

    Returns
    -------
    Radio
        Radio for recorder, scan and doctor.

    Raises
    ------
    MissingExtraError
        If bleak is not installed.
    """
    return Radio(backend=radio_backend(virtual), limits=limits)
