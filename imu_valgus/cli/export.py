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
        "imu-valgus export P1 --encrypt-to age1... --out P1.zip.age   (to send it safely)",
    )
    app.command("export", epilog=epilog)(export_command)


def export_command(
    people: Annotated[
        list[str], typer.Argument(metavar="PSEUDONYM...", help="Whose data to export.")
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="OUT", help="A new folder; encrypted: a new file."),
    ],
    share: Annotated[
        bool, typer.Option("--share", help="Leave out names, notes, sensors, true dates and files.")
    ] = False,
    encrypt_to: Annotated[
        list[str] | None,
        typer.Option(
            "--encrypt-to",
            metavar="KEY",
            help="Write one file that only the owner of this public key (age or SSH) can open. "
            "Repeat for several.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Export the stored data of people as tables in a new folder."""
    from imu_valgus.store import Store, everything_of, export_encrypted, export_files, shared_of

    with Store() as store:
        for person in people:
            check_person(store, person)
        files = (shared_of if share else everything_of)(store, people)
        if encrypt_to:
            written = [export_encrypted(files, out, recipients=encrypt_to)]
        else:
            written = list(export_files(store, files, out))
    if encrypt_to and not as_json:
        print_lines(
            [
                f"Wrote {out}, which only {counted(len(encrypt_to), 'key')} can open.",
                f"Whoever has the key opens it with:  age --decrypt -i KEYFILE {out} > {out.stem}",
            ]
        )
        return
    if as_json:
        print_json({"share": share, "files": [str(path) for path in written]})
        return
    tables = ", ".join(path.name for path in written if path.parent == out)
    n_files = counted(sum(path.parent != out for path in written), "result file")
    more = [] if share else [f"and {n_files} in {out / 'sessions'}"]
    print_lines([f"Wrote {tables}", *more, f"to {out}", _SHARED if share else _PRIVATE])
