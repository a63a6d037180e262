"""Mean curves of two blocks of sessions over each other, before and after.

Before is light and after is dark, in the colour of the leg. For grey printers, before is also
thinner and has hollow marks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb

from imu_valgus.model import FloatArray, GaitCurve, Joint, RepetitionCurves, Side
from imu_valgus.plots.course_scale import LEFT_PT
from imu_valgus.plots.curves import PERCENT, TRANSVERSE_MOTION, mean_of_known, removed_level_deg
from imu_valgus.plots.frame import (
    KeyItem,
    Margins,
    box_pt,
    draw_header,
    draw_key,
    fit_header,
    fit_key,
    inset,
    put_text,
)
from imu_valgus.plots.labels import angle_label
from imu_valgus.plots.style import RULE, SIDE_STYLES, Extent, clean_axes, set_angle_scale

__all__ = [
    "BlockCurve",
    "gait_block",
    "plot_gait_before_after",
    "plot_step_up_before_after",
    "step_up_block",
]

_Angle = tuple[Joint, str, Side]

_NAMES = ("before", "after")
_STANDING_PERCENT = 4
"""In the first hundredths of a step-up the person still stands with both feet on the floor."""

_FOOT_PT = 26.0
_LOW_PT = 150.0
_LABEL_PT = 14.0
_LABEL_HEIGHT_PT = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class BlockCurve:
    """Mean curve of a block of sessions with its spread.

    Parameters
    ----------
    mean_deg
        Mean of the sessions' mean curves in degrees, NaN where no session is known, shape (101,).
    sd_deg
        Standard deviation between the sessions in degrees, or between the strides or repetitions
        if there is one session; NaN where not known, shape (101,).
    n_sessions
        Number of sessions with a curve.
    """

    mean_deg: FloatArray
    sd_deg: FloatArray
    n_sessions: int


def plot_gait_before_after(
    before: Sequence[GaitCurve], after: Sequence[GaitCurve], ax: Axes
) -> Axes:
    """Plot one angle over the gait cycle: mean of the sessions before, and of those after.

    Rotations are drawn without the mean of every session's curve, because their level depends on
    how the sensors were put on.

    Parameters
    ----------
    before, after
        One curve per session, all of one joint, motion and leg; one of the two may be empty.
    ax
        Axes of any size from about 60 × 40 mm; everything is drawn inside their rectangle.

    Returns
    -------
    Axes
        `ax`. The bands are ± 1 standard deviation between sessions, or between the strides if
        there is one session.

    Raises
    ------
    ValueError
        If there is no curve, or the curves are of several angles or legs.
    """
    angle = _common_angle([*before, *after])
    blocks = [gait_block(curves) for curves in (before, after)]
    return _plot(blocks, angle, ax, x_name="gait cycle (%)")


def plot_step_up_before_after(
    before: Sequence[RepetitionCurves], after: Sequence[RepetitionCurves], ax: Axes
) -> Axes:
    """Plot one angle over the step-up: mean of the sessions before, and of those after.

    Every repetition of a rotation counts from the standing before it, because the level of
    rotations depends on how the sensors were put on.

    Parameters
    ----------
    before, after
        One entry per session, all of one joint, motion and leg; one of the two may be empty.
    ax
        Axes of any size from about 60 × 40 mm; everything is drawn inside their rectangle.

    Returns
    -------
    Axes
        `ax`. The bands are ± 1 standard deviation between sessions, or between the repetitions if
        there is one session; vertical lines are the mean turning points.

    Raises
    ------
    ValueError
        If there is no curve, or the curves are of several angles or legs.
    """
    angle = _common_angle([*before, *after])
    blocks = [step_up_block(curves) for curves in (before, after)]
    _plot(blocks, angle, ax, x_name="step-up (%)")
    for curves, style in zip((before, after), _styles(angle[2]), strict=True):
        turning = np.concatenate([session.turning_percent for session in curves] or [np.empty(0)])
        turning = turning[np.isfinite(turning)]
        if turning.size:
            ax.axvline(
                float(turning.mean()), color=style["color"], linestyle=(0.0, (2.5, 2.0)),
                linewidth=1.0, zorder=1.8, gid="turning",
            )  # fmt: skip
    return ax


def _common_angle(curves: Sequence[GaitCurve | RepetitionCurves]) -> _Angle:
    angles = {(curve.joint, curve.motion, curve.side) for curve in curves}
    if len(angles) != 1:
        raise ValueError("A drawing needs curves of exactly one joint, motion and side.")
    return angles.pop()


def _styles(side: Side) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the strokes of before and after; before is mixed with 42 % white."""
    style = SIDE_STYLES[side]
    red, green, blue = (part + 0.42 * (1.0 - part) for part in to_rgb(style.colour))
    light = to_hex((red, green, blue))
    before = {
        "color": light, "linewidth": 1.2, "linestyle": style.line, "marker": "o",
        "markersize": 4.0, "markerfacecolor": "white", "markeredgewidth": 1.1,
    }  # fmt: skip
    return before, {"color": style.colour, "linewidth": 2.2, "linestyle": style.line}


