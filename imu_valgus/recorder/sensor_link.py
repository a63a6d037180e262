"""One sensor's life during a recording: connect, set up, stream, lose it, find it again."""

import asyncio
import contextlib
import random
from dataclasses import dataclass
from typing import Final

from imu_valgus.errors import DeviceError, ImuValgusError
from imu_valgus.recorder.journal_entries import LinkChange, LinkState, SensorConfigured
from imu_valgus.recorder.reception import CaptureDesk, describe
from imu_valgus.recorder.status import NoticeLevel
from imu_valgus.sensors.ble import BleLink, FoundSensor, Radio
from imu_valgus.sensors.driver import DeviceDriver, DeviceSettings

__all__ = ["RecorderSettings", "SensorPlan", "SensorTask"]


@dataclass(frozen=True, slots=True)
class RecorderSettings:
    """How patient the recorder is.

    Parameters
    ----------
    watchdog_s
        Silence after which a sensor counts as stalled, whatever its link says: links die
        silently, and a walk of ten minutes must not wait for a supervision timeout.
    first_data_s
        Time a sensor may take from start to its first packet.
    first_wait_s, longest_wait_s
        Pause before the next attempt: doubled each time between these, ± 30 % so that several
        sensors do not keep meeting.
    battery_every_s
        How often the charge is asked for.
    stop_s
        All of stopping and disconnecting, whatever happens.
    gather_s
        How long sensors that are ready wait for the others before they start.
    """

    watchdog_s: float = 2.0
    first_data_s: float = 5.0
    first_wait_s: float = 0.25
    longest_wait_s: float = 8.0
    battery_every_s: float = 60.0
    stop_s: float = 5.0
    gather_s: float = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class SensorPlan:
    """A sensor to record: where it is heard, how it is driven, what it shall do.

    Parameters
    ----------
    found
        From the scan.
    driver
        Of its kind.
    own_id
        Its serial number as known before; None if it tells none. A sensor that tells another one
        is not recorded.
    settings
        What it is asked for.
    """

    found: FoundSensor
    driver: DeviceDriver
    own_id: str | None
    settings: DeviceSettings


_POLL_S: Final = 0.1
_TRIES_BEFORE_TELLING: Final = 3
_TRIES_BEFORE_SCANNING: Final = 2
_LAST_PACKETS_S: Final = 0.15
"""A stopped sensor sends what it still holds with the next connection events."""
_LAST_WORDS_S: Final = 2.0
"""For stopping one sensor; disconnecting has its own limit of as much again."""


