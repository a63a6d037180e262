"""The axis of weeks: how far it goes, its figures, and the phases of a programme above it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import blended_transform_factory

from imu_valgus.model.programme import Programme
from imu_valgus.plots.frame import box_pt, points, put_text
from imu_valgus.plots.style import RULE, SMALL_PT
from imu_valgus.plots.text_fit import text_width_pt, wrapped
from imu_valgus.plots.text_flow import printable
from imu_valgus.progress.course_types import WEEK

__all__ = [
    "PhaseSpan",
    "draw_phases",
    "phase_height_pt",
    "phase_key",
    "phase_spans",
    "set_weeks",
    "week_limits",
]

_LINE_PT = 10.0
_SHADES = ("#e3e8ee", "#f1f3f6")
_LEAST_WEEKS = 2.0


@dataclass(frozen=True, slots=True)
class PhaseSpan:
    """A phase of the programme on the axis of weeks, half-open."""

    name: str
    start: float
    stop: float


def phase_spans(
    programme: Programme | None, origin: datetime, *, is_numbered: bool = False
) -> tuple[PhaseSpan, ...]:
    """Place the phases of a programme on the axis of weeks, in order of time.

    Parameters
    ----------
    programme
        None where there is none.
    origin
        Week 0.
    is_numbered
        Call them 1, 2, 3 where names have no room; :func:`phase_key` says which is which.
    """

    def weeks_of(day: date) -> float:
        return (datetime.combine(day, time(), origin.tzinfo) - origin) / WEEK

    phases = programme.phases if programme else ()
    spans = [
        PhaseSpan(
            printable(one.name),
            weeks_of(one.first_day),
            weeks_of(one.last_day + timedelta(days=1)),
        )
        for one in phases
    ]
    ordered = sorted(spans, key=lambda span: (span.start, span.stop))
    if is_numbered:
        ordered = [replace(one, name=f"{1 + place}") for place, one in enumerate(ordered)]
    return tuple(ordered)


def phase_key(programme: Programme | None, origin: datetime) -> str:
    """Say which phase each number stands for; empty without phases."""
    names = [one.name for one in phase_spans(programme, origin)]
    told = ", ".join(f"{1 + place} {name}" for place, name in enumerate(names))
    return f"Phases: {told}." if told else ""


def week_limits(weeks: Sequence[float], phases: Sequence[PhaseSpan] = ()) -> tuple[float, float]:
    """First and last week to show: all sessions, and the phases that they have reached.

    What is still to come of a phase is shown up to as much again as has passed, so that the
    first sessions of a long programme are not pressed against the edge.

    Parameters
    ----------
    weeks
        Times of the sessions, not empty.
    phases
        Of the programme.
    """
    first, last = min(weeks), max(weeks)
    reached = [one for one in phases if one.start <= last + 1e-9]
    begun = min([first, *(one.start for one in reached)])
    ending = max([last, *(one.stop for one in reached)])
    passed = max(last - first, _LEAST_WEEKS)
    low, high = max(begun, first - passed), min(ending, last + passed)
    pad = 0.04 * max(high - low, _LEAST_WEEKS)
    missing = max(_LEAST_WEEKS - (high - low + 2.0 * pad), 0.0)
    return low - pad - 0.5 * missing, high + pad + 0.5 * missing


def set_weeks(ax: Axes, limits: tuple[float, float]) -> None:
    """Set the axis of weeks with whole weeks as its figures, as many as have room."""
    low, high = limits
    n_bins = max(int(box_pt(ax).width // 26.0), 2)
    locator = MaxNLocator(nbins=n_bins, integer=True, min_n_ticks=1)
    ticks = np.asarray(locator.tick_values(low, high))
    shown = np.round(ticks[(ticks >= low) & (ticks <= high)])
    ax.set_xticks(shown, [f"{week:,.0f}".replace("-", "−") for week in shown])
    ax.set_xlim(low, high)


def _lanes(phases: Sequence[PhaseSpan]) -> list[int]:
    """Give phases that overlap lanes above each other."""
    free_from: list[float] = []
    lanes = []
    for one in phases:
        lane = next((i for i, at in enumerate(free_from) if at <= one.start + 1e-9), None)
        if lane is None:
            lane = len(free_from)
            free_from.append(-math.inf)
        free_from[lane] = one.stop
        lanes.append(lane)
    return lanes


def _visible(
    phases: Sequence[PhaseSpan], limits: tuple[float, float], width_pt: float
) -> list[tuple[PhaseSpan, float, float]]:
    """Keep the phases within the limits, with their edges in points."""
    low, high = limits
    scale = width_pt / (high - low)
    return [
        (one, (max(one.start, low) - low) * scale, (min(one.stop, high) - low) * scale)
        for one in phases
        if one.start < high and one.stop > low
    ]


def _name_lines(name: str, left: float, right: float) -> tuple[str, ...]:
    return wrapped(name, right - left - 4.0, SMALL_PT, n_lines=2) or ("…",)


def _n_lines(seen: Sequence[tuple[PhaseSpan, float, float]]) -> int:
    return max(len(_name_lines(one.name, left, right)) for one, left, right in seen)


def phase_height_pt(
    phases: Sequence[PhaseSpan], limits: tuple[float, float], width_pt: float
) -> float:
    """Room above the data that the names of the phases need."""
    seen = _visible(phases, limits, width_pt)
    if not seen:
        return 0.0
    n_lanes = max(_lanes([one for one, _, _ in seen])) + 1
    return n_lanes * (_n_lines(seen) * _LINE_PT + 3.0) + 2.0


def draw_phases(
    ax: Axes, phases: Sequence[PhaseSpan], limits: tuple[float, float], *, is_named: bool = True
) -> None:
    """Shade the phases in turn and write their names in a strip above the data.

    Names break into two lines and are cut off with an ellipsis where the phase is too short.
    Phases that overlap have strips above each other; the lowest shades the data.

    Parameters
    ----------
    ax
        With its axis of weeks.
    phases, limits
        As given to :func:`phase_height_pt`.
    is_named
        Whether there is the strip.
    """
    box = box_pt(ax)
    seen = _visible(phases, limits, box.width)
    lanes = _lanes([one for one, _, _ in seen])
    lane_pt = (_n_lines(seen) if seen else 0) * _LINE_PT + 3.0
    for row, (one, left, right) in enumerate(seen):
        shade = _SHADES[row % 2]
        if lanes[row] == 0:
            ax.axvspan(
                max(one.start, limits[0]), min(one.stop, limits[1]), facecolor=shade,
                alpha=0.45, linewidth=0, zorder=0.5,
            )  # fmt: skip
        if is_named:
            y = box.height + 2.0 + lanes[row] * lane_pt
            _draw_name(ax, (left, y, right, y + lane_pt - 1.0), one.name, shade)
    if phases and limits[0] < 0.0 < limits[1]:
        _draw_start(ax)


def _draw_name(ax: Axes, corners: tuple[float, float, float, float], name: str, shade: str) -> None:
    left, bottom, right, top = corners
    ax.add_patch(
        Rectangle(
            (left, bottom), right - left - 0.8, top - bottom, facecolor=shade, edgecolor="none",
            transform=points(ax), clip_on=False, zorder=0.6, gid="phase",
        )
    )  # fmt: skip
    lines = _name_lines(name, left, right)
    if right - left < text_width_pt(lines[0], SMALL_PT):
        return
    for row, line in enumerate(lines):
        y = 0.5 * (bottom + top) + _LINE_PT * (0.5 * (len(lines) - 1) - row) - 2.9
        put_text(ax, 0.5 * (left + right), y, line, ha="center")


def _draw_start(ax: Axes) -> None:
    ax.plot(
        [0.0, 0.0], [0.0, 1.0], color=RULE, linewidth=1.0, zorder=1.0,
        transform=blended_transform_factory(ax.transData, ax.transAxes),
    )  # fmt: skip
