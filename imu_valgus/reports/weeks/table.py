"""Table of headline measures over the weeks, and the words for its values, changes and days."""

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
    "is_beyond",
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
"""Independent of the locale, so that the same course gives the same page on every machine."""

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
    """Write a day with its month in words.

    Parameters
    ----------
    day
        Day to write.

    Returns
    -------
    str
        English text, independent of the locale.

    Examples
    --------
    >>> day_words(date(2026, 3, 2))
    '2 March 2026'
    """
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def plain_name(key: MeasureKey) -> str:
    """Return a short plain name of a measure, for the person who trains.

    Parameters
    ----------
    key
        Measure to name.

    Returns
    -------
    str
        Name in lower case, without task, leg and unit.
    """
    return _PLAIN.get(key.name, measure_label(key).name.lower())


def name_with_unit(key: MeasureKey) -> str:
    """Return the name of a measure with its unit, for a table.

    Parameters
    ----------
    key
        Measure to name.

    Returns
    -------
    str
        Name, with the unit in brackets if it has one.
    """
    label = measure_label(key)
    return f"{label.name} ({label.unit})" if label.unit else label.name


def value_words(value: float, unit: str) -> str:
    """Write a value without its unit.

    Parameters
    ----------
    value
        Value of a measure.
    unit
        Unit of the measure; it decides the number of decimals.

    Returns
    -------
    str
        Number with a true minus; a dash if it is not finite.

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
    """Write a value with its unit.

    Parameters
    ----------
    value
        Value of a measure.
    unit
        Unit of the measure, such as "deg".

    Returns
    -------
    str
        Text with a true minus and never a negative zero.

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

    Parameters
    ----------
    change
        Change in the unit of the measure, positive for an increase.
    low, high
        Ends of the interval; NaN if not known.
    unit
        Unit of the measure, such as "deg".

    Returns
    -------
    str
        Change with its sign and unit; a dash if it is not finite.

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
    """Return the value of a measure now.

    Parameters
    ----------
    course
        Course of the measure, None if no session has it.

    Returns
    -------
    float
        Mean of the latest block that is compared, else the value of the latest session that
        counts; NaN if there is none.
    """
    if course is None:
        return math.nan
    if course.comparison is not None:
        after = course.comparison.after
        return sum(after) / len(after)
    values = [point.measure.value for point in course.points if not point.left_out]
    return values[-1] if values else math.nan


def is_beyond(course: MeasureCourse) -> bool:
    """Return whether the change of a measure is beyond measurement noise.

    Parameters
    ----------
    course
        Course of one measure.

    Returns
    -------
    bool
        False also if nothing was compared.
    """
    return course.comparison is not None and course.comparison.verdict is Verdict.BEYOND


_READING = (
    "Left, right: mean of the latest sessions that are compared, else the latest session. "
    "Difference: left minus right. MDC (minimal detectable change): two such blocks differ by "
    "less than this 19 times in 20 if nothing changes."
)

_ASSUMED = "*: assumes a spread between sessions; repeat sessions would measure the person's own."


def headline_courses(course: Course) -> tuple[MeasureCourse, ...]:
    """Choose the courses of the headline measures.

    Parameters
    ----------
    course
        Course of the person.

    Returns
    -------
    tuple of MeasureCourse
        Headline measures in their fixed order; the first six measures if there are none.
    """
    keys = headline_keys(measure.key for measure in course.measures)
    chosen = [measure for key in keys if (measure := course.measure(key)) is not None]
    return tuple(chosen) or course.measures[:6]


def measure_rows(courses: Sequence[MeasureCourse]) -> tuple[MeasureRow, ...]:
    """Make one row for both legs of each measure.

    Parameters
    ----------
    courses
        Courses of the measures; rows keep their order.

    Returns
    -------
    tuple of MeasureRow
        Rows whose drawings share one scale.
    """
    by_name: dict[tuple[str, str], list[MeasureCourse]] = {}
    for course in courses:
        by_name.setdefault((course.key.task, course.key.name), []).append(course)
    limit = forest_limit(courses)
    return tuple(_row(legs, limit) for legs in by_name.values())


def _row(legs: Sequence[MeasureCourse], limit: float) -> MeasureRow:
    key = legs[0].key
    now = {leg.key.side: value_now(leg) for leg in legs}
    both = now.get(None)
    left, right = (now.get(side, math.nan) for side in (Side.LEFT, Side.RIGHT))
    return MeasureRow(
        name=name_with_unit(key),
        task=capitalised(task_words(key.task)),
        left=value_words(left if both is None else both, key.unit),
        right=value_words(right if both is None else both, key.unit),
        difference=value_words(left - right, key.unit),
        changes=tuple(_change(leg, limit) for leg in legs),
    )


def _change(leg: MeasureCourse, limit: float) -> ChangeLine:
    pair, side, unit = leg.comparison, leg.key.side, leg.key.unit
    if pair is None:
        return ChangeLine(side, "", DASH, "not compared")
    mdc = DASH
    if pair.mdc is not None:
        mdc = size_words(pair.mdc, unit) + ("*" if pair.is_mdc_assumed else "")
    change = change_words(pair.change, pair.low, pair.high, unit)
    draw = partial(plot_change, leg, limit=limit) if pair.mdc else None
    return ChangeLine(side, change, mdc, str(pair.verdict), is_beyond(leg), draw)


def table_notes(course: Course, courses: Iterable[MeasureCourse]) -> tuple[str, ...]:
    """Write notes on what was compared, what was not and why, and how to read the table.

    Parameters
    ----------
    course
        Course of the person.
    courses
        Courses of the measures in the table.

    Returns
    -------
    tuple of str
        Sentences, each one once.
    """
    shown = tuple(courses)
    pairs = [measure.comparison for measure in shown if measure.comparison]
    # Without the name of the measure the sentence is the same for all, and appears once.
    refused = [
        measure.not_compared.replace(measure.key.words, "a measure")
        for measure in shown
        if measure.not_compared
    ]
    reserved = [sentence for pair in pairs for sentence in pair.reservations]
    assumed = [_ASSUMED] if any(pair.is_mdc_assumed for pair in pairs) else []
    notes = (course.blocks.words, *refused, *reserved, *_left_out(shown), _READING, *assumed)
    return tuple(dict.fromkeys(notes))


def _left_out(shown: Sequence[MeasureCourse]) -> list[str]:
    """Write a sentence for each reason, with the number of sessions it holds for."""
    by_reason: dict[tuple[bool, str], set[str]] = {}
    for measure in shown:
        for left_out in measure.left_out:
            reason = left_out.reason.replace(measure.key.words, "a measure")
            subject = f"Session {left_out.session_id} "
            kind = (reason.startswith(subject), reason.removeprefix(subject))
            by_reason.setdefault(kind, set()).add(left_out.session_id)
    sentences = []
    for (has_subject, reason), sessions in by_reason.items():
        pronoun = ("It " if len(sessions) == 1 else "Each ") if has_subject else ""
        n_sessions = counted(len(sessions), "session")
        sentences.append(f"Left out in part or whole, {n_sessions}: {pronoun}{reason}")
    return sentences
