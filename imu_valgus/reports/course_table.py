"""The table of headline measures: left, right, difference, change with interval, MDC, verdict."""

from collections.abc import Iterable, Sequence
from functools import partial

from imu_valgus.model import Side
from imu_valgus.pipeline.course_types import Course, MeasureCourse
from imu_valgus.plots.forest import forest_limit, plot_change
from imu_valgus.plots.measure_labels import task_words
from imu_valgus.progress.headline import headline_keys
from imu_valgus.progress.verdict import Verdict
from imu_valgus.reports.course_page import ChangeLine, MeasureRow
from imu_valgus.reports.course_words import (
    DASH,
    change_words,
    name_with_unit,
    size_words,
    value_now,
    value_words,
)
from imu_valgus.reports.wording import capitalised, counted

__all__ = ["headline_courses", "measure_rows", "table_notes"]

_READING = (
    "Left, right: mean of the latest sessions that are compared, else the latest session. "
    "Difference: left minus right. MDC: what two such blocks differ by at most, 19 times in 20, "
    "when nothing has changed."
)
_ASSUMED = (
    "*: rests on an assumed session-to-session spread; repeat sessions would measure this "
    "person's own."
)


def headline_courses(course: Course) -> tuple[MeasureCourse, ...]:
    """Return the courses of the measures shown first; of all where none of those is there."""
    keys = headline_keys(one.key for one in course.measures)
    chosen = [one for key in keys if (one := course.measure(key)) is not None]
    return tuple(chosen) or course.measures[:6]


def measure_rows(courses: Sequence[MeasureCourse]) -> tuple[MeasureRow, ...]:
    """Put the legs of each measure into one row, in the order given."""
    by_name: dict[tuple[str, str], list[MeasureCourse]] = {}
    for one in courses:
        by_name.setdefault((one.key.task, one.key.name), []).append(one)
    limit = forest_limit(courses)
    return tuple(_row(legs, limit) for legs in by_name.values())


def _row(legs: Sequence[MeasureCourse], limit: float) -> MeasureRow:
    key = legs[0].key
    now = {one.key.side: value_now(one) for one in legs}
    both, unknown = now.get(None), float("nan")
    left, right = (now.get(side, unknown) for side in (Side.LEFT, Side.RIGHT))
    return MeasureRow(
        name=name_with_unit(key),
        task=capitalised(task_words(key.task)),
        left=value_words(left if both is None else both, key.unit),
        right=value_words(right if both is None else both, key.unit),
        difference=value_words(left - right, key.unit),
        changes=tuple(_change(one, limit) for one in legs),
    )


def _change(one: MeasureCourse, limit: float) -> ChangeLine:
    pair = one.comparison
    if pair is None:
        return ChangeLine(one.key.side, "", DASH, "not compared")
    mdc = DASH
    if pair.mdc is not None:
        mdc = size_words(pair.mdc, one.key.unit) + ("*" if pair.is_mdc_assumed else "")
    change = change_words(pair.change, pair.low, pair.high, one.key.unit)
    draw = partial(plot_change, one, limit=limit) if pair.mdc else None
    is_beyond = pair.verdict is Verdict.BEYOND
    return ChangeLine(one.key.side, change, mdc, str(pair.verdict), is_beyond, draw)


def _without_name(one: MeasureCourse) -> str:
    """Say why a measure is not compared, in words that are the same for all measures."""
    return one.not_compared.replace(one.key.words, "a measure")


def table_notes(course: Course, courses: Iterable[MeasureCourse]) -> tuple[str, ...]:
    """Say how to read the table, what was compared, what was refused or reserved, and why."""
    shown = tuple(courses)
    pairs = [one.comparison for one in shown if one.comparison]
    refused = [_without_name(one) for one in shown if one.not_compared]
    reserved = [sentence for pair in pairs for sentence in pair.reservations]
    assumed = [_ASSUMED] if any(pair.is_mdc_assumed for pair in pairs) else []
    notes = (course.blocks.words, *refused, *reserved, *_left_out(shown), _READING, *assumed)
    return tuple(dict.fromkeys(notes))


def _left_out(shown: Sequence[MeasureCourse]) -> list[str]:
    """Say once for each reason how many sessions it holds for."""
    by_reason: dict[tuple[bool, str], set[str]] = {}
    for one in shown:
        for gone in one.left_out:
            reason = gone.reason.replace(one.key.words, "a measure")
            named = f"Session {gone.session_id} "
            about = (reason.startswith(named), reason.removeprefix(named))
            by_reason.setdefault(about, set()).add(gone.session_id)
    return [
        f"Left out in part or whole, {counted(len(names), 'session')}: "
        f"{_subject(len(names)) if is_named else ''}{reason}"
        for (is_named, reason), names in by_reason.items()
    ]


def _subject(n_sessions: int) -> str:
    return "It " if n_sessions == 1 else "Each "
