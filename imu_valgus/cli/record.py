"""``imu-valgus record``: from sensors to a recorded session."""

import logging
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Final

import typer

from imu_valgus.cli.analyse import parsed_places
from imu_valgus.cli.console import JsonOption, examples, print_json, print_lines, say
from imu_valgus.errors import ImuValgusError, InputError
from imu_valgus.io.home import data_home
from imu_valgus.model import SessionInfo, Side, Task
from imu_valgus.model.limits import LENGTHS_M, RATE_HZ, is_possible
from imu_valgus.recorder.journal import JOURNAL_FILE

if TYPE_CHECKING:
    from imu_valgus.model.protocol import ProtocolStep
    from imu_valgus.recorder.background import BackgroundLoop
    from imu_valgus.recorder.session_writer import RecordedSummary
    from imu_valgus.recorder.take import TakeMonitor, TakePlan

_log = logging.getLogger(__name__)

_LOOK_S: Final = 0.1
_LONGEST_TEXT: Final = 100

_END_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    epilog = examples(
        "imu-valgus record --out monday   (guided, with your own sensors)",
        "imu-valgus record --learn --out monday   (first learn which sensor sits where)",
        "imu-valgus record --task walk --seconds 60 --out walk",
        "imu-valgus record --demo --task walk --seconds 20 --out demo_walk   (no hardware)",
    )
    app.command("record", epilog=epilog)(record_command)


