"""The forest plot: how far every measure has moved since the baseline, beside its noise."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from imu_valgus.model import Side
from imu_valgus.plots.frame import KeyItem, box_pt, draw_key, draw_notice, fit_key, points, put_text
from imu_valgus.plots.labels import leg_words, measure_label, signed, task_words
from imu_valgus.plots.style import INK, MUTED, SIDE_STYLES, SMALL_PT, TEXT_PT
from imu_valgus.plots.text_fit import shortened, text_width_pt, wrapped
from imu_valgus.progress.compare import BlockComparison
from imu_valgus.progress.course_types import MeasureCourse
from imu_valgus.progress.verdict import Verdict

__all__ = ["change_text", "forest_height_pt", "forest_limit", "plot_change", "plot_forest"]

_ROW_PT = 15.0
_STACKED_ROW_PT = 26.0
_HEADING_PT = 17.0
_FOOT_PT = 28.0
_REASON_LINES = 3
_WIDE_PT = 380.0
_MOST_NAMES = 0.5
_MOST_MDC = 4.0
_MOST_CHANGE_MDC = 10.0
"""Intervals may leave the scale; a change does so only where it would squeeze all the others."""
_BAR = "#d6dbe1"
_WAYS = ("← smaller", "larger →")
_MARKERS = {Side.LEFT: "o", Side.RIGHT: "s", None: "D"}


def change_text(course: MeasureCourse) -> str:
    """Change since the baseline with its 95 % interval, in the measure's own unit.

    Returns
    -------
    str
        Like "−4.2° (−6.1 to −2.3)" or "+5.0 pts (+1.2 to +8.8)", else "not compared".
    """
    comparison = course.comparison
    if comparison is None:
        return "not compared"
    unit = course.key.unit
    change = signed(comparison.change, unit)
    if not (math.isfinite(comparison.low) and math.isfinite(comparison.high)):
        return f"{change} (interval unknown)"
    low, high = (
        signed(edge, unit).split("°")[0].split(" ")[0] for edge in (comparison.low, comparison.high)
    )
    return f"{change.replace('points', 'pts')} ({low} to {high})"


def _groups(courses: Sequence[MeasureCourse]) -> list[tuple[Side | None, list[MeasureCourse]]]:
    order = {Side.LEFT: 0, Side.RIGHT: 1, None: 2}
    ordered = sorted(courses, key=lambda one: order[one.key.side])
    return [(side, list(rows)) for side, rows in groupby(ordered, key=lambda one: one.key.side)]


def forest_height_pt(courses: Sequence[MeasureCourse], width_pt: float) -> float:
    """Height in points that the forest plot of these measures needs at a width."""
    row = _columns(courses, width_pt).row_pt if courses else 0.0
    rows = _HEADING_PT * len(_groups(courses)) + row * len(courses)
    return rows + _foot_pt(courses) + 4.0


def _foot_pt(courses: Sequence[MeasureCourse]) -> float:
    """Room below the rows: for the scale, or for how many are missing and the reason why."""
    return _FOOT_PT if any(_reach(one) for one in courses) else 11.0 * (_REASON_LINES + 1) + 6.0


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where the picture lies, in points from the left edge, and how many MDC its half holds."""

    width: float
    start: float
    stop: float
    limit: float
    is_stacked: bool
    shared_task: str

    @property
    def row_pt(self) -> float:
        return _STACKED_ROW_PT if self.is_stacked else _ROW_PT

    def x(self, in_mdc: float) -> float:
        share = 0.5 + 0.5 * max(min(in_mdc / self.limit, 1.0), -1.0)
        return self.start + share * (self.stop - self.start)


