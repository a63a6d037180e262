"""Records several sensors into one journal, from the first connection to a clean end."""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from imu_valgus.errors import DeviceError, ImuValgusError
from imu_valgus.model import Side, Task
from imu_valgus.recorder.journal import JournalWriter
from imu_valgus.recorder.journal_entries import (
    LinkChange,
    LinkState,
    RecordingHeader,
    SensorConfigured,
    TaskMark,
)
from imu_valgus.recorder.reception import CaptureDesk
from imu_valgus.recorder.status import Notice, NoticeLevel, RecordingStatus
from imu_valgus.sensors.ble import BleLink, FoundSensor, Radio
from imu_valgus.sensors.driver import DeviceDriver, DeviceSettings

__all__ = ["Recorder", "SensorPlan"]

_log = logging.getLogger(__name__)

_WATCHDOG_S: Final = 2.0
"""Silence after which a sensor counts as stalled, whatever the state of its link. Links can die
unnoticed, and a ten-minute walk must not wait for a supervision timeout."""
_FIRST_DATA_S: Final = 5.0
"""Longest time from the start command to the first packet."""
_FIRST_WAIT_S: Final = 0.25
_LONGEST_WAIT_S: Final = 8.0
"""Pauses before the next attempt to connect: they double each time and vary by ± 30 %, so that
several sensors do not keep trying at the same moment."""
_BATTERY_EVERY_S: Final = 60.0
_GATHER_S: Final = 30.0
"""Longest time that sensors which are ready wait for the others before they start."""
_STOP_ALL_S: Final = 5.0
"""Limit for stopping and disconnecting all sensors, whatever happens."""
_STOP_ONE_S: Final = 2.0
"""Limit for stopping one sensor; disconnecting has a limit of its own, equally long."""
_LAST_PACKETS_S: Final = 0.15
"""A stopped sensor sends its remaining samples in the next connection events."""
_POLL_S: Final = 0.1
_TRIES_BEFORE_WARNING: Final = 3
_TRIES_BEFORE_SCANNING: Final = 2


@dataclass(frozen=True, slots=True, eq=False)
class SensorPlan:
    """A sensor to record.

    Parameters
    ----------
    found
        Result of the scan: how to reach the sensor.
    driver
        Driver for this sensor model.
    own_id
        Serial number that the sensor must report, None if it reports none. A sensor with another
        serial number is not recorded.
    settings
        Requested rate and ranges.
    """

    found: FoundSensor
    driver: DeviceDriver
    own_id: str | None
    settings: DeviceSettings


