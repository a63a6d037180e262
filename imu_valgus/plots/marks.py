"""Marks around the axes of one angle: labels above, legend, event lines, uncertainty bars."""

import math
from collections.abc import Mapping, Sequence
from typing import Final, Literal

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.transforms import blended_transform_factory

from imu_valgus.model import Side
from imu_valgus.plots.frame import box_pt
from imu_valgus.plots.labels import AngleLabel
from imu_valgus.plots.style import INK, MUTED, RULE, SIDE_STYLES, TEXT_PT, TITLE_PT

__all__ = [
    "draw_legend",
    "draw_level_bar",
    "draw_turning_line",
    "finish_time_strip",
    "label_angle_axis",
]

_WIDE_PT: Final = 300.0
"""On axes wider than this, the name and the directions of an angle share a line."""

_LEGEND_BELOW_PT: Final = 31.0


def label_angle_axis(ax: Axes, label: AngleLabel, *, x_label: str | None = None) -> Axes:
    """Write the name and directions of an angle above its axes, and draw the zero line.

    Above a narrow panel they take two lines; above a wide one they share a line, the directions
    at its right end.

    Parameters
    ----------
    ax
        Axes of one angle.
    label
        Name and directions of the angle.
    x_label
        Label of the x-axis, None for no label.

    Returns
    -------
    Axes
        `ax`.
    """
    box = box_pt(ax)
    to_edge = 4.0 - box.x0
    if box.width > _WIDE_PT:
        _annotate_above(ax, label.name, xytext=(to_edge, 11.0), fontsize=TITLE_PT, bold=True)
        _annotate_above(ax, label.directions, xytext=(0.0, 11.0), fontsize=TEXT_PT, ha="right")
    else:
        _annotate_above(ax, label.name, xytext=(to_edge, 19.0), fontsize=TITLE_PT, bold=True)
        _annotate_above(ax, label.directions, xytext=(to_edge, 6.5), fontsize=TEXT_PT)
    ax.axhline(0.0, color=RULE, linewidth=1.0, zorder=1.5)
    if x_label is not None:
        ax.set_xlabel(x_label, fontsize=TEXT_PT, color=MUTED, labelpad=2.0)
    return ax


def draw_legend(ax: Axes, texts: Mapping[Side, str]) -> None:
    """Draw a legend of the legs below the axes.

    Parameters
    ----------
    ax
        Axes of one angle.
    texts
        Text of each leg.
    """
    strokes = [
        Line2D([], [], color=style.colour, linestyle=style.line, linewidth=1.8)
        for style in (SIDE_STYLES[side] for side in texts)
    ]
    ax.legend(
        strokes, list(texts.values()), loc="upper left", ncols=max(len(texts), 1), frameon=False,
        bbox_to_anchor=(0.0, -_LEGEND_BELOW_PT / box_pt(ax).height), fontsize=TEXT_PT,
        labelcolor=INK, handlelength=2.3, handletextpad=0.5, columnspacing=2.4, borderaxespad=0.0,
        borderpad=0.0,
    )  # fmt: skip


def draw_turning_line(ax: Axes, at: float, side: Side) -> None:
    """Draw the dashed vertical line of a toe-off or turning point.

    Parameters
    ----------
    ax
        Axes to draw on.
    at
        Position on the x-axis, in percent of the gait cycle or repetition.
    side
        Leg; it decides the colour.
    """
    ax.axvline(
        at, color=SIDE_STYLES[side].colour, linestyle=(0.0, (2.5, 2.0)), linewidth=1.0, alpha=0.85,
        zorder=1.8,
    )  # fmt: skip


def draw_level_bar(ax: Axes, *, at_deg: float, sd_deg: float, side: Side) -> None:
    """Draw the standard uncertainty of a curve's level as a bar in the right margin.

    Parameters
    ----------
    ax
        Axes of one angle; the bar stands at about 97 % of their width.
    at_deg, sd_deg
        Middle and half length of the bar in degrees; if either is not finite, nothing is drawn.
    side
        Leg of the curve; it decides colour and position.
    """
    if not (math.isfinite(at_deg) and math.isfinite(sd_deg)) or sd_deg <= 0.0:
        return
    style = SIDE_STYLES[side]
    x = 0.968 + 0.02 * style.margin_step
    transform = blended_transform_factory(ax.transAxes, ax.transData)
    ax.plot(
        [x, x], [at_deg - sd_deg, at_deg + sd_deg], color=style.colour, linewidth=2.6,
        solid_capstyle="butt", transform=transform,
    )  # fmt: skip
    ax.plot(
        [x], [at_deg], marker="_", markersize=6.0, markeredgewidth=1.2, color=style.colour,
        transform=transform,
    )  # fmt: skip


def finish_time_strip(axes: Sequence[Axes], texts: Mapping[Side, str]) -> None:
    """Label the shared time axis of stacked panels and draw one legend below them.

    Parameters
    ----------
    axes
        Axes of the panels from top to bottom.
    texts
        Legend text of each leg.
    """
    axes[-1].annotate(
        "time (s)", (1.0, 0.0), xycoords="axes fraction", xytext=(0.0, -_LEGEND_BELOW_PT),
        textcoords="offset points", annotation_clip=False, fontsize=TEXT_PT, color=MUTED,
        ha="right", va="top",
    )  # fmt: skip
    draw_legend(axes[-1], texts)


def _annotate_above(
    ax: Axes,
    text: str,
    *,
    xytext: tuple[float, float],
    fontsize: float,
    bold: bool = False,
    ha: Literal["left", "right"] = "left",
) -> None:
    ax.annotate(
        text, (0.0 if ha == "left" else 1.0, 1.0), ha=ha, xytext=xytext, xycoords="axes fraction",
        textcoords="offset points", annotation_clip=False, fontsize=fontsize,
        fontweight="bold" if bold else "regular", color=INK if bold else MUTED,
    )  # fmt: skip
