"""Gait curves as figures with their captions."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from imu_valgus.conventions import MOTIONS
from imu_valgus.model import FloatArray, GaitCurve, Joint, Side, WalkSummary
from imu_valgus.plots.curves import TRANSVERSE_MOTION, plot_gait_curve, removed_level_deg
from imu_valgus.plots.labels import angle_label
from imu_valgus.plots.style import Extent, new_panel
from imu_valgus.plots.svg import render_svg
from imu_valgus.reports.document import Figure, Figures
from imu_valgus.reports.wording import Estimate, enumerated, number

__all__ = ["curve_figures", "range_words", "sorted_panels"]


def sorted_panels(curves: Iterable[GaitCurve]) -> tuple[tuple[GaitCurve, ...], ...]:
    """Group curves by angle.

    Parameters
    ----------
    curves
        Gait curves of any angles and legs.

    Returns
    -------
    tuple of tuple of GaitCurve
        One group per angle, proximal to distal and then in the order of ``MOTIONS``; within a
        group by leg.
    """
    by_angle: dict[tuple[Joint, str], list[GaitCurve]] = {}
    for curve in curves:
        by_angle.setdefault((curve.joint, curve.motion), []).append(curve)
    joints = list(Joint)
    order = sorted(by_angle, key=lambda key: (joints.index(key[0]), MOTIONS.index(key[1])))
    return tuple(tuple(sorted(by_angle[key], key=lambda curve: curve.side)) for key in order)


def curve_figures(walk: WalkSummary) -> Figures:
    """Draw every angle over the gait cycle.

    Parameters
    ----------
    walk
        Summary of the walk with its gait curves.

    Returns
    -------
    Figures
        One drawing per angle; curves without a known value are left out.
    """
    toe_off = {
        side: gait.stance_share.mean
        for side, gait in walk.sides.items()
        if gait.is_toe_off_reliable
    }
    known = [curve for curve in walk.curves if np.isfinite(curve.mean_deg).any()]
    figures = [_curve_figure(panel, toe_off) for panel in sorted_panels(known)]
    caption = (
        "Mean over the strides of each leg; band: ± 1 standard deviation between strides; dashed "
        "vertical line: toe-off; bars in the right margin: ± one standard uncertainty of the level "
        "(mean) of the curve."
    )
    return Figures(tuple(figures), columns=3, caption=caption)


def _curve_figure(panel: Sequence[GaitCurve], toe_off: Mapping[Side, float]) -> Figure:
    joint, motion = panel[0].joint, panel[0].motion
    figure, ax = new_panel()
    plot_gait_curve(panel, ax, toe_off_share=toe_off)
    ranges = [
        f"{curve.side} {range_words(curve.mean_deg - removed_level_deg(curve))}" for curve in panel
    ]
    description = f"{angle_label(joint, motion).name} over the gait cycle: {enumerated(ranges)}."
    svg = render_svg(
        figure, name=f"gait-{joint}-{motion}".replace("_", "-"), description=description
    )
    return Figure(svg, _level_caption(panel))


def range_words(values: FloatArray) -> str:
    """Write the range of values in words.

    Parameters
    ----------
    values
        Values in degrees, NaN where not known.

    Returns
    -------
    str
        Range in whole degrees, or "not known".

    Examples
    --------
    >>> range_words(np.array([-2.0, np.nan, 61.3]))
    'from −2 to 61 degrees'
    """
    extent = Extent.of([values])
    if extent.low > extent.high:
        return "not known"
    return f"from {number(extent.low, 0)} to {number(extent.high, 0)} degrees"


def _level_caption(panel: Sequence[GaitCurve]) -> str:
    """Give the level that a rotation is drawn without, with its uncertainty."""
    if panel[0].motion != TRANSVERSE_MOTION:
        return ""
    levels = [
        f"{curve.side} {Estimate(removed_level_deg(curve), curve.offset_sd_deg, 1).text}°"
        for curve in panel
    ]
    return (
        f"Drawn around zero. Mean (level) that was subtracted: {enumerated(levels)}; it depends on "
        "calibration."
    )
