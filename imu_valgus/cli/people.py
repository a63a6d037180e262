"""``imu-valgus person`` and ``forget``: who is in the store, and removing everything of them."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from imu_valgus.cli.analyse import JsonOption
from imu_valgus.cli.console import print_json, print_lines
from imu_valgus.errors import InputError

if TYPE_CHECKING:
    from imu_valgus.store import Store

PersonArgument = Annotated[
    str, typer.Argument(metavar="PSEUDONYM", help="Who.", show_default=False)
]

person_app = typer.Typer(
    name="person",
    help="People of the store, by pseudonym.",
    no_args_is_help=True,
    epilog="Example:  imu-valgus person add P1",
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    person_app.command("add", epilog="Example:  imu-valgus person add P1 --name 'Erika M.'")(
        add_person_command
    )
    person_app.command("list", epilog="Example:  imu-valgus person list")(list_people_command)
    app.add_typer(person_app)
    app.command("forget", epilog="Example:  imu-valgus forget P1")(forget_command)


def check_person(store: "Store", person: str) -> None:
    """Raise InputError with the command that helps unless the store has the person."""
    if person not in store.people():
        raise InputError(
            f"Expected a person of the store, found no {person}: add the person first with  "
            f"imu-valgus person add {person}"
        )


def add_person_command(
    person: Annotated[
        str,
        typer.Argument(
            metavar="PSEUDONYM",
            help="Letters, digits, - and _; stands in all tables and reports.",
            show_default=False,
        ),
    ],
    name: Annotated[
        str | None,
        typer.Option(
            "--name", metavar="NAME", help="Kept in a file of its own.", show_default=False
        ),
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
    print_lines([f"Added {person}. The store lies in {folder}"])


def list_people_command(as_json: JsonOption = False) -> None:
    """List the people of the store, with the number of their sessions."""
    from imu_valgus.cli.kept_words import aligned
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
        print_lines([f"Nobody yet in {folder}: add somebody with  imu-valgus person add P1"])
        return
    rows = [("PERSON", "SESSIONS", "NAME"), *((p, str(n), name or "–") for p, name, n in people)]
    print_lines(aligned(rows))


def forget_command(
    person: PersonArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Remove everything of a person: sessions, files, programme, log and name."""
    from imu_valgus.store import Store

    with Store() as store:
        check_person(store, person)
        count = len(store.sessions(person))
        is_meant = yes or _confirmed(person, count)
        if is_meant:
            store.forget(person)
    if as_json:
        print_json({"person": person, "sessions": count, "forgotten": is_meant})
        return
    words = f"{person} and {_sessions(count)} are removed." if is_meant else "Nothing was removed."
    print_lines([words])


def _sessions(count: int) -> str:
    return f"{count} session{'' if count == 1 else 's'}"


def _confirmed(person: str, count: int) -> bool:
    if not sys.stdin.isatty():
        raise InputError(
            f"Expected to ask whether {person} with {_sessions(count)} is to be removed for good, "
            "but nobody sits at a terminal: say --yes."
        )
    question = f"Remove {person} with {_sessions(count)} for good?"
    return typer.confirm(question, default=False, err=True)
