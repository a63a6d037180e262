"""Curves of walking and step-ups, baseline and latest sessions laid over each other."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

import numpy as np

from imu_valgus.model import GaitCurve, Joint, RepetitionCurves, Side, Task
from imu_valgus.model.progress import SessionRecord
from imu_valgus.model.session_curves import SessionCurves
from imu_valgus.plots.step_up import AlignmentBar, plot_alignment_change
from imu_valgus.plots.before_after import plot_gait_before_after, plot_step_up_before_after
from imu_valgus.plots.labels import angle_label
from imu_valgus.plots.pages import Drawing
from imu_valgus.progress.course_blocks import Blocks
from imu_valgus.progress.course_types import Course
from imu_valgus.reports.weeks.course_input import PagesInput
from imu_valgus.reports.weeks.page import DrawingColumn, DrawingRow, PageDrawing, Shape, always
from imu_valgus.reports.wording import capitalised, number

__all__ = ["alignment_drawings", "step_up_row", "walking_row"]

_PANEL_PT: Final = 124.0
_BARS_PT: Final = 168.0

_WALKING: Final = (
    ((Joint.HIP, Joint.FEMUR), "adduction"),
    ((Joint.HIP, Joint.FEMUR), "internal_rotation"),
    ((Joint.KNEE,), "flexion"),
    ((Joint.KNEE,), "internal_rotation"),
)
"""Without a pelvis sensor the thigh stands in for the hip."""

_STEP_UP: Final = _WALKING[:2]

_SPREAD: Final = "Mean ± SD between sessions, of one session between its {}."
_LEVELS: Final = "Rotations without their level, which depends on how the sensors were put on."
_FROM_STANDING: Final = "Rotations count from the standing before each repetition."

Angle = tuple[Joint, str, Side]


def walking_row(pages_input: PagesInput) -> DrawingRow:
    """Draw four angles of the gait cycle, one column each, the legs below each other."""
    columns = []
    for joints, motion in _WALKING:
        drawings = [
            drawing
            for side in Side
            for joint in joints
            if (drawing := _gait(pages_input, (joint, motion, side))) is not None
        ]
        columns += [DrawingColumn(tuple(drawings))] if drawings else []
    caption = f"{_SPREAD.format('strides')} {_LEVELS}" if columns else ""
    return DrawingRow("Walking, before and after", tuple(columns), caption)


def step_up_row(pages_input: PagesInput) -> DrawingRow:
    """Draw the angles of the thigh in step-ups, leg by leg."""
    columns = [
        DrawingColumn((drawing,))
        for joints, motion in _STEP_UP
        for side in Side
        for joint in joints
        if (drawing := _step_up(pages_input, (joint, motion, side))) is not None
    ]
    caption = f"{_SPREAD.format('repetitions')} {_FROM_STANDING}" if columns else ""
    return DrawingRow("Step-ups, before and after", tuple(columns), caption)


def _gait(pages_input: PagesInput, angle: Angle) -> PageDrawing | None:
    blocks = _blocks_of(pages_input.course, Task.WALK, angle[2])
    before, after = (
        [curve for one in sessions for curve in _curves(pages_input, one).gait if _is(curve, angle)]
        for sessions in (blocks.before, blocks.after)
    )
    if not before and not after:
        return None
    draw = partial(plot_gait_before_after, before, after)
    return _panel("walking", angle, draw, (len(before), len(after)))


def _step_up(pages_input: PagesInput, angle: Angle) -> PageDrawing | None:
    blocks = _blocks_of(pages_input.course, Task.STEP_UP, angle[2])
    before, after = (
        [c for one in sessions for c in _curves(pages_input, one).step_ups if _is(c, angle)]
        for sessions in (blocks.before, blocks.after)
    )
    if not before and not after:
        return None
    draw = partial(plot_step_up_before_after, before, after)
    return _panel("step-up", angle, draw, (len(before), len(after)))


def _blocks_of(course: Course, task: Task, side: Side) -> Blocks:
    """Take the blocks of a measure of that task and leg, since not every session has every one."""
    own = (one.blocks for one in course.measures if one.key.task is task and one.key.side is side)
    return next((blocks for blocks in own if blocks.after), course.blocks)


def _curves(pages_input: PagesInput, session: SessionRecord) -> SessionCurves:
    return pages_input.curves.get(session.session_id, SessionCurves())


def _is(curve: GaitCurve | RepetitionCurves, angle: Angle) -> bool:
    return (curve.joint, curve.motion, curve.side) == angle


def _panel(task: str, angle: Angle, draw: Drawing, counts: tuple[int, int]) -> PageDrawing:
    joint, motion, side = angle
    return PageDrawing(
        name=f"{task}-{joint}-{motion}-{side}".replace("_", "-"),
        description=f"{angle_label(joint, motion).name} of the {side} leg in {task}, "
        f"{counts[0]} sessions before and {counts[1]} after.",
        draw=draw,
        shape=Shape.PANEL,
        least_at=always(_PANEL_PT),
        screen_pt=(210.0, 170.0),
    )


def alignment_drawings(pages_input: PagesInput) -> tuple[PageDrawing, ...]:
    """Draw what makes the knee go inwards in degrees, stacked; nothing without step-ups."""
    bars = _alignment_bars(pages_input)
    if not bars:
        return ()
    said = [f"{bar.side}, {bar.when}: {_total(bar)}°" for bar in bars]
    drawing = PageDrawing(
        name="alignment",
        description=f"Degrees inwards in step-ups. {capitalised('; '.join(said))}.",
        draw=partial(plot_alignment_change, bars),
        shape=Shape.WIDE,
        least_at=always(_BARS_PT),
        screen_pt=(310.0, 190.0),
    )
    return (drawing,)


def _total(bar: AlignmentBar) -> str:
    return number(sum(bar.angles_deg.values()), 0)


def _alignment_bars(pages_input: PagesInput) -> tuple[AlignmentBar, ...]:
    """Average the four angles of each leg over the sessions of the baseline and of the close."""
    found = []
    for side in Side:
        blocks = _blocks_of(pages_input.course, Task.STEP_UP, side)
        for when, sessions in (("before", blocks.before), ("after", blocks.after)):
            angles = _mean_angles(pages_input, sessions, side)
            if angles:
                found.append(AlignmentBar(side, when, angles))
    return tuple(found)


def _mean_angles(
    pages_input: PagesInput, sessions: Sequence[SessionRecord], side: Side
) -> Mapping[str, float]:
    values: dict[str, list[float]] = {}
    for one in sessions:
        summary = pages_input.step_ups.get(one.session_id, {}).get(side)
        for name, value in summary.alignment_deg.items() if summary else ():
            if np.isfinite(value):
                values.setdefault(name, []).append(value)
    return {name: float(np.mean(column)) for name, column in values.items()}
