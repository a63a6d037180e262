"""One connected sensor through the Bluetooth library; every step bounded in time."""

import asyncio
import contextlib
from collections.abc import Awaitable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from imu_valgus.devices.driver import NotificationCallback
from imu_valgus.errors import DeviceError

if TYPE_CHECKING:
    from bleak import BleakClient

__all__ = ["BleLink", "RadioLimits", "bounded", "let_go"]

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
    from bleak.exc import BleakBluetoothNotAvailableError, BleakError  # noqa: PLC0415 - optional

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
