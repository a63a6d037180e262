"""The drawings of the professional's page: which, of what, in which order, in whose words."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from imu_valgus.plots.course import plot_course
from imu_valgus.plots.course_scale import shared_weeks, value_limits
from imu_valgus.plots.forest import forest_height_pt, plot_forest
from imu_valgus.plots.training_log import plot_training_log
from imu_valgus.plots.weeks import phase_key
from imu_valgus.progress.course_types import Course, MeasureCourse
from imu_valgus.reports.weeks.block_drawings import alignment_drawings, step_up_row, walking_row
from imu_valgus.reports.weeks.course_input import PagesInput
from imu_valgus.reports.weeks.page import DrawingColumn, DrawingRow, PageDrawing, Shape, always
from imu_valgus.reports.weeks.table import change_words
from imu_valgus.reports.wording import capitalised, counted

__all__ = ["drawing_rows", "paper_rows"]

_CHART_PT: Final = 122.0

_SCREEN_PT: Final = 310.0
"""About the width of a phone, so that letters are readable there."""

_READING: Final = (
    "Large mark: session; bar: its 95 % interval; band: own baseline and noise; line: trend with "
    "95 % ribbon; hollow: does not count."
)


def drawing_rows(pages_input: PagesInput, shown: Sequence[MeasureCourse]) -> tuple[DrawingRow, ...]:
    """Choose the drawings that the data allow, from top to bottom.

    Parameters
    ----------
    pages_input
        The course, with curves where sessions kept any.
    shown
        Courses of the measures shown first.
    """
    rows = (
        _progress_row(pages_input, shown),
        step_up_row(pages_input),
        walking_row(pages_input),
    )
    return tuple(row for row in rows if row.columns)


def paper_rows(pages_input: PagesInput, shown: Sequence[MeasureCourse]) -> tuple[DrawingRow, ...]:
    """Choose the drawings for a sheet, where the table itself shows the changes.

    Parameters
    ----------
    pages_input, shown
        As for :func:`drawing_rows`.
    """
    course = pages_input.course
    drawings = (
        *_charts(course, _main_measure(shown), on_paper=True),
        *_logs(course, on_paper=True),
    )
    columns = tuple(DrawingColumn((one,)) for one in drawings)
    key = phase_key(course.programme, course.origin)
    progress = DrawingRow("Progress", columns, f"{key} {_READING}".strip())
    alignment = tuple(DrawingColumn((one,)) for one in alignment_drawings(pages_input))
    rows = (
        progress,
        DrawingRow("Step-ups, degrees inwards", alignment),
        step_up_row(pages_input),
        walking_row(pages_input),
    )
    return tuple(row for row in rows if row.columns)


def _progress_row(pages_input: PagesInput, shown: Sequence[MeasureCourse]) -> DrawingRow:
    course = pages_input.course
    compared = [one for one in shown if one.comparison is not None]
    forest = (_forest(compared),) if compared else ()
    charts = (*_charts(course, _main_measure(shown)), *_logs(course))
    alignment = alignment_drawings(pages_input)
    # What stands below each other on a wide screen; the forest plot is about as high as two others.
    drawings = (*forest, *alignment, *charts) if compared else (*charts, *alignment)
    columns = tuple(DrawingColumn((one,)) for one in drawings)
    title = "Change since the baseline, and progress" if compared else "Progress"
    return DrawingRow(title, columns, _READING)


def _main_measure(shown: Sequence[MeasureCourse]) -> tuple[MeasureCourse, ...]:
    """Take the legs of the first measure: a choice made beforehand, not by its result."""
    if not shown:
        return ()
    place = (shown[0].key.task, shown[0].key.name)
    return tuple(one for one in shown if (one.key.task, one.key.name) == place)


def _charts(
    course: Course, legs: Sequence[MeasureCourse], *, on_paper: bool = False
) -> tuple[PageDrawing, ...]:
    weeks = shared_weeks(legs, course.programme)
    values = value_limits(legs)
    return tuple(
        PageDrawing(
            name=f"progress-{one.key.side or 'both'}",
            description=f"{capitalised(one.key.words)} over the weeks, "
            f"{counted(len(one.points), 'session')}.",
            draw=partial(
                plot_course,
                one,
                programme=course.programme,
                x_limits=weeks,
                y_limits=values,
                numbers_phases=on_paper,
            ),
            shape=Shape.WIDE,
            least_at=always(_CHART_PT),
            screen_pt=(_SCREEN_PT, 190.0),
        )
        for one in legs
    )


def _forest(compared: Sequence[MeasureCourse]) -> PageDrawing:
    said = [
        f"{one.key.words} {change_words(pair.change, pair.low, pair.high, one.key.unit)}"
        for one in compared
        if (pair := one.comparison) is not None
    ]
    return PageDrawing(
        name="forest",
        description=f"Change since the baseline, with 95 % intervals: {'; '.join(said)}.",
        draw=partial(plot_forest, compared),
        shape=Shape.WIDE,
        least_at=partial(forest_height_pt, compared),
        screen_pt=(_SCREEN_PT, forest_height_pt(compared, _SCREEN_PT)),
    )


def _logs(course: Course, *, on_paper: bool = False) -> tuple[PageDrawing, ...]:
    """Draw the training log; nothing where there is none."""
    if not (course.adherence or course.log):
        return ()
    drawing = PageDrawing(
        name="training-log",
        description=f"Exercises and pain by week, {counted(len(course.log), 'note')} in the log.",
        draw=partial(plot_training_log, course, numbers_phases=on_paper),
        shape=Shape.WIDE,
        least_at=always(_CHART_PT),
        screen_pt=(_SCREEN_PT, 190.0),
    )
    return (drawing,)
