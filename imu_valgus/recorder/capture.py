"""The recorder: several sensors, one journal, from the first connection to a clean end."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence

from imu_valgus.model import Side, Task
from imu_valgus.recorder.journal import JournalWriter
from imu_valgus.recorder.journal_entries import LinkState, RecordingHeader, TaskMark
from imu_valgus.recorder.reception import CaptureDesk
from imu_valgus.recorder.sensor_link import RecorderSettings, SensorPlan, SensorTask
from imu_valgus.recorder.status import Notice, RecordingStatus
from imu_valgus.sensors.ble import Radio

__all__ = ["Recorder"]


class Recorder:
    """Records until told to stop.

    Parameters
    ----------
    radio
        The adapter.
    plans
        The sensors, in the order of the header's.
    header
        Of the recording; its start is time 0.
    journal
        Freshly created with the header; closed at the end.
    settings
        Patience.
    clock_ns
        The host's monotonic clock, the same that gave the header's start.
    """

    def __init__(
        self,
        radio: Radio,
        plans: Sequence[SensorPlan],
        header: RecordingHeader,
        journal: JournalWriter,
        *,
        settings: RecorderSettings | None = None,
        clock_ns: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        self._settings = settings or RecorderSettings()
        self._desk = CaptureDesk(header, journal, clock_ns)
        self._gate = asyncio.Event()
        self._stop = asyncio.Event()
        self._sensors = tuple(
            SensorTask(
                index,
                plan,
                radio=radio,
                desk=self._desk,
                gate=self._gate,
                settings=self._settings,
            )
            for index, plan in enumerate(plans)
        )

    def status(self) -> RecordingStatus:
        """Describe the recording now; may be called from another thread."""
        return self._desk.status()

    def take_notices(self) -> tuple[Notice, ...]:
        """Hand over what there is to tell since the last call; from any thread."""
        return self._desk.take_notices()

    def mark_task(
        self, task: Task | None, side: Side | None = None, *, is_tap_check: bool = False
    ) -> None:
        """Begin a task and end the one before; None labels nothing from now on."""
        self._desk.log(TaskMark(self._desk.clock_ns(), task, side, is_tap_check))

    def request_stop(self) -> None:
        """End the recording soon; may be called repeatedly (from the loop's own thread)."""
        self._stop.set()

    @property
    def is_streaming(self) -> bool:
        """Whether every sensor streams and has delivered."""
        return all(sensor.state is LinkState.STREAMING for sensor in self.status().sensors) and all(
            self._desk.last_packet_ns
        )

    async def wait_until_streaming(self, limit_s: float) -> bool:
        """Wait until every sensor delivers; False when they do not within the limit."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                while not self.is_streaming and not self._stop.is_set():  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        return self.is_streaming

    async def run(self) -> None:
        """Record until `request_stop`; then stop, disconnect and close within the limit.

        Raises
        ------
        InputError
            If the journal could not be written to the end; what is in it is safe.
        """
        drain = asyncio.create_task(self._desk.drain(), name="drain")
        gate = asyncio.create_task(self._open_gate(), name="gate")
        tasks = [asyncio.create_task(sensor.run()) for sensor in self._sensors]
        for task in tasks:
            task.add_done_callback(self._tell_fault)
        stop = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({drain, stop}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gate.cancel()
            await self._end_sensors(tasks)
            # Only now: the last packets arrive while the sensors are being stopped.
            drain.cancel()
            stop.cancel()
            await asyncio.gather(drain, stop, gate, return_exceptions=True)
            await self._desk.close()
        for task in (drain, *tasks):
            if task.done() and not task.cancelled() and (fault := task.exception()) is not None:
                raise fault

    def _tell_fault(self, task: asyncio.Task[None]) -> None:
        """Tell of a fault of the program itself; the other sensors go on."""
        if not task.cancelled() and (fault := task.exception()) is not None:
            self._desk.say(f"One sensor is no longer recorded: internal fault ({fault!r}).")

    async def _open_gate(self) -> None:
        """Start all sensors together, but do not let one that is absent hold up the others."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.gather_s):
                while not self._is_gathered():  # noqa: ASYNC110 - states change in many places
                    await asyncio.sleep(0.05)
        self._gate.set()

    def _is_gathered(self) -> bool:
        return all(
            state is LinkState.READY or sensor.failures >= 2
            for sensor, state in zip(self._sensors, self._desk.states, strict=True)
        )

    async def _end_sensors(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        for sensor in self._sensors:
            sensor.stop()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=self._settings.stop_s)
