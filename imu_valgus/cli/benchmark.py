"""``imu-valgus benchmark``: figures measured now, on this machine; never stored ones."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imu_valgus.cli.console import JsonOption, examples, print_json, print_lines, progress_steps
from imu_valgus.errors import MissingExtraError
from imu_valgus.model import Side

if TYPE_CHECKING:
    from imu_valgus.benchmark.accuracy import AccuracyRow

benchmark_app = typer.Typer(
    no_args_is_help=True, help="Measure speed and accuracy on this machine, now."
)

# The choices are repeated here, because loading the simulator is slow for a mere help page.


class Law(StrEnum):
    """How the skin follows the bones, as ``simulate.SoftTissueLaw``."""

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
    """Which variants of the analysis are run."""

    ALL = "all"
    STAGES = "stages"
    DEFAULT = "default"


AnySeedOption = Annotated[int, typer.Option("--seed", min=0, help="Random seed.")]
PeopleOption = Annotated[
    int, typer.Option("--people", min=1, help="Number of people, with two legs each.")
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Seed of the first person.")]
LawOption = Annotated[Law, typer.Option("--law", help="How the skin follows the bones.")]
SideOption = Annotated[Side, typer.Option("--side", help="Leg of the references.")]
JobsOption = Annotated[
    int | None, typer.Option("--jobs", min=1, help="Number of processes (default: all processors).")
]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.add_typer(benchmark_app, name="benchmark")


@benchmark_app.command("speed", epilog=examples("imu-valgus benchmark speed"))
def speed_command(
    minutes: Annotated[
        float, typer.Option("--minutes", min=1.0, help="Length of the walk.")
    ] = 10.0,
    seed: AnySeedOption = 1,
    as_json: JsonOption = False,
) -> None:
    """Measure CPU time and memory of a whole analysis: a simulated walk with five sensors."""
    from imu_valgus.benchmark.speed import measure_speed
    from imu_valgus.benchmark.tables import speed_caption, speed_table

    with progress_steps() as tell:
        result = measure_speed(minutes=minutes, seed=seed, tell=tell)
    if as_json:
        print_json(asdict(result) | {"peer_ratio": result.peer_ratio})
        return
    print_lines([speed_caption(result), "", *speed_table(result)])


@benchmark_app.command(
    "reference", epilog=examples("imu-valgus benchmark reference my_lab_session --side right")
)
def reference_command(
    session: Annotated[
        Path, typer.Argument(metavar="SESSION", help="A session with reference measurements.")
    ],
    side: SideOption = Side.RIGHT,
    fusion: Annotated[
        str | None,
        typer.Option(
            "--fusion",
            metavar="NAME",
            help="Orientation engine, as in analyse.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare an analysis with optical angles and force-plate contacts of the same session."""
    from imu_valgus.benchmark.reference import (
        contact_table,
        measure_reference,
        stage_table,
        waveform_table,
    )

    with progress_steps() as tell:
        result = measure_reference(session, side=side, fusion=fusion, tell=tell)
    if as_json:
        waveforms = [asdict(error) for error in result.waveforms]
        rest = asdict(result)
        print_json(
            {"waveforms": waveforms, "contacts": rest["contacts"], "stages": rest["by_stage"]}
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


@benchmark_app.command("recording", epilog=examples("imu-valgus benchmark recording --seconds 60"))
def recording_command(
    seconds: Annotated[
        float, typer.Option("--seconds", min=40.0, help="Length of the recording.")
    ] = 120.0,
    seed: AnySeedOption = 1,
    as_json: JsonOption = False,
) -> None:
    """Record five makes of virtual sensors over an emulated radio with drops and a stall."""
    if find_spec("bumble") is None or find_spec("bleak") is None:
        raise MissingExtraError("Benchmarking the recorder over an emulated radio", extra="test")
    from imu_valgus.benchmark.recording import measure_recording
    from imu_valgus.virtual_sensors.bumble.radio import bumble_radio

    with progress_steps() as tell:
        result = measure_recording(bumble_radio, seconds=seconds, seed=seed, tell=tell)
    _show(asdict(result), as_json=as_json)


@benchmark_app.command("progress", epilog=examples("imu-valgus benchmark progress"))
def progress_command(as_json: JsonOption = False) -> None:
    """Count false and missed changes over thousands of simulated training courses."""
    from imu_valgus.benchmark.progress import run_progress_benchmark

    with progress_steps() as tell:
        tell("Simulating courses")
        result = run_progress_benchmark()
    _show(asdict(result), as_json=as_json)


@benchmark_app.command("accuracy", epilog=examples("imu-valgus benchmark accuracy --people 3"))
def accuracy_command(
    people: PeopleOption = 6,
    seed: SeedOption = 1001,
    law: LawOption = Law.LINEAR,
    level: Annotated[
        list[Level] | None,
        typer.Option("--level", help="How much the skin moves. Repeat for several. Default: all."),
    ] = None,
    sensors: Annotated[
        Sensors, typer.Option("--sensors", help="Five, or thigh and shank of one leg.")
    ] = Sensors.FIVE,
    compared: Annotated[
        Compared,
        typer.Option("--compared", help="All engines and stages, our stages, or the default."),
    ] = Compared.ALL,
    jobs: JobsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare angles with the truth of simulated people, by engine and by stage."""
    from imu_valgus.benchmark.accuracy import measure_accuracy
    from imu_valgus.benchmark.people import Worn
    from imu_valgus.benchmark.variants import DEFAULT, OWN_STAGES, VARIANTS
    from imu_valgus.simulate import SoftTissueLaw, SoftTissueLevel
    from imu_valgus.simulate.parallel import default_jobs

    choices = {Compared.ALL: VARIANTS, Compared.STAGES: OWN_STAGES, Compared.DEFAULT: (DEFAULT,)}
    with progress_steps() as tell:
        rows = measure_accuracy(
            seeds=range(seed, seed + people),
            levels=[SoftTissueLevel(chosen) for chosen in dict.fromkeys(level or Level)],
            law=SoftTissueLaw(law),
            variants=choices[compared],
            worn=Worn(sensors),
            with_unseen=True,
            jobs=jobs or default_jobs(),
            tell=tell,
        )
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    print_lines(_accuracy_lines(rows, f"{seed} to {seed + people - 1}"))


@benchmark_app.command("drift", epilog=examples("imu-valgus benchmark drift --walk-minutes 30"))
def drift_command(
    walk_minutes: Annotated[
        float, typer.Option("--walk-minutes", min=3.0, help="Length of the walk.")
    ] = 10.0,
    people: PeopleOption = 6,
    seed: SeedOption = 1001,
    law: LawOption = Law.LINEAR,
    level: Annotated[
        Level, typer.Option("--level", help="How much the skin moves.")
    ] = Level.MODERATE,
    jobs: JobsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare the first and last minute of a long walk, with and without standing at the end."""
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
        print_json([asdict(row) for row in rows])
        return
    who = f"Simulated people {seed} to {seed + people - 1}, soft tissue {level}, law '{law}'."
    print_lines([f"{who} {drift_caption()}", "", *drift_table(rows)])


@benchmark_app.command(
    "validation", epilog=examples("imu-valgus benchmark validation --out docs/validation.md")
)
def validation_command(
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FILE", help="Markdown file to write.")
    ],
    people: PeopleOption = 6,
    seed: SeedOption = 1001,
    real: Annotated[
        Path | None,
        typer.Option(
            "--real", metavar="SESSION", help="A real session with reference measurements."
        ),
    ] = None,
    side: SideOption = Side.RIGHT,
    jobs: JobsOption = None,
) -> None:
    """Measure accuracy, drift, a real leg, speed and progress, and write them to a page."""
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


def _show(result: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(result)
    else:
        print_lines(_plain_lines(result))


def _plain_lines(values: Mapping[str, object], indent: str = "") -> list[str]:
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


def _accuracy_lines(rows: "Sequence[AccuracyRow]", seeds: str) -> list[str]:
    """Make Markdown tables, two for each level of soft tissue."""
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
        rows_of_level = [row for row in rows if row.level == level]
        lines += ["", f"### Soft tissue: {level}", "", *error_table(rows_of_level), ""]
        lines += coverage_table(rows_of_level)
    return lines
