"""The only door to the Bluetooth library (bleak); every step is bounded in time.

Everything above speaks to a :class:`Radio`: the real adapter, the demo's simulated sensors and
the tests' virtual controllers all come through here, by bleak's ``backend=``.
"""

import asyncio
import contextlib
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

__all__ = [
    "BleLink",
    "FoundSensor",
    "Radio",
    "RadioBackend",
    "RadioLimits",
    "bounded",
    "let_go",
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RadioLimits:
    """How long one step may take before it counts as failed.

    Parameters
    ----------
    connect_s
        Connecting and service discovery; adapters need up to ten seconds when air is busy.
    dialogue_s
        One read, write or subscription: half the time after which most systems drop a link.
    disconnect_s
        Letting go.
    """

    connect_s: float = 15.0
    dialogue_s: float = 5.0
    disconnect_s: float = 2.0


class BleLink:
    """A connected sensor; the `GattLink` that drivers speak through."""

    def __init__(self, client: "BleakClient", name: str, limits: RadioLimits) -> None:
        self._client = client
        self._name = name
        self._limits = limits
        self._listeners: dict[str, list[NotificationCallback]] = {}

    @property
    def characteristics(self) -> Collection[str]:
        """UUIDs that the sensor offers."""
        return {char.uuid.lower() for char in self._client.services.characteristics.values()}

    async def read(self, uuid: str) -> bytes:
        """Read a characteristic."""
        return bytes(await self._ask(self._client.read_gatt_char(uuid), f"read {uuid[4:8]}"))

    async def write(self, uuid: str, data: bytes, *, response: bool = True) -> None:
        """Write a characteristic, by the other kind of write where it offers only that one."""
        response = self._offered_kind(uuid, response=response)
        writing = self._client.write_gatt_char(uuid, data, response=response)
        await self._ask(writing, f"write {uuid[4:8]}")

    def _offered_kind(self, uuid: str, *, response: bool) -> bool:
        """Whether to ask for a response; systems refuse a kind of write that is not offered."""
        characteristic = self._client.services.get_characteristic(uuid)
        offered = set(characteristic.properties) if characteristic is not None else set()
        wanted, other = ("write", "write-without-response")[:: 1 if response else -1]
        return response if wanted in offered or other not in offered else not response

    async def subscribe(self, uuid: str, callback: NotificationCallback) -> None:
        """Add a callback; the first one turns notifications on."""
        listeners = self._listeners.setdefault(uuid, [])
        listeners.append(callback)
        if len(listeners) > 1:
            return
        try:
            subscribing = self._client.start_notify(
                uuid, lambda _, data: _tell(listeners, bytes(data))
            )
            await self._ask(subscribing, f"subscribe to {uuid[4:8]}")
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
        await let_go(self._client, self._limits.disconnect_s)

    async def _ask(self, question: Awaitable[T], what: str) -> T:
        return await bounded(question, self._limits.dialogue_s, f"{what} of {self._name}")


def _tell(listeners: list[NotificationCallback], data: bytes) -> None:
    for listener in tuple(listeners):
        listener(data)


_ADAPTER_ADVICE: Final = {
    "NO_BLUETOOTH": "there is no Bluetooth adapter; plug one in (Bluetooth 4.2 or later)",
    "NO_BLE_CENTRAL_ROLE": "the adapter is too old for Bluetooth LE; use another one",
    "POWERED_OFF": "Bluetooth is switched off; switch it on",
    "DENIED_BY_USER": "this program may not use Bluetooth; allow it in the system's settings",
    "DENIED_BY_SYSTEM": "the system's administrator does not allow Bluetooth",
    "DENIED_BY_UNKNOWN": "Bluetooth is not allowed here; look into the system's settings",
}


async def bounded(action: Awaitable[T], limit_s: float, what: str) -> T:
    """Await with a limit; every failure becomes a DeviceError with one sentence."""
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
        # What is missing is the socket of the system's message bus, which BlueZ answers on.
        raise DeviceError(
            f"Could not {what}: the system's Bluetooth service does not run; start it (Linux: "
            "systemctl start dbus bluetooth)."
        ) from error
    except (BleakError, OSError, EOFError) as error:
        reason = str(error).strip().rstrip(".") or type(error).__name__
        raise DeviceError(f"Could not {what}: {reason}.") from error


async def let_go(client: "BleakClient", limit_s: float) -> None:
    """Disconnect if that can be done in time; what cannot be helped is not told."""
    with contextlib.suppress(DeviceError):
        await bounded(client.disconnect(), limit_s, "disconnect")


@dataclass(frozen=True, slots=True)
class RadioBackend:
    """Classes that take the place of the platform's Bluetooth, as bleak's ``backend=`` wants."""

    client: "type[BaseBleakClient]"
    scanner: "type[BaseBleakScanner]"


@dataclass(frozen=True, slots=True, eq=False)
class FoundSensor:
    """A device that was heard in a scan.

    Parameters
    ----------
    address
        As the operating system tells it; on macOS an identifier valid on this computer only.
    advertisement
        What it said.
    rssi_dbm
        Strength of its signal, about −40 (near) to −95 (hardly heard).
    handle
        What the Bluetooth library knows it by.
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
        Instead of the platform's; None for the computer's own adapter.
    limits
        Time limits.
    """

    def __init__(
        self, *, backend: RadioBackend | None = None, limits: RadioLimits | None = None
    ) -> None:
        self._backend = backend
        self._limits = limits or RadioLimits()
        self._turn: asyncio.Semaphore | None = None

    @property
    def _one_at_a_time(self) -> asyncio.Semaphore:
        """One scan or connection at a time: adapters answer a second one with an error."""
        if self._turn is None:
            self._turn = asyncio.Semaphore(1)
        return self._turn

    async def scan(
        self, seconds: float, *, until: Callable[[Collection[FoundSensor]], bool] | None = None
    ) -> tuple[FoundSensor, ...]:
        """Listen for devices.

        Parameters
        ----------
        seconds
            How long.
        until
            Ends the scan early when it says so of what was heard up to then.

        Returns
        -------
        tuple of FoundSensor
            Strongest signal first.

        Raises
        ------
        DeviceError
            If the adapter is missing, off or not permitted.
        """
        async with self._one_at_a_time:
            scanner = self._new_scanner()
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

    def _new_scanner(self) -> "BleakScanner":
        from bleak import BleakScanner  # noqa: PLC0415 - slow to import

        if self._backend is None:
            return BleakScanner()
        return BleakScanner(backend=self._backend.scanner)

    async def connect(self, sensor: FoundSensor, on_lost: Callable[[], None]) -> "BleLink":
        """Connect with a new client, as reused ones often cannot reconnect.

        Parameters
        ----------
        sensor
            As found by a scan.
        on_lost
            Called once, in the event loop, when the link ends without having been closed.

        Raises
        ------
        DeviceError
            If it cannot be reached in time.
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
                # Some seconds more than bleak's own limit, in case that one does not hold.
                limit = self._limits.connect_s + 3.0
                await bounded(client.connect(), limit, f"connect to {sensor.name}")
            except BaseException:
                await let_go(client, self._limits.disconnect_s)
                raise
        return BleLink(client, sensor.name, self._limits)


def _heard(scanner: "BleakScanner") -> tuple[FoundSensor, ...]:
    return tuple(
        FoundSensor(
            device.address,
            Advertisement(said.local_name, tuple(said.service_uuids), said.manufacturer_data),
            said.rssi,
            device,
        )
        for device, said in scanner.discovered_devices_and_advertisement_data.values()
    )
