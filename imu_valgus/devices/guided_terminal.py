"""The guided recording in a terminal: draws, listens to the Enter key, asks to shake sensors."""

import asyncio
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from imu_valgus import __version__
from imu_valgus.devices.capture import Recorder
from imu_valgus.devices.capture_log import PlannedSensor, RecordingHeader
from imu_valgus.devices.capture_sensor import SensorPlan
from imu_valgus.devices.capture_setup import KnownSensor, find_candidates, know_sensors
from imu_valgus.devices.capture_take import TakeMonitor
from imu_valgus.devices.capture_thread import BackgroundLoop
from imu_valgus.devices.guided_learning import learn_places
from imu_valgus.devices.guided_screen import render_screen
from imu_valgus.devices.guided_world import World
from imu_valgus.devices.journal import JOURNAL_FILE
from imu_valgus.devices.journal_writer import JournalWriter
from imu_valgus.devices.placement_memory import PlacementMemory
from imu_valgus.errors import DeviceError, InputError
from imu_valgus.model import Placement, SessionInfo

if TYPE_CHECKING:
    from imu_valgus.devices.capture_status import Notice

__all__ = ["learn_by_shaking", "show_guided"]

_REDRAW_S: Final = 0.2
_SHOWN_NOTICES: Final = 6
_TO_LEARN: Final = (
    Placement.THIGH_RIGHT,
    Placement.SHANK_RIGHT,
    Placement.THIGH_LEFT,
    Placement.SHANK_LEFT,
    Placement.PELVIS,
    Placement.FOOT_RIGHT,
    Placement.FOOT_LEFT,
)


def show_guided(
    monitor: TakeMonitor, background: BackgroundLoop, is_over: Callable[[], bool]
) -> None:
    """Draw a take until it is over; Enter goes on to the next step."""
    _on_enter(lambda: _advance(monitor, background))
    console = Console()
    shown: deque[Notice] = deque(maxlen=_SHOWN_NOTICES)
    with Live(console=console, auto_refresh=False, transient=True) as live:
        while not is_over():
            new = monitor.take_notices()
            shown.extend(new)
            if any(notice.level == "warning" for notice in new):
                console.bell()
            if monitor.recorder is None or monitor.guide is None:
                live.update(Text(f"{monitor.stage} ..."), refresh=True)
            else:
                is_timed = monitor.guide.is_timed
                status, state = monitor.recorder.status(), monitor.guide.state
                live.update(render_screen(status, state, shown, is_timed=is_timed), refresh=True)
            time.sleep(_REDRAW_S)
    for notice in shown:
        console.print(f"{notice.time_s:7.1f} s  {notice.sentence}", highlight=False, soft_wrap=True)


def _advance(monitor: TakeMonitor, background: BackgroundLoop) -> None:
    if monitor.guide is not None:
        background.call(monitor.guide.advance)


def _on_enter(act: Callable[[], None]) -> None:
    """Call `act` at every Enter, in a thread that dies with the program."""

    def listen() -> None:
        while sys.stdin.readline():
            act()

    threading.Thread(target=listen, name="keyboard", daemon=True).start()


def learn_by_shaking(world: World, background: BackgroundLoop) -> PlacementMemory:
    """Let the person shake one sensor after another; returns the memory with what was learned.

    Raises
    ------
    InputError
        If there is no terminal, or nothing was learned.
    DeviceError
        If no sensor is heard.
    """
    if not sys.stdin.isatty():
        raise InputError(
            "Learning where sensors sit needs a terminal; without one tell it with "
            "--place SENSOR=PLACEMENT."
        )
    console = Console()
    skip = asyncio.Event()
    _on_enter(lambda: background.call(skip.set))

    def ask(placement: Placement) -> None:
        console.print(
            f"Shake the sensor for the [bold]{placement.words}[/] for two seconds, keep the "
            "others still. (Enter: none there)"
        )

    console.print("Listening for sensors ...")
    learned = background.run(_learn(world, ask, skip))
    if not learned:
        raise InputError("No sensor's place was learned; try again, or tell it with --place.")
    for placement, sensor in learned.items():
        console.print(f"{placement.words}: {sensor.sensor_id}")
    return world.remember(learned)


async def _learn(
    world: World, ask: Callable[[Placement], None], skip: asyncio.Event
) -> dict[Placement, KnownSensor]:
    candidates = await find_candidates(world.radio, world.plan.scan_s)
    known = (await know_sensors(world.radio, candidates, world.memory))[: len(Placement)]
    if not known:
        raise DeviceError("No sensor was heard: wake the sensors, or ask  imu-valgus doctor.")
    with tempfile.TemporaryDirectory() as folder:
        recorder = _throwaway_recorder(world, known, Path(folder))
        running = asyncio.create_task(recorder.run())
        try:
            await recorder.wait_until_streaming(60.0)
            learned = await learn_places(recorder, _TO_LEARN, ask, skip=skip)
        finally:
            recorder.request_stop()
            await running
    return {placement: known[index] for placement, index in learned.items()}


def _throwaway_recorder(world: World, known: tuple[KnownSensor, ...], folder: Path) -> Recorder:
    """Make a recorder only for watching who moves; the places in its header mean nothing."""
    planned = tuple(
        PlannedSensor(place, sensor.sensor_id)
        for place, sensor in zip(Placement, known, strict=False)
    )
    header = RecordingHeader(__version__, time.perf_counter_ns(), planned, SessionInfo())
    plans = [
        SensorPlan(
            sensor.candidate.found, sensor.candidate.driver, sensor.own_id, world.plan.device
        )
        for sensor in known
    ]
    journal = JournalWriter(folder / JOURNAL_FILE, header.to_json())
    return Recorder(world.radio, plans, header, journal)
