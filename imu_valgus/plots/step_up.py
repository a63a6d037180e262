"""Drawings of step-ups: parts of the score, angles that move the knee inwards, repetitions."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from imu_valgus.model import ScoreComponent, Side
from imu_valgus.plots.frame import (
    KeyItem,
    Margins,
    box_pt,
    draw_header,
    draw_key,
    fit_header,
    fit_key,
    inset,
)
from imu_valgus.plots.marks import draw_legend
from imu_valgus.plots.style import (
    INK,
    MUTED,
    RULE,
    SIDE_STYLES,
    SMALL_PT,
    TEXT_PT,
    TITLE_PT,
    clean_axes,
)
from imu_valgus.plots.text_fit import text_width_pt

__all__ = [
    "AlignmentBar",
    "RepetitionValues",
    "finish_repetition_strip",
    "plot_alignment",
    "plot_alignment_change",
    "plot_components",
    "plot_repetition_values",
]

_SHADES: Final = (1.0, 0.72, 0.46, 0.22)
"""Shades of the four angles, from the hip downwards; colours are taken for left and right."""

_ENLARGED_PT: Final = 10.5
"""Printed pages write the small text of these drawings in this size."""

_TICKS_PT: Final = 14.0
_Label = tuple[float, float, float, str]
"""Position x and y, the value in degrees and the colour of its text."""

_SWATCH: Final = {"color": INK, "linewidth": 6.0, "solid_capstyle": "butt"}


def plot_components(components: Sequence[ScoreComponent], side: Side, ax: Axes) -> Axes:
    """Draw a bar for each scored component: grey up to its weight, coloured up to its points.

    Parameters
    ----------
    components
        Components of one leg's score; those without weight are left out.
    side
        Leg; it decides the colour.
    ax
        Axes to draw on.

    Returns
    -------
    Axes
        `ax`.
    """
    scored = [component for component in components if component.weight > 0.0]
    for row, component in enumerate(scored):
        y, is_known = -float(row), math.isfinite(component.share)
        ax.barh(y, component.weight, height=0.26, color=RULE, alpha=0.55, linewidth=0)
        share = component.share if is_known else 0.0
        ax.barh(y, share, height=0.26, color=SIDE_STYLES[side].colour, linewidth=0)
        words = f"{component.words.removesuffix(' (thigh only)')} ({component.key})"
        ax.text(0.0, y + 0.2, words, fontsize=TEXT_PT, color=INK, va="bottom")
        points = f"{share:.1f} of {component.weight:.0f}" if is_known else "not known"
        ax.text(30.0, y + 0.2, points, fontsize=TEXT_PT, color=MUTED, va="bottom", ha="right")
    _bare(ax)
    ax.set_position((0.02, 0.03, 0.96, 0.83))
    ax.set_xlim(0.0, 30.0)
    ax.set_ylim(-len(scored) + 0.55, 0.75)
    ax.set_title(
        f"{str(side).capitalize()} leg leads", loc="left", fontsize=TITLE_PT, fontweight="bold",
        color=INK,
    )  # fmt: skip
    return ax


def plot_alignment(angles_deg: Mapping[Side, Mapping[str, float]], ax: Axes) -> Axes:
    """Stack the four angles of each leg; motion inwards lies to the right of zero.

    Parameters
    ----------
    angles_deg
        Angles in degrees by leading leg, then by name from the hip downwards.
    ax
        Axes to draw on.

    Returns
    -------
    Axes
        `ax`; unlike points of the score, degrees have no upper or lower limit.
    """
    sides = [side for side in Side if side in angles_deg]
    names = list(next(iter(angles_deg.values()), {}))
    ends = [0.0]
    labels: list[_Label] = []
    for row, side in enumerate(sides):
        left, right, written = _stack(ax, angles_deg[side], names, side, y=-row, height=0.5)
        labels += written
        ends += [right, left]
        total = f"{side!s}: {right + left:.0f}° in all".replace("-", "−")
        ax.annotate(
            total, (0.0, -row + 0.28), xytext=(3.0, 0.0), textcoords="offset points",
            fontsize=TEXT_PT, color=INK, va="bottom",
        )  # fmt: skip
    _bare(ax)
    ax.set_position((0.03, 0.53, 0.94, 0.46))
    ax.spines["bottom"].set_visible(True)
    ax.tick_params(labelbottom=True, bottom=True)
    ax.set_xlim(min(-5.0, min(ends) - 2.0), max(20.0, max(ends) + 2.0))
    ax.set_ylim(-len(sides) + 0.5, 0.75)
    _write_inside(ax, labels)
    ax.axvline(0.0, color=RULE, linewidth=1.0)
    ax.set_xlabel("degrees from standing", fontsize=TEXT_PT, color=MUTED, labelpad=2.0)
    ax.legend(
        [Patch(facecolor=INK, alpha=shade) for shade in _SHADES[: len(names)]],
        [name.replace("_", " ") for name in names],
        loc="upper left", bbox_to_anchor=(0.0, -0.40), ncols=1, frameon=False, fontsize=TEXT_PT,
        labelcolor=INK, handlelength=1.0, columnspacing=1.2, borderaxespad=0.0,
    )  # fmt: skip
    return ax


def _stack(
    ax: Axes,
    angles_deg: Mapping[str, float],
    names: Sequence[str],
    side: Side,
    *,
    y: float,
    height: float,
) -> tuple[float, float, list[_Label]]:
    """Stack angles outwards from zero; return the left end, the right end and the labels."""
    left = right = 0.0
    labels: list[_Label] = []
    for shade, name in zip(_SHADES, names, strict=False):
        value = angles_deg.get(name, math.nan)
        if not math.isfinite(value):
            continue
        start = right if value >= 0.0 else left
        ax.barh(
            y, value, left=start, height=height, color=SIDE_STYLES[side].colour, alpha=shade,
            edgecolor="white", linewidth=0.8,
        )  # fmt: skip
        labels.append((start + 0.5 * value, y, value, "white" if shade > 0.6 else INK))
        right, left = right + max(value, 0.0), left + min(value, 0.0)
    return left, right, labels


def _write_inside(ax: Axes, labels: Sequence[_Label]) -> None:
    """Write degrees into the bars that have room for them, even when enlarged for paper."""
    low, high = ax.get_xlim()
    per_degree = box_pt(ax).width / (high - low)
    for x, y, value, ink in labels:
        text = f"{value:.0f}".replace("-", "−")
        if text_width_pt(text, _ENLARGED_PT) + 3.0 <= abs(value) * per_degree:
            ax.text(x, y, text, fontsize=SMALL_PT, color=ink, ha="center", va="center")


@dataclass(frozen=True, slots=True)
class AlignmentBar:
    """Angles of one leg at one time, drawn as one stacked bar.

    Parameters
    ----------
    side
        Leading leg.
    when
        Time in words, such as "before".
    angles_deg
        Angles from standing in degrees, positive inwards, by name from the hip downwards.
    """

    side: Side
    when: str
    angles_deg: Mapping[str, float]


def plot_alignment_change(bars: Sequence[AlignmentBar], ax: Axes) -> Axes:
    """Stack the angles of each leg and time; motion inwards lies to the right of zero.

    Parameters
    ----------
    bars
        Bars from top to bottom, at least one.
    ax
        Axes of any size; everything is drawn inside their rectangle.

    Returns
    -------
    Axes
        `ax`, shrunk to make room for title, names and key.

    Raises
    ------
    ValueError
        If there is no bar.
    """
    if not bars:
        raise ValueError("A drawing of the alignment needs the angles of at least one leg.")
    clean_axes(ax)
    outer = box_pt(ax)
    header = fit_header("Degrees inwards", ["from standing"], outer.width, is_low=True)
    names = list(dict.fromkeys(name for bar in bars for name in bar.angles_deg))
    items = [
        KeyItem(name.replace("_", " "), _SWATCH | {"alpha": shade})
        for name, shade in zip(names, _SHADES, strict=False)
    ]
    key = fit_key(items, outer.width)
    inset(ax, Margins(2.0, 6.0, header.height_pt + 2.0, _TICKS_PT + key.height_pt + 2.0))
    draw_header(ax, header, left_pt=2.0, above_pt=2.0)
    ends = [_draw_bar(ax, bar, names, row) for row, bar in enumerate(bars)]
    ax.set_xlim(
        min(-2.0, *(low for low, _ in ends)) - 1.0, max(10.0, *(high for _, high in ends)) + 1.0
    )
    ax.set_ylim(len(bars) - 0.4, -0.75)
    ax.axvline(0.0, color=RULE, linewidth=1.0)
    ax.grid(visible=False)
    ax.spines["left"].set_visible(False)
    ax.set_yticks([])
    draw_key(ax, key, left_pt=2.0, below_pt=_TICKS_PT)
    return ax


def _draw_bar(ax: Axes, bar: AlignmentBar, names: Sequence[str], row: int) -> tuple[float, float]:
    """Draw one bar with its label; return where it ends on the left and on the right."""
    left, right, _ = _stack(ax, bar.angles_deg, names, bar.side, y=row + 0.12, height=0.4)
    total = f"{left + right:.0f}°".replace("-", "−")
    words = f"{bar.side}, {bar.when}: {total} in all"
    ax.annotate(
        words, (0.0, row - 0.13), xytext=(3.0, 0.0), textcoords="offset points",
        fontsize=SMALL_PT, color=MUTED, va="baseline",
    )  # fmt: skip
    return left, right


@dataclass(frozen=True, slots=True)
class RepetitionValues:
    """One value for each repetition of one leg.

    Parameters
    ----------
    side
        The leg.
    values
        Values in order of time; NaN for repetitions that do not count.
    """

    side: Side
    values: tuple[float, ...]


def plot_repetition_values(
    sides: Sequence[RepetitionValues], ax: Axes, *, title: str, limits: tuple[float, float]
) -> Axes:
    """Plot a value repetition by repetition, with the median of each leg as a line.

    Parameters
    ----------
    sides
        Values of each leg, at most one entry per leg.
    ax
        Axes to draw on.
    title
        Name of the value, with its unit.
    limits
        Smallest range of the y-axis; it grows if values lie outside.

    Returns
    -------
    Axes
        `ax`.
    """
    low, high = limits
    for leg in sides:
        style, values = SIDE_STYLES[leg.side], np.array(leg.values)
        number = np.arange(1, values.size + 1)
        ax.plot(
            number, values, color=style.colour, linestyle="", marker=style.marker,
            markersize=4.5, markerfacecolor="white" if leg.side is Side.LEFT else style.colour,
        )  # fmt: skip
        known = values[np.isfinite(values)]
        if known.size:
            ax.axhline(
                float(np.median(known)), color=style.colour, linestyle=style.line, linewidth=1.2
            )
            low = min(low, math.floor(known.min() / 5.0) * 5.0)
            high = max(high, math.ceil(known.max() / 5.0) * 5.0)
    longest = max((len(leg.values) for leg in sides), default=1)
    ax.set_xlim(0.5, longest + 0.5)
    ax.set_xticks(range(1, longest + 1, max(1, longest // 12)))
    ax.set_ylim(low - 0.04 * (high - low), high + 0.04 * (high - low))
    ax.set_title(title, loc="left", fontsize=TITLE_PT, fontweight="bold", color=INK)
    return ax


def finish_repetition_strip(axes: Sequence[Axes], sides: Sequence[RepetitionValues]) -> None:
    """Label the shared axis of stacked panels and draw one legend below them.

    Parameters
    ----------
    axes
        Axes of the panels from top to bottom.
    sides
        Values in the panels; their legs appear in the legend.
    """
    axes[-1].set_xlabel("repetition", fontsize=TEXT_PT, color=MUTED, labelpad=2.0, loc="right")
    draw_legend(axes[-1], {leg.side: str(leg.side) for leg in sides})


def _bare(ax: Axes) -> None:
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.grid(visible=False)
    ax.set_yticks([])
    ax.tick_params(labelbottom=False, bottom=False)
