"""Step-ups: what a score is made of, the four angles of valgus, and repetition by repetition."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from imu_valgus.model import ScoreComponent, Side
from imu_valgus.plots.frame import box_pt
from imu_valgus.plots.marks import draw_legend
from imu_valgus.plots.style import INK, MUTED, RULE, SIDE_STYLES, SMALL_PT, TEXT_PT, TITLE_PT
from imu_valgus.plots.text_fit import text_width_pt

__all__ = [
    "RepetitionValues",
    "finish_repetition_strip",
    "plot_alignment",
    "plot_components",
    "plot_repetition_values",
]

_SHADES = (1.0, 0.72, 0.46, 0.22)
"""Of the four angles, from the hip downwards: shades, because colours say left and right."""

_ENLARGED_PT = 10.5
"""Printed pages write small letters of such drawings in this size."""

_MARKERS = {Side.LEFT: "o", Side.RIGHT: "s"}


def plot_components(components: Sequence[ScoreComponent], side: Side, ax: Axes) -> Axes:
    """Draw a bar for each scored component: its weight as a track, its share of points filled.

    Parameters
    ----------
    components
        Of one leg; those without a weight are left out.
    side
        Gives the colour.
    ax
        Where to draw.

    Returns
    -------
    Axes
        `ax`.
    """
    scored = [one for one in components if one.weight > 0.0]
    for row, one in enumerate(scored):
        y = -float(row)
        ax.barh(y, one.weight, height=0.26, color=RULE, alpha=0.55, linewidth=0)
        share = one.share if math.isfinite(one.share) else 0.0
        ax.barh(y, share, height=0.26, color=SIDE_STYLES[side].colour, linewidth=0)
        words = f"{one.key}  {one.words.removesuffix(' (thigh only)')}"
        ax.text(0.0, y + 0.2, words, fontsize=TEXT_PT, color=INK, va="bottom")
        points = f"{one.share:.1f} of {one.weight:.0f}" if math.isfinite(one.share) else "not known"
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
    """Stack the four angles of each leg in degrees: what goes inwards to the right of zero.

    Parameters
    ----------
    angles_deg
        By leading leg, then by name from the hip downwards.
    ax
        Where to draw.

    Returns
    -------
    Axes
        `ax`; unlike points, degrees are not cut off anywhere.
    """
    sides = [side for side in Side if side in angles_deg]
    names = list(next(iter(angles_deg.values()), {}))
    ends = [0.0]
    inside: list[tuple[float, float, float, str]] = []
    for row, side in enumerate(sides):
        right = left = 0.0
        for shade, name in zip(_SHADES, names, strict=False):
            value = angles_deg[side].get(name, math.nan)
            if not math.isfinite(value):
                continue
            start = right if value >= 0.0 else left
            ax.barh(
                -row, value, left=start, height=0.5, color=SIDE_STYLES[side].colour, alpha=shade,
                edgecolor="white", linewidth=0.8,
            )  # fmt: skip
            inside.append((start + 0.5 * value, -row, value, "white" if shade > 0.6 else INK))
            right, left = right + max(value, 0.0), left + min(value, 0.0)
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
    _write_inside(ax, inside)
    ax.axvline(0.0, color=RULE, linewidth=1.0)
    ax.set_xlabel("degrees from standing", fontsize=TEXT_PT, color=MUTED, labelpad=2.0)
    ax.legend(
        [Patch(facecolor=INK, alpha=shade) for shade in _SHADES[: len(names)]],
        [name.replace("_", " ") for name in names],
        loc="upper left", bbox_to_anchor=(0.0, -0.40), ncols=1, frameon=False, fontsize=TEXT_PT,
        labelcolor=INK, handlelength=1.0, columnspacing=1.2, borderaxespad=0.0,
    )  # fmt: skip
    return ax


def _write_inside(ax: Axes, parts: Sequence[tuple[float, float, float, str]]) -> None:
    """Write the degrees of a part into its bar where they fit, enlarged as on paper too."""
    low, high = ax.get_xlim()
    per_degree = box_pt(ax).width / (high - low)
    for x, y, value, ink in parts:
        text = f"{value:.0f}".replace("-", "−")
        if text_width_pt(text, _ENLARGED_PT) + 3.0 <= abs(value) * per_degree:
            ax.text(x, y, text, fontsize=SMALL_PT, color=ink, ha="center", va="center")


@dataclass(frozen=True, slots=True)
class RepetitionValues:
    """One figure of each repetition of one leg; NaN for those that do not count."""

    side: Side
    values: tuple[float, ...]


def plot_repetition_values(
    sides: Sequence[RepetitionValues], ax: Axes, *, title: str, limits: tuple[float, float]
) -> Axes:
    """Plot a figure repetition by repetition, with the median of each leg as a line.

    Parameters
    ----------
    sides
        At most one entry per leg.
    ax
        Where to draw.
    title
        What it is, with its unit.
    limits
        Least extent of the y-axis; it grows where values lie outside.

    Returns
    -------
    Axes
        `ax`.
    """
    low, high = limits
    for one in sides:
        style, values = SIDE_STYLES[one.side], np.array(one.values)
        number = np.arange(1, values.size + 1)
        ax.plot(
            number, values, color=style.colour, linestyle="", marker=_MARKERS[one.side],
            markersize=4.5, markerfacecolor="white" if one.side is Side.LEFT else style.colour,
        )  # fmt: skip
        known = values[np.isfinite(values)]
        if known.size:
            ax.axhline(
                float(np.median(known)), color=style.colour, linestyle=style.line, linewidth=1.2
            )
            low = min(low, math.floor(known.min() / 5.0) * 5.0)
            high = max(high, math.ceil(known.max() / 5.0) * 5.0)
    longest = max((len(one.values) for one in sides), default=1)
    ax.set_xlim(0.5, longest + 0.5)
    ax.set_xticks(range(1, longest + 1, max(1, longest // 12)))
    ax.set_ylim(low - 0.04 * (high - low), high + 0.04 * (high - low))
    ax.set_title(title, loc="left", fontsize=TITLE_PT, fontweight="bold", color=INK)
    return ax


def finish_repetition_strip(axes: Sequence[Axes], sides: Sequence[RepetitionValues]) -> None:
    """Name the common axis and the legs below the lowest panel; the lines are medians."""
    axes[-1].set_xlabel("repetition", fontsize=TEXT_PT, color=MUTED, labelpad=2.0, loc="right")
    draw_legend(axes[-1], {one.side: str(one.side) for one in sides})


def _bare(ax: Axes) -> None:
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.grid(visible=False)
    ax.set_yticks([])
    ax.tick_params(labelbottom=False, bottom=False)
