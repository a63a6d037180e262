"""The ``imu-valgus`` command: gathers the commands, turns errors into one line and an exit code."""

import os
import sys

import typer

from imu_valgus._version import __version__
from imu_valgus.cli import (
    add,
    analyse,
    benchmark,
    calibrate,
    compare,
    devices,
    exercises,
    export,
    info,
    log,
    people,
    plan,
    progress,
    record,
    repeatability,
    report,
    score,
    sessions,
    store,
)
from imu_valgus.cli.demo import command as demo
from imu_valgus.errors import ImuValgusError

EXIT_BAD_INPUT = 2
EXIT_OUR_MISTAKE = 1

app = typer.Typer(
    name="imu-valgus",
    help="Hip and knee rotation from small motion sensors: record, score step-ups, compare weeks.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def main(
    version: bool = typer.Option(
        False,
        "--version",
        callback=_print_version,
        is_eager=True,
        help="Print the version and stop.",
    ),
) -> None:
    """Hip and knee rotation from small motion sensors: record, score step-ups, compare weeks."""


for _commands in (
    analyse,
    score,
    exercises,
    info,
    demo,
    record,
    devices,
    calibrate,
    people,
    add,
    sessions,
    plan,
    log,
    repeatability,
    report,
    compare,
    progress,
    export,
    store,
    benchmark,
):
    _commands.register(app)


def run() -> None:
    """Run the command line; an error made on purpose is one sentence and exit code 2.

    Anything else is a mistake of ours: it is told in one sentence too, and the whole trace is shown
    when the variable IMU_VALGUS_DEBUG is set.
    """
    try:
        app()
    except ImuValgusError as error:
        typer.echo(f"Error: {error}", err=True)
        sys.exit(EXIT_BAD_INPUT)
    except Exception as error:
        if os.environ.get("IMU_VALGUS_DEBUG"):
            raise
        typer.echo(
            f"Error: this should not have happened ({type(error).__name__}: {error}); set "
            "IMU_VALGUS_DEBUG=1, run the command again and report what it prints.",
            err=True,
        )
        sys.exit(EXIT_OUR_MISTAKE)
