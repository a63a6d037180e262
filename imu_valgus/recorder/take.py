"""Records one take, from the first scan to the recorded session, real or simulated."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from imu_valgus._version import __version__
from imu_valgus.conventions import SESSION_FILE
from imu_valgus.errors import DeviceError, InputError
from imu_valgus.io.logs import TAKE_LOG_FILE, log_to_file
from imu_valgus.model import Placement, SessionInfo, TaskSpan
from imu_valgus.model.protocol import ProtocolStep
from imu_valgus.recorder.capture import Recorder
from imu_valgus.recorder.guide import Guide
from imu_valgus.recorder.journal import JOURNAL_FILE, JournalWriter
from imu_valgus.recorder.journal_entries import RecordingHeader
from imu_valgus.recorder.placement_memory import PlacementMemory
from imu_valgus.recorder.setup import (
    KnownSensor,
    find_candidates,
    know_sensors,
    place_sensors,
    plan_recording,
)
from imu_valgus.recorder.status import Notice, NoticeLevel
from imu_valgus.sensors.ble import Radio
from imu_valgus.sensors.driver import DeviceSettings

__all__ = ["TakeMonitor", "TakePlan", "check_free", "record_take"]

_log = logging.getLogger(__name__)

_START_LIMIT_S: Final = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class TakePlan:
    """What to record.

    Parameters
    ----------
    folder
        Folder of the recording; must be new or empty.
    steps
        Steps of the protocol.
    timetable
        Start and end of each step; None to wait for the person before each one.
    info
        Person and set-up.
    device
        Rate and ranges requested from the sensors.
    places
        Placements given by the person, by serial number, address or advertised name.
    scan_s
        How long to listen for sensors, in seconds.
    """

    folder: Path
    steps: tuple[ProtocolStep, ...]
    timetable: tuple[TaskSpan, ...] | None
    info: SessionInfo
    device: DeviceSettings = field(default_factory=DeviceSettings)
    places: Mapping[str, Placement] = field(default_factory=dict)
    scan_s: float = 6.0


class TakeMonitor:
    """Lets another thread watch a take; recorder and guide are None until they exist."""

    def __init__(self) -> None:
        self.stage = "Listening for sensors"
        self.recorder: Recorder | None = None
        self.guide: Guide | None = None
        self.placed: Mapping[Placement, KnownSensor] = {}
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """End the take soon; call from the loop's thread."""
        self._stop.set()

    async def stopped(self) -> None:
        """Wait until someone calls `stop`."""
        await self._stop.wait()

    def take_notices(self) -> tuple[Notice, ...]:
        """Return the notices of recorder and guide since the last call."""
        if self.recorder is None:
            return ()
        now_s = self.recorder.status().time_s
        sentences = self.guide.take_warnings() if self.guide is not None else ()
        warnings = tuple(Notice(now_s, NoticeLevel.WARNING, sentence) for sentence in sentences)
        return (*self.recorder.take_notices(), *warnings)


def check_free(folder: Path) -> None:
    """Raise if a folder already holds a recording.

    Parameters
    ----------
    folder
        Folder for the new recording; need not exist.

    Raises
    ------
    InputError
        If there is a session or a journal in it.
    """
    for name in (SESSION_FILE, JOURNAL_FILE):
        if (folder / name).exists():
            raise InputError(
                f"The folder '{folder}' already holds a recording ('{name}'). Choose another "
                "one with --out."
            )


async def record_take(
    radio: Radio,
    plan: TakePlan,
    memory: PlacementMemory,
    monitor: TakeMonitor,
    *,
    on_begin: Callable[[], None] = lambda: None,
    clock_ns: Callable[[], int] = time.perf_counter_ns,
) -> None:
    """Find the sensors, record the protocol into a journal, and stop.

    Parameters
    ----------
    radio
        Bluetooth adapter.
    plan
        What to record.
    memory
        Placements of known sensors.
    monitor
        Receives the progress, for another thread to watch.
    on_begin
        Called when all sensors stream and the protocol begins.
    clock_ns
        Monotonic host clock.

    Raises
    ------
    DeviceError
        If the sensors or the adapter cannot be used.
    InputError
        If no placement is known, or the folder cannot be written. Everything that is already in
        the journal is safe.
    """
    check_free(plan.folder)
    with contextlib.ExitStack() as log:
        try:
            log.enter_context(log_to_file(plan.folder / TAKE_LOG_FILE))
        except OSError as error:
            raise InputError(
                f"The recording cannot be written to '{plan.folder}' ({error.strerror or error}). "
                "Free some space, or choose a folder that can be written with --out."
            ) from error
        await _record(radio, plan, memory, monitor, on_begin=on_begin, clock_ns=clock_ns)


async def _record(
    radio: Radio,
    plan: TakePlan,
    memory: PlacementMemory,
    monitor: TakeMonitor,
    *,
    on_begin: Callable[[], None],
    clock_ns: Callable[[], int],
) -> None:
    candidates = await find_candidates(radio, plan.scan_s)
    _log.info("%d sensors were heard", len(candidates))
    if not candidates:
        raise DeviceError(
            f"No sensor was heard within {plan.scan_s:g} s. Wake the sensors (move them or press "
            "their button), check that no phone is connected to them, or run  imu-valgus doctor."
        )
    monitor.stage = "Identifying the sensors"
    known = await know_sensors(radio, candidates, memory)
    monitor.placed = place_sensors(known, places=plan.places, memory=memory)
    planned, plans = plan_recording(monitor.placed, plan.device)
    for sensor in planned:
        _log.info("%s: %s", sensor.words, sensor.sensor_id)
    header = RecordingHeader(__version__, clock_ns(), planned, plan.info)
    journal = JournalWriter(plan.folder / JOURNAL_FILE, header.to_json())
    recorder = Recorder(radio, plans, header, journal, clock_ns=clock_ns)
    monitor.stage = "Connecting"
    monitor.recorder = recorder
    running = asyncio.create_task(recorder.run())
    stopping = asyncio.create_task(monitor.stopped())
    guiding = asyncio.create_task(_guide(recorder, plan, monitor, on_begin))
    try:
        await asyncio.wait({running, guiding, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        guiding.cancel()
        recorder.request_stop()
        monitor.stage = "Stopping"
        await asyncio.gather(guiding, stopping, return_exceptions=True)
        await running
    if not guiding.cancelled() and (fault := guiding.exception()) is not None:
        raise fault


async def _guide(
    recorder: Recorder, plan: TakePlan, monitor: TakeMonitor, on_begin: Callable[[], None]
) -> None:
    if not await recorder.wait_until_streaming(_START_LIMIT_S):
        _log.warning("not every sensor streams %g s after the start", _START_LIMIT_S)
    guide = Guide(recorder, plan.steps, timetable=plan.timetable)
    on_begin()
    monitor.stage = "Recording"
    monitor.guide = guide
    await guide.run()