def record_command(
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="New folder for the recording."),
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Virtual sensors on a simulated person, no hardware.")
    ] = False,
    protocol: Annotated[
        Path | None,
        typer.Option(
            "--protocol", metavar="FILE", help="Your own protocol (TOML, see docs/recording.md)."
        ),
    ] = None,
    task: Annotated[
        Task | None, typer.Option("--task", help="Only this task, with standing before and after.")
    ] = None,
    side: Annotated[Side | None, typer.Option("--side", help="Leg that does the task.")] = None,
    seconds: Annotated[float, typer.Option("--seconds", help="Length of that task.")] = 30.0,
    place: Annotated[
        list[str] | None,
        typer.Option(
            "--place",
            metavar="SENSOR=PLACEMENT",
            help="Where a sensor sits, by serial number, address or name. Repeat for each.",
        ),
    ] = None,
    learn: Annotated[
        bool, typer.Option("--learn", help="First learn where each sensor sits, by shaking it.")
    ] = False,
    unattended: Annotated[
        bool, typer.Option("--unattended", help="Run the steps by the clock and ask nothing.")
    ] = False,
    tap_check: Annotated[
        bool,
        typer.Option("--tap-check", help="Tap all sensors at start and end to compare clocks."),
    ] = False,
    rate: Annotated[float, typer.Option("--rate", help="Samples per second to ask for.")] = 100.0,
    subject: Annotated[str | None, typer.Option("--subject", help="A pseudonym.")] = None,
    height_m: Annotated[
        float | None, typer.Option("--height-m", help="Height of the person in metres.")
    ] = None,
    sex: Annotated[str | None, typer.Option("--sex", help="female or male.")] = None,
    step_height_m: Annotated[
        float | None,
        typer.Option(
            "--step-height-m", help="Height of the step in metres; the step-up score needs it."
        ),
    ] = None,
    fast: Annotated[
        bool, typer.Option("--fast", help="With --demo: simulated time, no waiting.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Record from Bluetooth sensors: guided in a terminal, by the clock without one.

    Ctrl-C ends the recording and saves everything that arrived.
    """
    if fast and not demo:
        raise InputError("--fast works only together with --demo, because it simulates time.")
    steps = _steps(protocol, task, seconds, side, tap_check=tap_check)
    info = SessionInfo(
        subject=_short_text("--subject", subject),
        recorded_at=datetime.now(UTC).replace(microsecond=0),
        height_m=_length("--height-m", height_m, LENGTHS_M["height_m"]),
        sex=_short_text("--sex", sex),
        step_height_m=_length("--step-height-m", step_height_m, LENGTHS_M["step_height_m"]),
    )
    if not is_possible(rate, RATE_HZ):
        raise InputError(
            f"--rate must be from {RATE_HZ[0]:g} to {RATE_HZ[1]:g} samples per second, not "
            f"{rate:g}."
        )
    is_guided = sys.stdin.isatty() and sys.stdout.isatty() and not (unattended or fast or as_json)
    folder = out or Path(f"recording-{datetime.now().astimezone():%Y%m%d-%H%M%S}")
    home = data_home()
    _recover_orphans(home, folder)
    folder = _free_folder(folder)
    plan = _plan(folder, steps, info, rate, place or [], is_timed=demo or not is_guided)
    summary = _record(plan, home, demo=demo, learn=learn, fast=fast, is_guided=is_guided)
    show_summary(summary, as_json=as_json)


def _length(option: str, value: float | None, limits: tuple[float, float]) -> float | None:
    if value is not None and not is_possible(value, limits):
        raise InputError(
            f"{option} must be in metres, from {limits[0]:g} to {limits[1]:g}, not {value:g}."
        )
    return value


def _short_text(option: str, value: str | None) -> str | None:
    if value is not None and (len(value) > _LONGEST_TEXT or not value.isprintable()):
        raise InputError(
            f"{option} must be a line of at most {_LONGEST_TEXT} printable characters."
        )
    return value


def _steps(
    protocol: Path | None, task: Task | None, seconds: float, side: Side | None, *, tap_check: bool
) -> "tuple[ProtocolStep, ...]":
    from imu_valgus.io.protocol_file import read_protocol
    from imu_valgus.model.protocol import DEFAULT_PROTOCOL, single_task, with_tap_checks

    if protocol is not None and task is not None:
        raise InputError("Give either --protocol or --task, not both.")
    if protocol is not None:
        steps = read_protocol(protocol)
    else:
        steps = DEFAULT_PROTOCOL if task is None else single_task(task, seconds, side)
    return with_tap_checks(steps) if tap_check else steps


def _recover_orphans(home: Path, folder: Path) -> None:
    """Recover recordings that were never ended, noted ones and one in `folder`."""
    from imu_valgus.recorder.recover import OpenRecordings, find_orphans, recover_recording

    open_recordings = OpenRecordings(home)
    for orphan in find_orphans([*open_recordings.folders(), folder]):
        try:
            recover_recording(orphan)
            message = f"Recovered a recording that had not been ended: {orphan}"
        except InputError as error:
            message = str(error)
        open_recordings.remove(orphan)
        say(message)


def _free_folder(folder: Path) -> Path:
    """Return the folder, or one with a number behind its name if it holds a recording."""
    if not (folder / JOURNAL_FILE).exists():
        return folder
    numbered = (folder.with_name(f"{folder.name}_{number}") for number in range(2, 1000))
    free = next(other for other in numbered if not other.exists())
    say(f"'{folder}' already holds a recording. This one goes to '{free}'.")
    return free


def _plan(
    folder: Path,
    steps: "Sequence[ProtocolStep]",
    info: SessionInfo,
    rate: float,
    places: Sequence[str],
    *,
    is_timed: bool,
) -> "TakePlan":
    from imu_valgus.recorder.guide import Guide
    from imu_valgus.recorder.take import TakePlan
    from imu_valgus.sensors.driver import DeviceSettings

    return TakePlan(
        folder=folder,
        steps=tuple(steps),
        timetable=Guide.timetable_of(steps) if is_timed else None,
        info=info,
        device=DeviceSettings(rate_hz=rate),
        places=parsed_places(places, of="SENSOR"),
    )


def _record(
    plan: "TakePlan",
    home: Path,
    *,
    demo: bool,
    learn: bool,
    fast: bool,
    is_guided: bool,
) -> "RecordedSummary":
    from imu_valgus.cli.guided_screen import learn_by_shaking, show_guided
    from imu_valgus.cli.recording_world import demo_world, real_world
    from imu_valgus.recorder.background import BackgroundLoop, wait_for
    from imu_valgus.recorder.journal import Journal
    from imu_valgus.recorder.recover import OpenRecordings
    from imu_valgus.recorder.session_writer import write_recorded_session
    from imu_valgus.recorder.take import TakeMonitor, check_free

    check_free(plan.folder)
    world = demo_world(plan) if demo else real_world(plan, home)
    open_recordings = OpenRecordings(home)
    show = show_guided if is_guided else _show_quietly
    monitor = TakeMonitor()
    notes: list[str] = []
    with BackgroundLoop(world.loop_factory(is_virtual=fast)) as background:
        if learn or (world.is_unknown and is_guided):
            world.memory = learn_by_shaking(world, background)
            world.memory.save(home)
        open_recordings.add(plan.folder)
        with requests_to_end() as is_asked_to_end:
            future = background.begin(world.take(monitor, background.loop))
            _show(show, monitor, background, lambda: future.done() or is_asked_to_end())
            if is_asked_to_end() and not future.done():
                say("Ending the recording ...")
                notes.append("The recording was ended before the protocol was finished.")
                background.call(monitor.stop)
            try:
                wait_for(future)
            except Exception as error:
                if not (plan.folder / JOURNAL_FILE).exists():
                    open_recordings.remove(plan.folder)
                    raise
                notes.append(_ending(error))
                say(f"Error: {notes[-1]}")
    journal = Journal.read(plan.folder / JOURNAL_FILE)
    summary = write_recorded_session(plan.folder, journal, notes=notes)
    open_recordings.remove(plan.folder)
    if not demo:
        world.remember(monitor.placed).save(home)
    return summary


def _show(
    show: "Callable[[TakeMonitor, BackgroundLoop, Callable[[], bool]], None]",
    monitor: "TakeMonitor",
    background: "BackgroundLoop",
    is_over: Callable[[], bool],
) -> None:
    """Show the take until it is over; a screen that cannot be drawn must not end it."""
    try:
        show(monitor, background, is_over)
    except Exception as error:  # noqa: BLE001 - see the docstring
        _log.error("the take goes on without a screen", exc_info=error)
        with suppress(OSError, ValueError):
            say("The screen cannot be drawn. Ctrl-C ends the recording and saves.")
        while not is_over():
            time.sleep(_LOOK_S)


def _ending(error: Exception) -> str:
    """Say why a take ended early; whatever it was, what has been recorded is made a session."""
    if isinstance(error, ImuValgusError):
        return str(error)
    _log.error("the take ended early", exc_info=error)
    return (
        f"The recording ended early: internal fault ({type(error).__name__}: {error}). What had "
        "arrived is saved."
    )


def _show_quietly(monitor: "TakeMonitor", _: "BackgroundLoop", is_over: Callable[[], bool]) -> None:
    """Print stages and notices on stderr as they come."""
    stage = ""
    while not is_over():
        if monitor.stage != stage:
            stage = monitor.stage
            say(stage)
        for notice in monitor.take_notices():
            say(f"{notice.time_s:7.1f} s  {notice.sentence}")
        time.sleep(_LOOK_S)


@contextmanager
def requests_to_end() -> Iterator[Callable[[], bool]]:
    """Note the first Ctrl-C or SIGTERM instead of raising it; the second one is raised.

    A `KeyboardInterrupt` can strike anywhere, even between taking a lock and holding it. A program
    that a shell started in the background ignores Ctrl-C, even if somebody sends the signal. With
    this, both end a recording in order.

    Yields
    ------
    Callable
        Whether somebody has asked to end.
    """
    requests: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        if requests:
            raise KeyboardInterrupt
        requests.append(number)

    before = {number: signal.signal(number, note) for number in _END_SIGNALS}
    try:
        yield lambda: bool(requests)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def show_summary(summary: "RecordedSummary", *, as_json: bool) -> None:
    """Print what a recording holds.

    Parameters
    ----------
    summary
        Summary of the recording.
    as_json
        Whether to print JSON instead of lines for people.
    """
    from imu_valgus.recorder.session_report import summary_document, summary_lines

    if as_json:
        print_json(summary_document(summary))
    else:
        print_lines(summary_lines(summary))
