"""Captions for the drawings of weeks; a caption explains only what is drawn."""

from collections.abc import Sequence
from typing import Final

from imu_valgus.plots.course_scale import session_half_width, trend_bands
from imu_valgus.progress.course_types import MeasureCourse

__all__ = ["caption_course", "caption_forest"]

_ASSUMED: Final = " The spread between sessions is assumed, not yet measured for this person."


def caption_course(course: MeasureCourse) -> str:
    """Explain the marks of a progress chart.

    Parameters
    ----------
    course
        Course of one measure, as the chart shows it.

    Returns
    -------
    str
        Sentences on the marks that are drawn; one sentence if there is no session.
    """
    points = course.points
    if not points:
        return "No session with this measure yet."
    has_repetitions = any(point.measure.repetitions for point in points)
    sentences = ["Small dots: repetitions."] if has_repetitions else []
    sentences.append(f"Large marks: {'median' if has_repetitions else 'mean'} of the session.")
    if any(session_half_width(point.measure) > 0.0 for point in points):
        sentences.append(
            "Bars: 95 % interval within this session, from the spread between its repetitions or "
            "strides; it leaves out what putting the sensors on again changes."
        )
    if course.band is None:
        sentences.append("No usual range: there is no baseline yet, or its noise is not known.")
    else:
        spread = course.repeatability
        assumed = _ASSUMED if spread is not None and spread.is_assumed else ""
        sentences.append(
            "Grey band: usual range, baseline mean ± minimal detectable change (MDC); 19 of 20 "
            f"single sessions lie inside as long as nothing changes.{assumed}"
        )
    if trend_bands(course):
        sentences.append("Line and ribbon: trend and its 95 % band over the sessions that count.")
    if any(point.left_out for point in points):
        sentences.append("Hollow marks: sessions that do not count.")
    if any(point.stands_out for point in points):
        sentences.append("Ringed marks: outside the usual range like a session next to them.")
    return " ".join(sentences)


def caption_forest(courses: Sequence[MeasureCourse]) -> str:
    """Explain how a forest plot is read.

    Parameters
    ----------
    courses
        Courses of the measures in the plot.

    Returns
    -------
    str
        Caption; it says so if nothing can be compared.
    """
    compared = [course.comparison for course in courses if course.comparison is not None]
    if not compared:
        return "Change since the baseline: nothing can be compared."
    assumed = _ASSUMED if any(pair.is_mdc_assumed for pair in compared) else ""
    return (
        "Change of the block means since the baseline with its 95 % interval, each measure in "
        "units of its own minimal detectable change (MDC). Grey: ± 1 MDC, what measurement noise "
        f"alone can do. Bold: beyond it, with an interval without zero.{assumed}"
    )
