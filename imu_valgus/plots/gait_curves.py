"""Mean curves of an angle over the gait cycle, left and right.

No reference band of other people is drawn. The only band whose figures are at hand in full
(Schwartz et al. 2008, doi:10.1016/j.jbiomech.2008.03.015) is of children at free speed; drawn
behind an adult's curve it would invite a comparison that it cannot carry.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from imu_valgus.model import FloatArray, GaitCurve, Side
from imu_valgus.plots.labels import angle_label
from imu_valgus.plots.marks import draw_legend, draw_level_bar, draw_turning_line, label_angle_axis
from imu_valgus.plots.style import BAND_ALPHA, SIDE_STYLES, Extent, set_angle_scale

__all__ = ["TRANSVERSE_MOTION", "mean_level_deg", "plot_gait_curve", "removed_level_deg"]

TRANSVERSE_MOTION = "internal_rotation"

_CYCLE_PERCENT = np.arange(101.0)


def mean_level_deg(curve: GaitCurve) -> float:
    """Mean of a curve over the cycle in degrees; NaN where nothing is known."""
    known = curve.mean_deg[np.isfinite(curve.mean_deg)]
    return float(known.mean()) if known.size else float("nan")


def removed_level_deg(curve: GaitCurve) -> float:
    """Level that is taken off a curve before it is drawn: rotations lose theirs, others nothing.

    The level of a rotation depends on how the sensors were put on and calibrated and does not
    compare between laboratories or days, while the shape does (Pinzone et al. 2014,
    doi:10.1016/j.gaitpost.2014.03.185).
    """
    return mean_level_deg(curve) if curve.motion == TRANSVERSE_MOTION else 0.0


def plot_gait_curve(
    curves: Sequence[GaitCurve], ax: Axes, *, toe_off_share: Mapping[Side, float]
) -> Axes:
    """Plot mean ± 1 SD of one angle over the gait cycle, one curve per side.

    Parameters
    ----------
    curves
        Of the same joint and motion, at most one per side.
    ax
        Where to draw.
    toe_off_share
        Toe-off as a share of the gait cycle (0 to 1) by side; sides left out get no line.

    Returns
    -------
    Axes
        `ax`. Rotations are drawn with their level removed (:func:`removed_level_deg`).

    Raises
    ------
    ValueError
        If there is no curve, or the curves are not of one angle.
    """
    if len({(curve.joint, curve.motion) for curve in curves}) != 1:
        raise ValueError("Expected curves of exactly one joint and motion.")
    joint, motion = curves[0].joint, curves[0].motion
    edges: list[FloatArray] = []
    for curve in curves:
        edges += _draw_curve(curve, ax)
        share = toe_off_share.get(curve.side, float("nan"))
        if np.isfinite(share):
            draw_turning_line(ax, 100.0 * share, curve.side)
    ax.set_xlim(0.0, 108.0)
    ax.set_xticks(range(0, 101, 20))
    ax.spines["bottom"].set_bounds(0.0, 100.0)
    set_angle_scale(ax, joint, motion, Extent.of(edges))
    for curve in curves:
        level = mean_level_deg(curve) - removed_level_deg(curve)
        draw_level_bar(ax, at_deg=level, sd_deg=curve.offset_sd_deg, side=curve.side)
    draw_legend(ax, {curve.side: f"{curve.side}, n = {curve.n_strides}" for curve in curves})
    return label_angle_axis(ax, angle_label(joint, motion), x_label="gait cycle (%)")


def _draw_curve(curve: GaitCurve, ax: Axes) -> tuple[FloatArray, FloatArray]:
    style = SIDE_STYLES[curve.side]
    mean = curve.mean_deg - removed_level_deg(curve)
    low, high = mean - curve.sd_deg, mean + curve.sd_deg
    ax.fill_between(
        _CYCLE_PERCENT, low, high, color=style.colour, alpha=BAND_ALPHA, linewidth=0, zorder=2
    )
    ax.plot(_CYCLE_PERCENT, mean, color=style.colour, linestyle=style.line, linewidth=1.8, zorder=3)
    return np.fmin(low, mean), np.fmax(high, mean)
