"""``imu-valgus record``: from sensors to a recorded session."""

import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imu_valgus.cli.console import print_json, print_lines
from imu_valgus.cli.ending import requests_to_end
from imu_valgus.errors import ImuValgusError, InputError
from imu_valgus.io.home import data_home
from imu_valgus.model import Placement, SessionInfo, Side, Task
from imu_valgus.recorder.journal import JOURNAL_FILE

if TYPE_CHECKING:
    from imu_valgus.model.protocol import ProtocolStep
    from imu_valgus.recorder.background import BackgroundLoop
    from imu_valgus.recorder.session_writer import RecordedSummary
    from imu_valgus.recorder.take import TakeMonitor, TakePlan

_RECORD_EXAMPLES = """Examples:

imu-valgus record --out monday   (guided, with your own sensors)

imu-valgus record --learn --out monday   (first: which sensor sits where)

imu-valgus record --task walk --seconds 60 --out walk

imu-valgus record --demo --task walk --seconds 20 --out demo_walk   (no hardware)"""

_LOOK_S = 0.1

JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("record", epilog=_RECORD_EXAMPLES)(record_command)


def record_command(
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Folder of the recording; a new one."),
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Virtual sensors on a simulated person, no hardware.")
    ] = False,
    protocol: Annotated[
        Path | None,
        typer.Option("--protocol", metavar="FILE", help="Own protocol (TOML, docs/recording.md)."),
    ] = None,
    task: Annotated[
        Task | None, typer.Option("--task", help="One task only, with standing before and after.")
    ] = None,
    side: Annotated[Side | None, typer.Option("--side", help="Leg that does the task.")] = None,
    seconds: Annotated[float, typer.Option("--seconds", help="Length of the one task.")] = 30.0,
    place: Annotated[
        list[str] | None,
        typer.Option(
            "--place",
            metavar="SENSOR=PLACEMENT",
            help="Where a sensor sits, by serial number, address or name. Repeat for each.",
        ),
    ] = None,
    learn: Annotated[
        bool, typer.Option("--learn", help="Learn first where each sensor sits, by shaking it.")
    ] = False,
    unattended: Annotated[
        bool, typer.Option("--unattended", help="Go through the steps by the clock, ask nothing.")
    ] = False,
    tap_check: Annotated[
        bool,
        typer.Option("--tap-check", help="Tap all sensors at start and end to compare clocks."),
    ] = False,
    rate: Annotated[float, typer.Option("--rate", help="Samples per second to ask for.")] = 100.0,
    subject: Annotated[str | None, typer.Option("--subject", help="A pseudonym.")] = None,
    height_m: Annotated[float | None, typer.Option("--height-m", help="Of the person.")] = None,
    sex: Annotated[str | None, typer.Option("--sex", help="female or male.")] = None,
    step_height_m: Annotated[
        float | None, typer.Option("--step-height-m", help="Needed for the step-up score.")
    ] = None,
    fast: Annotated[
        bool, typer.Option("--fast", help="With --demo: simulated time, no waiting.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Record from Bluetooth sensors; guided in a terminal, by the clock without one.

    Ctrl-C ends a recording in order: nothing that arrived is lost.
    """
    if fast and not demo:
        raise InputError("--fast lets simulated time pass and goes only together with --demo.")
    steps = _steps(protocol, task, seconds, side, tap_check=tap_check)
    info = SessionInfo(
        subject=subject,
        recorded_at=datetime.now(UTC).replace(microsecond=0),
        height_m=height_m,
        sex=sex,
        step_height_m=step_height_m,
    )
    is_guided = sys.stdin.isatty() and sys.stdout.isatty() and not (unattended or fast or as_json)
    folder = out or Path(f"recording-{datetime.now().astimezone():%Y%m%d-%H%M%S}")
    home = data_home()
    folder = _free_of_orphans(home, folder)
    plan = _plan(folder, steps, info, rate, place or [], is_timed=demo or not is_guided)
    summary = _record(
        plan, home, demo=demo, learn=learn, fast=fast, screen=_guided if is_guided else _quiet
    )
    show_summary(summary, as_json=as_json)


def _steps(
    protocol: Path | None,
    task: Task | None,
    seconds: float,
    side: Side | None,
    *,
    tap_check: bool,
) -> "tuple[ProtocolStep, ...]":
    from imu_valgus.io.protocol_file import read_protocol
    from imu_valgus.model import protocol as own

    if protocol is not None and task is not None:
        raise InputError("Give either --protocol or --task, not both.")
    if protocol is not None:
        steps = read_protocol(protocol)
    else:
        steps = own.DEFAULT_PROTOCOL if task is None else own.single_task(task, seconds, side)
    return own.with_tap_checks(steps) if tap_check else steps


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
        places=parsed_sensor_places(places),
    )


def parsed_sensor_places(options: Sequence[str]) -> dict[str, Placement]:
    """Read ``SENSOR=PLACEMENT`` options.

    Raises
    ------
    InputError
        If one is written otherwise or names no placement.
    """
    places = {}
    for option in options:
        name, _, words = option.rpartition("=")
        if not name or words not in set(Placement):
            raise InputError(
                f"Expected --place SENSOR=PLACEMENT, got '{option}'; placements are "
                f"{', '.join(Placement)}."
            )
        places[name] = Placement(words)
    return places


def _free_of_orphans(home: Path, folder: Path) -> Path:
    """Bring back recordings that died, and step aside from one in the very folder."""
    from imu_valgus.recorder.recover import OpenRecordings, find_orphans, recover_recording

    notes = OpenRecordings(home)
    for orphan in find_orphans([*notes.folders(), folder]):
        try:
            recover_recording(orphan)
            told = f"A recording that had not been ended was brought back: {orphan}"
        except InputError as error:
            told = str(error)
        notes.remove(orphan)
        typer.echo(told, err=True)
    if not (folder / JOURNAL_FILE).exists():
        return folder
    aside = next(
        other
        for number in range(2, 1000)
        if not (other := folder.with_name(f"{folder.name}_{number}")).exists()
    )
    typer.echo(f"'{folder}' holds a recording already; this one goes to '{aside}'.", err=True)
    return aside


def _record(
    plan: "TakePlan",
    home: Path,
    *,
    demo: bool,
    learn: bool,
    fast: bool,
    screen: "Callable[[TakeMonitor, BackgroundLoop, Callable[[], bool]], None]",
) -> "RecordedSummary":
    from imu_valgus.cli.guided_screen import learn_by_shaking
    from imu_valgus.cli.recording_world import demo_world, real_world
    from imu_valgus.recorder.background import BackgroundLoop, wait_for
    from imu_valgus.recorder.journal import Journal
    from imu_valgus.recorder.recover import OpenRecordings
    from imu_valgus.recorder.session_writer import write_recorded_session
    from imu_valgus.recorder.take import TakeMonitor, check_free

    check_free(plan.folder)
    world = demo_world(plan) if demo else real_world(plan, home)
    open_recordings = OpenRecordings(home)
    monitor = TakeMonitor()
    notes: list[str] = []
    with BackgroundLoop(world.loop_factory(is_virtual=fast)) as background:
        if learn or (world.is_unknown and screen is _guided):
            world.memory = learn_by_shaking(world, background)
            world.memory.save(home)
        open_recordings.add(plan.folder)
        with requests_to_end() as is_asked_to_end:
            future = background.begin(world.take(monitor, background.loop))
            screen(monitor, background, lambda: future.done() or is_asked_to_end())
            if is_asked_to_end() and not future.done():
                typer.echo("Ending the recording ...", err=True)
                notes.append("The recording was ended before the protocol was finished.")
                background.call(monitor.stop)
            try:
                wait_for(future)
            except ImuValgusError as error:
                if not (plan.folder / JOURNAL_FILE).exists():
                    open_recordings.remove(plan.folder)
                    raise
                typer.echo(f"Error: {error}", err=True)
                notes.append(str(error))
    journal = Journal.read(plan.folder / JOURNAL_FILE)
    summary = write_recorded_session(plan.folder, journal, notes=notes)
    open_recordings.remove(plan.folder)
    if not demo:
        world.remember(monitor.placed).save(home)
    return summary


def _guided(
    monitor: "TakeMonitor", background: "BackgroundLoop", is_over: "Callable[[], bool]"
) -> None:
    from imu_valgus.cli.guided_screen import show_guided

    show_guided(monitor, background, is_over)


def _quiet(monitor: "TakeMonitor", _: "BackgroundLoop", is_over: "Callable[[], bool]") -> None:
    """Tell stages and notices on stderr as they come."""
    stage = ""
    while not is_over():
        if monitor.stage != stage:
            stage = monitor.stage
            typer.echo(stage, err=True)
        for notice in monitor.take_notices():
            typer.echo(f"{notice.time_s:7.1f} s  {notice.sentence}", err=True)
        time.sleep(_LOOK_S)


def show_summary(summary: "RecordedSummary", *, as_json: bool) -> None:
    """Print what a recording holds."""
    from imu_valgus.recorder.session_report import summary_document, summary_lines

    if as_json:
        print_json(summary_document(summary))
    else:
        print_lines(summary_lines(summary))
