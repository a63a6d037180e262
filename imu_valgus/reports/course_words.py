"""Figures of a course in words: values, changes with their intervals, days, verdicts."""

import math
from datetime import date
from typing import Final

from imu_valgus.model.progress import MeasureKey
from imu_valgus.pipeline.course_types import MeasureCourse
from imu_valgus.plots.measure_labels import measure_label, signed
from imu_valgus.progress.verdict import with_unit

__all__ = [
    "DASH",
    "change_words",
    "day_words",
    "name_with_unit",
    "plain_name",
    "size_words",
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
