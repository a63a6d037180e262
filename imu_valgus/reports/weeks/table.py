"""The table of headline measures: left, right, difference, change with interval, MDC, verdict.

Figures of a course in words: values, changes with their intervals, days, verdicts.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial
from typing import Final

from imu_valgus.model import Side
from imu_valgus.model.progress import MeasureKey
from imu_valgus.plots.forest import forest_limit, plot_change
from imu_valgus.plots.labels import measure_label, signed, task_words
from imu_valgus.progress.course_types import Course, MeasureCourse
from imu_valgus.progress.headline import headline_keys
from imu_valgus.progress.verdict import Verdict, with_unit
from imu_valgus.reports.weeks.page import ChangeLine, MeasureRow
from imu_valgus.reports.wording import capitalised, counted

__all__ = [
    "DASH",
    "change_words",
    "day_words",
    "headline_courses",
    "measure_rows",
    "name_with_unit",
    "plain_name",
    "size_words",
    "table_notes",
    "value_now",
    "value_words",
]

DASH: Final = "–"

_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
"""Not from the machine's locale, so that the same course gives the same page everywhere."""

_PLAIN: Final = {
    "shank_medial_tilt_deg": "how far your shin tips in",
    "hip_internal_rotation_excursion_deg": "how far your thigh turns in",
    "femur_internal_rotation_excursion_deg": "how far your thigh turns in",
    "hip_adduction_excursion_deg": "how far your thigh tips in",
    "femur_adduction_excursion_deg": "how far your thigh tips in",
    "tibial_external_rotation_excursion_deg": "how far your shin turns out",
    "knee_abduction_excursion_deg": "how far your knee bends in",
    "hip_internal_rotation_range_deg": "how much your thigh turns with each step",
    "femur_internal_rotation_range_deg": "how much your thigh turns with each step",
    "knee_internal_rotation_range_deg": "how much your shin turns with each step",
}


def day_words(day: date) -> str:
    """Write a day.

    Examples
    --------
    >>> day_words(date(2026, 3, 2))
    '2 March 2026'
    """
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def plain_name(key: MeasureKey) -> str:
    """Say in short words what a measure is, for the person who trains."""
    return _PLAIN.get(key.name, measure_label(key).name.lower())


def name_with_unit(key: MeasureKey) -> str:
    """Name a measure with its unit, for a table."""
    label = measure_label(key)
    return f"{label.name} ({label.unit})" if label.unit else label.name


def value_words(value: float, unit: str) -> str:
    """Write a value without its unit, with the digits of its kind.

    Examples
    --------
    >>> value_words(-4.26, "deg"), value_words(float("nan"), "deg")
    ('−4.3', '–')
    """
    if not math.isfinite(value):
        return DASH
    digits = 3 if unit in ("s", "m", "ratio", "share") else 1
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0.0 else text.replace("-", "−")


def size_words(value: float, unit: str) -> str:
    """Write a value with its unit and a true minus.

    Examples
    --------
    >>> size_words(-4.26, "deg"), size_words(-0.01, "deg")
    ('−4.3°', '0.0°')
    """
    sign = "−" if value < 0.0 else ""
    size = with_unit(abs(value), unit)
    return f"{sign}{size}" if any(digit in size for digit in "123456789") else size


def change_words(change: float, low: float, high: float, unit: str) -> str:
    """Write a change with its 95 % interval.

    Examples
    --------
    >>> change_words(-4.2, -6.0, -2.4, "deg")
    '−4.2° (−6.0 to −2.4)'
    """
    if not math.isfinite(change):
        return DASH
    if not (math.isfinite(low) and math.isfinite(high)):
        return f"{signed(change, unit)} (not known)"
    return f"{signed(change, unit)} ({value_words(low, unit)} to {value_words(high, unit)})"


def value_now(course: MeasureCourse | None) -> float:
    """Return where a measure is now: the mean of the latest block, else the latest that counts.

    NaN where there is none.
    """
    if course is None:
        return math.nan
    if course.comparison is not None:
        after = course.comparison.after
        return sum(after) / len(after)
    counted = [point.measure.value for point in course.points if not point.left_out]
    return counted[-1] if counted else math.nan


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
