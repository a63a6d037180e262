"""A virtual radio that needs nothing beyond bleak, for the demo and the tests of the recorder.

Sensors are served at a connection interval, and a link to a sensor out of range dies after the
supervision timeout. Everything runs on the event loop's clock, real or virtual.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Final

from imu_valgus.errors import DeviceError
from imu_valgus.sensors.ble import Radio, RadioLimits
from imu_valgus.virtual_sensors.air import HeardDevice
from imu_valgus.virtual_sensors.bleak_backend import radio_over
from imu_valgus.virtual_sensors.peripherals.peripheral import Notification, Service
from imu_valgus.virtual_sensors.sensor import SimulatedSensor

__all__ = ["SimulatedRadio", "simulated_radio"]

_INTERVAL_S: Final = 0.015
_SUPERVISION_S: Final = 1.0
_ADVERTISING_S: Final = 0.1
_CONNECTING_S: Final = 0.05
_CENTRAL_MTU: Final = 517


class SimulatedRadio:
    """The virtual air; a `VirtualRadio`.

    Parameters
    ----------
    sensors
        Sensors within reach, except when their behaviour says otherwise.
    """

    def __init__(self, sensors: Sequence[SimulatedSensor]) -> None:
        self.sensors = {sensor.address: sensor for sensor in sensors}
        self._links: dict[str, _Link] = {}
        self._scan: asyncio.Task[None] | None = None
        self._pump: asyncio.Task[None] | None = None
        self._begin_s: float | None = None

    @property
    def now_s(self) -> float:
        """Time of the virtual world in seconds; 0 at its first use."""
        now_s = asyncio.get_running_loop().time()
        if self._begin_s is None:
            self._begin_s = now_s
        return now_s - self._begin_s

    async def start_scan(self, heard: Callable[[HeardDevice], None]) -> None:
        """Let every present, unconnected sensor be heard ten times a second."""
        self._scan = asyncio.create_task(self._advertise(heard))

    async def stop_scan(self) -> None:
        """End the scan."""
        if self._scan is not None:
            self._scan.cancel()

    async def _advertise(self, heard: Callable[[HeardDevice], None]) -> None:
        while True:
            for number, sensor in enumerate(self.sensors.values()):
                if sensor.address not in self._links and sensor.is_present(self.now_s):
                    advertisement = sensor.peripheral.advertisement
                    heard(HeardDevice(sensor.address, advertisement, -48 - 4 * number))
            await asyncio.sleep(_ADVERTISING_S)

    async def connect(
        self, address: str, on_lost: Callable[[], None], *, timeout_s: float
    ) -> "_Link":
        """Connect to a sensor; wait for an absent one until the limit."""
        sensor = self.sensors.get(address)
        if sensor is None:
            raise DeviceError(f"there is no virtual sensor {address}")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while not sensor.is_present(self.now_s):  # noqa: ASYNC110 - time decides it
                    await asyncio.sleep(_ADVERTISING_S)
        await asyncio.sleep(_CONNECTING_S)
        if not sensor.is_present(self.now_s):
            raise DeviceError("it does not answer")
        link = _Link(self, sensor, on_lost)
        self._links[address] = link
        if self._pump is None:
            self._pump = asyncio.create_task(self._serve())
        return link

    async def _serve(self) -> None:
        """Serve all links at the connection interval; sensors measure even without a link."""
        loop = asyncio.get_running_loop()
        next_s = loop.time()
        while True:
            now_s = self.now_s
            for sensor in self.sensors.values():
                notifications = sensor.measure(now_s)
                link = self._links.get(sensor.address)
                if link is not None:
                    link.serve(now_s, notifications)
            next_s = max(next_s + _INTERVAL_S, loop.time())
            await asyncio.sleep(next_s - loop.time())

    def forget(self, address: str) -> None:
        """Remove a link that has ended."""
        self._links.pop(address, None)


class _Link:
    """A link to a simulated sensor; a `VirtualConnection`."""

    def __init__(
        self, radio: SimulatedRadio, sensor: SimulatedSensor, on_lost: Callable[[], None]
    ) -> None:
        self._radio = radio
        self._sensor = sensor
        self._on_lost = on_lost
        self._listeners: dict[str, Callable[[bytearray], None]] = {}
        self._unheard_since_s: float | None = None
        self.is_connected = True
        self.mtu = sensor.on_connect(mtu=_CENTRAL_MTU)

    @property
    def services(self) -> tuple[Service, ...]:
        """The sensor's GATT table."""
        return self._sensor.peripheral.services

    def serve(self, now_s: float, notifications: list[Notification]) -> None:
        """Deliver notifications; lose the link when the sensor has gone."""
        if self._sensor.wants_to_hang_up(now_s):
            self._lose()
        elif not self._sensor.is_present(now_s):
            self._unheard_since_s = self._unheard_since_s or now_s
            if now_s - self._unheard_since_s > _SUPERVISION_S:
                self._lose()
        else:
            self._unheard_since_s = None
            self._deliver(notifications)

    def _deliver(self, notifications: list[Notification]) -> None:
        for uuid, data in notifications:
            listener = self._listeners.get(uuid)
            if listener is not None:
                listener(bytearray(data))

    def _lose(self) -> None:
        self._end()
        self._on_lost()

    def _end(self) -> None:
        if self.is_connected:
            self.is_connected = False
            self._sensor.peripheral.on_disconnect()
            self._radio.forget(self._sensor.address)

    async def _reach(self) -> None:
        """Wait for the next connection event at which the sensor can be reached."""
        await asyncio.sleep(_INTERVAL_S)
        sensor, radio = self._sensor, self._radio
        while self.is_connected and not sensor.is_present(radio.now_s):  # noqa: ASYNC110
            await asyncio.sleep(_INTERVAL_S)
        if not self.is_connected:
            raise DeviceError("the link was lost")

    async def read(self, uuid: str) -> bytes:
        """Read a characteristic."""
        await self._reach()
        return self._sensor.peripheral.read(uuid)

    async def write(self, uuid: str, data: bytes, *, response: bool) -> None:
        """Write a characteristic; the answers are notified at once."""
        if response:
            await self._reach()
        elif not self.is_connected:
            raise DeviceError("the link was lost")
        self._deliver(self._sensor.peripheral.write(uuid, data))

    async def subscribe(self, uuid: str, callback: Callable[[bytearray], None]) -> None:
        """Turn notifications on."""
        await self._reach()
        self._listeners[uuid] = callback
        self._sensor.peripheral.on_subscribe(uuid, enabled=True)

    async def unsubscribe(self, uuid: str) -> None:
        """Turn notifications off."""
        await self._reach()
        self._listeners.pop(uuid, None)
        self._sensor.peripheral.on_subscribe(uuid, enabled=False)

    async def disconnect(self) -> None:
        """End the link."""
        self._end()


def simulated_radio(
    sensors: Sequence[SimulatedSensor], *, limits: RadioLimits | None = None
) -> Radio:
    """Make the radio that hears only virtual sensors.

    Parameters
    ----------
    sensors
        Sensors on the virtual air.
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
    return radio_over(SimulatedRadio(sensors), limits=limits)
