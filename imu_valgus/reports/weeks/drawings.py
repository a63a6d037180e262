"""Drawings of the professional's page: which ones, in which order, with which captions."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

import numpy as np

from imu_valgus.model import GaitCurve, Joint, RepetitionCurves, Side, Task
from imu_valgus.model.progress import SessionRecord
from imu_valgus.model.session_results import SessionCurves
from imu_valgus.plots.before_after import plot_gait_before_after, plot_step_up_before_after
from imu_valgus.plots.course import plot_course
from imu_valgus.plots.course_scale import shared_weeks, value_limits
from imu_valgus.plots.forest import forest_height_pt, plot_forest
from imu_valgus.plots.labels import angle_label
from imu_valgus.plots.step_up import AlignmentBar, plot_alignment_change
from imu_valgus.plots.training_log import plot_training_log
from imu_valgus.plots.weeks import phase_key
from imu_valgus.progress.course_blocks import Blocks
from imu_valgus.progress.course_types import Course, MeasureCourse
from imu_valgus.reports.weeks.course_input import PagesInput
from imu_valgus.reports.weeks.page import DrawingColumn, DrawingRow, PageDrawing, Shape, always
from imu_valgus.reports.weeks.table import change_words
from imu_valgus.reports.wording import capitalised, counted, number

__all__ = ["drawing_rows", "paper_rows"]

_CHART_PT: Final = 122.0
_PANEL_PT: Final = 124.0
_BARS_PT: Final = 168.0

_SCREEN_PT: Final = 310.0
"""About the width of a phone, so that text is readable there."""

_READING: Final = (
    "Large mark: session; bar: its 95 % interval; band: usual range (baseline ± noise); line: "
    "trend with 95 % ribbon; hollow: does not count."
)
_SPREAD: Final = "Mean ± SD between sessions, or between {} of one session."
_LEVELS: Final = "Rotations without their mean (level), which depends on how sensors were put on."
_FROM_STANDING: Final = "Rotations count from standing before each repetition."

_WALKING: Final = (
    ((Joint.HIP, Joint.FEMUR), "adduction"),
    ((Joint.HIP, Joint.FEMUR), "internal_rotation"),
    ((Joint.KNEE,), "flexion"),
    ((Joint.KNEE,), "internal_rotation"),
)
"""Angles of walking; without a pelvis sensor the thigh takes the place of the hip."""

_STEP_UP: Final = _WALKING[:2]

_PLOTS: Final[Mapping[Task, tuple[str, Callable[..., object]]]] = {
    Task.WALK: ("walking", plot_gait_before_after),
    Task.STEP_UP: ("step-up", plot_step_up_before_after),
}

_Angle = tuple[Joint, str, Side]


def drawing_rows(pages_input: PagesInput, shown: Sequence[MeasureCourse]) -> tuple[DrawingRow, ...]:
    """Choose the drawings for the screen that the data allow.

    Parameters
    ----------
    pages_input
        Course of the person, with curves and summaries of its sessions.
    shown
        Courses of the headline measures.

    Returns
    -------
    tuple of DrawingRow
        Rows from top to bottom.
    """
    rows = (_progress_row(pages_input, shown), _step_up_row(pages_input), _walking_row(pages_input))
    return tuple(row for row in rows if row.columns)


def paper_rows(pages_input: PagesInput, shown: Sequence[MeasureCourse]) -> tuple[DrawingRow, ...]:
    """Choose the drawings for a sheet of paper, where the table itself shows the changes.

    Parameters
    ----------
    pages_input, shown
        As for :func:`drawing_rows`.

    Returns
    -------
    tuple of DrawingRow
        Rows from top to bottom.
    """
    course = pages_input.course
    progress = (
        *_charts(course, _main_measure(shown), on_paper=True),
        *_training_log(course, on_paper=True),
    )
    key = phase_key(course.programme, course.origin)
    rows = (
        DrawingRow("Progress", _columns(progress), f"{key} {_READING}".strip()),
        DrawingRow("Step-ups, degrees inwards", _columns(_alignment(pages_input))),
        _step_up_row(pages_input),
        _walking_row(pages_input),
    )
    return tuple(row for row in rows if row.columns)


def _columns(drawings: Sequence[PageDrawing]) -> tuple[DrawingColumn, ...]:
    return tuple(DrawingColumn((drawing,)) for drawing in drawings)


def _progress_row(pages_input: PagesInput, shown: Sequence[MeasureCourse]) -> DrawingRow:
    course = pages_input.course
    compared = [measure for measure in shown if measure.comparison is not None]
    charts = (*_charts(course, _main_measure(shown)), *_training_log(course))
    alignment = _alignment(pages_input)
    if not compared:
        return DrawingRow("Progress", _columns((*charts, *alignment)), _READING)
    # On a wide screen the forest plot is about as high as the two drawings in the other column.
    drawings = (_forest(compared), *alignment, *charts)
    return DrawingRow("Change since the baseline, and progress", _columns(drawings), _READING)


def _main_measure(shown: Sequence[MeasureCourse]) -> tuple[MeasureCourse, ...]:
    """Return the legs of the first measure; the choice does not depend on the results."""
    if not shown:
        return ()
    first = (shown[0].key.task, shown[0].key.name)
    return tuple(leg for leg in shown if (leg.key.task, leg.key.name) == first)


def _charts(
    course: Course, legs: Sequence[MeasureCourse], *, on_paper: bool = False
) -> tuple[PageDrawing, ...]:
    weeks = shared_weeks(legs, course.programme)
    values = value_limits(legs)
    return tuple(
        PageDrawing(
            name=f"progress-{leg.key.side or 'both'}",
            description=f"{capitalised(leg.key.words)} over the weeks, "
            f"{counted(len(leg.points), 'session')}.",
            draw=partial(
                plot_course,
                leg,
                programme=course.programme,
                x_limits=weeks,
                y_limits=values,
                numbers_phases=on_paper,
            ),
            shape=Shape.WIDE,
            least_at=always(_CHART_PT),
            screen_pt=(_SCREEN_PT, 190.0),
        )
        for leg in legs
    )


def _forest(compared: Sequence[MeasureCourse]) -> PageDrawing:
    changes = [
        f"{measure.key.words} {change_words(pair.change, pair.low, pair.high, measure.key.unit)}"
        for measure in compared
        if (pair := measure.comparison) is not None
    ]
    return PageDrawing(
        name="forest",
        description=f"Change since the baseline, with 95 % intervals: {'; '.join(changes)}.",
        draw=partial(plot_forest, compared),
        shape=Shape.WIDE,
        least_at=partial(forest_height_pt, compared),
        screen_pt=(_SCREEN_PT, forest_height_pt(compared, _SCREEN_PT)),
    )


def _training_log(course: Course, *, on_paper: bool = False) -> tuple[PageDrawing, ...]:
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


def _walking_row(pages_input: PagesInput) -> DrawingRow:
    """Draw angles of the gait cycle, a column for each, with the legs below each other."""
    columns = []
    for joints, motion in _WALKING:
        angles = [(joint, motion, side) for side in Side for joint in joints]
        drawings = [_before_after(pages_input, Task.WALK, angle) for angle in angles]
        known = tuple(drawing for drawing in drawings if drawing is not None)
        columns += [DrawingColumn(known)] if known else []
    caption = f"{_SPREAD.format('strides')} {_LEVELS}" if columns else ""
    return DrawingRow("Walking, before and after", tuple(columns), caption)


def _step_up_row(pages_input: PagesInput) -> DrawingRow:
    """Draw the angles of the thigh in step-ups, leg by leg."""
    angles = [
        (joint, motion, side) for joints, motion in _STEP_UP for side in Side for joint in joints
    ]
    drawings = [_before_after(pages_input, Task.STEP_UP, angle) for angle in angles]
    columns = _columns([drawing for drawing in drawings if drawing is not None])
    caption = f"{_SPREAD.format('repetitions')} {_FROM_STANDING}" if columns else ""
    return DrawingRow("Step-ups, before and after", columns, caption)


def _before_after(pages_input: PagesInput, task: Task, angle: _Angle) -> PageDrawing | None:
    """Draw one angle of one leg before and after; None if no session has it."""
    joint, motion, side = angle
    blocks = _blocks_of(pages_input.course, task, side)
    before, after = (
        [
            curve
            for session in sessions
            for curve in _curves(pages_input, session, task)
            if (curve.joint, curve.motion, curve.side) == angle
        ]
        for sessions in (blocks.before, blocks.after)
    )
    if not before and not after:
        return None
    name, plot = _PLOTS[task]
    return PageDrawing(
        name=f"{name}-{joint}-{motion}-{side}".replace("_", "-"),
        description=f"{angle_label(joint, motion).name} of the {side} leg in {name}, "
        f"{len(before)} sessions before and {len(after)} after.",
        draw=partial(plot, before, after),
        shape=Shape.PANEL,
        least_at=always(_PANEL_PT),
        screen_pt=(210.0, 170.0),
    )


def _curves(
    pages_input: PagesInput, session: SessionRecord, task: Task
) -> Sequence[GaitCurve | RepetitionCurves]:
    kept = pages_input.curves.get(session.session_id, SessionCurves())
    return kept.gait if task is Task.WALK else kept.step_ups


def _blocks_of(course: Course, task: Task, side: Side) -> Blocks:
    """Return the blocks of a measure of that task and leg: not every session has every measure."""
    blocks = (
        measure.blocks
        for measure in course.measures
        if measure.key.task is task and measure.key.side is side and measure.blocks.after
    )
    return next(blocks, course.blocks)


def _alignment(pages_input: PagesInput) -> tuple[PageDrawing, ...]:
    """Draw the angles that move the knee inwards, stacked; nothing without step-ups."""
    bars = _alignment_bars(pages_input)
    if not bars:
        return ()
    sums = [f"{bar.side}, {bar.when}: {number(sum(bar.angles_deg.values()), 0)}°" for bar in bars]
    drawing = PageDrawing(
        name="alignment",
        description=f"Degrees inwards in step-ups. {capitalised('; '.join(sums))}.",
        draw=partial(plot_alignment_change, bars),
        shape=Shape.WIDE,
        least_at=always(_BARS_PT),
        screen_pt=(_SCREEN_PT, 190.0),
    )
    return (drawing,)


def _alignment_bars(pages_input: PagesInput) -> tuple[AlignmentBar, ...]:
    """Average the four angles of each leg over the baseline sessions and the latest sessions."""
    bars = []
    for side in Side:
        blocks = _blocks_of(pages_input.course, Task.STEP_UP, side)
        for when, sessions in (("before", blocks.before), ("after", blocks.after)):
            angles = _mean_angles(pages_input, sessions, side)
            if angles:
                bars.append(AlignmentBar(side, when, angles))
    return tuple(bars)


def _mean_angles(
    pages_input: PagesInput, sessions: Sequence[SessionRecord], side: Side
) -> Mapping[str, float]:
    values: dict[str, list[float]] = {}
    for session in sessions:
        summary = pages_input.step_ups.get(session.session_id, {}).get(side)
        for name, value in summary.alignment_deg.items() if summary else ():
            if np.isfinite(value):
                values.setdefault(name, []).append(value)
    return {name: float(np.mean(column)) for name, column in values.items()}
