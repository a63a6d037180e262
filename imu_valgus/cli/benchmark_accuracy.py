"""``imu-valgus benchmark accuracy`` and ``drift``: simulated people with known truth."""

import dataclasses
import math
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from imu_valgus.cli.analyse import JsonOption
from imu_valgus.cli.console import print_json, print_lines, progress_steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imu_valgus.benchmark.accuracy import AccuracyRow


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


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("accuracy", epilog="Example:  imu-valgus benchmark accuracy --people 3")(
        accuracy_command
    )
    app.command("drift", epilog="Example:  imu-valgus benchmark drift --walk-minutes 30")(
        drift_command
    )


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
    from imu_valgus.benchmark.parallel import default_jobs
    from imu_valgus.benchmark.people import Worn
    from imu_valgus.benchmark.variants import DEFAULT, OWN_STAGES, VARIANTS
    from imu_valgus.simulate import SoftTissueLaw, SoftTissueLevel

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
    from imu_valgus.benchmark.parallel import default_jobs
    from imu_valgus.benchmark.tables import drift_caption, drift_table
    from imu_valgus.simulate import SoftTissueLaw, SoftTissueLevel

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
