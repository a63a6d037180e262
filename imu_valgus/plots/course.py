"""The progress chart: one measure of one leg over the weeks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes

from imu_valgus.model import Side
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
from imu_valgus.plots.style import INK, MUTED, SIDE_STYLES, SMALL_PT, SideStyle, clean_axes
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

GREY: Final = "#8d97a1"
_MARKERS = {Side.LEFT: "o", Side.RIGHT: "s", None: "D"}
_BOTH_LEGS = SideStyle(INK, "-", 0)
_FIGURES_PT: Final = 13.0
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

    Small grey dots are repetitions, the large mark is the session's figure in the colour of the
    leg, its bar the 95 % interval within that session (:func:`session_half_width`). Hollow marks
    are sessions that do not count; a ring goes round those that stand out from the baseline. The
    grey corridor is where sessions lie as long as nothing changes; the line with its ribbon is
    the trend and its 95 % band over the sessions that count.

    Parameters
    ----------
    course
        One measure of one leg.
    ax
        Any rectangle from about 60 × 40 mm; its size is all the room that is used, so leave no
        margins around it.
    programme
        Its phases are shaded and named.
    x_limits, y_limits
        Shared scales (:func:`course_limits`, :func:`value_limits`); None for the course's own.
    numbers_phases
        Number the phases instead of naming them, where :func:`~imu_valgus.plots.weeks.phase_key`
        stands beside the drawing.

    Returns
    -------
    Axes
        `ax`, smaller by title, figures, names and key.
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
    style = SIDE_STYLES[course.key.side] if course.key.side else _BOTH_LEGS
    _draw_baseline_band(ax, course.band)
    _draw_trend(ax, trend_bands(course), style)
    _draw_points(ax, course, style, x_limits)
    put_text(ax, box_pt(ax).width, -_FIGURES_PT - 8.0, layout.x_name, ha="right")
    draw_key(
        ax, layout.key, left_pt=layout.margins.left, below_pt=_FIGURES_PT + _NAME_PT,
    )  # fmt: skip
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
    whose = f"{leg_words(course.key.side)}, {task_words(course.key.task)}"
    header = fit_header(label.name, [whose, label.directions], width, is_low=is_low)
    left = max(LEFT_PT, *(text_width_pt(word, SMALL_PT) + 8.0 for word in ticks.words))
    phases_pt = phase_height_pt(phases, x_limits, width - left - RIGHT_PT)
    bottom = _FIGURES_PT + _NAME_PT
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
    style = SIDE_STYLES[course.key.side] if course.key.side else _BOTH_LEGS
    marker = {"marker": _MARKERS[course.key.side], "color": style.colour, "markersize": 5.0}
    if course.band is not None and course.points:
        half = with_unit(course.band.half, course.key.unit)
        is_assumed = course.repeatability is not None and course.repeatability.is_assumed
        words = f"baseline ± MDC ({half}{', assumed' if is_assumed else ''})"
        swatch = {"color": GREY, "alpha": 0.3, "linewidth": 7.0, "solid_capstyle": "butt"}
        items.append(KeyItem(words, swatch))
    if any(point.left_out for point in course.points):
        items.append(KeyItem("does not count", {**marker, **_HOLLOW}, is_point=True))
    if any(point.stands_out for point in course.points):
        items.append(KeyItem("stands out", _ring(course.key.side, 5.0, 9.0), is_point=True))
    return items


_HOLLOW: dict[str, Any] = {"markerfacecolor": "white", "markeredgewidth": 1.1}


def _ring(side: Side | None, markersize: float, gap_pt: float) -> dict[str, Any]:
    """Style the outline round a mark: closer and thinner where marks stand close together."""
    room = float(np.clip(gap_pt - markersize, 1.6, 4.0))
    return {
        "marker": _MARKERS[side], "markersize": markersize + room, "markerfacecolor": "none",
        "markeredgecolor": INK, "markeredgewidth": 0.6 + 0.1 * room,
    }  # fmt: skip


def _draw_baseline_band(ax: Axes, band: BaselineBand | None) -> None:
    if band is None:
        return
    low, high = band.centre - band.half, band.centre + band.half
    ax.axhspan(low, high, facecolor=GREY, alpha=0.2, linewidth=0, zorder=1.2, gid="corridor")
    for edge in (low, high):
        ax.axhline(edge, color=GREY, linewidth=0.8, zorder=1.3)
    ax.axhline(band.centre, color=GREY, linewidth=0.8, linestyle=(0.0, (1.0, 2.0)), zorder=1.3)


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
    marker: dict[str, Any] = {
        "linestyle": "",
        "marker": _MARKERS[course.key.side],
        "color": style.colour,
    }
    fills: tuple[tuple[bool, str, dict[str, Any]], ...] = (
        (True, "counted", {}),
        (False, "left out", _HOLLOW),
    )
    for is_counted, gid, fill in fills:
        chosen = [one for one in course.points if bool(one.left_out) is not is_counted]
        _draw_intervals(ax, chosen, style.colour, alpha=1.0 if is_counted else 0.45)
        if chosen:
            ax.plot(
                [one.weeks for one in chosen], [one.measure.value for one in chosen],
                markersize=size, zorder=4.5, gid=gid, **marker, **fill,
            )  # fmt: skip
    outstanding = [one for one in course.points if one.stands_out]
    if outstanding:
        ax.plot(
            [one.weeks for one in outstanding], [one.measure.value for one in outstanding],
            linestyle="", zorder=4.6, gid="stands out", **_ring(course.key.side, size, gap_pt),
        )  # fmt: skip


def _usual_gap(points: Sequence[CoursePoint]) -> float:
    """Median time between neighbours in weeks, re-donnings of a day aside."""
    gaps = np.diff([point.weeks for point in points])
    gaps = gaps[gaps > 0.1]
    return float(np.median(gaps)) if gaps.size else math.inf


def _draw_repetitions(ax: Axes, points: Sequence[CoursePoint], *, spread_weeks: float) -> None:
    """Dots beside each other in an order that looks random and is always the same."""
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
    known = [(one, session_half_width(one.measure)) for one in points]
    known = [(one, half) for one, half in known if math.isfinite(half)]
    if known:
        ax.vlines(
            [one.weeks for one, _ in known],
            [one.measure.value - half for one, half in known],
            [one.measure.value + half for one, half in known],
            color=colour, alpha=alpha, linewidth=1.1, zorder=4.0, gid="intervals",
        )  # fmt: skip
