"""The look shared by all drawings: colours, strokes and markers of the legs, text sizes, axes.

Left is vermilion and solid, right is blue and dashed: colour-blind readers can tell the colours
apart, and the strokes differ on a grey printer.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from imu_valgus.model import FloatArray, Joint, Side

__all__ = [
    "BAND_ALPHA",
    "INK",
    "MUTED",
    "RULE",
    "SIDE_STYLES",
    "SMALL_PT",
    "TEXT_PT",
    "TITLE_PT",
    "Extent",
    "SideStyle",
    "clean_axes",
    "new_panel",
    "new_strip",
    "set_angle_scale",
    "style_of",
]

INK: Final = "#1c2126"
MUTED: Final = "#5a636d"
RULE: Final = "#c9cfd6"
_GRID: Final = "#eceff2"

BAND_ALPHA: Final = 0.3

SMALL_PT: Final = 8.0
TEXT_PT: Final = 9.0
TITLE_PT: Final = 10.5


@dataclass(frozen=True, slots=True)
class SideStyle:
    """How one leg is drawn.

    Parameters
    ----------
    colour
        Hexadecimal colour.
    line
        Line style as matplotlib takes it.
    marker
        Marker for single values.
    margin_step
        Position of the level bar in the right margin; keeps the bars of both legs apart.
    """

    colour: str
    line: Literal["-"] | tuple[float, tuple[float, float]]
    marker: str
    margin_step: int


SIDE_STYLES: Final = {
    Side.LEFT: SideStyle("#D55E00", "-", "o", 0),
    Side.RIGHT: SideStyle("#0072B2", (0.0, (4.0, 1.6)), "s", 1),
}
_BOTH_LEGS: Final = SideStyle(INK, "-", "D", 0)


def style_of(side: Side | None) -> SideStyle:
    """Return the style in which a leg is drawn.

    Parameters
    ----------
    side
        The leg, None for both legs together.

    Returns
    -------
    SideStyle
        Colour, line and marker.
    """
    return SIDE_STYLES[side] if side else _BOTH_LEGS


@dataclass(frozen=True, slots=True)
class Extent:
    """Range of values to show.

    Parameters
    ----------
    low, high
        Lowest and highest value; an empty extent has `low` = inf and `high` = -inf.
    """

    low: float = math.inf
    high: float = -math.inf

    @staticmethod
    def of(arrays: Iterable[FloatArray]) -> "Extent":
        """Find the extent of the finite values of several arrays.

        Examples
        --------
        >>> Extent.of([np.array([1.0, np.nan]), np.array([-3.0])])
        Extent(low=-3.0, high=1.0)
        """
        low, high = math.inf, -math.inf
        for array in arrays:
            finite = array[np.isfinite(array)]
            if finite.size:
                low, high = min(low, float(finite.min())), max(high, float(finite.max()))
        return Extent(low, high)


# Wide enough for most walking and squatting, so that two reports can be compared side by side;
# for an unusual movement the scale grows, so that no curve is cut off.
_FLEXION_SCALES: Final = {
    Joint.HIP: (-20.0, 60.0),
    Joint.FEMUR: (-20.0, 60.0),
    Joint.KNEE: (-10.0, 80.0),
    Joint.ANKLE: (-30.0, 30.0),
}
_OTHER_SCALE: Final = (-15.0, 15.0)


def set_angle_scale(ax: Axes, joint: Joint, motion: str, extent: Extent) -> None:
    """Set the fixed y-scale of an angle; extend it in steps of 10° where the values need more.

    Parameters
    ----------
    ax
        Axes to set the scale of.
    joint, motion
        Angle that is drawn; `motion` as in ``conventions.MOTIONS``.
    extent
        Values that must be visible, in degrees.
    """
    low, high = _FLEXION_SCALES[joint] if motion == "flexion" else _OTHER_SCALE
    if extent.low < low:
        low = math.floor(extent.low / 10.0) * 10.0
    if extent.high > high:
        high = math.ceil(extent.high / 10.0) * 10.0
    steps = (10.0, 20.0, 30.0, 45.0, 60.0, 90.0, 180.0)
    step = next((step for step in steps if (high - low) / step <= 5.0), None)
    ax.set_ylim(low, high)
    if step is not None:
        ax.set_yticks(np.arange(math.ceil(low / step) * step, high + 0.5 * step, step))
        ax.set_ylim(low, high)


def new_panel() -> tuple[Figure, Axes]:
    """Make a small figure of about 4:3 for one angle in a grid of panels.

    Returns
    -------
    figure, axes
        The figure and its axes, which leave room for labels and legend.
    """
    figure = Figure(figsize=(3.4, 2.95))
    ax = figure.add_axes((0.105, 0.225, 0.875, 0.605))
    return figure, clean_axes(ax)


def new_strip(n_panels: int) -> tuple[Figure, tuple[Axes, ...]]:
    """Make a wide figure of stacked panels that share their x-axis.

    The margins leave room for text of twice the size, which a report uses on a narrow screen.

    Parameters
    ----------
    n_panels
        Number of panels, at least 1.

    Returns
    -------
    figure, axes
        The figure and its axes from top to bottom.
    """
    panel, title, foot = 1.5, 0.4, 0.64
    height = n_panels * (panel + title) + foot
    figure = Figure(figsize=(7.2, height))
    axes: list[Axes] = []
    for row in range(n_panels):
        bottom = foot + (n_panels - 1 - row) * (panel + title)
        rectangle = (0.07, bottom / height, 0.915, panel / height)
        ax = figure.add_axes(rectangle, sharex=axes[0] if axes else None)
        axes.append(clean_axes(ax))
        if row < n_panels - 1:
            ax.tick_params(labelbottom=False)
    return figure, tuple(axes)


def clean_axes(ax: Axes) -> Axes:
    """Give axes the look of the package: two pale spines, horizontal grid lines, small labels.

    Parameters
    ----------
    ax
        Axes to style.

    Returns
    -------
    Axes
        `ax`.
    """
    for name in ("top", "right"):
        ax.spines[name].set_visible(False)
    for name in ("left", "bottom"):
        ax.spines[name].set(color=RULE, linewidth=0.8)
    ax.patch.set_alpha(0.0)
    ax.set_axisbelow(True)
    ax.grid(visible=True, axis="y", color=_GRID, linewidth=0.8)
    ax.tick_params(colors=MUTED, labelsize=SMALL_PT, length=3.0, width=0.8, pad=2.5)
    ax.tick_params(axis="both", color=RULE)
    return ax