def plot_forest(courses: Sequence[MeasureCourse], ax: Axes) -> Axes:
    """Plot the change of every measure since the baseline, inside the rectangle of the axes.

    Degrees, points and seconds cannot share a scale, and a scale for each would leave a handful
    of pictures that cannot be read together. What all have in common is the question whether the
    change is larger than the noise of measuring: so every measure is drawn in units of its own
    minimal detectable change (MDC), the grey bar reaches from −1 to +1 MDC in all rows, and a
    change is beyond the noise where its mark lies outside the bar and its interval does not touch
    the middle line. What it is in degrees or points stands beside it, bold where it is beyond.
    Measures whose noise is not known have no bar and no mark, only figures.

    Parameters
    ----------
    courses
        In the order wanted within each leg.
    ax
        A rectangle of the height of :func:`forest_height_pt`; in a lower one the last measures
        are left out and a line says how many.

    Returns
    -------
    Axes
        `ax`.
    """
    ax.set_axis_off()
    if not courses:
        draw_notice(ax, "Nothing to compare: no measure was recorded.")
        return ax
    columns = _columns(courses, box_pt(ax).width)
    y = box_pt(ax).height - 2.0
    n_drawn, foot_pt = 0, _foot_pt(courses)
    for side, rows in _groups(courses):
        n_fitting = int((y - foot_pt - _HEADING_PT) // columns.row_pt)
        if n_fitting < 1:
            break
        y -= _HEADING_PT
        _draw_heading(ax, side, y + 4.5, columns.shared_task)
        for one in rows[:n_fitting]:
            y -= columns.row_pt
            _draw_row(ax, one, columns, y)
            n_drawn += 1
    _draw_foot(ax, courses, columns, y, n_missing=len(courses) - n_drawn)
    return ax


def _reach(course: MeasureCourse) -> float:
    """How many MDC the interval of a change reaches from zero; 0 where that is not known."""
    found = course.comparison
    if found is None or not found.mdc:
        return 0.0
    edges = [edge for edge in (found.change, found.low, found.high) if math.isfinite(edge)]
    return max(abs(edge) for edge in edges) / found.mdc


def _columns(courses: Sequence[MeasureCourse], width: float) -> _Columns:
    tasks = {task_words(one.key.task) for one in courses}
    shared_task = tasks.pop() if len(tasks) == 1 else ""
    figures = max(text_width_pt(change_text(one), SMALL_PT, is_bold=True) for one in courses)
    stop = max(width - figures - 12.0, 0.25 * width)
    names = max(text_width_pt(_row_name(one, shared_task), SMALL_PT) for one in courses)
    # A name that would have to be cut stands above its row instead.
    is_stacked = width < _WIDE_PT or names > _MOST_NAMES * width
    start = 3.0 if is_stacked else names + 12.0
    return _Columns(width, start, stop, forest_limit(courses), is_stacked, shared_task)


def forest_limit(courses: Sequence[MeasureCourse]) -> float:
    """How many MDC the scale of these measures reaches to either side, at least 1.6."""
    reach = min(max((_reach(one) for one in courses), default=0.0), _MOST_MDC)
    known = [one.comparison for one in courses if one.comparison and one.comparison.mdc]
    moved = max((abs(one.change) / (one.mdc or math.inf) for one in known), default=0.0)
    return max(1.15 * reach, 1.15 * min(moved, _MOST_CHANGE_MDC), 1.6)


def plot_change(course: MeasureCourse, ax: Axes, *, limit: float) -> Axes:
    """Plot one row of the forest plot alone, as wide as the axes; nothing without known noise.

    `limit` is that of :func:`forest_limit` over all measures that stand below each other.
    """
    ax.set_axis_off()
    if _reach(course) and course.comparison is not None:
        box = box_pt(ax)
        columns = _Columns(box.width, 3.0, box.width - 3.0, limit, is_stacked=False, shared_task="")
        _draw_change(ax, course.comparison, columns, 0.5 * box.height)
    return ax


def _row_name(course: MeasureCourse, shared_task: str) -> str:
    name = measure_label(course.key).name
    return name if shared_task else f"{name} ({task_words(course.key.task)})"


def _draw_heading(ax: Axes, side: Side | None, y: float, shared_task: str) -> None:
    leg = leg_words(side).capitalize()
    colour = SIDE_STYLES[side].colour if side else INK
    put_text(ax, 2.0, y, leg, size=TEXT_PT, colour=colour, is_bold=True)
    if shared_task:
        put_text(ax, 8.0 + text_width_pt(leg, TEXT_PT, is_bold=True), y, shared_task)


def _draw_row(ax: Axes, course: MeasureCourse, columns: _Columns, y: float) -> None:
    found = course.comparison
    is_beyond = found is not None and found.verdict is Verdict.BEYOND
    name_y, room = (y + 15.5, columns.width) if columns.is_stacked else (y + 4.6, columns.start)
    name = shortened(_row_name(course, columns.shared_task), room - 8.0, SMALL_PT)
    put_text(ax, 2.0, name_y, name, colour=INK)
    put_text(
        ax, columns.width - 2.0, y + 4.6, change_text(course), ha="right", is_bold=is_beyond,
        colour=INK if found else MUTED,
    )  # fmt: skip
    if found is None:
        return
    if not found.mdc:
        words = shortened("MDC not known", columns.stop - columns.start, SMALL_PT)
        put_text(ax, 0.5 * (columns.start + columns.stop), y + 4.6, words, ha="center")
        return
    _draw_change(ax, found, columns, y + 7.5)


def _draw_change(ax: Axes, found: BlockComparison, columns: _Columns, y: float) -> None:
    mdc = found.mdc or math.nan
    reach = 4.0 if columns.is_stacked else 0.5 * _ROW_PT
    low, high = columns.x(-1.0), columns.x(1.0)
    ax.add_patch(
        Rectangle(
            (low, y - 4.0), high - low, 8.0, facecolor=_BAR, edgecolor="none",
            transform=points(ax), clip_on=False, zorder=1.0, gid="mdc",
        )
    )  # fmt: skip
    ax.plot(
        [columns.x(0.0)] * 2, [y - reach, y + reach], color=MUTED, linewidth=0.8,
        transform=points(ax), clip_on=False, zorder=1.5,
    )  # fmt: skip
    side = found.key.side
    colour = SIDE_STYLES[side].colour if side else INK
    if math.isfinite(found.low) and math.isfinite(found.high):
        _draw_interval(ax, columns, (found.low / mdc, found.high / mdc), y, colour)
    if abs(found.change / mdc) <= columns.limit:
        ax.plot(
            [columns.x(found.change / mdc)], [y], marker=_MARKERS[side], color=colour,
            markersize=5.5, transform=points(ax), clip_on=False, zorder=3.0, gid="change",
        )  # fmt: skip


def _draw_interval(
    ax: Axes, columns: _Columns, edges: tuple[float, float], y: float, colour: str
) -> None:
    ax.plot(
        [columns.x(edges[0]), columns.x(edges[1])], [y, y], color=colour, linewidth=1.4,
        transform=points(ax), clip_on=False, zorder=2.0, gid="interval",
    )  # fmt: skip
    for edge in edges:
        if abs(edge) > columns.limit:
            ax.plot(
                [columns.x(edge)], [y], marker="<" if edge < 0.0 else ">", markersize=4.5,
                color=colour, transform=points(ax), clip_on=False, zorder=2.5, gid="goes on",
            )  # fmt: skip


def _draw_foot(
    ax: Axes,
    courses: Sequence[MeasureCourse],
    columns: _Columns,
    bottom: float,
    *,
    n_missing: int,
) -> None:
    if n_missing:
        put_text(ax, columns.width - 2.0, bottom - 10.0, f"and {n_missing} more", ha="right")
        bottom -= 0.0 if any(_reach(one) for one in courses) else 11.0
    if not any(_reach(one) for one in courses):
        reason = next((one.not_compared for one in courses if one.not_compared), "")
        lines = wrapped(reason, columns.width - 4.0, SMALL_PT, n_lines=_REASON_LINES)
        for row, line in enumerate(lines):
            put_text(ax, 2.0, bottom - 11.0 * (row + 1), line)
        return
    _draw_ways(ax, columns, bottom - 10.0)
    swatch = {"color": _BAR, "linewidth": 7.0, "solid_capstyle": "butt"}
    items = [KeyItem("noise of measuring (± MDC)", swatch)]
    draw_key(ax, fit_key(items, columns.width - 4.0), left_pt=-2.0, below_pt=13.0 - bottom)


def _draw_ways(ax: Axes, columns: _Columns, y: float) -> None:
    """Write what either side of zero means; where the scale is narrow the words leave it."""
    widths = [text_width_pt(way, SMALL_PT) for way in _WAYS]
    middle = columns.x(0.0)
    left = max(min(columns.start, middle - 8.0 - widths[0]), 2.0)
    right = max(columns.stop - widths[1], middle + 8.0, left + widths[0] + 8.0)
    put_text(ax, left, y, _WAYS[0])
    put_text(ax, right, y, _WAYS[1])
    if middle - 4.0 > left + widths[0]:
        put_text(ax, middle, y, "0", ha="center")