def _plot(blocks: Sequence[BlockCurve], angle: _Angle, ax: Axes, *, x_name: str) -> Axes:
    clean_axes(ax)
    joint, motion, side = angle
    outer, label = box_pt(ax), angle_label(joint, motion)
    is_low = outer.height < _LOW_PT
    details = [f"{side} leg", label.directions.replace("(deg)", "(°)")]
    header = fit_header(label.name, details, outer.width, is_low=is_low)
    styles = _styles(side)
    words = [_words(name, block) for name, block in zip(_NAMES, blocks, strict=True)]
    key = fit_key(
        [KeyItem(text, style) for text, style in zip(words, styles, strict=True)], outer.width
    )
    # Without the key nobody could tell before from after, so it is kept in a low drawing too.
    margins = Margins(LEFT_PT, 10.0, header.height_pt + 7.0, _FOOT_PT + key.height_pt)
    inset(ax, margins)
    draw_header(ax, header, left_pt=LEFT_PT, above_pt=2.0)
    for number, (block, style) in enumerate(zip(blocks, styles, strict=True)):
        _draw_block(ax, block, style, number)
    ax.set_xlim(0.0, 100.0)
    ax.set_xticks(range(0, 101, 20))
    edges = [block.mean_deg + sign * block.sd_deg for block in blocks for sign in (-1.0, 1.0)]
    edges += [block.mean_deg for block in blocks]
    set_angle_scale(ax, joint, motion, Extent.of(edges))
    _thin_out_tick_labels(ax)
    ax.axhline(0.0, color=RULE, linewidth=1.0, zorder=1.5)
    put_text(ax, box_pt(ax).width, -22.0, x_name, ha="right")
    draw_key(ax, key, left_pt=LEFT_PT, below_pt=_FOOT_PT - 2.0)
    return ax


def _thin_out_tick_labels(ax: Axes) -> None:
    """Keep every second tick label of the angle if there is no room for all."""
    limits, ticks = ax.get_ylim(), ax.get_yticks()
    room_pt = box_pt(ax).height
    if len(ticks) * _LABEL_PT > room_pt:
        # Zero is kept: it is the label that a reader looks for.
        first = int(np.argmin(np.abs(ticks))) % 2
        kept = ticks[first::2]
        # One label alone gives no scale, and zero has a line anyway.
        apart_pt = room_pt * (ticks[-1] - ticks[0]) / (limits[1] - limits[0])
        is_kept = len(kept) > 1 or apart_pt < _LABEL_HEIGHT_PT
        ax.set_yticks(kept if is_kept else ticks[[0, -1]])
    ax.set_ylim(limits)


def _words(name: str, block: BlockCurve) -> str:
    """Say how many sessions a block has and what its band shows."""
    if not block.n_sessions:
        return f"{name}: no session"
    if block.n_sessions > 1:
        return f"{name}: {block.n_sessions} sessions ± SD"
    if np.isfinite(block.sd_deg).any():
        return f"{name}: 1 session ± its SD"
    return f"{name}: 1 session"


def _draw_block(ax: Axes, block: BlockCurve, style: dict[str, Any], number: int) -> None:
    if not block.n_sessions:
        return
    ax.fill_between(
        PERCENT, block.mean_deg - block.sd_deg, block.mean_deg + block.sd_deg,
        color=style["color"], alpha=0.22, linewidth=0, zorder=2, gid=f"{_NAMES[number]} band",
    )  # fmt: skip
    ax.plot(
        PERCENT, block.mean_deg, markevery=(5, 10), zorder=3 + number, gid=_NAMES[number], **style
    )


def gait_block(curves: Sequence[GaitCurve]) -> BlockCurve:
    """Average the gait curves of a block of sessions.

    Parameters
    ----------
    curves
        One curve per session, all of one angle and leg.

    Returns
    -------
    BlockCurve
        Mean and spread; of rotations without their mean level.
    """
    known = [curve for curve in curves if np.isfinite(curve.mean_deg).any()]
    means = [curve.mean_deg - removed_level_deg(curve) for curve in known]
    return _block(means, [curve.sd_deg for curve in known])


def step_up_block(curves: Sequence[RepetitionCurves]) -> BlockCurve:
    """Average the step-ups of a block of sessions.

    Parameters
    ----------
    curves
        One entry per session, all of one angle and leg.

    Returns
    -------
    BlockCurve
        Mean and spread; of rotations relative to standing before each repetition.
    """
    means, spreads = [], []
    for session in curves:
        values = session.curves_deg
        if session.motion == TRANSVERSE_MOTION:
            values = values - mean_of_known(values[:, : _STANDING_PERCENT + 1].T)[:, None]
        if np.isfinite(values).any():
            means.append(mean_of_known(values))
            spreads.append(_sd_of_known(values))
    return _block(means, spreads)


def _block(means: Sequence[FloatArray], spreads: Sequence[FloatArray]) -> BlockCurve:
    if not means:
        nothing = np.full(101, np.nan)
        return BlockCurve(nothing, nothing, 0)
    stacked = np.array(means)
    sd = spreads[0] if len(means) == 1 else _sd_of_known(stacked)
    return BlockCurve(mean_of_known(stacked), sd, len(means))


def _sd_of_known(values: FloatArray) -> FloatArray:
    """Sample standard deviation over the first axis; NaN with fewer than two known values."""
    count = np.isfinite(values).sum(axis=0)
    away = np.where(np.isfinite(values), values - mean_of_known(values), 0.0)
    variance = (away**2).sum(axis=0) / np.maximum(count - 1, 1)
    return np.asarray(np.where(count > 1, np.sqrt(variance), np.nan))