class Recorder:
    """Records all sensors until it is asked to stop.

    Parameters
    ----------
    radio
        Bluetooth adapter.
    plans
        Sensors to record, in the same order as in the header.
    header
        Header of the recording; its start is time 0.
    journal
        Journal that was just created with this header. It is closed at the end.
    clock_ns
        Monotonic host clock, the same one that gave the start in the header.
    """

    def __init__(
        self,
        radio: Radio,
        plans: Sequence[SensorPlan],
        header: RecordingHeader,
        journal: JournalWriter,
        *,
        clock_ns: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        self._desk = CaptureDesk(header, journal, clock_ns)
        self._gate = asyncio.Event()
        self._stop = asyncio.Event()
        self._sensors = tuple(
            _SensorTask(index, plan, radio=radio, desk=self._desk, gate=self._gate)
            for index, plan in enumerate(plans)
        )

    def status(self) -> RecordingStatus:
        """Describe the current state of the recording; any thread may call this."""
        return self._desk.status()

    def take_notices(self) -> tuple[Notice, ...]:
        """Return the notices since the last call; any thread may call this."""
        return self._desk.take_notices()

    def mark_task(
        self, task: Task | None, side: Side | None = None, *, is_tap_check: bool = False
    ) -> None:
        """Begin a task, which ends the previous one.

        Parameters
        ----------
        task
            Task that begins; None leaves the samples from now on without a label.
        side
            Leg that does the task, None for both.
        is_tap_check
            Whether all sensors are tapped together, to compare their clocks.
        """
        self._desk.log(TaskMark(self._desk.clock_ns(), task, side, is_tap_check))

    def request_stop(self) -> None:
        """End the recording soon; call from the loop's thread, as often as you like."""
        self._stop.set()

    @property
    def is_streaming(self) -> bool:
        """Whether every sensor streams and has sent data."""
        return all(sensor.state is LinkState.STREAMING for sensor in self.status().sensors) and all(
            self._desk.last_packet_ns
        )

    async def wait_until_streaming(self, limit_s: float) -> bool:
        """Wait until every sensor sends data, and return whether they do within the limit."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                while not self.is_streaming and not self._stop.is_set():  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        return self.is_streaming

    async def run(self) -> None:
        """Record until `request_stop`, then stop, disconnect and close within the time limit.

        Raises
        ------
        InputError
            If the journal cannot be written any more; everything already in it is safe.
        """
        drain = asyncio.create_task(self._desk.drain(), name="drain")
        gate = asyncio.create_task(self._open_gate(), name="gate")
        tasks = [asyncio.create_task(sensor.run()) for sensor in self._sensors]
        for task in tasks:
            task.add_done_callback(self._report_fault)
        stop = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({drain, stop}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gate.cancel()
            for sensor in self._sensors:
                sensor.stop()
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=_STOP_ALL_S)
            # The last packets arrive while the sensors are being stopped, so drain until now.
            drain.cancel()
            stop.cancel()
            await asyncio.gather(drain, stop, gate, return_exceptions=True)
            await self._desk.close()
        # A fault of a sensor's task has been reported, and the other sensors are recorded.
        if drain.done() and not drain.cancelled() and (fault := drain.exception()) is not None:
            raise fault

    def _report_fault(self, task: asyncio.Task[None]) -> None:
        """Report a bug in the program; the other sensors go on."""
        if not task.cancelled() and (fault := task.exception()) is not None:
            _log.error("a sensor is no longer recorded", exc_info=fault)
            self._desk.notify(f"One sensor is no longer recorded: internal fault ({fault!r}).")

    async def _open_gate(self) -> None:
        """Start all sensors together, but do not let an absent one hold up the others."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GATHER_S):
                while not self._is_gathered():  # noqa: ASYNC110 - states change in many places
                    await asyncio.sleep(0.05)
        self._gate.set()

    def _is_gathered(self) -> bool:
        return all(
            state is LinkState.READY or sensor.failures >= 2
            for sensor, state in zip(self._sensors, self._desk.states, strict=True)
        )


class _SensorTask:
    """Connects one sensor, sets it up, lets it stream, and starts over when the link is lost."""

    def __init__(
        self,
        index: int,
        plan: SensorPlan,
        *,
        radio: Radio,
        desk: CaptureDesk,
        gate: asyncio.Event,
    ) -> None:
        self.failures = 0
        self._index = index
        self._plan = plan
        self._found = plan.found
        self._radio = radio
        self._desk = desk
        self._gate = gate
        self._name = desk.sensors[index].words
        self._connection = -1
        self._is_stuck = False
        self._has_streamed = False
        self._is_stopping = False

    def stop(self) -> None:
        """Stop the sensor, too, when the task is cancelled next."""
        self._is_stopping = True

    async def run(self) -> None:
        """Keep the sensor streaming until the task is cancelled."""
        try:
            while True:
                try:
                    await self._connect_once()
                except ImuValgusError as error:
                    self._report_failure(str(error))
                except Exception as fault:  # noqa: BLE001 - a driver's bug costs one connection
                    _log.error("%s: internal fault", self._name, exc_info=fault)
                    self._report_failure(f"internal fault: {type(fault).__name__}: {fault}")
                if self._is_stopping:
                    return
                self._enter(LinkState.WAITING)
                await asyncio.sleep(self._pause_s())
                if self.failures >= _TRIES_BEFORE_SCANNING:
                    await self._scan_again()
        finally:
            self._enter(LinkState.STOPPED)

    def _enter(self, state: LinkState, reason: str = "") -> None:
        self._desk.states[self._index] = state
        self._desk.log(LinkChange(self._desk.clock_ns(), self._index, state, reason))
        _log.info("%s: %s%s", self._name, state, f" ({reason})" if reason else "")

    def _pause_s(self) -> float:
        doubled = _FIRST_WAIT_S * 2.0 ** min(max(self.failures - 1, 0), 10)
        return min(doubled, _LONGEST_WAIT_S) * random.uniform(0.7, 1.3)

    async def _scan_again(self) -> None:
        """Scan again, because some systems forget devices and some devices change address."""
        address = self._plan.found.address
        with contextlib.suppress(DeviceError):
            heard = await self._radio.scan(
                3.0, until=lambda found: any(sensor.address == address for sensor in found)
            )
            matches = (sensor for sensor in heard if sensor.address == address)
            self._found = next(matches, self._found)

    async def _connect_once(self) -> None:
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
        """Identify, configure and subscribe; needed in full after every reconnect."""
        self._enter(LinkState.CONFIGURING)
        driver = self._plan.driver
        info = await driver.identify(link)
        if self._plan.own_id is not None and info.own_id != self._plan.own_id:
            raise DeviceError(
                f"{info.own_id or 'an unknown sensor'} answers at the address of the sensor "
                f"{self._plan.own_id}; check which sensors are switched on"
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
        _log.info(
            "%s: %s, firmware %s, serial number %s, battery %s %%, %g Hz, protocol %s",
            self._name, info.model, info.firmware, info.own_id, info.battery_percent,
            driver.nominal_rate_hz, driver.recipe.protocol,
        )  # fmt: skip
        for channel, uuid in enumerate(uuids):
            await link.subscribe(uuid, self._desk.callback(self._index, channel))
        self._enter(LinkState.READY)

    async def _watch(self, link: BleLink, lost: asyncio.Event) -> None:
        """Wait for the link to fail or the sensor to fall silent."""
        desk, index = self._desk, self._index
        self._enter(LinkState.STREAMING)
        started_ns = desk.clock_ns()
        next_battery_ns = started_ns + int(_BATTERY_EVERY_S * 1e9)
        has_begun = False
        while not lost.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(lost.wait(), _POLL_S)
            now_ns, last_ns = desk.clock_ns(), desk.last_packet_ns[index]
            if last_ns > started_ns and not has_begun:
                has_begun = True
                self._report_streaming()
            self._check_silence(now_ns, started_ns, last_ns)
            if now_ns >= next_battery_ns:
                next_battery_ns = now_ns + int(_BATTERY_EVERY_S * 1e9)
                with contextlib.suppress(DeviceError):
                    desk.batteries[index] = await self._plan.driver.battery(link)
        raise DeviceError("the link was lost")

    def _check_silence(self, now_ns: int, started_ns: int, last_ns: int) -> None:
        has_data = last_ns > started_ns
        limit_s = _WATCHDOG_S if has_data else _FIRST_DATA_S
        silent_s = 1e-9 * (now_ns - (last_ns if has_data else started_ns))
        if silent_s > limit_s:
            # Stopping the sensor first would discard what it may have stored. Only if
            # reconnecting did not help last time is it stopped and set up from scratch.
            raise DeviceError(f"it has sent nothing for {silent_s:.1f} s")

    def _report_streaming(self) -> None:
        if self._has_streamed:
            self._desk.reconnects[self._index] += 1
            self._desk.notify(f"The {self._name} is back.", NoticeLevel.NOTE)
        self._has_streamed = True
        self._is_stuck = False
        self.failures = 0

    def _report_failure(self, reason: str) -> None:
        self.failures += 1
        self._enter(LinkState.WAITING, reason)
        reason = reason.rstrip(".")
        if self._has_streamed and self.failures == 1:
            self._desk.notify(f"The {self._name} has dropped out ({reason}). Reconnecting.")
        elif self.failures == _TRIES_BEFORE_WARNING:
            self._desk.notify(
                f"The {self._name} could not be reached {self.failures} times ({reason}). Bring "
                "it near the computer, and check that it is charged and that no other program "
                "uses it."
            )

    async def _leave(self, link: BleLink, *, is_linked: bool) -> None:
        """Disconnect within a time limit and without raising errors."""
        if is_linked and (self._is_stopping or self._is_stuck):
            try:
                async with asyncio.timeout(_STOP_ONE_S):
                    await self._plan.driver.stop(link)
                    await asyncio.sleep(_LAST_PACKETS_S)
            except Exception as fault:  # noqa: BLE001 - the link must be closed all the same
                _log.info("%s: not stopped", self._name, exc_info=fault)
        self._is_stuck = is_linked and not self._is_stopping
        await link.close()
