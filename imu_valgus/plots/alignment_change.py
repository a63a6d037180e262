"""What makes the knee go inwards in step-ups, in degrees: baseline and latest sessions, stacked."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from matplotlib.axes import Axes

from imu_valgus.model import Side
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
from imu_valgus.plots.style import INK, MUTED, RULE, SIDE_STYLES, SMALL_PT, clean_axes

__all__ = ["AlignmentBar", "plot_alignment_change"]

_SHADES: Final = (1.0, 0.72, 0.46, 0.22)
"""Of the four angles, from the hip downwards: shades, because colours say left and right."""

_FIGURES_PT: Final = 14.0
_SWATCH: Final = {"color": INK, "linewidth": 6.0, "solid_capstyle": "butt"}


@dataclass(frozen=True, slots=True)
class AlignmentBar:
    """The angles of one leg at one time, by name from the hip downwards, in degrees."""

    side: Side
    when: str
    angles_deg: Mapping[str, float]


def plot_alignment_change(bars: Sequence[AlignmentBar], ax: Axes) -> Axes:
    """Stack the angles of each leg and time: what goes inwards to the right of zero.

    Parameters
    ----------
    bars
        From top to bottom, at least one.
    ax
        Any rectangle; its size is all the room that is used.

    Returns
    -------
    Axes
        `ax`, smaller by title, names and key.

    Raises
    ------
    ValueError
        If there is no bar.
    """
    if not bars:
        raise ValueError("Expected the angles of at least one leg.")
    clean_axes(ax)
    outer = box_pt(ax)
    header = fit_header("Degrees inwards", ["from standing"], outer.width, is_low=True)
    names = list(dict.fromkeys(name for bar in bars for name in bar.angles_deg))
    items = [
        KeyItem(name.replace("_", " "), _SWATCH | {"alpha": shade})
        for name, shade in zip(names, _SHADES, strict=False)
    ]
    key = fit_key(items, outer.width)
    inset(ax, Margins(2.0, 6.0, header.height_pt + 2.0, _FIGURES_PT + key.height_pt + 2.0))
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
    draw_key(ax, key, left_pt=2.0, below_pt=_FIGURES_PT)
    return ax


def _draw_bar(ax: Axes, bar: AlignmentBar, names: Sequence[str], row: int) -> tuple[float, float]:
    left = right = 0.0
    for name, shade in zip(names, _SHADES, strict=False):
        value = bar.angles_deg.get(name, math.nan)
        if not math.isfinite(value):
            continue
        start = right if value >= 0.0 else left
        ax.barh(
            row + 0.12, value, left=start, height=0.4, color=SIDE_STYLES[bar.side].colour,
            alpha=shade, edgecolor="white", linewidth=0.8,
        )  # fmt: skip
        right, left = right + max(value, 0.0), left + min(value, 0.0)
    total = f"{left + right:.0f}°".replace("-", "−")
    words = f"{bar.side}, {bar.when}: {total} in all"
    ax.annotate(
        words, (0.0, row - 0.13), xytext=(3.0, 0.0), textcoords="offset points",
        fontsize=SMALL_PT, color=MUTED, va="baseline",
    )  # fmt: skip
    return left, right
