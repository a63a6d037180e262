"""The forest plot: how far every measure has moved since the baseline, beside its noise."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from imu_valgus.model import Side
from imu_valgus.pipeline.course_types import MeasureCourse
from imu_valgus.plots.frame import box_pt, draw_notice, points, put_text
from imu_valgus.plots.measure_labels import measure_label, signed, task_words
from imu_valgus.plots.style import INK, MUTED, RULE, SIDE_STYLES, SMALL_PT, TEXT_PT
from imu_valgus.plots.text_fit import shortened, text_width_pt
from imu_valgus.progress.verdict import Verdict

__all__ = ["change_text", "forest_height_pt", "plot_forest"]

_ROW_PT = 15.0
_STACKED_ROW_PT = 26.0
_HEADING_PT = 17.0
_FOOT_PT = 27.0
_WIDE_PT = 380.0
_MOST_MDC = 4.0
_MARKERS = {Side.LEFT: "o", Side.RIGHT: "s", None: "D"}


def change_text(course: MeasureCourse) -> str:
    """Change since the baseline with its 95 % interval, in the measure's own unit.

    Returns
    -------
    str
        Like "−4.2° (−6.1 to −2.3)", or "not compared".
    """
    comparison = course.comparison
    if comparison is None:
        return "not compared"
    unit = course.key.unit
    change = signed(comparison.change, unit)
    if not (math.isfinite(comparison.low) and math.isfinite(comparison.high)):
        return f"{change} (interval not known)"
    low, high = (
        signed(edge, unit).split("°")[0].split(" ")[0] for edge in (comparison.low, comparison.high)
    )
    return f"{change} ({low} to {high})"


def _groups(courses: Sequence[MeasureCourse]) -> list[tuple[Side | None, list[MeasureCourse]]]:
    order = {Side.LEFT: 0, Side.RIGHT: 1, None: 2}
    ordered = sorted(courses, key=lambda one: order[one.key.side])
    return [(side, list(rows)) for side, rows in groupby(ordered, key=lambda one: one.key.side)]


def forest_height_pt(courses: Sequence[MeasureCourse], width_pt: float) -> float:
    """Height in points that the forest plot of these measures needs at a width."""
    row = _ROW_PT if width_pt >= _WIDE_PT else _STACKED_ROW_PT
    return _HEADING_PT * len(_groups(courses)) + row * len(courses) + _FOOT_PT + 4.0


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where names end, the picture lies and figures end, in points from the left edge."""

    width: float
    start: float
    stop: float
    is_stacked: bool
    limit: float

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
    box = box_pt(ax)
    columns = _columns(courses, box.width)
    y, used = box.height, 0
    row_pt = _STACKED_ROW_PT if columns.is_stacked else _ROW_PT
    for side, rows in _groups(courses):
        if y - _HEADING_PT - row_pt < _FOOT_PT:
            break
        y -= _HEADING_PT
        _draw_heading(ax, side, y + 4.5)
        for one in rows:
            if y - row_pt < _FOOT_PT:
                break
            y -= row_pt
            _draw_row(ax, one, columns, y)
            used += 1
    _draw_scale(ax, columns, y, n_missing=len(courses) - used)
    return ax


def _columns(courses: Sequence[MeasureCourse], width: float) -> _Columns:
    reach = [1.0]
    for one in courses:
        found = one.comparison
        if found is not None and found.mdc:
            edges = [found.change, found.low, found.high]
            reach += [abs(edge) / found.mdc for edge in edges if math.isfinite(edge)]
    limit = min(max(1.25 * max(reach), 1.6), _MOST_MDC)
    if width < _WIDE_PT:
        return _Columns(width, 2.0, width - 2.0, is_stacked=True, limit=limit)
    figures = max(text_width_pt(change_text(one), SMALL_PT, is_bold=True) for one in courses)
    names = max(text_width_pt(_row_name(one), SMALL_PT) for one in courses)
    start = min(names, 0.42 * width) + 10.0
    return _Columns(width, start, width - figures - 10.0, is_stacked=False, limit=limit)


def _row_name(course: MeasureCourse) -> str:
    task = task_words(course.key).rpartition(", ")[2]
    return f"{measure_label(course.key).name} ({task})"


def _draw_heading(ax: Axes, side: Side | None, y: float) -> None:
    text = f"{str(side).capitalize()} leg" if side else "Both legs"
    colour = SIDE_STYLES[side].colour if side else INK
    put_text(ax, 2.0, y, text, size=TEXT_PT, colour=colour, is_bold=True)


def _draw_row(ax: Axes, course: MeasureCourse, columns: _Columns, y: float) -> None:
    found = course.comparison
    is_beyond = found is not None and found.verdict is Verdict.BEYOND
    words = change_text(course)
    text_y, mark_y = (y + 16.0, y + 8.0) if columns.is_stacked else (y + 4.6, y + 7.5)
    figures = text_width_pt(words, SMALL_PT, is_bold=is_beyond)
    room = columns.width - figures - 14.0 if columns.is_stacked else columns.start - 8.0
    put_text(ax, 2.0, text_y, shortened(_row_name(course), room, SMALL_PT), colour=INK)
    put_text(
        ax, columns.width - 2.0, text_y, words, ha="right", is_bold=is_beyond,
        colour=INK if found else MUTED,
    )  # fmt: skip
    if found is None or not found.mdc:
        return
    low, high = columns.x(-1.0), columns.x(1.0)
    ax.add_patch(
        Rectangle(
            (low, mark_y - 4.0), high - low, 8.0, facecolor="#dfe3e8", edgecolor="none",
            transform=points(ax), clip_on=False, zorder=1.0,
        )
    )  # fmt: skip
    side = course.key.side
    colour = SIDE_STYLES[side].colour if side else INK
    if math.isfinite(found.low) and math.isfinite(found.high):
        _draw_interval(ax, columns, (found.low / found.mdc, found.high / found.mdc), mark_y, colour)
    at = found.change / found.mdc
    if abs(at) <= columns.limit:
        ax.plot(
            [columns.x(at)], [mark_y], marker=_MARKERS[side], color=colour, markersize=5.5,
            transform=points(ax), clip_on=False, zorder=3.0, gid="change",
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
                color=colour, transform=points(ax), clip_on=False, zorder=2.5, gid="beyond",
            )  # fmt: skip


def _draw_scale(ax: Axes, columns: _Columns, bottom: float, *, n_missing: int) -> None:
    top = box_pt(ax).height - _HEADING_PT + 2.0
    for in_mdc, words in ((-1.0, "−MDC"), (0.0, "0"), (1.0, "+MDC")):
        x = columns.x(in_mdc)
        ax.plot(
            [x, x], [bottom - 2.0, top if in_mdc == 0.0 and not columns.is_stacked else bottom],
            color=RULE if in_mdc else MUTED, linewidth=0.8, transform=points(ax), clip_on=False,
            zorder=1.5,
        )  # fmt: skip
        put_text(ax, x, bottom - 11.0, words, ha="center")
    put_text(ax, columns.start, bottom - 22.0, "← smaller")
    put_text(ax, columns.stop, bottom - 22.0, "larger →", ha="right")
    if n_missing:
        put_text(ax, 2.0, bottom - 11.0, f"and {n_missing} more")
