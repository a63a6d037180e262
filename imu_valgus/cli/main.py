"""The ``imu-valgus`` command, made of all its subcommands."""

import os
import sys
from pathlib import Path
from typing import Annotated, Final

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
from imu_valgus.cli.console import open_streams, say
from imu_valgus.cli.demo import command as demo
from imu_valgus.cli.logs import global_options_first, show_log
from imu_valgus.errors import ImuValgusError
from imu_valgus.io.logs import log_to_file

_EXIT_BAD_INPUT: Final = 2
_EXIT_BUG: Final = 1

_HELP: Final = (
    "Hip and knee rotation from small motion sensors: record, score step-ups, compare weeks."
)

app = typer.Typer(
    name="imu-valgus",
    help=_HELP,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback(help=_HELP)
def main(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 - its callback ends the program
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and stop."
        ),
    ] = False,
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose",
            "-v",
            count=True,
            help="Say what is being done; -vv says more.",
            show_default=False,
        ),
    ] = 0,
    log_file: Annotated[
        Path | None,
        typer.Option(
            "--log-file", metavar="FILE", help="Write a detailed log to a file.", show_default=False
        ),
    ] = None,
) -> None:
    """Set up logging before the subcommand runs."""
    show_log(verbose)
    if log_file is not None:
        context.with_resource(log_to_file(log_file))


for _commands in (
    analyse, score, exercises, info, demo, record, devices, calibrate, people, add, sessions,
    plan, log, repeatability, report, compare, progress, export, store, benchmark,
):  # fmt: skip
    _commands.register(app)


def run() -> None:
    """Run the command line.

    An error raised on purpose ends it with one line and exit code 2. Any other error is a bug: it
    ends it with one line and exit code 1, or with the whole trace if the variable IMU_VALGUS_DEBUG
    is set.
    """
    os.umask(0o077)  # what is written of people is for their owner only
    open_streams()
    try:
        app(global_options_first(sys.argv[1:]))
    except ImuValgusError as error:
        say(f"Error: {error}")
        sys.exit(_EXIT_BAD_INPUT)
    except BrokenPipeError:
        # Whoever read the output has stopped reading, as `head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        what = f"'{error.filename}' could not be used" if error.filename else "The disk refused"
        say(f"Error: {what} ({error.strerror or error}). Check the name, permissions and space.")
        sys.exit(_EXIT_BAD_INPUT)
    except Exception as error:
        if os.environ.get("IMU_VALGUS_DEBUG"):
            raise
        say(
            f"Error: this is a bug in imu_valgus ({type(error).__name__}: {error}). Please set "
            "IMU_VALGUS_DEBUG=1, run the command again and report what it prints."
        )
        sys.exit(_EXIT_BUG)
