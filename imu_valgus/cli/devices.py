"""``imu-valgus scan``, ``doctor`` and ``recover``: help before and after a recording."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from imu_valgus.cli.console import (
    JsonOption,
    examples,
    print_json,
    print_lines,
    printable,
    progress_steps,
)
from imu_valgus.cli.console import out as console
from imu_valgus.cli.record import show_summary
from imu_valgus.io.home import data_home

if TYPE_CHECKING:
    from imu_valgus.sensors.ble import Radio

DemoOption = Annotated[bool, typer.Option("--demo", help="Virtual sensors, no hardware.")]

EXIT_PROBLEM: Final = 3
"""Something prevents a recording."""


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command("scan", epilog=examples("imu-valgus scan --seconds 10"))(scan_command)
    app.command("doctor", epilog=examples("imu-valgus doctor"))(doctor_command)
    app.command("recover", epilog=examples("imu-valgus recover monday"))(recover_command)


def scan_command(
    demo: DemoOption = False,
    seconds: Annotated[float, typer.Option("--seconds", help="How long to listen.")] = 5.0,
    as_json: JsonOption = False,
) -> None:
    """List the sensors within reach, with make, signal and remembered place."""
    from rich.table import Table
    from rich.text import Text

    from imu_valgus.recorder.doctor import scan_rows
    from imu_valgus.recorder.placement_memory import PlacementMemory

    radio = _radio(demo=demo)
    with progress_steps() as tell:
        tell("Listening for sensors")
        rows = asyncio.run(scan_rows(radio, seconds, PlacementMemory.load(data_home())))
    if as_json:
        print_json([row.as_document() for row in rows])
        return
    if not rows:
        print_lines(["No usable sensor was heard. Wake the sensors: move them or press them."])
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("name", "make", "address", "signal", "place"):
        table.add_column(name, no_wrap=True)
    for row in rows:
        signal = f"{row.rssi_dbm} dBm, {row.signal_words}"
        place = row.placement.words if row.placement else "not known"
        table.add_row(
            *(Text(printable(cell)) for cell in (row.name, row.make, row.address, signal, place))
        )
    console.print(table)


def doctor_command(
    demo: DemoOption = False,
    seconds: Annotated[
        float, typer.Option("--seconds", help="Length of the reception test of each sensor.")
    ] = 10.0,
    as_json: JsonOption = False,
) -> None:
    """Check the adapter, the permissions and the reception of every sensor, and give advice.

    The exit code is 3 if something prevents a recording.
    """
    from imu_valgus.recorder.doctor import Verdict, examine

    with progress_steps() as tell:
        findings = asyncio.run(examine(lambda: _radio(demo=demo), seconds=seconds, tell=tell))
    if as_json:
        print_json([finding.as_document() for finding in findings])
    else:
        marks = {Verdict.GOOD: "ok  ", Verdict.DOUBTFUL: "hm  ", Verdict.PROBLEM: "NO  "}
        for finding in findings:
            advice = [f"      -> {finding.advice}"] if finding.advice else []
            print_lines([f"{marks[finding.verdict]}  {finding.what}", *advice])
    if any(finding.verdict is Verdict.PROBLEM for finding in findings):
        raise typer.Exit(EXIT_PROBLEM)


def _radio(*, demo: bool) -> "Radio":
    from imu_valgus.sensors.ble import Radio

    if not demo:
        return Radio()
    from imu_valgus.model import Task
    from imu_valgus.model.protocol import single_task
    from imu_valgus.virtual_sensors.demo import start_demo

    return start_demo(single_task(Task.STANDING, 4.0)).radio


def recover_command(
    recordings: Annotated[
        list[Path],
        typer.Argument(metavar="DIR...", help="Folders of recordings, or their journals."),
    ],
    as_json: JsonOption = False,
) -> None:
    """Recover recordings that were cut off by a power failure, a full disk or a killed program."""
    from imu_valgus.recorder.recover import OpenRecordings, recover_recording

    for recording in recordings:
        summary = recover_recording(recording)
        OpenRecordings(data_home()).remove(summary.folder)
        show_summary(summary, as_json=as_json)
