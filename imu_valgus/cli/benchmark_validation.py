"""``imu-valgus benchmark validation``: measure everything and write ``docs/validation.md``."""

from pathlib import Path
from typing import Annotated

import typer

from imu_valgus.cli.benchmark_accuracy import JobsOption, PeopleOption, SeedOption
from imu_valgus.cli.console import print_lines, progress_steps
from imu_valgus.model import Side


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "validation", epilog="Example:  imu-valgus benchmark validation --out docs/validation.md"
    )(validation_command)


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
    from imu_valgus.benchmark.parallel import default_jobs
    from imu_valgus.benchmark.validation import ValidationPlan, measure_validation
    from imu_valgus.benchmark.validation_document import render_validation

    plan = ValidationPlan(
        seeds=tuple(range(seed, seed + people)), real=real, side=side, jobs=jobs or default_jobs()
    )
    with progress_steps() as tell:
        measured = measure_validation(plan, tell=tell)
    out.write_text(render_validation(measured), encoding="utf-8")
    print_lines([f"Wrote {out}."])
