"""``imu-valgus store``: check, rebuild, back up and restore what is kept of people."""

from pathlib import Path
from typing import Annotated

import typer

from imu_valgus.cli.console import JsonOption, counted, print_json, print_lines
from imu_valgus.errors import InputError
from imu_valgus.io.home import data_home

store_app = typer.Typer(
    name="store",
    help="Look after the store: check it, rebuild its index, back it up, restore it.",
    no_args_is_help=True,
    epilog="Example:  imu-valgus store backup monday.zip",
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(store_app)


@store_app.command("check", epilog="Example:  imu-valgus store check")
def check_command(as_json: JsonOption = False) -> None:
    """Look for damage without changing anything; exit code 2 if there is any."""
    from imu_valgus.store import check_store

    folder = data_home()
    problems = check_store(folder)
    if as_json:
        print_json({"folder": str(folder), "problems": list(problems)})
    else:
        print_lines(problems or [f"The store in {folder} is in order."])
    if problems:
        raise typer.Exit(2)


@store_app.command("rebuild", epilog="Example:  imu-valgus store rebuild")
def rebuild_command(as_json: JsonOption = False) -> None:
    """Make a new index from the sessions' folders; the old index is kept aside."""
    from imu_valgus.store import rebuild_store

    rebuilt = rebuild_store(data_home())
    if as_json:
        print_json(
            {
                "people": rebuilt.people,
                "sessions": rebuilt.sessions,
                "problems": list(rebuilt.problems),
                "old_index": rebuilt.old_index and str(rebuilt.old_index),
            }
        )
        return
    people = "1 person" if rebuilt.people == 1 else f"{rebuilt.people} people"
    kept = [f"The old index is kept in {rebuilt.old_index}"] if rebuilt.old_index else []
    print_lines(
        [
            f"The index lists {people} and {counted(rebuilt.sessions, 'session')}.",
            *kept,
            *(f"Not brought back: {problem}" for problem in rebuilt.problems),
        ]
    )


@store_app.command("backup", epilog="Example:  imu-valgus store backup monday.zip")
def backup_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="New ZIP file to write.")],
    as_json: JsonOption = False,
) -> None:
    """Write everything in the store into one file, also while it is in use."""
    from imu_valgus.store import Store, backup_store

    with Store() as store:
        n_files = backup_store(store, file)
    if as_json:
        print_json({"file": str(file), "files": n_files})
        return
    print_lines(
        [
            f"Wrote {n_files} files to {file}",
            "It holds names and everything else that is kept: store it as carefully.",
        ]
    )


@store_app.command("restore", epilog="Example:  imu-valgus store restore monday.zip --yes")
def restore_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file made by store backup.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Put a backup in the place of the store; what was there is kept aside."""
    import sys

    from imu_valgus.store import restore_store

    folder = data_home()
    if not yes:
        if not sys.stdin.isatty():
            raise InputError(
                f"This replaces the store in {folder}. Say --yes to go on without being asked."
            )
        if not typer.confirm(f"Replace the store in {folder} by {file}?", err=True):
            print_lines(["Nothing was changed."])
            return
    aside = restore_store(file, folder)
    if as_json:
        print_json({"folder": str(folder), "before": aside and str(aside)})
        return
    kept = [f"What was there before is kept in {aside}"] if aside else []
    print_lines([f"The store in {folder} is now that of {file}", *kept])
