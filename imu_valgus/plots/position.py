"""One leg's latest session within its own usual range, as a single mark."""

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from imu_valgus.model import Side
from imu_valgus.plots.style import INK, MUTED, RULE, SIDE_STYLES
from imu_valgus.progress.course_types import BaselineBand

__all__ = ["plot_position"]

_BAND_HALF = 0.34
_REACH = 2.0
"""Half the width of the picture in half-widths of the band; values beyond stand at the edge."""


def plot_position(band: BaselineBand, value: float, side: Side, ax: Axes) -> Axes:
    """Draw the baseline band of a leg as a horizontal bar, and the latest session as a mark on it.

    Parameters
    ----------
    band
        Baseline band of the measure.
    value
        Value of the latest session that counts, in the unit of the band.
    side
        Leg; it decides colour and marker.
    ax
        Axes to draw on; all of their rectangle is used.

    Returns
    -------
    Axes
        `ax`; larger values lie to the right.
    """
    colour, marker = SIDE_STYLES[side].colour, SIDE_STYLES[side].marker
    ax.add_patch(
        Rectangle((-1.0, -_BAND_HALF), 2.0, 2.0 * _BAND_HALF, facecolor=colour, alpha=0.18)
    )
    ax.plot([-_REACH, _REACH], [0.0, 0.0], color=RULE, linewidth=1.4, zorder=1)
    ax.plot([0.0, 0.0], [-_BAND_HALF, _BAND_HALF], color=colour, linewidth=1.2, alpha=0.6)
    place = (value - band.centre) / band.half
    shown = min(max(place, -_REACH), _REACH)
    ax.plot(
        [shown], [0.0], marker=marker, markersize=15.0, color=colour,
        markeredgecolor="white", markeredgewidth=1.6, clip_on=False, zorder=4,
    )  # fmt: skip
    for x, word, ink in ((-_REACH, "less", MUTED), (0.0, "your usual range", INK),
                         (_REACH, "more", MUTED)):  # fmt: skip
        ax.text(
            x, -0.58, word, ha={-_REACH: "left", 0.0: "center"}.get(x, "right"), va="top",
            fontsize=11.0, color=ink,
        )  # fmt: skip
    ax.set_xlim(-_REACH - 0.14, _REACH + 0.14)
    ax.set_ylim(-1.15, 0.5)
    ax.set_axis_off()
    return ax
