"""The guided recording in a terminal: a person sees what to do, presses Enter, shakes sensors."""

import asyncio
import math
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from imu_valgus._version import __version__
from imu_valgus.cli.console import printable
from imu_valgus.cli.recording_world import World
from imu_valgus.errors import DeviceError, InputError
from imu_valgus.model import Placement, SessionInfo
from imu_valgus.recorder.background import BackgroundLoop
from imu_valgus.recorder.capture import Recorder, SensorPlan
from imu_valgus.recorder.guide import GuideState, Phase, learn_places
from imu_valgus.recorder.journal import JOURNAL_FILE, JournalWriter
from imu_valgus.recorder.journal_entries import LinkState, PlannedSensor, RecordingHeader
from imu_valgus.recorder.placement_memory import PlacementMemory
from imu_valgus.recorder.setup import KnownSensor, find_candidates, know_sensors
from imu_valgus.recorder.status import Notice, NoticeLevel, RecordingStatus, SensorStatus
from imu_valgus.recorder.take import TakeMonitor

__all__ = ["learn_by_shaking", "render_screen", "show_guided"]

_REDRAW_S: Final = 0.2
_SHOWN_NOTICES: Final = 6

_STALE_S: Final = 0.5
_LOW_RATE: Final = 0.95
"""Share of the nominal rate or of the samples below which a number is shown as a warning."""
_LOW_BATTERY: Final = 15.0
_FULL_BAR_DEG_S: Final = 300.0

_BAR: Final = "▁▂▃▄▅▆▇█"
_WARNING_STYLE: Final = "bold #D55E00"
_GOOD_STYLE: Final = "#0072B2"

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
    """Draw the screen until a take is over; Enter goes on to the next step.

    Parameters
    ----------
    monitor
        Gives stage, status and notices of the take.
    background
        The loop in which the take runs.
    is_over
        Whether to stop drawing.
    """

    def advance() -> None:
        if monitor.guide is not None:
            background.call(monitor.guide.advance)

    console = Console()
    shown: deque[Notice] = deque(maxlen=_SHOWN_NOTICES)
    with (
        _KEYBOARD.on_enter(advance),
        Live(console=console, auto_refresh=False, transient=True) as live,
    ):
        while not is_over():
            notices = monitor.take_notices()
            shown.extend(notices)
            if any(notice.level == "warning" for notice in notices):
                console.bell()
            if monitor.recorder is None or monitor.guide is None:
                live.update(Text(f"{monitor.stage} ..."), refresh=True)
            else:
                is_timed = monitor.guide.is_timed
                status, state = monitor.recorder.status(), monitor.guide.state
                live.update(render_screen(status, state, shown, is_timed=is_timed), refresh=True)
            time.sleep(_REDRAW_S)
    for notice in shown:
        line = printable(f"{notice.time_s:7.1f} s  {notice.sentence}")
        console.print(Text(line), soft_wrap=True)


def render_screen(
    status: RecordingStatus, state: GuideState, notices: Sequence[Notice], *, is_timed: bool
) -> RenderableType:
    """Draw the whole screen: the step on top, then the sensors and the last notices.

    Parameters
    ----------
    status
        Status of the recorder.
    state
        State of the guide.
    notices
        The last few notices, oldest first.
    is_timed
        Whether steps begin by themselves.

    Returns
    -------
    RenderableType
        What rich prints.
    """
    parts: list[RenderableType] = [_step_panel(state, is_timed=is_timed), _sensor_table(status)]
    for notice in notices:
        is_warning = notice.level is NoticeLevel.WARNING
        mark, style = ("!", _WARNING_STYLE) if is_warning else ("·", "dim")
        parts.append(Text(printable(f"{mark} {notice.sentence}"), style=style))
    minutes, seconds = divmod(int(status.time_s), 60)
    foot = f"{minutes}:{seconds:02d}   {status.journal_bytes / 1e6:.1f} MB   Ctrl-C ends and saves"
    parts.append(Text(foot, style="dim"))
    return Group(*parts)


def _step_panel(state: GuideState, *, is_timed: bool) -> Panel:
    if state.step is None:
        return Panel(Text("Finished. Saving the recording."), title="recording")
    title = f"{state.number} of {state.count}: {state.step.title}"
    lines: list[RenderableType] = []
    if state.phase is Phase.DOING:
        left_s = max(0.0, state.step.seconds - state.elapsed_s)
        lines.append(Text(printable(f"NOW   {state.step.words}"), style="bold"))
        lines.append(
            ProgressBar(
                total=state.step.seconds,
                completed=state.elapsed_s,
                width=50,
                style="grey37",
                complete_style=_GOOD_STYLE,
                finished_style=_GOOD_STYLE,
            )
        )
        hint = "" if is_timed else "   Enter: done with it"
        lines.append(Text(f"{left_s:4.0f} s left{hint}"))
    else:
        lines.append(Text(printable(f"GET READY   {state.step.words}"), style="bold"))
        lines.append(Text("It begins by itself." if is_timed else "Press Enter to begin."))
    if state.following is not None:
        lines.append(Text(f"then: {state.following.title}", style="dim"))
    return Panel(Group(*lines), title=title, title_align="left")


