"""The progress chart: one measure of one leg over the weeks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes

from imu_valgus.model.programme import Programme
from imu_valgus.plots.course_scale import (
    LEFT_PT,
    RIGHT_PT,
    TrendBand,
    ValueTicks,
    course_limits,
    origin_of,
    session_half_width,
    trend_bands,
    value_limits,
    value_ticks,
)
from imu_valgus.plots.frame import (
    Header,
    Key,
    KeyItem,
    Margins,
    box_pt,
    draw_header,
    draw_key,
    draw_notice,
    fit_header,
    fit_key,
    inset,
    put_text,
)
from imu_valgus.plots.labels import leg_words, measure_label, task_words
from imu_valgus.plots.style import INK, MUTED, SMALL_PT, SideStyle, clean_axes, style_of
from imu_valgus.plots.text_fit import text_width_pt
from imu_valgus.plots.weeks import (
    PhaseSpan,
    draw_phases,
    phase_height_pt,
    phase_spans,
    set_weeks,
)
from imu_valgus.progress.course_types import BaselineBand, CoursePoint, MeasureCourse
from imu_valgus.progress.verdict import with_unit

__all__ = ["plot_course"]

_GREY: Final = "#8d97a1"
_TICKS_PT: Final = 13.0
_NAME_PT: Final = 11.5
_LOW_PT: Final = 150.0
_LEAST_DATA_PT: Final = 36.0


def plot_course(
    course: MeasureCourse,
    ax: Axes,
    *,
    programme: Programme | None = None,
    x_limits: tuple[float, float] | None = None,
    y_limits: tuple[float, float] | None = None,
    numbers_phases: bool = False,
) -> Axes:
    """Plot one measure of one leg over the weeks, inside the rectangle of the axes.

    Small grey dots are repetitions. The large mark is the value of the session in the colour of
    the leg, its bar the 95 % interval within that session (:func:`session_half_width`). Hollow
    marks are sessions that do not count; a ring marks sessions that differ from the baseline. The
    grey baseline band holds 19 of 20 sessions as long as nothing changes. The line and its ribbon
    are the trend and its 95 % band over the sessions that count.

    Parameters
    ----------
    course
        Course of one measure of one leg.
    ax
        Axes of any size from about 60 × 40 mm; everything is drawn inside their rectangle, so
        they need no margins around them.
    programme
        Programme whose phases are shaded and named.
    x_limits, y_limits
        Scales shared with other charts (:func:`shared_weeks`, :func:`value_limits`); None to fit
        this course.
    numbers_phases
        Whether phases are numbered instead of named, for a page that prints
        :func:`~imu_valgus.plots.weeks.phase_key` beside the drawing.

    Returns
    -------
    Axes
        `ax`, shrunk to make room for title, tick labels, names and key.
    """
    clean_axes(ax)
    outer = box_pt(ax)
    x_limits = x_limits or course_limits(course, programme) or (-1.0, 1.0)
    ticks = value_ticks(y_limits or value_limits([course]), outer.height)
    origin = origin_of(course)
    phases = phase_spans(programme, origin, is_numbered=numbers_phases) if origin else ()
    start = "the programme began" if programme else "the first session"
    layout = _fit(course, phases, (outer.width, outer.height), x_limits, ticks, start=start)
    inset(ax, layout.margins)
    draw_header(ax, layout.header, left_pt=layout.margins.left, above_pt=layout.phases_pt or 5.0)
    if not course.points:
        ax.set_axis_off()
        draw_notice(ax, "No session with this measure yet.")
        return ax
    set_weeks(ax, x_limits)
    ax.set_yticks(ticks.at, ticks.words)
    ax.set_ylim(ticks.low, ticks.high)
    draw_phases(ax, layout.phases, x_limits, is_named=layout.phases_pt > 0.0)
    style = style_of(course.key.side)
    _draw_baseline_band(ax, course.band)
    _draw_trend(ax, trend_bands(course), style)
    _draw_points(ax, course, style, x_limits)
    put_text(ax, box_pt(ax).width, -_TICKS_PT - 8.0, layout.x_name, ha="right")
    draw_key(ax, layout.key, left_pt=layout.margins.left, below_pt=_TICKS_PT + _NAME_PT)
    return ax


@dataclass(frozen=True, slots=True)
class _Layout:
    margins: Margins
    header: Header
    key: Key
    phases: tuple[PhaseSpan, ...]
    phases_pt: float
    x_name: str


def _fit(
    course: MeasureCourse,
    phases: tuple[PhaseSpan, ...],
    size_pt: tuple[float, float],
    x_limits: tuple[float, float],
    ticks: ValueTicks,
    *,
    start: str,
) -> _Layout:
    width, height = size_pt
    label, is_low = measure_label(course.key), height < _LOW_PT
    leg_and_task = f"{leg_words(course.key.side)}, {task_words(course.key.task)}"
    header = fit_header(label.name, [leg_and_task, label.directions], width, is_low=is_low)
    left = max(LEFT_PT, *(text_width_pt(word, SMALL_PT) + 8.0 for word in ticks.words))
    phases_pt = phase_height_pt(phases, x_limits, width - left - RIGHT_PT)
    bottom = _TICKS_PT + _NAME_PT
    if height - header.height_pt - phases_pt - bottom < _LEAST_DATA_PT:
        phases_pt = 0.0
    top = header.height_pt + (phases_pt or 5.0) + 3.0
    key = fit_key(_key_items(course), width)
    if height - top - bottom - key.height_pt < _LEAST_DATA_PT:
        key = Key(())
    x_name = f"weeks since {start}"
    if text_width_pt(x_name, SMALL_PT) > width - left - RIGHT_PT:
        x_name = "weeks"
    margins = Margins(left, RIGHT_PT, top, bottom + key.height_pt + 2.0)
    return _Layout(margins, header, key, phases, phases_pt, x_name)


def _key_items(course: MeasureCourse) -> list[KeyItem]:
    items = []
    style = style_of(course.key.side)
    marker = {"marker": style.marker, "color": style.colour, "markersize": 5.0}
    if course.band is not None and course.points:
        half = with_unit(course.band.half, course.key.unit)
        is_assumed = course.repeatability is not None and course.repeatability.is_assumed
        words = f"baseline ± MDC ({half}{', assumed' if is_assumed else ''})"
        swatch = {"color": _GREY, "alpha": 0.3, "linewidth": 7.0, "solid_capstyle": "butt"}
        items.append(KeyItem(words, swatch))
    if any(point.left_out for point in course.points):
        items.append(KeyItem("does not count", {**marker, **_HOLLOW}, is_point=True))
    if any(point.stands_out for point in course.points):
        items.append(KeyItem("differs from baseline", _ring(style, 5.0, 9.0), is_point=True))
    return items


_HOLLOW: dict[str, Any] = {"markerfacecolor": "white", "markeredgewidth": 1.1}


def _ring(style: SideStyle, markersize: float, gap_pt: float) -> dict[str, Any]:
    """Style the ring around a mark: tighter and thinner if marks stand close together."""
    room = float(np.clip(gap_pt - markersize, 1.6, 4.0))
    return {
        "marker": style.marker, "markersize": markersize + room, "markerfacecolor": "none",
        "markeredgecolor": INK, "markeredgewidth": 0.6 + 0.1 * room,
    }  # fmt: skip


def _draw_baseline_band(ax: Axes, band: BaselineBand | None) -> None:
    if band is None:
        return
    low, high = band.centre - band.half, band.centre + band.half
    ax.axhspan(low, high, facecolor=_GREY, alpha=0.2, linewidth=0, zorder=1.2, gid="baseline band")
    for edge in (low, high):
        ax.axhline(edge, color=_GREY, linewidth=0.8, zorder=1.3)
    ax.axhline(band.centre, color=_GREY, linewidth=0.8, linestyle=(0.0, (1.0, 2.0)), zorder=1.3)


def _draw_trend(ax: Axes, bands: Sequence[TrendBand], style: SideStyle) -> None:
    for band in bands:
        ax.fill_between(
            band.weeks, band.low, band.high, color=style.colour, alpha=0.16, linewidth=0,
            zorder=2, gid="ribbon",
        )  # fmt: skip
        ax.plot(
            band.weeks, band.centre, color=style.colour, linestyle=style.line, linewidth=1.6,
            zorder=3, gid="trend",
        )  # fmt: skip


def _draw_points(
    ax: Axes, course: MeasureCourse, style: SideStyle, x_limits: tuple[float, float]
) -> None:
    per_week = box_pt(ax).width / (x_limits[1] - x_limits[0])
    gap_pt = _usual_gap(course.points) * per_week
    size = float(np.clip(0.85 * gap_pt, 3.6, 6.5))
    _draw_repetitions(ax, course.points, spread_weeks=min(0.32 * gap_pt, 3.4) / per_week)
    marks: dict[str, Any] = {"marker": style.marker, "color": style.colour, "markersize": size}
    counted = [point for point in course.points if not point.left_out]
    _draw_intervals(ax, counted, style.colour, alpha=1.0)
    _draw_values(ax, counted, gid="counted", zorder=4.5, **marks)
    left_out = [point for point in course.points if point.left_out]
    _draw_intervals(ax, left_out, style.colour, alpha=0.45)
    _draw_values(ax, left_out, gid="left out", zorder=4.5, **marks, **_HOLLOW)
    differing = [point for point in course.points if point.stands_out]
    ring = _ring(style, size, gap_pt)
    _draw_values(ax, differing, gid="differs from baseline", zorder=4.6, **ring)


def _draw_values(ax: Axes, points: Sequence[CoursePoint], **style: Any) -> None:
    if points:
        weeks = [point.weeks for point in points]
        ax.plot(weeks, [point.measure.value for point in points], linestyle="", **style)


def _usual_gap(points: Sequence[CoursePoint]) -> float:
    """Median time between sessions in weeks; sessions of the same day do not count."""
    gaps = np.diff([point.weeks for point in points])
    gaps = gaps[gaps > 0.1]
    return float(np.median(gaps)) if gaps.size else math.inf


def _draw_repetitions(ax: Axes, points: Sequence[CoursePoint], *, spread_weeks: float) -> None:
    """Draw repetitions as dots, spread sideways in an order that looks random but is fixed."""
    golden = 0.5 * (math.sqrt(5.0) - 1.0)
    weeks: list[float] = []
    values: list[float] = []
    for point in points:
        for number, value in enumerate(point.measure.repetitions):
            weeks.append(point.weeks + spread_weeks * (2.0 * ((number * golden) % 1.0) - 1.0))
            values.append(value)
    if values:
        ax.plot(
            weeks, values, linestyle="", marker="o", markersize=2.0, color=MUTED, alpha=0.45,
            markeredgewidth=0.0, zorder=2.5, gid="repetitions",
        )  # fmt: skip


def _draw_intervals(ax: Axes, points: Sequence[CoursePoint], colour: str, *, alpha: float) -> None:
    halves = [(point, session_half_width(point.measure)) for point in points]
    known = [(point, half) for point, half in halves if math.isfinite(half)]
    if known:
        ax.vlines(
            [point.weeks for point, _ in known],
            [point.measure.value - half for point, half in known],
            [point.measure.value + half for point, half in known],
            color=colour, alpha=alpha, linewidth=1.1, zorder=4.0, gid="intervals",
        )  # fmt: skip
