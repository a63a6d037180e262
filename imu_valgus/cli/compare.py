"""``imu-valgus compare``: a person's baseline against the closing sessions."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from imu_valgus.cli import course as words
from imu_valgus.cli.console import JsonOption, aligned, examples, print_json, print_lines
from imu_valgus.cli.course import (
    AllOption,
    History,
    MeasureOption,
    SideOption,
    check_names,
    chosen_keys,
    read_history,
)
from imu_valgus.cli.people import PersonArgument
from imu_valgus.errors import InputError, NotComparableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from imu_valgus.model.progress import MeasureKey, SessionRecord
    from imu_valgus.progress.compare import BlockComparison

_HEAD: Final = ("MEASURE", "N", "BEFORE", "AFTER", "CHANGE", "95 % INTERVAL", "MDC", "G", "VERDICT")

_Blocks = dict["MeasureKey", str]
_Compared = dict["MeasureKey", "BlockComparison"]
_Refused = dict["MeasureKey", str]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    epilog = examples(
        "imu-valgus compare P1",
        "imu-valgus compare P1 --side left --before s1,s2,s3 --after s8,s9,s10",
    )
    app.command("compare", epilog=epilog)(compare_command)


def compare_command(
    person: PersonArgument,
    measure: MeasureOption = None,
    side: SideOption = None,
    is_all: AllOption = False,
    before: Annotated[
        str | None, typer.Option("--before", metavar="ID,ID", help="The earlier sessions.")
    ] = None,
    after: Annotated[
        str | None, typer.Option("--after", metavar="ID,ID", help="The later sessions.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare earlier with later sessions, and the change with the measurement noise.

    Without --before and --after, the sessions recorded as baseline and as closing are compared; if
    there are none, the first and the latest sessions.
    """
    history = read_history(person, needs_sessions=True)
    keys = chosen_keys(history.sessions, names=measure, side=side, is_all=is_all)
    if before is None and after is None:
        blocks, compared, refused = _compare_baseline(history, keys)
    else:
        blocks, compared, refused = _compare_given(history, keys, before, after)
    if not compared:
        raise NotComparableError(_why_nothing(refused))
    if as_json:
        _print_document(person, blocks, compared, refused)
    else:
        print_lines(_lines(person, blocks, compared, refused))


def _why_nothing(refused: _Refused) -> str:
    if len(refused) == 1:
        return next(iter(refused.values()))
    # Most measures are refused for the same reason, which differs only by the measure's name.
    reasons = (reason.replace(key.words, "these measures") for key, reason in refused.items())
    return " ".join(dict.fromkeys(reasons))


def _compare_baseline(
    history: History, keys: "Sequence[MeasureKey]"
) -> tuple[_Blocks, _Compared, _Refused]:
    measures = history.course(keys).measures
    return (
        {measure.key: measure.blocks.words for measure in measures},
        {measure.key: measure.comparison for measure in measures if measure.comparison},
        {measure.key: measure.not_compared for measure in measures if not measure.comparison},
    )


def _compare_given(
    history: History, keys: "Sequence[MeasureKey]", before: str | None, after: str | None
) -> tuple[_Blocks, _Compared, _Refused]:
    from imu_valgus.progress.course import compare_days, own_repeatability
    from imu_valgus.progress.course_blocks import repeat_groups

    first, second = _given_sessions(history, before, after)
    repeats = repeat_groups(history.sessions)
    compared: _Compared = {}
    refused: _Refused = {}
    for key in keys:
        spread = own_repeatability(repeats, key=key)
        try:
            compared[key] = compare_days(first, second, key=key, repeatability=spread)
        except NotComparableError as error:
            refused[key] = str(error)
    ids = [", ".join(s.session_id for s in block) for block in (first, second)]
    return dict.fromkeys(keys, f"Compared: {ids[0]} with {ids[1]}."), compared, refused


def _given_sessions(
    history: History, before: str | None, after: str | None
) -> "tuple[list[SessionRecord], list[SessionRecord]]":
    first, second = (
        list(dict.fromkeys(name.strip() for name in (given or "").split(",") if name.strip()))
        for given in (before, after)
    )
    if not (first and second):
        raise InputError(
            "Give both --before ID,ID and --after ID,ID, or neither. List "
            f"the sessions with: imu-valgus sessions {history.person}"
        )
    sessions = {session.session_id: session for session in history.sessions}
    check_names([*first, *second], sessions, what=f"a session of {history.person}")
    both = set(first) & set(second)
    if both:
        raise InputError(
            f"{', '.join(sorted(both))} is listed in both --before and --after. Name every session "
            "only once."
        )
    return [sessions[name] for name in first], [sessions[name] for name in second]


def _lines(
    person: str, blocks: "Mapping[MeasureKey, str]", compared: _Compared, refused: _Refused
) -> list[str]:
    from imu_valgus.progress.compare import EFFECT_SIZE_LABEL

    lines = [f"{person}. {' '.join(dict.fromkeys(blocks[key] for key in compared))}", ""]
    lines += aligned([_HEAD, *map(_row, compared.values())])
    lines += ["", *(comparison.sentence for comparison in compared.values())]
    lines += [f"{words.name_words(key)}: not compared. {reason}" for key, reason in refused.items()]
    lines += ["", *words.reservation_lines({k: c.reservations for k, c in compared.items()})]
    lines += words.left_out_lines({k: c.left_out for k, c in compared.items()})
    if any(comparison.is_mdc_assumed for comparison in compared.values()):
        lines.append(words.assumed_line(person))
    if any(comparison.hedges_g is not None for comparison in compared.values()):
        lines.append(f"G (Hedges): {EFFECT_SIZE_LABEL}; not comparable between people.")
    return [*lines, *words.many_measures_line(len(compared)), words.LIMITS]


def _row(comparison: "BlockComparison") -> tuple[str, ...]:
    unit = comparison.key.unit
    before, after, hedges_g = comparison.before, comparison.after, comparison.hedges_g
    return (
        words.name_words(comparison.key),
        f"{len(before)}+{len(after)}",
        words.number(sum(before) / len(before), unit),
        words.number(sum(after) / len(after), unit),
        words.change_number(comparison.change, unit),
        words.interval_words(comparison.low, comparison.high, unit),
        words.mdc_words(comparison.mdc, unit, is_assumed=comparison.is_mdc_assumed),
        "–" if hedges_g is None else words.change_number(hedges_g, ""),
        words.SHORT_VERDICTS[comparison.verdict],
    )


def _print_document(
    person: str, blocks: "Mapping[MeasureKey, str]", compared: _Compared, refused: _Refused
) -> None:
    from imu_valgus.progress.compare import EFFECT_SIZE_LABEL

    measures = [
        {
            **words.key_document(key),
            "blocks": blocks[key],
            "before": comparison.before,
            "after": comparison.after,
            "change": comparison.change,
            "interval_95": [comparison.low, comparison.high],
            "interval_from": comparison.interval_from,
            "mdc": comparison.mdc,
            "is_mdc_assumed": comparison.is_mdc_assumed,
            "hedges_g": comparison.hedges_g,
            "verdict": comparison.verdict,
            "sentence": comparison.sentence,
            "reservations": comparison.reservations,
            "left_out": words.left_out_document(comparison.left_out),
        }
        for key, comparison in compared.items()
    ]
    not_compared = [
        {**words.key_document(key), "reason": reason} for key, reason in refused.items()
    ]
    document = {
        "person": person,
        "hedges_g_is": EFFECT_SIZE_LABEL,
        "measures": measures,
        "not_compared": not_compared,
    }
    print_json(document)
