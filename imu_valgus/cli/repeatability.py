"""``imu-valgus repeatability``: how much a person's measures vary while nothing changes."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from imu_valgus.cli import course as words
from imu_valgus.cli.console import JsonOption, aligned, counted, examples, print_json, print_lines
from imu_valgus.cli.course import AllOption, MeasureOption, SideOption, chosen_keys, read_history
from imu_valgus.cli.people import PersonArgument
from imu_valgus.cli.plan import parsed_day
from imu_valgus.model.progress import Purpose
from imu_valgus.progress.repeatability import ASSUMED_SEM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from imu_valgus.model.progress import MeasureKey, SessionRecord
    from imu_valgus.progress.repeatability import Repeatability
    from imu_valgus.progress.schedule import Appointment

    Spreads = Mapping[MeasureKey, Repeatability | None]

_HEAD: Final = ("MEASURE", "SEM", "95 % INTERVAL", "MDC 1 AGAINST 1", "MDC 3 AGAINST 3")
_EACH: Final = 3
"""Sessions on one day, and further days, that the spread takes."""

_EXPLAINED: Final = (
    "SEM: how much the sessions of this person differ while nothing changes. MDC: without any "
    "change, two results (each from 1 or from 3 sessions) differ by more than this once in 20 "
    "times."
)


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    epilog = examples(
        "imu-valgus repeatability P1", "imu-valgus repeatability P1 --from 2026-03-02"
    )
    app.command("repeatability", epilog=epilog)(repeatability_command)


def repeatability_command(
    person: PersonArgument,
    first_day: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="Propose days from this day on.")
    ] = None,
    measure: MeasureOption = None,
    side: SideOption = None,
    is_all: AllOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show how much a person's measures vary between sessions, or how to find out.

    It takes six repeat sessions without training in between: three on one day, with the sensors
    taken off and put on again, and three on further days.
    """
    from imu_valgus.progress.course_blocks import repeat_groups
    from imu_valgus.progress.schedule import propose_repeat_sessions

    history = read_history(person)
    day = None if first_day is None else parsed_day(first_day, what="--from")
    proposed = () if day is None else propose_repeat_sessions(day)
    spreads: Spreads = {}
    if history.sessions:
        keys = chosen_keys(history.sessions, names=measure, side=side, is_all=is_all)
        spreads = {course.key: course.repeatability for course in history.course(keys).measures}
    groups = repeat_groups(history.sessions)
    done = _done(groups[-1] if groups else ())
    if as_json:
        _print_document(person, done, spreads, proposed)
    else:
        print_lines(_lines(person, done, spreads, proposed))


def _done(repeats: "Sequence[SessionRecord]") -> tuple[int, int]:
    """Count re-donnings and days without training, up to three of each."""
    n_redonnings = sum(session.purpose is Purpose.REDONNING for session in repeats)
    days = {s.recorded_at.date() for s in repeats if s.purpose is Purpose.REPEAT}
    return min(_EACH, n_redonnings), min(_EACH, len(days))


def _lines(
    person: str, done: tuple[int, int], spreads: "Spreads", proposed: "Sequence[Appointment]"
) -> list[str]:
    lines = [f"{person}: {sum(done)} of {2 * _EACH} repeat sessions done.", *_next(done), ""]
    if proposed:
        days = [(str(appointment.day), str(appointment.purpose)) for appointment in proposed]
        lines += [*aligned([("RECORD ON", "PURPOSE"), *days]), ""]
    if spreads:
        rows = [_row(key, spread) for key, spread in spreads.items()]
        lines += [*aligned([_HEAD, *rows]), "", _EXPLAINED]
    if not spreads or any(spread is None or spread.is_assumed for spread in spreads.values()):
        degrees, points = ASSUMED_SEM["deg"], ASSUMED_SEM["points"]
        lines.append(
            f"* Assumed until then: {degrees:g}° for angles, {points:g} points for the score. "
            "Where a dash stands, nothing is assumed and no verdict is given. If all repeat "
            "sessions have the same value, they give no spread."
        )
    return lines


def _next(done: tuple[int, int]) -> list[str]:
    n_redonnings, n_days = (_EACH - n for n in done)
    steps = []
    if n_redonnings:
        more = "more " if n_redonnings < _EACH else ""
        steps.append(
            f"On one day record {counted(n_redonnings, f'{more}time')}. Take all sensors off and "
            "put them on again in between, and calibrate again each time. Add each session with "
            "--purpose redonning."
        )
    if n_days:
        steps.append(
            f"On {counted(n_days, 'further day')} without training in between, record once a day. "
            "Add each session with --purpose repeat."
        )
    if not steps:
        return ["Nothing more to do: this person's own spread is used from now on."]
    return [f"{number}. {step}" for number, step in enumerate(steps, start=1)]


def _row(key: "MeasureKey", spread: "Repeatability | None") -> tuple[str, ...]:
    name = words.name_words(key)
    if spread is None:
        return (name, *("–",) * 4)
    star = "*" if spread.is_assumed else ""
    low, high = (words.number(limit, key.unit) for limit in (spread.low, spread.high))
    return (
        name,
        words.number(spread.sem, key.unit) + star,
        "–" if spread.is_assumed else f"{low} to {high}",
        words.number(spread.mdc_single, key.unit) + star,
        words.number(spread.mdc_blocks(3, 3), key.unit) + star,
    )


def _print_document(
    person: str, done: tuple[int, int], spreads: "Spreads", proposed: "Sequence[Appointment]"
) -> None:
    document = {
        "person": person,
        "redonnings_done": done[0],
        "days_done": done[1],
        "still_to_do": 2 * _EACH - sum(done),
        "proposed": [
            {"day": appointment.day.isoformat(), "purpose": appointment.purpose}
            for appointment in proposed
        ],
        "measures": [
            {**words.key_document(key), "repeatability": words.repeatability_document(spread)}
            for key, spread in spreads.items()
        ],
    }
    print_json(document)
