"""``imu-valgus export``: everything for oneself, or tables without identity for others."""

from pathlib import Path
from typing import Annotated

import typer

from imu_valgus.cli.analyse import JsonOption
from imu_valgus.cli.console import print_json, print_lines

_SHARED = (
    "Names, notes, sensors, hashes, files and true dates stayed here. The way a person moves may "
    "still tell who it is: share with care."
)
_PRIVATE = "This holds names, notes, true dates and all files: it is for the person, not to share."


def register(app: typer.Typer) -> None:
    """Add the command."""
    examples = (
        "Examples:\n\n"
        "imu-valgus export P1 --out my_data   (everything, for yourself)\n\n"
        "imu-valgus export P1 P2 --share --out shared   (without identity)"
    )
    app.command("export", epilog=examples)(export_command)


def export_command(
    people: Annotated[
        list[str], typer.Argument(metavar="PSEUDONYM...", help="Whose data.", show_default=False)
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="DIR", help="A new folder.", show_default=False),
    ],
    share: Annotated[
        bool, typer.Option("--share", help="Strip names, notes, sensors, true dates and files.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write what is kept of people as tables to a new folder."""
    from imu_valgus.cli.people import check_person
    from imu_valgus.store import Store, export_everything, export_share

    with Store() as store:
        for person in people:
            check_person(store, person)
        written = (export_share if share else export_everything)(store, people, out)
    if as_json:
        print_json({"share": share, "files": [str(path) for path in written]})
        return
    tables = ", ".join(path.name for path in written if path.parent == out)
    n_files = sum(path.parent != out for path in written)
    files = f"{n_files} result file{'' if n_files == 1 else 's'}"
    more = [] if share else [f"and {files} in {out / 'sessions'}"]
    print_lines([f"Wrote {tables}", *more, f"to {out}", _SHARED if share else _PRIVATE])
