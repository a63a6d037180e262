"""``imu-valgus person`` and ``forget``: the people in the store."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from imu_valgus.cli.console import JsonOption, aligned, counted, examples, print_json, print_lines
from imu_valgus.errors import InputError

if TYPE_CHECKING:
    from imu_valgus.store import Store

PersonArgument = Annotated[
    str, typer.Argument(metavar="PSEUDONYM", help="Pseudonym of the person.")
]

person_app = typer.Typer(
    name="person",
    help="Add people to the store, or list them.",
    no_args_is_help=True,
    epilog=examples("imu-valgus person add P1"),
)


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    person_app.command("add", epilog=examples("imu-valgus person add P1 --name 'Erika M.'"))(
        add_person_command
    )
    person_app.command("list", epilog=examples("imu-valgus person list"))(list_people_command)
    app.add_typer(person_app)
    app.command("forget", epilog=examples("imu-valgus forget P1"))(forget_command)


def check_person(store: "Store", person: str) -> None:
    """Check that a person is in the store.

    Parameters
    ----------
    store
        The open store.
    person
        Pseudonym of the person.

    Raises
    ------
    InputError
        If the person is not there; the message names the command that adds the person.
    """
    if person not in store.people():
        raise InputError(
            f"There is no {person} in the store. Add the person first with: "
            f"imu-valgus person add {person}"
        )


def add_person_command(
    person: Annotated[
        str,
        typer.Argument(
            metavar="PSEUDONYM", help="Letters, digits, - and _; shown in all tables and reports."
        ),
    ],
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="Real name; kept in a separate file."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Add a person to the store."""
    from imu_valgus.store import Store

    with Store() as store:
        store.add_person(person, name=name)
        folder = store.folder
    if as_json:
        print_json({"person": person, "name": name})
        return
    print_lines([f"Added {person}. The store is in {folder}"])


def list_people_command(as_json: JsonOption = False) -> None:
    """List the people in the store, with the number of their sessions."""
    from imu_valgus.store import Store

    with Store() as store:
        people = [
            (person, store.name_of(person), len(store.sessions(person)))
            for person in store.people()
        ]
        folder = store.folder
    if as_json:
        print_json([{"person": p, "name": name, "sessions": n} for p, name, n in people])
        return
    if not people:
        print_lines([f"The store in {folder} is empty. Add a person: imu-valgus person add P1"])
        return
    rows = [("PERSON", "SESSIONS", "NAME"), *((p, str(n), name or "–") for p, name, n in people)]
    print_lines(aligned(rows))


def forget_command(
    person: PersonArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Remove everything about a person: sessions, files, programme, log and name."""
    from imu_valgus.store import Store

    with Store() as store:
        check_person(store, person)
        n_sessions = len(store.sessions(person))
        sessions = counted(n_sessions, "session")
        is_confirmed = yes or _confirmed(f"{person} with {sessions}")
        if is_confirmed:
            store.forget(person)
    if as_json:
        print_json({"person": person, "sessions": n_sessions, "forgotten": is_confirmed})
        return
    done = f"Removed {person} and {sessions}." if is_confirmed else "Nothing was removed."
    print_lines([done])


def _confirmed(what: str) -> bool:
    if not sys.stdin.isatty():
        raise InputError(
            f"Removing {what} needs a confirmation, but there is no terminal to ask in. "
            "Use --yes to remove without asking."
        )
    return typer.confirm(f"Remove {what} for good?", default=False, err=True)
