"""One take from the first scan to the recorded session; the same for demo, guide and scripts."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from imu_valgus._version import __version__
from imu_valgus.conventions import SESSION_FILE
from imu_valgus.errors import DeviceError, InputError
from imu_valgus.model import Placement, SessionInfo, TaskSpan
from imu_valgus.model.protocol import ProtocolStep
from imu_valgus.recorder.capture import Recorder
from imu_valgus.recorder.guide import Guide
from imu_valgus.recorder.journal import JOURNAL_FILE, Journal, JournalWriter
from imu_valgus.recorder.journal_entries import RecordingHeader
from imu_valgus.recorder.placement_memory import PlacementMemory
from imu_valgus.recorder.session_writer import RecordedSummary, write_recorded_session
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

__all__ = ["TakeMonitor", "TakePlan", "check_free", "finish_take", "record_take"]

_START_LIMIT_S: Final = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class TakePlan:
    """What to record.

    Parameters
    ----------
    folder
        Of the recording; new or empty.
    steps
        Of the protocol.
    timetable
        When steps begin and end; None to wait for the person before each.
    info
        The person and the set-up.
    device
        What sensors are asked for.
    told
        Placements by serial number, address or name.
    scan_s
        How long to listen for sensors.
    """

    folder: Path
    steps: tuple[ProtocolStep, ...]
    timetable: tuple[TaskSpan, ...] | None
    info: SessionInfo
    device: DeviceSettings = field(default_factory=DeviceSettings)
    told: Mapping[str, Placement] = field(default_factory=dict)
    scan_s: float = 6.0


class TakeMonitor:
    """Lets another thread watch a take; what is not there yet is None."""

    def __init__(self) -> None:
        self.stage = "Listening for sensors"
        self.recorder: Recorder | None = None
        self.guide: Guide | None = None
        self.placed: Mapping[Placement, KnownSensor] = {}
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """End the take soon (from the loop's own thread)."""
        self._stop.set()

    async def stopped(self) -> None:
        """Wait until the take shall end."""
        await self._stop.wait()

    def take_notices(self) -> tuple[Notice, ...]:
        """Hand over what recorder and guide have to tell."""
        if self.recorder is None:
            return ()
        now_s = self.recorder.status().time_s
        seen = self.guide.take_warnings() if self.guide is not None else ()
        warnings = tuple(Notice(now_s, NoticeLevel.WARNING, sentence) for sentence in seen)
        return (*self.recorder.take_notices(), *warnings)


def check_free(folder: Path) -> None:
    """Raise unless a recording may be written to a folder.

    Raises
    ------
    InputError
        If there is one already.
    """
    for name in (SESSION_FILE, JOURNAL_FILE):
        if (folder / name).exists():
            raise InputError(
                f"The folder '{folder}' holds a recording already ('{name}'); choose another "
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
    """Find the sensors, record the protocol into the journal, stop.

    Parameters
    ----------
    radio
        The adapter.
    plan
        What to record.
    memory
        Where known sensors sit.
    monitor
        For whoever watches.
    on_begin
        Called when all sensors stream and the protocol begins.
    clock_ns
        The host's monotonic clock.

    Raises
    ------
    DeviceError
        If sensors or adapter cannot be used.
    InputError
        If places are not known, or the folder cannot be written; what is in the journal is safe.
    """
    check_free(plan.folder)
    candidates = await find_candidates(radio, plan.scan_s)
    if not candidates:
        raise DeviceError(
            f"No sensor was heard within {plan.scan_s:g} s: wake the sensors (move or press "
            "them), see that no telephone is connected to them, or ask  imu-valgus doctor."
        )
    monitor.stage = "Asking sensors who they are"
    known = await know_sensors(radio, candidates, memory)
    monitor.placed = place_sensors(known, told=plan.told, memory=memory)
    planned, plans = plan_recording(monitor.placed, plan.device)
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
    await recorder.wait_until_streaming(_START_LIMIT_S)
    guide = Guide(recorder, plan.steps, timetable=plan.timetable)
    on_begin()
    monitor.stage = "Recording"
    monitor.guide = guide
    await guide.run()


def finish_take(folder: Path, *, notes: Sequence[str] = ()) -> RecordedSummary:
    """Turn the journal of a take that has ended into its recorded session.

    Raises
    ------
    InputError
        If there is nothing in it, or the folder cannot be written.
    """
    return write_recorded_session(folder, Journal.read(folder / JOURNAL_FILE), notes=notes)
