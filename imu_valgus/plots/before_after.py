"""Curves of two blocks of sessions over each other: walking and step-ups, before and after.

Light is before and dark is after, in the colour of the leg. A grey printer loses the colour, so
before is also thinner and carries hollow marks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb

from imu_valgus.model import FloatArray, GaitCurve, Joint, RepetitionCurves, Side
from imu_valgus.plots.block_curves import BlockCurve, gait_block, step_up_block
from imu_valgus.plots.course_scale import LEFT_PT
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

__all__ = ["plot_gait_before_after", "plot_step_up_before_after"]

_PERCENT = np.arange(101.0)
_FOOT_PT = 26.0
_LOW_PT = 150.0
_FIGURE_PT = 14.0
_FIGURE_HEIGHT_PT = 10.0


@dataclass(frozen=True, slots=True)
class _Angle:
    joint: Joint
    motion: str
    side: Side


def plot_gait_before_after(
    before: Sequence[GaitCurve],
    after: Sequence[GaitCurve],
    ax: Axes,
    *,
    removes_level: bool = True,
) -> Axes:
    """Plot one angle over the gait cycle, the mean of the sessions before and of those after.

    Parameters
    ----------
    before, after
        One curve per session, all of one joint, motion and side; one of the two may be empty.
    ax
        Any rectangle from about 60 × 40 mm; all the room that is used.
    removes_level
        Rotations lose the mean of every session's curve, as single gait curves do; False draws
        levels that depend on how the sensors were put on.

    Returns
    -------
    Axes
        `ax`. The bands are ± 1 standard deviation between sessions, of a single session between
        its strides.

    Raises
    ------
    ValueError
        If there is no curve at all, or the curves are not of one angle of one side.
    """
    angle = _common_angle([*before, *after])
    blocks = [gait_block(curves, removes_level=removes_level) for curves in (before, after)]
    return _plot(blocks, angle, ax, x_name="gait cycle (%)")


def plot_step_up_before_after(
    before: Sequence[RepetitionCurves],
    after: Sequence[RepetitionCurves],
    ax: Axes,
    *,
    removes_level: bool = True,
) -> Axes:
    """Plot one angle over the step-up, the mean of the sessions before and of those after.

    Parameters
    ----------
    before, after
        One entry per session, all of one joint, motion and side; one of the two may be empty.
    ax
        Any rectangle from about 60 × 40 mm; all the room that is used.
    removes_level
        Every repetition of a rotation starts from zero, the standing before it; False draws
        levels that depend on how the sensors were put on.

    Returns
    -------
    Axes
        `ax`. The bands are ± 1 standard deviation between sessions, of a single session between
        its repetitions; the upright lines are the mean turning points.

    Raises
    ------
    ValueError
        If there is no curve at all, or the curves are not of one angle of one side.
    """
    angle = _common_angle([*before, *after])
    blocks = [step_up_block(curves, removes_level=removes_level) for curves in (before, after)]
    _plot(blocks, angle, ax, x_name="step-up (%)")
    for curves, style in zip((before, after), _styles(angle.side), strict=True):
        turning = np.concatenate([one.turning_percent for one in curves] or [np.empty(0)])
        turning = turning[np.isfinite(turning)]
        if turning.size:
            ax.axvline(
                float(turning.mean()), color=style["color"], linestyle=(0.0, (2.5, 2.0)),
                linewidth=1.0, zorder=1.8, gid="turning",
            )  # fmt: skip
    return ax


def _common_angle(curves: Sequence[GaitCurve | RepetitionCurves]) -> _Angle:
    angles = {_Angle(one.joint, one.motion, one.side) for one in curves}
    if len(angles) != 1:
        raise ValueError("Expected curves of exactly one joint, motion and side.")
    return angles.pop()


def _tint(colour: str, share: float) -> str:
    """Mix a colour with white; 0 leaves it, 1 is white."""
    red, green, blue = (part + share * (1.0 - part) for part in to_rgb(colour))
    return to_hex((red, green, blue))


def _styles(side: Side) -> tuple[dict[str, Any], dict[str, Any]]:
    """Strokes of before and after."""
    style = SIDE_STYLES[side]
    light = _tint(style.colour, 0.42)
    before = {
        "color": light, "linewidth": 1.2, "linestyle": style.line, "marker": "o",
        "markersize": 4.0, "markerfacecolor": "white", "markeredgewidth": 1.1,
    }  # fmt: skip
    return before, {"color": style.colour, "linewidth": 2.2, "linestyle": style.line}


def _plot(blocks: Sequence[BlockCurve], angle: _Angle, ax: Axes, *, x_name: str) -> Axes:
    clean_axes(ax)
    outer, label = box_pt(ax), angle_label(angle.joint, angle.motion)
    is_low = outer.height < _LOW_PT
    details = [f"{angle.side} leg", label.directions.replace("(deg)", "(°)")]
    header = fit_header(label.name, details, outer.width, is_low=is_low)
    styles = _styles(angle.side)
    words = [_words(name, one) for name, one in zip(_NAMES, blocks, strict=True)]
    key = fit_key(
        [KeyItem(text, style) for text, style in zip(words, styles, strict=True)], outer.width
    )
    # The key tells before from after: it stays however low the drawing is.
    margins = Margins(LEFT_PT, 10.0, header.height_pt + 7.0, _FOOT_PT + key.height_pt)
    inset(ax, margins)
    draw_header(ax, header, left_pt=LEFT_PT, above_pt=2.0)
    for number, (block, style) in enumerate(zip(blocks, styles, strict=True)):
        _draw_block(ax, block, style, number)
    ax.set_xlim(0.0, 100.0)
    ax.set_xticks(range(0, 101, 20))
    set_angle_scale(ax, angle.joint, angle.motion, Extent.of(_edges(blocks)))
    _thin_out_figures(ax)
    ax.axhline(0.0, color=RULE, linewidth=1.0, zorder=1.5)
    put_text(ax, box_pt(ax).width, -22.0, x_name, ha="right")
    draw_key(ax, key, left_pt=LEFT_PT, below_pt=_FOOT_PT - 2.0)
    return ax


def _thin_out_figures(ax: Axes) -> None:
    """Keep every second figure of the angle where there is no room for all."""
    limits, ticks = ax.get_ylim(), ax.get_yticks()
    room_pt = box_pt(ax).height
    if len(ticks) * _FIGURE_PT > room_pt:
        # From zero on, which is the figure that a reader looks for.
        first = int(np.argmin(np.abs(ticks))) % 2
        kept = ticks[first::2]
        # One figure alone gives no scale; zero has a line of its own.
        apart_pt = room_pt * (ticks[-1] - ticks[0]) / (limits[1] - limits[0])
        is_kept = len(kept) > 1 or apart_pt < _FIGURE_HEIGHT_PT
        ax.set_yticks(kept if is_kept else ticks[[0, -1]])
    ax.set_ylim(limits)


_NAMES = ("before", "after")


def _words(name: str, block: BlockCurve) -> str:
    """Say how many sessions; captions say what their spread is, which has no room here."""
    if not block.n_sessions:
        return f"{name}: no session"
    if block.is_between_sessions:
        return f"{name}: {block.n_sessions} sessions ± SD"
    if np.isfinite(block.sd_deg).any():
        return f"{name}: 1 session ± its SD"
    return f"{name}: 1 session"


def _edges(blocks: Sequence[BlockCurve]) -> list[FloatArray]:
    edges: list[FloatArray] = []
    for block in blocks:
        edges += [block.mean_deg, block.mean_deg - block.sd_deg, block.mean_deg + block.sd_deg]
    return edges


def _draw_block(ax: Axes, block: BlockCurve, style: dict[str, Any], number: int) -> None:
    if not block.n_sessions:
        return
    ax.fill_between(
        _PERCENT, block.mean_deg - block.sd_deg, block.mean_deg + block.sd_deg,
        color=style["color"], alpha=0.22, linewidth=0, zorder=2, gid=f"{_NAMES[number]} band",
    )  # fmt: skip
    ax.plot(
        _PERCENT, block.mean_deg, markevery=(5, 10), zorder=3 + number, gid=_NAMES[number], **style
    )
