"""Forest plot: the change of every measure since the baseline, compared with its noise."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from imu_valgus.model import Side
from imu_valgus.plots.frame import KeyItem, box_pt, draw_key, draw_notice, fit_key, points, put_text
from imu_valgus.plots.labels import leg_words, measure_label, signed, task_words
from imu_valgus.plots.style import INK, MUTED, SMALL_PT, TEXT_PT, style_of
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
"""Intervals may leave the scale; a change only if it would squeeze all the others."""
_BAR = "#d6dbe1"
_DIRECTIONS = ("← smaller", "larger →")


def change_text(course: MeasureCourse) -> str:
    """Write the change since the baseline with its 95 % interval, in the unit of the measure.

    Parameters
    ----------
    course
        Course of one measure.

    Returns
    -------
    str
        Text such as "−4.2° (−6.1 to −2.3)" or "+5.0 pts (+1.2 to +8.8)", else "not compared".
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
    ordered = sorted(courses, key=lambda course: order[course.key.side])
    by_side = groupby(ordered, key=lambda course: course.key.side)
    return [(side, list(rows)) for side, rows in by_side]


def forest_height_pt(courses: Sequence[MeasureCourse], width_pt: float) -> float:
    """Return the height that a forest plot needs.

    Parameters
    ----------
    courses
        Courses of the measures to draw.
    width_pt
        Width of the axes in points.

    Returns
    -------
    float
        Height in points.
    """
    row = _columns(courses, width_pt).row_pt if courses else 0.0
    rows = _HEADING_PT * len(_groups(courses)) + row * len(courses)
    return rows + _foot_pt(courses) + 4.0


def _foot_pt(courses: Sequence[MeasureCourse]) -> float:
    """Height below the rows: for the scale, or for the reason why there is none."""
    has_scale = any(_reach(course) for course in courses)
    return _FOOT_PT if has_scale else 11.0 * (_REASON_LINES + 1) + 6.0


@dataclass(frozen=True, slots=True)
class _Columns:
    """Position of the picture in points from the left edge; `limit` is its half width in MDC."""

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

    Degrees, points and seconds cannot share a scale. So every measure is drawn in units of its
    own minimal detectable change (MDC), and the grey bar reaches from −1 to +1 MDC in all rows. A
    change is beyond the noise if its mark lies outside the bar and its interval does not touch
    the middle line. The change in degrees or points is written beside it, in bold if it is beyond
    the noise. Measures whose noise is not known have no bar and no mark, only numbers.

    Parameters
    ----------
    courses
        Courses of the measures, in the order to draw within each leg.
    ax
        Axes of the height given by :func:`forest_height_pt`; if they are lower, the last measures
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
        for course in rows[:n_fitting]:
            y -= columns.row_pt
            _draw_row(ax, course, columns, y)
            n_drawn += 1
    _draw_foot(ax, courses, columns, y, n_missing=len(courses) - n_drawn)
    return ax


def _reach(course: MeasureCourse) -> float:
    """Farthest distance of the interval of a change from zero, in MDC; 0 if not known."""
    pair = course.comparison
    if pair is None or not pair.mdc:
        return 0.0
    edges = [edge for edge in (pair.change, pair.low, pair.high) if math.isfinite(edge)]
    return max(abs(edge) for edge in edges) / pair.mdc


def _columns(courses: Sequence[MeasureCourse], width: float) -> _Columns:
    tasks = {task_words(course.key.task) for course in courses}
    shared_task = tasks.pop() if len(tasks) == 1 else ""
    changes = max(text_width_pt(change_text(course), SMALL_PT, is_bold=True) for course in courses)
    stop = max(width - changes - 12.0, 0.25 * width)
    names = max(text_width_pt(_row_name(course, shared_task), SMALL_PT) for course in courses)
    # Names that do not fit beside the picture are written above their rows.
    is_stacked = width < _WIDE_PT or names > _MOST_NAMES * width
    start = 3.0 if is_stacked else names + 12.0
    return _Columns(width, start, stop, forest_limit(courses), is_stacked, shared_task)


