"""Repetitions of an exercise laid over each other, 0 to 100 % of the repetition."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from imu_valgus.model import FloatArray, RepetitionCurves
from imu_valgus.plots.labels import angle_label
from imu_valgus.plots.marks import draw_legend, draw_turning_line, label_angle_axis
from imu_valgus.plots.style import SIDE_STYLES, Extent, set_angle_scale

__all__ = ["plot_repetitions"]

_PERCENT = np.linspace(0.0, 100.0, 101)
_FEWEST_FOR_MEAN = 2


def plot_repetitions(sides: Sequence[RepetitionCurves], ax: Axes) -> Axes:
    """Plot every repetition as a thin line and their mean as a strong one, per side.

    Parameters
    ----------
    sides
        Of one joint and motion, at most one entry per side.
    ax
        Where to draw.

    Returns
    -------
    Axes
        `ax`. The dashed vertical line is the mean turning point; the mean is given where at least
        two repetitions are known.

    Raises
    ------
    ValueError
        If there is nothing to draw, or the angles are of several joints or motions.
    """
    if len({(one.joint, one.motion) for one in sides}) != 1:
        raise ValueError("Expected repetitions of exactly one joint and motion.")
    for one in sides:
        style = SIDE_STYLES[one.side]
        for curve in one.curves_deg:
            ax.plot(_PERCENT, curve, color=style.colour, linewidth=0.6, alpha=0.4, zorder=2)
        ax.plot(
            _PERCENT, _mean_where_known(one.curves_deg), color=style.colour, linestyle=style.line,
            linewidth=1.8, zorder=3,
        )  # fmt: skip
        if one.turning_percent.size:
            draw_turning_line(ax, float(one.turning_percent.mean()), one.side)
    ax.set_xlim(0.0, 104.0)
    ax.spines["bottom"].set_bounds(0.0, 100.0)
    ax.set_xticks(range(0, 101, 20))
    joint, motion = sides[0].joint, sides[0].motion
    set_angle_scale(ax, joint, motion, Extent.of(one.curves_deg for one in sides))
    draw_legend(ax, {one.side: f"{one.side}, n = {len(one.curves_deg)}" for one in sides})
    return label_angle_axis(ax, angle_label(joint, motion), x_label="repetition (%)")


def _mean_where_known(curves: FloatArray) -> FloatArray:
    known = np.isfinite(curves)
    count = known.sum(axis=0)
    total = np.where(known, curves, 0.0).sum(axis=0)
    enough = count >= min(_FEWEST_FOR_MEAN, max(len(curves), 1))
    return np.where(enough, total / np.maximum(count, 1), np.nan)
