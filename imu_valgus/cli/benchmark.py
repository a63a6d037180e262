"""``imu-valgus benchmark``: measured now, beside a peer or the truth; never a stored figure."""

import dataclasses
import math
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imu_valgus.cli import benchmark_accuracy, benchmark_validation
from imu_valgus.cli.analyse import JsonOption
from imu_valgus.cli.console import print_json, print_lines, progress_steps
from imu_valgus.model import Side

if TYPE_CHECKING:
    from collections.abc import Mapping

benchmark_app = typer.Typer(
    no_args_is_help=True, help="Measure speed and accuracy on this machine, now."
)
benchmark_accuracy.register(benchmark_app)
benchmark_validation.register(benchmark_app)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(benchmark_app, name="benchmark")


@benchmark_app.command("speed", epilog="Example:  imu-valgus benchmark speed")
def speed_command(
    minutes: Annotated[
        float, typer.Option("--minutes", min=1.0, help="Length of the walk.")
    ] = 10.0,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 1,
    as_json: JsonOption = False,
) -> None:
    """Measure CPU time and memory of the main job on a simulated walk of five sensors."""
    from imu_valgus.benchmark.speed import measure_speed
    from imu_valgus.benchmark.tables import speed_caption, speed_table

    with progress_steps() as tell:
        result = measure_speed(minutes=minutes, seed=seed, tell=tell)
    if as_json:
        print_json(dataclasses.asdict(result) | {"peer_ratio": result.peer_ratio})
        return
    print_lines([speed_caption(result), "", *speed_table(result)])


@benchmark_app.command(
    "reference", epilog="Example:  imu-valgus benchmark reference my_lab_session --side right"
)
def reference_command(
    session: Annotated[
        Path, typer.Argument(metavar="SESSION", help="A session whose recordings hold references.")
    ],
    side: Annotated[Side, typer.Option("--side", help="The leg of the references.")] = Side.RIGHT,
    fusion: Annotated[str, typer.Option("--fusion", metavar="NAME")] = "vqf",
    as_json: JsonOption = False,
) -> None:
    """Compare an analysis with optical angles and force-plate contacts beside the recordings."""
    from imu_valgus.benchmark.reference import measure_reference
    from imu_valgus.benchmark.reference_tables import contact_table, stage_table, waveform_table

    with progress_steps() as tell:
        result = measure_reference(session, side=side, fusion=fusion, tell=tell)
    if as_json:
        print_json(
            {
                "waveforms": [_json_record(error) for error in result.waveforms],
                "contacts": [_json_record(error) for error in result.contacts],
                "stages": {
                    name: [_json_record(error) for error in errors]
                    for name, errors in result.by_stage.items()
                },
            }
        )
        return
    lines = [
        "Waveforms after removing the mean (degrees); gain: 1 keeps the amplitude",
        "",
        *waveform_table(result.waveforms),
        "",
        "Stage by stage: mean RMSE after removing the mean (mean gain)",
        "",
        *stage_table(result.by_stage),
        "",
        "Events against the force plate (ms, found minus plate)",
        "",
        *contact_table(result.contacts),
    ]
    print_lines(lines)


def _json_record(error: object) -> dict[str, object]:
    assert dataclasses.is_dataclass(error)
    assert not isinstance(error, type)
    return {
        key: (None if isinstance(value, float) and not math.isfinite(value) else value)
        for key, value in dataclasses.asdict(error).items()
    }


@benchmark_app.command("recording", epilog="Example:  imu-valgus benchmark recording --seconds 60")
def recording_command(
    seconds: Annotated[
        float, typer.Option("--seconds", min=40.0, help="Length of the take.")
    ] = 120.0,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 1,
    as_json: JsonOption = False,
) -> None:
    """Record five makes of virtual sensors over an emulated radio with drops and a stall."""
    from imu_valgus.errors import MissingExtraError

    if find_spec("bumble") is None or find_spec("bleak") is None:
        raise MissingExtraError("Benchmarking the recorder over an emulated radio", extra="test")
    from imu_valgus.benchmark.recording import measure_recording
    from imu_valgus.testing.bumble_radio import bumble_radio

    with progress_steps() as tell:
        result = measure_recording(bumble_radio, seconds=seconds, seed=seed, tell=tell)
    if as_json:
        print_json(dataclasses.asdict(result))
        return
    print_lines(_plain_lines(dataclasses.asdict(result)))


@benchmark_app.command("progress", epilog="Example:  imu-valgus benchmark progress")
def progress_command(as_json: JsonOption = False) -> None:
    """Count false and missed changes over thousands of simulated training courses."""
    from imu_valgus.benchmark.progress import run_progress_benchmark

    with progress_steps() as tell:
        tell("Simulating courses")
        result = run_progress_benchmark()
    if as_json:
        print_json(dataclasses.asdict(result))
        return
    print_lines(_plain_lines(dataclasses.asdict(result)))


def _plain_lines(values: "Mapping[str, object]", indent: str = "") -> list[str]:
    """Show nested results as indented names and figures."""
    lines: list[str] = []
    for name, value in values.items():
        words = name.replace("_", " ")
        if isinstance(value, dict):
            lines += [f"{indent}{words}", *_plain_lines(value, indent + "  ")]
        elif isinstance(value, list | tuple) and value and isinstance(value[0], dict):
            for number, item in enumerate(value, start=1):
                lines += [f"{indent}{words} {number}", *_plain_lines(item, indent + "  ")]
        else:
            shown = f"{value:.4g}" if isinstance(value, float) else value
            lines.append(f"{indent}{words:<34} {shown}")
    return lines
