"""``imu-valgus benchmark``: measured now, beside a peer or the truth; never a stored figure.

``imu-valgus benchmark accuracy`` and ``drift``: simulated people with known truth.

``imu-valgus benchmark validation``: measure everything and write ``docs/validation.md``.
"""

import dataclasses
import math
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imu_valgus.cli.analyse import JsonOption
from imu_valgus.cli.console import print_json, print_lines, progress_steps
from imu_valgus.model import Side

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from imu_valgus.benchmark.accuracy import AccuracyRow

benchmark_app = typer.Typer(
    no_args_is_help=True, help="Measure speed and accuracy on this machine, now."
)


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
    from imu_valgus.benchmark.reference import (
        contact_table,
        measure_reference,
        stage_table,
        waveform_table,
    )

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
    from imu_valgus.virtual_sensors.bumble.radio import bumble_radio

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


# The choices are named here once more, because the simulator is slow to load for a mere help page.


class Law(StrEnum):
    """How the skin follows, as ``simulate.SoftTissueLaw``."""

    LINEAR = "linear"
    LAGGED = "lagged"


class Level(StrEnum):
    """How much the skin moves, as ``simulate.SoftTissueLevel``."""

    NONE = "none"
    MODERATE = "moderate"
    SEVERE = "severe"


class Sensors(StrEnum):
    """Which sensors an analysis is given, as ``benchmark.people.Worn``."""

    FIVE = "five"
    TWO = "two"


class Compared(StrEnum):
    """Which variants are run."""

    ALL = "all"
    STAGES = "stages"
    DEFAULT = "default"


PeopleOption = Annotated[int, typer.Option("--people", min=1, help="How many, two legs each.")]

SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Seed of the first person.")]

LawOption = Annotated[Law, typer.Option("--law", help="How the skin follows.")]

JobsOption = Annotated[
    int | None,
    typer.Option(
        "--jobs", min=1, help="Processes that share the people (default: all processors)."
    ),
]


@benchmark_app.command("accuracy", epilog="Example:  imu-valgus benchmark accuracy --people 3")
def accuracy_command(
    people: PeopleOption = 6,
    seed: SeedOption = 1001,
    law: LawOption = Law.LINEAR,
    level: Annotated[
        list[Level] | None,
        typer.Option("--level", help="Soft tissue; may be given several times (default: all)."),
    ] = None,
    sensors: Annotated[
        Sensors, typer.Option("--sensors", help="Five, or thigh and shank of one leg.")
    ] = Sensors.FIVE,
    compared: Annotated[
        Compared, typer.Option("--compared", help="All engines and stages, our stages, or default.")
    ] = Compared.ALL,
    jobs: JobsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare angles with the truth of simulated people, engine by engine and stage by stage."""
    from imu_valgus.benchmark.accuracy import measure_accuracy
    from imu_valgus.benchmark.people import Worn
    from imu_valgus.benchmark.variants import DEFAULT, OWN_STAGES, VARIANTS
    from imu_valgus.simulate import SoftTissueLaw, SoftTissueLevel
    from imu_valgus.simulate.parallel import default_jobs

    variants = {
        Compared.ALL: VARIANTS,
        Compared.STAGES: OWN_STAGES,
        Compared.DEFAULT: (DEFAULT,),
    }[compared]
    with progress_steps() as tell:
        rows = measure_accuracy(
            seeds=range(seed, seed + people),
            levels=[SoftTissueLevel(one) for one in dict.fromkeys(level or Level)],
            law=SoftTissueLaw(law),
            variants=variants,
            worn=Worn(sensors),
            with_unseen=True,
            jobs=jobs or default_jobs(),
            tell=tell,
        )
    if as_json:
        print_json([_plain(dataclasses.asdict(row)) for row in rows])
        return
    print_lines(_accuracy_lines(rows, f"{seed} to {seed + people - 1}"))


@benchmark_app.command("drift", epilog="Example:  imu-valgus benchmark drift --walk-minutes 30")
def drift_command(
    walk_minutes: Annotated[
        float, typer.Option("--walk-minutes", min=3.0, help="Length of the walk.")
    ] = 10.0,
    people: PeopleOption = 6,
    seed: SeedOption = 1001,
    law: LawOption = Law.LINEAR,
    level: Annotated[Level, typer.Option("--level", help="Soft tissue.")] = Level.MODERATE,
    jobs: JobsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare the first with the last minute of a long walk, with and without a last stand."""
    from imu_valgus.benchmark.drift import measure_drift
    from imu_valgus.benchmark.tables import drift_caption, drift_table
    from imu_valgus.simulate import SoftTissueLaw, SoftTissueLevel
    from imu_valgus.simulate.parallel import default_jobs

    with progress_steps() as tell:
        rows = measure_drift(
            seeds=range(seed, seed + people),
            walk_minutes=walk_minutes,
            level=SoftTissueLevel(level),
            law=SoftTissueLaw(law),
            jobs=jobs or default_jobs(),
            tell=tell,
        )
    if as_json:
        print_json([_plain(dataclasses.asdict(row)) for row in rows])
        return
    who = f"Simulated people {seed} to {seed + people - 1}, soft tissue {level}, law '{law}'."
    print_lines([f"{who} {drift_caption()}", "", *drift_table(rows)])


def _plain(value: object) -> object:
    """Return the value as JSON can hold it: no figure is null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _accuracy_lines(rows: "Sequence[AccuracyRow]", seeds: str) -> list[str]:
    """Markdown tables, two per level of soft tissue."""
    from imu_valgus.benchmark.tables import (
        coverage_caption,
        coverage_table,
        cpu_line,
        error_caption,
        error_table,
    )

    first = rows[0]
    lines = [
        (
            f"Simulated people {seeds}, {first.n_legs} legs, {first.sensors} sensors, soft-tissue "
            f"law '{first.law}'. {error_caption()}"
        ),
        "",
        coverage_caption(),
        "",
        cpu_line(rows),
    ]
    for level in dict.fromkeys(row.level for row in rows):
        of_level = [row for row in rows if row.level == level]
        lines += ["", f"### Soft tissue: {level}", "", *error_table(of_level), ""]
        lines += coverage_table(of_level)
    return lines


@benchmark_app.command(
    "validation", epilog="Example:  imu-valgus benchmark validation --out docs/validation.md"
)
def validation_command(
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FILE", help="Markdown file to write.")
    ],
    people: PeopleOption = 6,
    seed: SeedOption = 1001,
    real: Annotated[
        Path | None,
        typer.Option("--real", metavar="SESSION", help="A session with references beside it."),
    ] = None,
    side: Annotated[Side, typer.Option("--side", help="The leg of the references.")] = Side.RIGHT,
    jobs: JobsOption = None,
) -> None:
    """Measure accuracy, drift, a real leg, speed and progress, and write them down."""
    from imu_valgus.benchmark.validation import (
        ValidationPlan,
        measure_validation,
        render_validation,
    )
    from imu_valgus.simulate.parallel import default_jobs

    plan = ValidationPlan(
        seeds=tuple(range(seed, seed + people)), real=real, side=side, jobs=jobs or default_jobs()
    )
    with progress_steps() as tell:
        measured = measure_validation(plan, tell=tell)
    out.write_text(render_validation(measured), encoding="utf-8")
    print_lines([f"Wrote {out}."])
