"""``imu-valgus compare``: baseline and close of a person, measure by measure."""

from typing import TYPE_CHECKING, Annotated

import typer

from imu_valgus.cli.analyse import JsonOption
from imu_valgus.cli.console import print_json, print_lines
from imu_valgus.cli.course_options import (
    AllOption,
    MeasureOption,
    SideOption,
    check_names,
    chosen_keys,
    kept_weeks,
)
from imu_valgus.cli.people import PersonArgument
from imu_valgus.errors import InputError, NotComparableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from imu_valgus.cli.course_options import KeptWeeks
    from imu_valgus.model.progress import MeasureKey, SessionRecord
    from imu_valgus.progress.compare import BlockComparison

_HEAD = ("MEASURE", "N", "BEFORE", "AFTER", "CHANGE", "95 % INTERVAL", "MDC", "G", "VERDICT")

_Compared = dict["MeasureKey", "BlockComparison"]
_Refused = dict["MeasureKey", str]


def register(app: typer.Typer) -> None:
    """Add the command."""
    examples = (
        "Examples:\n\n"
        "imu-valgus compare P1\n\n"
        "imu-valgus compare P1 --side left --before s1,s2,s3 --after s8,s9,s10"
    )
    app.command("compare", epilog=examples)(compare_command)


def compare_command(
    person: PersonArgument,
    measure: MeasureOption = None,
    side: SideOption = None,
    is_all: AllOption = False,
    before: Annotated[
        str | None,
        typer.Option(
            "--before", metavar="ID,ID", help="Sessions to start from.", show_default=False
        ),
    ] = None,
    after: Annotated[
        str | None,
        typer.Option(
            "--after", metavar="ID,ID", help="Sessions to compare them with.", show_default=False
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare the baseline with the closing or latest sessions, beside the measurement noise.

    Without --before and --after the sessions recorded as baseline and closing are taken, else the
    first and the latest.
    """
    weeks = kept_weeks(person)
    weeks.check_sessions()
    keys = chosen_keys(weeks.sessions, names=measure, side=side, is_all=is_all)
    if before is None and after is None:
        words, compared, refused = _own_blocks(weeks, keys)
    else:
        words, compared, refused = _given_blocks(weeks, keys, before, after)
    if not compared:
        raise NotComparableError(_why_nothing(refused))
    if as_json:
        _print_document(weeks.person, words, compared, refused)
        return
    print_lines(_lines(weeks.person, words, compared, refused))


def _why_nothing(refused: _Refused) -> str:
    if len(refused) == 1:
        return next(iter(refused.values()))
    # Sixteen measures are mostly refused for one reason, told with the name of each.
    reasons = (why.replace(key.words, "these measures") for key, why in refused.items())
    return " ".join(dict.fromkeys(reasons))


def _own_blocks(
    weeks: "KeptWeeks", keys: "Sequence[MeasureKey]"
) -> tuple[dict["MeasureKey", str], _Compared, _Refused]:
    course = weeks.course(keys)
    words = {one.key: one.blocks.words for one in course.measures}
    compared = {one.key: one.comparison for one in course.measures if one.comparison}
    refused = {one.key: one.not_compared for one in course.measures if not one.comparison}
    return words, compared, refused


def _given_blocks(
    weeks: "KeptWeeks", keys: "Sequence[MeasureKey]", before: str | None, after: str | None
) -> tuple[dict["MeasureKey", str], _Compared, _Refused]:
    from imu_valgus.progress.course import compare_days, own_repeatability
    from imu_valgus.progress.course_blocks import repeat_groups

    first, second = _given_sessions(weeks, before, after)
    repeats = repeat_groups(weeks.sessions)
    compared: _Compared = {}
    refused: _Refused = {}
    for key in keys:
        own = own_repeatability(repeats, key=key)
        try:
            compared[key] = compare_days(first, second, key=key, repeatability=own)
        except NotComparableError as error:
            refused[key] = str(error)
    ids = [", ".join(s.session_id for s in block) for block in (first, second)]
    return dict.fromkeys(keys, f"Compared: {ids[0]} with {ids[1]}."), compared, refused


def _given_sessions(
    weeks: "KeptWeeks", before: str | None, after: str | None
) -> "tuple[list[SessionRecord], list[SessionRecord]]":
    blocks = [
        list(dict.fromkeys(name.strip() for name in (given or "").split(",") if name.strip()))
        for given in (before, after)
    ]
    if not all(blocks):
        raise InputError(
            "Expected --before ID,ID together with --after ID,ID, found only one of them: "
            f"see the sessions with  imu-valgus sessions {weeks.person}"
        )
    sessions = {s.session_id: s for s in weeks.sessions}
    check_names([*blocks[0], *blocks[1]], sessions, what=f"a session of {weeks.person}")
    both = set(blocks[0]) & set(blocks[1])
    if both:
        raise InputError(
            f"Expected different sessions before and after, found {', '.join(sorted(both))} in "
            "both: name every session once."
        )
    return [sessions[name] for name in blocks[0]], [sessions[name] for name in blocks[1]]


def _lines(
    person: str, words: "Mapping[MeasureKey, str]", compared: _Compared, refused: _Refused
) -> list[str]:
    from imu_valgus.cli import course_words as say
    from imu_valgus.cli.kept_words import aligned
    from imu_valgus.progress.compare import EFFECT_SIZE_LABEL

    kinds = dict.fromkeys(words[key] for key in compared)
    lines = [f"{person}. {' '.join(kinds)}", ""]
    lines += aligned([_HEAD, *(_row(one) for one in compared.values())])
    lines += ["", *(one.sentence for one in compared.values())]
    lines += [f"{say.name_words(key)}: not compared. {why}" for key, why in refused.items()]
    notes = [*say.reservation_lines({k: c.reservations for k, c in compared.items()})]
    notes += say.left_out_lines({k: c.left_out for k, c in compared.items()})
    if any(one.is_mdc_assumed for one in compared.values()):
        notes.append(f"{say.ASSUMED} {person}")
    if any(one.hedges_g is not None for one in compared.values()):
        notes.append(f"G (Hedges): {EFFECT_SIZE_LABEL}; not comparable between people.")
    return [*lines, "", *notes, *say.many_measures_line(len(compared)), say.LIMITS]


def _row(one: "BlockComparison") -> tuple[str, ...]:
    from imu_valgus.cli import course_words as say

    unit = one.key.unit
    means = (sum(block) / len(block) for block in (one.before, one.after))
    return (
        say.name_words(one.key),
        f"{len(one.before)}+{len(one.after)}",
        *(say.number(mean, unit) for mean in means),
        say.change_number(one.change, unit),
        say.interval_words(one.low, one.high, unit),
        say.mdc_words(one.mdc, unit, is_assumed=one.is_mdc_assumed),
        "–" if one.hedges_g is None else say.change_number(one.hedges_g, ""),
        say.SHORT_VERDICTS[one.verdict],
    )


def _print_document(
    person: str, words: "Mapping[MeasureKey, str]", compared: _Compared, refused: _Refused
) -> None:
    from imu_valgus.cli.course_words import key_document, left_out_document
    from imu_valgus.io.summary import without_nan
    from imu_valgus.progress.compare import EFFECT_SIZE_LABEL

    measures = [
        {
            **key_document(key),
            "blocks": words[key],
            "before": one.before,
            "after": one.after,
            "change": one.change,
            "interval_95": [one.low, one.high],
            "interval_from": one.interval_from,
            "mdc": one.mdc,
            "is_mdc_assumed": one.is_mdc_assumed,
            "hedges_g": one.hedges_g,
            "verdict": one.verdict,
            "sentence": one.sentence,
            "reservations": one.reservations,
            "left_out": left_out_document(one.left_out),
        }
        for key, one in compared.items()
    ]
    print_json(
        without_nan(
            {
                "person": person,
                "hedges_g_is": EFFECT_SIZE_LABEL,
                "measures": measures,
                "not_compared": [
                    {**key_document(key), "reason": why} for key, why in refused.items()
                ],
            }
        )
    )