def _sensor_table(status: RecordingStatus) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("sensor", "serial", "link", "Hz", "received", "gaps", "battery", "motion"):
        is_number = name in {"Hz", "received", "gaps", "battery"}
        table.add_column(name, justify="right" if is_number else "left", no_wrap=True)
    for sensor in status.sensors:
        table.add_row(*_cells(sensor))
    return table


def _cells(sensor: SensorStatus) -> tuple[Text, ...]:
    share = sensor.received_share
    is_stale = sensor.state is LinkState.STREAMING and sensor.age_s > _STALE_S
    link = "no data" if is_stale else str(sensor.state)
    is_bad = is_stale or sensor.state is not LinkState.STREAMING
    is_slow = sensor.rate_hz < _LOW_RATE * sensor.nominal_rate_hz
    battery = sensor.battery_percent
    received = "not known" if share is None else f"{100.0 * share:.1f} %"
    if sensor.received == 0:
        received = "-"
    return (
        Text(sensor.sensor.placement.words),
        Text(printable(sensor.sensor.sensor_id), style="dim"),
        Text(link, style=_WARNING_STYLE if is_bad else _GOOD_STYLE),
        Text(
            "-" if is_stale or sensor.rate_hz == 0.0 else f"{sensor.rate_hz:.0f}",
            style=_WARNING_STYLE if is_slow else "",
        ),
        Text(received, style=_WARNING_STYLE if share is not None and share < _LOW_RATE else ""),
        Text("-" if share is None else str(sensor.gaps)),
        Text(
            "-" if battery is None else f"{battery:.0f} %",
            style=_WARNING_STYLE if battery is not None and battery < _LOW_BATTERY else "",
        ),
        Text("" if is_stale else _motion_bar(sensor.motion_deg_s), style=_GOOD_STYLE),
    )


def _motion_bar(motion_deg_s: float) -> str:
    """Draw a bar of eight cells; its square-root scale shows both stillness and a swing."""
    if math.isnan(motion_deg_s):
        return ""
    level = min(1.0, math.sqrt(motion_deg_s / _FULL_BAR_DEG_S))
    eighths = round(level * 8 * len(_BAR))
    whole, rest = divmod(eighths, 8)
    return _BAR[-1] * whole + (_BAR[rest - 1] if rest else "")


class _Keyboard:
    """Listens to Enter in one thread for all that ask in turn; two would compete for each line."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._act: Callable[[], None] | None = None

    @contextmanager
    def on_enter(self, act: Callable[[], None]) -> Iterator[None]:
        """Call `act` at every Enter while the block runs; other Enters do nothing."""
        self._act = act
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._listen, name="keyboard", daemon=True)
            self._thread.start()
        try:
            yield
        finally:
            self._act = None

    def _listen(self) -> None:
        while sys.stdin.readline():
            if (act := self._act) is not None:
                act()


_KEYBOARD: Final = _Keyboard()


def learn_by_shaking(world: World, background: BackgroundLoop) -> PlacementMemory:
    """Ask the person to shake one sensor after another, and learn where each one sits.

    Parameters
    ----------
    world
        Gives the radio and the placements known so far.
    background
        The loop in which sensors are watched.

    Returns
    -------
    PlacementMemory
        The memory with what was learned.

    Raises
    ------
    InputError
        If there is no terminal, or nothing was learned.
    DeviceError
        If no sensor is heard.
    """
    if not sys.stdin.isatty():
        raise InputError(
            "Learning where sensors sit needs a terminal. Without one, say it with "
            "--place SENSOR=PLACEMENT."
        )
    console = Console()
    skip = asyncio.Event()

    def ask(placement: Placement) -> None:
        console.print(
            f"Shake the sensor on the [bold]{placement.words}[/] for two seconds and keep the "
            "others still. (Enter: no sensor there)"
        )

    console.print("Listening for sensors ...")
    with _KEYBOARD.on_enter(lambda: background.call(skip.set)):
        learned = background.run(_learn(world, ask, skip))
    if not learned:
        raise InputError(
            "No sensor's place was learned. Try again, or say it with --place SENSOR=PLACEMENT."
        )
    for placement, sensor in learned.items():
        console.print(Text(printable(f"{placement.words}: {sensor.sensor_id}")))
    return world.remember(learned)


async def _learn(
    world: World, ask: Callable[[Placement], None], skip: asyncio.Event
) -> dict[Placement, KnownSensor]:
    candidates = await find_candidates(world.radio, world.plan.scan_s)
    known = (await know_sensors(world.radio, candidates, world.memory))[: len(Placement)]
    if not known:
        raise DeviceError("No sensor was found. Wake the sensors, or run: imu-valgus doctor")
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
    """Make a recorder just to see which sensor moves; its placements mean nothing."""
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
