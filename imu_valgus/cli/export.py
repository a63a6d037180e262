"""``imu-valgus export``: a person's data as tables, complete or without identity."""

from pathlib import Path
from typing import Annotated, Final

import typer

from imu_valgus.cli.console import JsonOption, counted, examples, print_json, print_lines
from imu_valgus.cli.people import check_person

_SHARED: Final = (
    "Names, notes, sensors, hashes, files and true dates were left out. The way a person moves may "
    "still reveal who it is: share with care."
)
_PRIVATE: Final = (
    "This holds names, notes, true dates and all files. It is for the person, not for sharing."
)


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    epilog = examples(
        "imu-valgus export P1 --out my_data   (everything, for yourself)",
        "imu-valgus export P1 P2 --share --out shared   (without identity)",
    )
    app.command("export", epilog=epilog)(export_command)


def export_command(
    people: Annotated[
        list[str], typer.Argument(metavar="PSEUDONYM...", help="Whose data to export.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="A new folder.")],
    share: Annotated[
        bool, typer.Option("--share", help="Leave out names, notes, sensors, true dates and files.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Export the stored data of people as tables in a new folder."""
    from imu_valgus.store import Store, export_everything, export_share

    with Store() as store:
        for person in people:
            check_person(store, person)
        written = (export_share if share else export_everything)(store, people, out)
    if as_json:
        print_json({"share": share, "files": [str(path) for path in written]})
        return
    tables = ", ".join(path.name for path in written if path.parent == out)
    files = counted(sum(path.parent != out for path in written), "result file")
    more = [] if share else [f"and {files} in {out / 'sessions'}"]
    print_lines([f"Wrote {tables}", *more, f"to {out}", _SHARED if share else _PRIVATE])
