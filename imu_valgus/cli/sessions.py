"""``imu-valgus sessions``: what a person has in the store, and which of it counts."""

from typing import TYPE_CHECKING, Annotated

import typer

from imu_valgus.cli.analyse import JsonOption
from imu_valgus.cli.console import print_json, print_lines
from imu_valgus.cli.people import PersonArgument
from imu_valgus.errors import InputError
from imu_valgus.model import Side

if TYPE_CHECKING:
    from imu_valgus.model.progress import SessionRecord
    from imu_valgus.store import Store

_HEAD = ("SESSION", "RECORDED", "PURPOSE", "CALIBRATION", "LEFT", "RIGHT", "COUNTS")


def register(app: typer.Typer) -> None:
    """Add the command."""
    examples = (
        "Examples:\n\n"
        "imu-valgus sessions P1\n\n"
        "imu-valgus sessions P1 --set-aside 2026-03-02_0930 --reason 'A strap slipped.'"
    )
    app.command("sessions", epilog=examples)(sessions_command)


def sessions_command(
    person: PersonArgument,
    set_aside: Annotated[
        str | None,
        typer.Option(
            "--set-aside", metavar="ID", help="Let a session not count.", show_default=False
        ),
    ] = None,
    reason: Annotated[
        str | None,
        typer.Option(
            "--reason", metavar="TEXT", help="Why; stands in reports.", show_default=False
        ),
    ] = None,
    count_again: Annotated[
        str | None,
        typer.Option(
            "--count-again",
            metavar="ID",
            help="Let a session count that was set aside.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the sessions of a person; LEFT and RIGHT are step-up scores."""
    from imu_valgus.cli.kept_words import session_document
    from imu_valgus.cli.people import check_person
    from imu_valgus.store import Store

    if bool(set_aside) != bool(reason and reason.strip()):
        raise InputError(
            "Expected --set-aside ID together with --reason TEXT: say which session and why."
        )
    with Store() as store:
        check_person(store, person)
        if set_aside is not None and reason is not None:
            _mark(store, person, set_aside, reason=reason.strip())
        if count_again is not None:
            _mark(store, person, count_again, reason="")
        records = store.sessions(person)
    if as_json:
        print_json([session_document(record) for record in records])
        return
    print_lines(_lines(person, records))


def _mark(store: "Store", person: str, session_id: str, *, reason: str) -> None:
    own = [record.session_id for record in store.sessions(person)]
    if session_id not in own:
        raise InputError(
            f"Expected a session of {person}, found no {session_id}: see  "
            f"imu-valgus sessions {person}"
        )
    store.set_aside(session_id, reason=reason)


def _lines(person: str, records: "tuple[SessionRecord, ...]") -> list[str]:
    from imu_valgus.cli.kept_words import aligned

    if not records:
        return [
            f"No session of {person} yet: add one with  imu-valgus add SESSION --person {person}"
        ]
    return aligned([_HEAD, *(_row(record) for record in records)])


def _row(record: "SessionRecord") -> tuple[str, ...]:
    from imu_valgus.cli.adding import why_not_counted
    from imu_valgus.cli.kept_words import purpose_words, score_words

    reason = why_not_counted(record)
    return (
        record.session_id,
        f"{record.recorded_at:%Y-%m-%d %H:%M}",
        purpose_words(record),
        str(record.conditions.calibration),
        score_words(record, Side.LEFT),
        score_words(record, Side.RIGHT),
        f"no: {' '.join(reason.split())}" if reason else "yes",
    )
