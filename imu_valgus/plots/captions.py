"""What the drawings of weeks show, in sentences to stand below them."""

from collections.abc import Sequence
from typing import Final

from imu_valgus.model import GaitCurve, RepetitionCurves
from imu_valgus.plots.course_scale import session_half_width, trend_bands
from imu_valgus.plots.gait_curves import TRANSVERSE_MOTION
from imu_valgus.progress.course_types import Course, MeasureCourse

__all__ = [
    "caption_course",
    "caption_forest",
    "caption_gait_before_after",
    "caption_step_up_before_after",
    "caption_training_log",
]

_ASSUMED: Final = " The spread between sessions is assumed, not yet measured for this person."


def caption_course(course: MeasureCourse) -> str:
    """Say what the marks of a progress chart are; only what is drawn is named.

    Parameters
    ----------
    course
        As given to ``plot_course``.
    """
    points = course.points
    if not points:
        return "No session with this measure yet."
    with_dots = any(point.measure.repetitions for point in points)
    figure = "the session's median" if with_dots else "the session's mean"
    said = ["Small dots: repetitions."] if with_dots else []
    said.append(f"Large marks: {figure}.")
    if any(session_half_width(point.measure) > 0.0 for point in points):
        said.append(
            "Bars: 95 % interval within this session, from the spread between its repetitions or "
            "strides; what putting the sensors on again changes is not in it."
        )
    said += _baseline_band(course)
    if trend_bands(course):
        said.append("Line and ribbon: trend and its 95 % band over the sessions that count.")
    if any(point.left_out for point in points):
        said.append("Hollow marks: sessions that do not count.")
    if any(point.stands_out for point in points):
        said.append(
            "Outlined marks: outside the grey corridor on the same side as a session next to them."
        )
    return " ".join(said)


def _baseline_band(course: MeasureCourse) -> list[str]:
    if course.band is None:
        return ["No corridor: there is no baseline yet, or its noise is not known."]
    is_assumed = course.repeatability is not None and course.repeatability.is_assumed
    return [
        "Grey corridor: baseline mean ± minimal detectable change (MDC); 19 in 20 single sessions "
        "lie inside as long as nothing changes." + (_ASSUMED if is_assumed else "")
    ]


def caption_forest(courses: Sequence[MeasureCourse]) -> str:
    """Say how the forest plot is read."""
    compared = [one.comparison for one in courses if one.comparison is not None]
    if not compared:
        return "Change since the baseline: nothing can be compared."
    assumed = _ASSUMED if any(one.is_mdc_assumed for one in compared) else ""
    return (
        "Change of the block means since the baseline with its 95 % interval, each measure in "
        "units of its own minimal detectable change (MDC). Grey: ± 1 MDC, what noise alone can "
        "do. Bold: beyond it, with an interval without zero." + assumed
    )


def caption_gait_before_after(
    before: Sequence[GaitCurve], after: Sequence[GaitCurve], *, removes_level: bool = True
) -> str:
    """Say what the gait curves before and after are, and what was done to their level."""
    text = (
        "Mean over the sessions of a block, band ± 1 SD between sessions (of a single session "
        "between its strides)."
    )
    if not any(one.motion == TRANSVERSE_MOTION for one in (*before, *after)):
        return text
    if removes_level:
        return f"{text} The mean level of each session's rotation is removed: only shape compares."
    return f"{text} The absolute level depends on calibration."


def caption_step_up_before_after(
    before: Sequence[RepetitionCurves],
    after: Sequence[RepetitionCurves],
    *,
    removes_level: bool = True,
) -> str:
    """Say what the step-up curves before and after are, and what was done to their level."""
    text = (
        "Mean over the sessions of a block, band ± 1 SD between sessions (of a single session "
        "between its repetitions); upright lines: mean turning points."
    )
    if not any(one.motion == TRANSVERSE_MOTION for one in (*before, *after)):
        return text
    if removes_level:
        return f"{text} Every rotation starts from zero, the standing before the repetition."
    return f"{text} The absolute level depends on calibration."


def caption_training_log(course: Course) -> str:
    """Say what the bars and dots of the training log are; only what is drawn is named."""
    said = []
    if course.adherence:
        said.append(
            "Bars: exercises done (dark) of those planned (outline) in every week that is over."
        )
    if any(entry.pain is not None for entry in course.log) or any(
        session.pain is not None for session in course.sessions
    ):
        said.append("Dots: worst pain of a day, 0 none to 10; strokes: median of the week.")
    return " ".join(said) or "Neither training nor pain was noted."
