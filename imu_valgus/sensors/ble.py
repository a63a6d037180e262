"""The only access to the Bluetooth library (bleak); every step is bounded in time.

Everything above talks to a :class:`Radio`. The computer's adapter, the demo's simulated sensors and
the virtual controllers of the tests all come in here, through bleak's ``backend=``.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from imu_valgus.errors import DeviceError
from imu_valgus.sensors.driver import Advertisement, NotificationCallback

if TYPE_CHECKING:
    from bleak import BleakClient, BleakScanner
    from bleak.backends.client import BaseBleakClient
    from bleak.backends.device import BLEDevice
    from bleak.backends.scanner import BaseBleakScanner

__all__ = ["BleLink", "FoundSensor", "Radio", "RadioBackend", "RadioLimits", "bounded"]

_log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RadioLimits:
    """How long each step may take before it counts as failed.

    Parameters
    ----------
    connect_s
        Limit in seconds for connecting and service discovery; adapters need up to ten seconds when
        the air is busy.
    dialogue_s
        Limit in seconds for one read, write or subscription: half the time after which most systems
        drop a link.
    disconnect_s
        Limit in seconds for disconnecting.
    """

    connect_s: float = 15.0
    dialogue_s: float = 5.0
    disconnect_s: float = 2.0


@dataclass(frozen=True, slots=True)
class RadioBackend:
    """Classes that replace the platform's Bluetooth, as bleak takes them in ``backend=``.

    Parameters
    ----------
    client
        Class of the connections.
    scanner
        Class of the scans.
    """

    client: "type[BaseBleakClient]"
    scanner: "type[BaseBleakScanner]"


@dataclass(frozen=True, slots=True, eq=False)
class FoundSensor:
    """A device that was heard in a scan.

    Parameters
    ----------
    address
        Address from the operating system; on macOS an identifier valid on this computer only.
    advertisement
        What the device advertised.
    rssi_dbm
        Signal strength, about −40 (near) to −95 (barely heard).
    handle
        The Bluetooth library's object for this device.
    """

    address: str
    advertisement: Advertisement
    rssi_dbm: int
    handle: "BLEDevice"

    @property
    def name(self) -> str:
        """Advertised name, or the address."""
        return self.advertisement.name or self.address


class Radio:
    """The Bluetooth adapter: scans, then connects one sensor after another.

    Parameters
    ----------
    backend
        Replacement for the platform's Bluetooth; None for the computer's own adapter.
    limits
        Time limits; the defaults of `RadioLimits` when None.
    """

    def __init__(
        self, *, backend: RadioBackend | None = None, limits: RadioLimits | None = None
    ) -> None:
        self._backend = backend
        self._limits = limits or RadioLimits()
        # Adapters answer a second scan or connection attempt with an error.
        self._one_at_a_time = asyncio.Lock()

    async def scan(
        self, seconds: float, *, until: Callable[[Collection[FoundSensor]], bool] | None = None
    ) -> tuple[FoundSensor, ...]:
        """Listen for devices.

        Parameters
        ----------
        seconds
            How long to listen.
        until
            Called with the devices heard so far; the scan ends early when it returns True.

        Returns
        -------
        tuple of FoundSensor
            Devices heard, strongest signal first.

        Raises
        ------
        DeviceError
            If the adapter is missing, off or not permitted.
        """
        from bleak import BleakScanner  # noqa: PLC0415 - slow to import

        options: dict[str, Any] = {}
        if self._backend is not None:
            options["backend"] = self._backend.scanner
        async with self._one_at_a_time:
            scanner = BleakScanner(**options)
            await bounded(scanner.start(), self._limits.connect_s, "start scanning")
            try:
                loop = asyncio.get_running_loop()
                end = loop.time() + seconds
                while (left := end - loop.time()) > 0:
                    await asyncio.sleep(min(0.1, left))
                    if until is not None and until(_heard(scanner)):
                        break
            finally:
                with contextlib.suppress(DeviceError):
                    await bounded(scanner.stop(), self._limits.disconnect_s, "stop scanning")
            return tuple(sorted(_heard(scanner), key=lambda found: -found.rssi_dbm))

    async def connect(self, sensor: FoundSensor, on_lost: Callable[[], None]) -> "BleLink":
        """Connect with a new client, because used ones often cannot reconnect.

        Parameters
        ----------
        sensor
            Sensor that a scan found.
        on_lost
            Called once, in the event loop, when the link ends without having been closed.

        Returns
        -------
        BleLink
            Link to the sensor.

        Raises
        ------
        DeviceError
            If the sensor cannot be reached in time.
        """
        from bleak import BleakClient  # noqa: PLC0415 - slow to import

        options: dict[str, Any] = {}
        if self._backend is not None:
            options["backend"] = self._backend.client
        client = BleakClient(
            sensor.handle,
            disconnected_callback=lambda _: on_lost(),
            timeout=self._limits.connect_s,
            **options,
        )
        async with self._one_at_a_time:
            try:
                # Bleak has the same limit; three more seconds in case it does not hold.
                limit_s = self._limits.connect_s + 3.0
                await bounded(client.connect(), limit_s, f"connect to {sensor.name}")
            except BaseException as error:
                _log.debug("no connection to %s: %s", sensor.name, error)
                await _disconnect(client, self._limits.disconnect_s)
                raise
        return BleLink(client, sensor.name, self._limits)


def _heard(scanner: "BleakScanner") -> tuple[FoundSensor, ...]:
    return tuple(
        FoundSensor(
            device.address,
            Advertisement(data.local_name, tuple(data.service_uuids), data.manufacturer_data),
            data.rssi,
            device,
        )
        for device, data in scanner.discovered_devices_and_advertisement_data.values()
    )


class BleLink:
    """A connected sensor; the `GattLink` that drivers talk through.

    Parameters
    ----------
    client
        Bleak's connected client.
    name
        Name of the sensor in error messages.
    limits
        Time limits.
    """

    def __init__(self, client: "BleakClient", name: str, limits: RadioLimits) -> None:
        self._client = client
        self._name = name
        self._limits = limits
        self._listeners: dict[str, list[NotificationCallback]] = {}

    @property
    def characteristics(self) -> Collection[str]:
        """UUIDs of the characteristics that the sensor offers."""
        return {char.uuid.lower() for char in self._client.services.characteristics.values()}

    async def read(self, uuid: str) -> bytes:
        """Read a characteristic."""
        return bytes(await self._ask(self._client.read_gatt_char(uuid), f"read {uuid[4:8]}"))

    async def write(self, uuid: str, data: bytes, *, response: bool = True) -> None:
        """Write a characteristic, with or without response as far as it offers both."""
        characteristic = self._client.services.get_characteristic(uuid)
        offered = set(characteristic.properties) if characteristic is not None else set()
        asked, other = ("write", "write-without-response")[:: 1 if response else -1]
        if asked not in offered and other in offered:
            # Operating systems refuse a kind of write that is not offered.
            response = not response
        writing = self._client.write_gatt_char(uuid, data, response=response)
        await self._ask(writing, f"write {uuid[4:8]}")

    async def subscribe(self, uuid: str, callback: NotificationCallback) -> None:
        """Add a callback; the first one turns notifications on."""
        listeners = self._listeners.setdefault(uuid, [])
        listeners.append(callback)
        if len(listeners) > 1:
            return

        def notify(_: object, data: bytearray) -> None:
            content = bytes(data)
            for listener in tuple(listeners):
                listener(content)

        try:
            await self._ask(self._client.start_notify(uuid, notify), f"subscribe to {uuid[4:8]}")
        except DeviceError:
            del self._listeners[uuid]
            raise

    async def unsubscribe(self, uuid: str, callback: NotificationCallback) -> None:
        """Remove a callback; the last one turns notifications off."""
        listeners = self._listeners.get(uuid, [])
        if callback not in listeners:
            return
        listeners.remove(callback)
        if not listeners:
            del self._listeners[uuid]
            await self._ask(self._client.stop_notify(uuid), f"unsubscribe from {uuid[4:8]}")

    async def close(self) -> None:
        """Disconnect; never raises and never takes longer than the limit."""
        await _disconnect(self._client, self._limits.disconnect_s)

    async def _ask(self, request: Awaitable[T], what: str) -> T:
        return await bounded(request, self._limits.dialogue_s, f"{what} of {self._name}")


async def _disconnect(client: "BleakClient", limit_s: float) -> None:
    """Disconnect if that can be done in time; nobody can act on a failure here."""
    with contextlib.suppress(DeviceError):
        await bounded(client.disconnect(), limit_s, "disconnect")


_ADAPTER_ADVICE: Final = {
    "NO_BLUETOOTH": "there is no Bluetooth adapter; plug one in (Bluetooth 4.2 or later)",
    "NO_BLE_CENTRAL_ROLE": "the adapter is too old for Bluetooth LE; use another one",
    "POWERED_OFF": "Bluetooth is switched off; switch it on",
    "DENIED_BY_USER": "this program may not use Bluetooth; allow it in the system settings",
    "DENIED_BY_SYSTEM": "the administrator of this computer does not allow Bluetooth; ask them",
    "DENIED_BY_UNKNOWN": "Bluetooth is not allowed here; check the system settings",
}


async def bounded(action: Awaitable[T], limit_s: float, what: str) -> T:
    """Await an action of the Bluetooth library within a time limit.

    Parameters
    ----------
    action
        What to await.
    limit_s
        Time limit in seconds.
    what
        What the action does, to follow "Could not" in an error message.

    Returns
    -------
    object
        Result of the action.

    Raises
    ------
    DeviceError
        If the action fails or takes too long; the message is one sentence.
    """
    from bleak.exc import BleakBluetoothNotAvailableError, BleakError  # noqa: PLC0415 - slow to import

    try:
        async with asyncio.timeout(limit_s):
            return await action
    except TimeoutError as error:
        raise DeviceError(f"Could not {what}: no answer within {limit_s:g} s.") from error
    except BleakBluetoothNotAvailableError as error:
        advice = _ADAPTER_ADVICE.get(error.reason.name, f"Bluetooth is not available ({error})")
        raise DeviceError(f"Could not {what}: {advice}.") from error
    except (FileNotFoundError, ConnectionError) as error:
        # The missing file is the socket of the system's message bus, where BlueZ answers.
        raise DeviceError(
            f"Could not {what}: the system's Bluetooth service does not run; start it (Linux: "
            "systemctl start dbus bluetooth)."
        ) from error
    except (BleakError, OSError, EOFError) as error:
        reason = str(error).strip().rstrip(".") or type(error).__name__
        raise DeviceError(f"Could not {what}: {reason}.") from error
