"""The axis of weeks: its limits, its ticks, and the phases of a programme above it."""

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
    """Phase of a programme on the axis of weeks.

    Parameters
    ----------
    name
        Name of the phase, or its number.
    start, stop
        First moment of the phase and first moment after it, in weeks since the origin.
    """

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
        The programme, None if there is none.
    origin
        Moment of week 0.
    is_numbered
        Whether phases are called 1, 2, 3 because names have no room; :func:`phase_key` says which
        is which.

    Returns
    -------
    tuple of PhaseSpan
        The phases; empty without a programme.
    """

    def weeks_of(day: date) -> float:
        return (datetime.combine(day, time(), origin.tzinfo) - origin) / WEEK

    phases = programme.phases if programme else ()
    spans = [
        PhaseSpan(
            printable(phase.name),
            weeks_of(phase.first_day),
            weeks_of(phase.last_day + timedelta(days=1)),
        )
        for phase in phases
    ]
    ordered = sorted(spans, key=lambda span: (span.start, span.stop))
    if is_numbered:
        ordered = [replace(span, name=f"{number}") for number, span in enumerate(ordered, start=1)]
    return tuple(ordered)


def phase_key(programme: Programme | None, origin: datetime) -> str:
    """Write a sentence that says which phase each number stands for.

    Parameters
    ----------
    programme, origin
        As for :func:`phase_spans`.

    Returns
    -------
    str
        The sentence; empty without phases.
    """
    spans = phase_spans(programme, origin)
    names = ", ".join(f"{number} {span.name}" for number, span in enumerate(spans, start=1))
    return f"Phases: {names}." if names else ""


def week_limits(weeks: Sequence[float], phases: Sequence[PhaseSpan] = ()) -> tuple[float, float]:
    """Choose the first and last week to show: all sessions, and the phases they have reached.

    At most as much time is shown ahead as has already passed, so that the first sessions of a
    long programme are not squeezed against the edge.

    Parameters
    ----------
    weeks
        Times of the sessions in weeks, at least one.
    phases
        Phases of the programme.

    Returns
    -------
    tuple of (float, float)
        First and last week.
    """
    first, last = min(weeks), max(weeks)
    reached = [phase for phase in phases if phase.start <= last + 1e-9]
    begun = min([first, *(phase.start for phase in reached)])
    ending = max([last, *(phase.stop for phase in reached)])
    passed = max(last - first, _LEAST_WEEKS)
    low, high = max(begun, first - passed), min(ending, last + passed)
    pad = 0.04 * max(high - low, _LEAST_WEEKS)
    missing = max(_LEAST_WEEKS - (high - low + 2.0 * pad), 0.0)
    return low - pad - 0.5 * missing, high + pad + 0.5 * missing


def set_weeks(ax: Axes, limits: tuple[float, float]) -> None:
    """Set the limits of the axis of weeks, and ticks at as many whole weeks as have room.

    Parameters
    ----------
    ax
        Axes to set the limits and ticks of.
    limits
        First and last week.
    """
    low, high = limits
    n_bins = max(int(box_pt(ax).width // 26.0), 2)
    locator = MaxNLocator(nbins=n_bins, integer=True, min_n_ticks=1)
    ticks = np.asarray(locator.tick_values(low, high))
    shown = np.round(ticks[(ticks >= low) & (ticks <= high)])
    ax.set_xticks(shown, [f"{week:,.0f}".replace("-", "−") for week in shown])
    ax.set_xlim(low, high)


def _lanes(phases: Sequence[PhaseSpan]) -> list[int]:
    """Assign a lane to each phase; phases that overlap get lanes above each other."""
    free_from: list[float] = []
    lanes = []
    for phase in phases:
        lane = next((i for i, at in enumerate(free_from) if at <= phase.start + 1e-9), None)
        if lane is None:
            lane = len(free_from)
            free_from.append(-math.inf)
        free_from[lane] = phase.stop
        lanes.append(lane)
    return lanes


def _visible(
    phases: Sequence[PhaseSpan], limits: tuple[float, float], width_pt: float
) -> list[tuple[PhaseSpan, float, float]]:
    """Return the phases within the limits, with their left and right edge in points."""
    low, high = limits
    scale = width_pt / (high - low)
    return [
        (phase, (max(phase.start, low) - low) * scale, (min(phase.stop, high) - low) * scale)
        for phase in phases
        if phase.start < high and phase.stop > low
    ]


def _name_lines(name: str, left: float, right: float) -> tuple[str, ...]:
    return wrapped(name, right - left - 4.0, SMALL_PT, n_lines=2) or ("…",)


def _n_lines(visible: Sequence[tuple[PhaseSpan, float, float]]) -> int:
    return max(len(_name_lines(phase.name, left, right)) for phase, left, right in visible)


def phase_height_pt(
    phases: Sequence[PhaseSpan], limits: tuple[float, float], width_pt: float
) -> float:
    """Return the height in points that the names of the phases need above the data.

    Parameters
    ----------
    phases
        Phases of the programme.
    limits
        First and last week of the axis.
    width_pt
        Width of the axis in points.

    Returns
    -------
    float
        Height in points; 0 if no phase lies within the limits.
    """
    visible = _visible(phases, limits, width_pt)
    if not visible:
        return 0.0
    n_lanes = max(_lanes([phase for phase, _, _ in visible])) + 1
    return n_lanes * (_n_lines(visible) * _LINE_PT + 3.0) + 2.0


def draw_phases(
    ax: Axes, phases: Sequence[PhaseSpan], limits: tuple[float, float], *, is_named: bool = True
) -> None:
    """Shade the phases alternately and write their names in a strip above the data.

    Names break into two lines, and end in an ellipsis if the phase is too short. Phases that
    overlap have strips above each other; the lowest one shades the data.

    Parameters
    ----------
    ax
        Axes with an axis of weeks.
    phases, limits
        As for :func:`phase_height_pt`.
    is_named
        Whether the strip with the names is drawn.
    """
    box = box_pt(ax)
    visible = _visible(phases, limits, box.width)
    lanes = _lanes([phase for phase, _, _ in visible])
    lane_pt = (_n_lines(visible) if visible else 0) * _LINE_PT + 3.0
    for row, (phase, left, right) in enumerate(visible):
        shade = _SHADES[row % 2]
        if lanes[row] == 0:
            ax.axvspan(
                max(phase.start, limits[0]), min(phase.stop, limits[1]), facecolor=shade,
                alpha=0.45, linewidth=0, zorder=0.5,
            )  # fmt: skip
        if is_named:
            y = box.height + 2.0 + lanes[row] * lane_pt
            _draw_name(ax, (left, y, right, y + lane_pt - 1.0), phase.name, shade)
    if phases and limits[0] < 0.0 < limits[1]:
        ax.plot(
            [0.0, 0.0], [0.0, 1.0], color=RULE, linewidth=1.0, zorder=1.0,
            transform=blended_transform_factory(ax.transData, ax.transAxes),
        )  # fmt: skip


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
