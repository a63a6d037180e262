"""The only door to the Bluetooth library (bleak, optional part ``ble``), with `ble_link`.

Everything above speaks to a :class:`Radio`: the real adapter, the demo's simulated sensors and
the tests' virtual controllers all come through here, by bleak's ``backend=``.
"""

import asyncio
import contextlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from imu_valgus.devices.ble_link import BleLink, RadioLimits, bounded, let_go
from imu_valgus.devices.driver import Advertisement
from imu_valgus.devices.simulated_air import VirtualRadio
from imu_valgus.errors import DeviceError, MissingExtraError

if TYPE_CHECKING:
    from bleak import BleakScanner
    from bleak.backends.client import BaseBleakClient
    from bleak.backends.device import BLEDevice
    from bleak.backends.scanner import BaseBleakScanner

__all__ = ["BleLink", "FoundSensor", "Radio", "RadioBackend", "RadioLimits", "radio_over"]


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

    Raises
    ------
    MissingExtraError
        If bleak is not installed.
    """

    def __init__(
        self, *, backend: RadioBackend | None = None, limits: RadioLimits | None = None
    ) -> None:
        _require_bleak()
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
        from bleak import BleakScanner  # noqa: PLC0415 - optional

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
        from bleak import BleakClient  # noqa: PLC0415 - optional

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


def radio_over(virtual: VirtualRadio, *, limits: RadioLimits | None = None) -> Radio:
    """Make the radio that hears a virtual one's sensors, through the same door as real ones.

    Raises
    ------
    MissingExtraError
        If bleak is not installed.
    """
    _require_bleak()
    from imu_valgus.devices.simulated_backend import radio_backend  # noqa: PLC0415 - needs bleak

    return Radio(backend=radio_backend(virtual), limits=limits)


def _require_bleak() -> None:
    try:
        import bleak  # noqa: F401, PLC0415 - optional, and slow to import
    except ImportError as error:
        raise MissingExtraError("Recording from sensors", extra="ble") from error


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
