"""``imu-valgus repeatability``: how much a person's figures vary while nothing changes."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from imu_valgus.cli.analyse import JsonOption
from imu_valgus.cli.console import print_json, print_lines
from imu_valgus.cli.course_options import (
    AllOption,
    MeasureOption,
    SideOption,
    chosen_keys,
    kept_weeks,
)
from imu_valgus.cli.people import PersonArgument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imu_valgus.cli.course_options import KeptWeeks
    from imu_valgus.model.progress import MeasureKey, SessionRecord
    from imu_valgus.progress.repeatability import Repeatability
    from imu_valgus.progress.schedule import Appointment

_HEAD = ("MEASURE", "SEM", "95 % INTERVAL", "MDC 1 AGAINST 1", "MDC 3 AGAINST 3")
_EACH: Final = 3

_ON_ONE_DAY = (
    "On one day record {n}, taking all sensors off and putting them on again in between, "
    "and calibrate anew each time; add each with  --purpose redonning"
)
_ON_OTHER_DAYS = (
    "On {n} further {days} without training in between record once; add each with  --purpose repeat"
)
_EXPLAINED = (
    "SEM: how much sessions of this person differ while nothing changes. MDC: two results, each "
    "of 1 or of 3 sessions, differ by more than this once in 20 times without any change."
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    examples = (
        "Examples:\n\nimu-valgus repeatability P1\n\nimu-valgus repeatability P1 --from 2026-03-02"
    )
    app.command("repeatability", epilog=examples)(repeatability_command)


def repeatability_command(
    person: PersonArgument,
    first_day: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="DATE", help="Propose days from here on.", show_default=False
        ),
    ] = None,
    measure: MeasureOption = None,
    side: SideOption = None,
    is_all: AllOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show the own session-to-session spread, or the steps that lead to it.

    Six repeat sessions without training in between: three on one day with the sensors taken off
    and put on again, three on further days.
    """
    from imu_valgus.cli.plan import parsed_day
    from imu_valgus.progress.schedule import propose_repeat_sessions

    kept = kept_weeks(person)
    day = None if first_day is None else parsed_day(first_day, what="--from")
    proposed = () if day is None else propose_repeat_sessions(day)
    keys: Sequence[MeasureKey] = ()
    if kept.sessions:
        keys = chosen_keys(kept.sessions, names=measure, side=side, is_all=is_all)
    spreads = _spreads(kept, keys)
    done = _done(_latest_repeats(kept))
    if as_json:
        _print_document(person, done, spreads, proposed)
        return
    print_lines(_lines(person, done, spreads, proposed))


def _latest_repeats(kept: "KeptWeeks") -> "tuple[SessionRecord, ...]":
    from imu_valgus.progress.course_blocks import repeat_groups

    groups = repeat_groups(kept.sessions)
    return groups[-1] if groups else ()


def _spreads(
    kept: "KeptWeeks", keys: "Sequence[MeasureKey]"
) -> "dict[MeasureKey, Repeatability | None]":
    if not keys:
        return {}
    return {one.key: one.repeatability for one in kept.course(keys).measures}


def _done(repeats: "Sequence[SessionRecord]") -> tuple[int, int]:
    """Count re-donnings and days without training, up to three of each."""
    from imu_valgus.model.progress import Purpose

    redonned = sum(s.purpose is Purpose.REDONNING for s in repeats)
    days = {s.recorded_at.date() for s in repeats if s.purpose is Purpose.REPEAT}
    return min(_EACH, redonned), min(_EACH, len(days))


def _lines(
    person: str,
    done: tuple[int, int],
    spreads: "dict[MeasureKey, Repeatability | None]",
    proposed: "Sequence[Appointment]",
) -> list[str]:
    from imu_valgus.cli.kept_words import aligned

    lines = [f"{person}: {sum(done)} of {2 * _EACH} repeat sessions done.", *_next(done), ""]
    if proposed:
        days = [(str(one.day), str(one.purpose)) for one in proposed]
        lines += [*aligned([("RECORD ON", "PURPOSE"), *days]), ""]
    if spreads:
        rows = [_row(key, spread) for key, spread in spreads.items()]
        lines += [*aligned([_HEAD, *rows]), "", _EXPLAINED]
    if not spreads or any(spread is None or spread.is_assumed for spread in spreads.values()):
        lines.append(_defaults())
    return lines


def _next(done: tuple[int, int]) -> list[str]:
    redonned, days = (_EACH - n for n in done)
    steps = []
    if redonned:
        more = "more " if redonned < _EACH else ""
        times = f"{redonned} {more}time{'' if redonned == 1 else 's'}"
        steps.append(_ON_ONE_DAY.format(n=times))
    if days:
        steps.append(_ON_OTHER_DAYS.format(n=days, days="day" if days == 1 else "days"))
    if not steps:
        return ["Nothing more to do: the own spread is used from now on."]
    return [f"{number}. {step}" for number, step in enumerate(steps, start=1)]


def _row(key: "MeasureKey", spread: "Repeatability | None") -> tuple[str, ...]:
    from imu_valgus.cli import course_words as say

    name = say.name_words(key)
    if spread is None:
        return (name, *("–",) * 4)
    star = "*" if spread.is_assumed else ""
    low, high = (say.number(edge, key.unit) for edge in (spread.low, spread.high))
    return (
        name,
        say.number(spread.sem, key.unit) + star,
        "–" if spread.is_assumed else f"{low} to {high}",
        say.number(spread.mdc_single, key.unit) + star,
        say.number(spread.mdc_blocks(3, 3), key.unit) + star,
    )


def _defaults() -> str:
    from imu_valgus.progress.repeatability import ASSUMED_SEM

    return (
        f"* Assumed until then: {ASSUMED_SEM['deg']:g}° for angles, {ASSUMED_SEM['points']:g} "
        "points for the score; – no default, so that no verdict is given. The same value in all "
        "repeat sessions gives no spread."
    )


def _print_document(
    person: str,
    done: tuple[int, int],
    spreads: "dict[MeasureKey, Repeatability | None]",
    proposed: "Sequence[Appointment]",
) -> None:
    from imu_valgus.cli.course_words import key_document, repeatability_document
    from imu_valgus.io.summary import without_nan

    print_json(
        without_nan(
            {
                "person": person,
                "redonnings_done": done[0],
                "days_done": done[1],
                "still_to_do": 2 * _EACH - sum(done),
                "proposed": [
                    {"day": one.day.isoformat(), "purpose": one.purpose} for one in proposed
                ],
                "measures": [
                    {**key_document(key), "repeatability": repeatability_document(spread)}
                    for key, spread in spreads.items()
                ],
            }
        )
    )