def forest_limit(courses: Sequence[MeasureCourse]) -> float:
    """Return how far the scale of a forest plot reaches to either side.

    Parameters
    ----------
    courses
        Courses of the measures that share the scale.

    Returns
    -------
    float
        Half width of the scale in minimal detectable changes (MDC), at least 1.6.
    """
    reach = min(max((_reach(course) for course in courses), default=0.0), _MOST_MDC)
    pairs = [course.comparison for course in courses if course.comparison]
    changes = [abs(pair.change) / pair.mdc for pair in pairs if pair.mdc]
    return max(1.15 * reach, 1.15 * min(max(changes, default=0.0), _MOST_CHANGE_MDC), 1.6)


def plot_change(course: MeasureCourse, ax: Axes, *, limit: float) -> Axes:
    """Plot one row of the forest plot, as wide as the axes.

    Parameters
    ----------
    course
        Course of one measure; nothing is drawn if its noise is not known.
    ax
        Axes to draw on.
    limit
        Half width of the scale in MDC: :func:`forest_limit` over all measures of the same column.

    Returns
    -------
    Axes
        `ax`.
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
    put_text(ax, 2.0, y, leg, size=TEXT_PT, colour=style_of(side).colour, is_bold=True)
    if shared_task:
        put_text(ax, 8.0 + text_width_pt(leg, TEXT_PT, is_bold=True), y, shared_task)


def _draw_row(ax: Axes, course: MeasureCourse, columns: _Columns, y: float) -> None:
    pair = course.comparison
    is_beyond = pair is not None and pair.verdict is Verdict.BEYOND
    name_y, room = (y + 15.5, columns.width) if columns.is_stacked else (y + 4.6, columns.start)
    name = shortened(_row_name(course, columns.shared_task), room - 8.0, SMALL_PT)
    put_text(ax, 2.0, name_y, name, colour=INK)
    put_text(
        ax, columns.width - 2.0, y + 4.6, change_text(course), ha="right", is_bold=is_beyond,
        colour=INK if pair else MUTED,
    )  # fmt: skip
    if pair is None:
        return
    if not pair.mdc:
        words = shortened("MDC not known", columns.stop - columns.start, SMALL_PT)
        put_text(ax, 0.5 * (columns.start + columns.stop), y + 4.6, words, ha="center")
        return
    _draw_change(ax, pair, columns, y + 7.5)


def _draw_change(ax: Axes, pair: BlockComparison, columns: _Columns, y: float) -> None:
    mdc = pair.mdc or math.nan
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
    style = style_of(pair.key.side)
    if math.isfinite(pair.low) and math.isfinite(pair.high):
        _draw_interval(ax, columns, (pair.low / mdc, pair.high / mdc), y, style.colour)
    if abs(pair.change / mdc) <= columns.limit:
        ax.plot(
            [columns.x(pair.change / mdc)], [y], marker=style.marker, color=style.colour,
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
        bottom -= 0.0 if any(_reach(course) for course in courses) else 11.0
    if not any(_reach(course) for course in courses):
        reason = next((course.not_compared for course in courses if course.not_compared), "")
        lines = wrapped(reason, columns.width - 4.0, SMALL_PT, n_lines=_REASON_LINES)
        for row, line in enumerate(lines):
            put_text(ax, 2.0, bottom - 11.0 * (row + 1), line)
        return
    _draw_directions(ax, columns, bottom - 10.0)
    swatch = {"color": _BAR, "linewidth": 7.0, "solid_capstyle": "butt"}
    items = [KeyItem("measurement noise (± MDC)", swatch)]
    draw_key(ax, fit_key(items, columns.width - 4.0), left_pt=-2.0, below_pt=13.0 - bottom)


def _draw_directions(ax: Axes, columns: _Columns, y: float) -> None:
    """Write what either side of zero means; beside the scale if that is too narrow."""
    widths = [text_width_pt(direction, SMALL_PT) for direction in _DIRECTIONS]
    middle = columns.x(0.0)
    left = max(min(columns.start, middle - 8.0 - widths[0]), 2.0)
    right = max(columns.stop - widths[1], middle + 8.0, left + widths[0] + 8.0)
    put_text(ax, left, y, _DIRECTIONS[0])
    put_text(ax, right, y, _DIRECTIONS[1])
    if middle - 4.0 > left + widths[0]:
        put_text(ax, middle, y, "0", ha="center")