class SensorTask:
    """Owner of one sensor.

    Parameters
    ----------
    index
        Of the sensor in the recording.
    plan
        What to record.
    radio, desk
        Shared by all sensors.
    gate
        Set when all sensors may start.
    settings
        Patience.
    """

    def __init__(
        self,
        index: int,
        plan: SensorPlan,
        *,
        radio: Radio,
        desk: CaptureDesk,
        gate: asyncio.Event,
        settings: RecorderSettings,
    ) -> None:
        self.failures = 0
        self._index = index
        self._plan = plan
        self._found = plan.found
        self._radio = radio
        self._desk = desk
        self._gate = gate
        self._settings = settings
        self._connection = -1
        self._is_stuck = False
        self._has_streamed = False
        self._is_stopping = False

    def stop(self) -> None:
        """From now on, leaving means stopping the sensor too; then cancel the task."""
        self._is_stopping = True

    async def run(self) -> None:
        """Keep the sensor streaming until cancelled."""
        try:
            while True:
                try:
                    await self._one_connection()
                except ImuValgusError as error:
                    self._tell_failure(str(error))
                self._enter(LinkState.WAITING)
                await asyncio.sleep(self._pause_s())
                if self.failures >= _TRIES_BEFORE_SCANNING:
                    await self._look_for_it()
        finally:
            self._enter(LinkState.STOPPED)

    def _enter(self, state: LinkState, reason: str = "") -> None:
        self._desk.states[self._index] = state
        self._desk.log(LinkChange(self._desk.clock_ns(), self._index, state, reason))

    def _pause_s(self) -> float:
        doubled = self._settings.first_wait_s * 2.0 ** min(max(self.failures - 1, 0), 10)
        return min(doubled, self._settings.longest_wait_s) * random.uniform(0.7, 1.3)

    async def _look_for_it(self) -> None:
        """Scan again: some systems forget devices, and some devices change their address."""
        address = self._plan.found.address
        with contextlib.suppress(DeviceError):
            heard = await self._radio.scan(
                3.0, until=lambda all_heard: any(one.address == address for one in all_heard)
            )
            self._found = next((one for one in heard if one.address == address), self._found)

    async def _one_connection(self) -> None:
        self._enter(LinkState.CONNECTING)
        lost = asyncio.Event()
        link = await self._radio.connect(self._found, lost.set)
        try:
            await self._prepare(link)
            await self._gate.wait()
            await self._plan.driver.start(link)
            await self._watch(link, lost)
        finally:
            await self._leave(link, is_linked=not lost.is_set())

    async def _prepare(self, link: BleLink) -> None:
        """Identify, configure, subscribe: the whole dialogue, after every reconnect."""
        self._enter(LinkState.CONFIGURING)
        driver = self._plan.driver
        info = await driver.identify(link)
        if self._plan.own_id is not None and info.own_id != self._plan.own_id:
            raise DeviceError(
                f"expected the sensor {self._plan.own_id}, but {info.own_id or 'an unknown one'} "
                "answers at its address; look which sensors are switched on"
            )
        self._desk.batteries[self._index] = info.battery_percent
        await driver.configure(link, self._plan.settings)
        self._connection += 1
        uuids = driver.data_characteristics
        setup = SensorConfigured(
            t_ns=self._desk.clock_ns(),
            sensor=self._index,
            connection=self._connection,
            characteristics=uuids,
            recipe=driver.recipe,
            nominal_rate_hz=driver.nominal_rate_hz,
            loss_accounting=driver.loss_accounting,
            model=info.model,
            firmware=info.firmware or "",
        )
        self._desk.set_up(setup, driver.new_decoder())
        for channel, uuid in enumerate(uuids):
            await link.subscribe(uuid, self._desk.callback(self._index, channel))
        self._enter(LinkState.READY)

    async def _watch(self, link: BleLink, lost: asyncio.Event) -> None:
        """Wait for the link to fail or the sensor to fall silent."""
        desk, index = self._desk, self._index
        self._enter(LinkState.STREAMING)
        started_ns = desk.clock_ns()
        next_battery_ns = started_ns + int(self._settings.battery_every_s * 1e9)
        is_told = False
        while not lost.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(lost.wait(), _POLL_S)
            now_ns, last_ns = desk.clock_ns(), desk.last_packet_ns[index]
            if last_ns > started_ns and not is_told:
                is_told = True
                self._tell_streaming()
            self._check_silence(now_ns, started_ns, last_ns)
            if now_ns >= next_battery_ns:
                next_battery_ns = now_ns + int(self._settings.battery_every_s * 1e9)
                with contextlib.suppress(DeviceError):
                    desk.batteries[index] = await self._plan.driver.battery(link)
        raise DeviceError("the link was lost")

    def _check_silence(self, now_ns: int, started_ns: int, last_ns: int) -> None:
        has_data = last_ns > started_ns
        limit_s = self._settings.watchdog_s if has_data else self._settings.first_data_s
        silent_s = 1e-9 * (now_ns - (last_ns if has_data else started_ns))
        if silent_s > limit_s:
            # Stopping it first would throw away what it may have stored; if that did not help
            # the last time, it is stopped and set up from the start.
            raise DeviceError(f"it has sent nothing for {silent_s:.1f} s")

    def _tell_streaming(self) -> None:
        if self._has_streamed:
            self._desk.reconnects[self._index] += 1
            name = describe(self._desk.sensors, self._index)
            self._desk.say(f"The {name} is back.", NoticeLevel.NOTE)
        self._has_streamed = True
        self._is_stuck = False
        self.failures = 0

    def _tell_failure(self, reason: str) -> None:
        self.failures += 1
        self._enter(LinkState.WAITING, reason)
        name = describe(self._desk.sensors, self._index)
        if self._has_streamed and self.failures == 1:
            self._desk.say(f"The {name} has dropped out ({reason.rstrip('.')}); looking for it.")
        elif self.failures == _TRIES_BEFORE_TELLING:
            self._desk.say(
                f"The {name} could not be reached {self.failures} times ({reason.rstrip('.')}): "
                "bring it near the computer, see that it is charged and used by no other program."
            )

    async def _leave(self, link: BleLink, *, is_linked: bool) -> None:
        """Let go; bounded in time and never an error."""
        if is_linked and (self._is_stopping or self._is_stuck):
            with contextlib.suppress(DeviceError, TimeoutError):
                async with asyncio.timeout(_LAST_WORDS_S):
                    await self._plan.driver.stop(link)
                    await asyncio.sleep(_LAST_PACKETS_S)
        self._is_stuck = is_linked and not self._is_stopping
        await link.close()
