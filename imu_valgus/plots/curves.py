"""Curves of one angle from 0 to 100 % of a gait cycle or of a repetition, left and right.

No reference band of other people is drawn. The only band whose values are at hand in full
(Schwartz et al. 2008, doi:10.1016/j.jbiomech.2008.03.015) is of children at free speed; behind an
adult's curve it would invite a comparison that does not hold.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from imu_valgus.model import FloatArray, GaitCurve, RepetitionCurves, Side
from imu_valgus.plots.labels import angle_label
from imu_valgus.plots.marks import draw_legend, draw_level_bar, draw_turning_line, label_angle_axis
from imu_valgus.plots.style import BAND_ALPHA, SIDE_STYLES, Extent, set_angle_scale

__all__ = [
    "PERCENT",
    "TRANSVERSE_MOTION",
    "mean_level_deg",
    "mean_of_known",
    "plot_gait_curve",
    "plot_repetitions",
    "removed_level_deg",
]

TRANSVERSE_MOTION = "internal_rotation"
PERCENT = np.arange(101.0)

_FEWEST_FOR_MEAN = 2


def plot_gait_curve(
    curves: Sequence[GaitCurve], ax: Axes, *, toe_off_share: Mapping[Side, float]
) -> Axes:
    """Plot mean ± 1 SD of one angle over the gait cycle, one curve per leg.

    Parameters
    ----------
    curves
        Curves of the same joint and motion, at most one per leg.
    ax
        Axes to draw on.
    toe_off_share
        Toe-off of each leg as a share of the gait cycle, 0 to 1; no line for legs not given.

    Returns
    -------
    Axes
        `ax`. Rotations are drawn without their mean level (:func:`removed_level_deg`).

    Raises
    ------
    ValueError
        If there is no curve, or the curves are of several angles.
    """
    if len({(curve.joint, curve.motion) for curve in curves}) != 1:
        raise ValueError("A drawing needs gait curves of exactly one joint and motion.")
    joint, motion = curves[0].joint, curves[0].motion
    edges: list[FloatArray] = []
    for curve in curves:
        edges += _draw_gait_curve(curve, ax)
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


def _draw_gait_curve(curve: GaitCurve, ax: Axes) -> tuple[FloatArray, FloatArray]:
    """Draw the curve and its band; return the edges that must be visible."""
    style = SIDE_STYLES[curve.side]
    mean = curve.mean_deg - removed_level_deg(curve)
    low, high = mean - curve.sd_deg, mean + curve.sd_deg
    ax.fill_between(PERCENT, low, high, color=style.colour, alpha=BAND_ALPHA, linewidth=0, zorder=2)
    ax.plot(PERCENT, mean, color=style.colour, linestyle=style.line, linewidth=1.8, zorder=3)
    return np.fmin(low, mean), np.fmax(high, mean)


def mean_level_deg(curve: GaitCurve) -> float:
    """Return the mean of a curve over the gait cycle.

    Parameters
    ----------
    curve
        Gait curve of one angle and leg.

    Returns
    -------
    float
        Mean of the known values in degrees; NaN if no value is known.
    """
    known = curve.mean_deg[np.isfinite(curve.mean_deg)]
    return float(known.mean()) if known.size else float("nan")


def removed_level_deg(curve: GaitCurve) -> float:
    """Return the level of a curve that is subtracted before drawing.

    The level of a rotation depends on how the sensors were put on and calibrated. It cannot be
    compared between laboratories or days, while the shape can (Pinzone et al. 2014,
    doi:10.1016/j.gaitpost.2014.03.185).

    Parameters
    ----------
    curve
        Gait curve of one angle and leg.

    Returns
    -------
    float
        Level in degrees: the mean of a rotation, 0 for every other motion.
    """
    return mean_level_deg(curve) if curve.motion == TRANSVERSE_MOTION else 0.0


def plot_repetitions(sides: Sequence[RepetitionCurves], ax: Axes) -> Axes:
    """Plot every repetition as a thin line and their mean as a thick line, per leg.

    Parameters
    ----------
    sides
        Repetitions of one joint and motion, at most one entry per leg.
    ax
        Axes to draw on.

    Returns
    -------
    Axes
        `ax`. The dashed vertical line is the mean turning point; the mean is drawn where at least
        two repetitions are known.

    Raises
    ------
    ValueError
        If there is nothing to draw, or the repetitions are of several joints or motions.
    """
    if len({(curves.joint, curves.motion) for curves in sides}) != 1:
        raise ValueError("A drawing needs repetitions of exactly one joint and motion.")
    for curves in sides:
        style, values = SIDE_STYLES[curves.side], curves.curves_deg
        for curve in values:
            ax.plot(PERCENT, curve, color=style.colour, linewidth=0.6, alpha=0.4, zorder=2)
        mean = mean_of_known(values, fewest=min(_FEWEST_FOR_MEAN, max(len(values), 1)))
        ax.plot(PERCENT, mean, color=style.colour, linestyle=style.line, linewidth=1.8, zorder=3)
        if curves.turning_percent.size:
            draw_turning_line(ax, float(curves.turning_percent.mean()), curves.side)
    ax.set_xlim(0.0, 104.0)
    ax.spines["bottom"].set_bounds(0.0, 100.0)
    ax.set_xticks(range(0, 101, 20))
    joint, motion = sides[0].joint, sides[0].motion
    set_angle_scale(ax, joint, motion, Extent.of(curves.curves_deg for curves in sides))
    draw_legend(ax, {leg.side: f"{leg.side}, n = {len(leg.curves_deg)}" for leg in sides})
    return label_angle_axis(ax, angle_label(joint, motion), x_label="repetition (%)")


def mean_of_known(values: FloatArray, *, fewest: int = 1) -> FloatArray:
    """Average the finite values over the first axis.

    Parameters
    ----------
    values
        Values with NaN where not known, shape (n, ...).
    fewest
        Least number of finite values that gives a mean, at least 1.

    Returns
    -------
    FloatArray
        Means, NaN where too few values are known, shape (...).
    """
    known = np.isfinite(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0.0).sum(axis=0)
    return np.asarray(np.where(count >= fewest, total / np.maximum(count, 1), np.nan))
