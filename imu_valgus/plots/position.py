"""One leg's latest session on its own corridor: a single mark, no grade."""

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from imu_valgus.model import Side
from imu_valgus.plots.style import INK, MUTED, RULE, SIDE_STYLES
from imu_valgus.progress.course_types import BaselineBand

__all__ = ["plot_position"]

_BAND_HALF = 0.34
_REACH = 2.0
"""Half the width of the picture, in halves of the corridor; what lies beyond stands at its edge."""

_MARKERS = {Side.LEFT: "o", Side.RIGHT: "s"}


def plot_position(band: BaselineBand, value: float, side: Side, ax: Axes) -> Axes:
    """Draw a leg's own corridor as a level band and where the latest session lies on it.

    Parameters
    ----------
    band
        Of the baseline.
    value
        Of the latest session that counts.
    side
        Gives colour and mark.
    ax
        Where to draw; all of its rectangle is used.

    Returns
    -------
    Axes
        `ax`; right is more inward for the angles of the programme.
    """
    colour = SIDE_STYLES[side].colour
    ax.add_patch(
        Rectangle((-1.0, -_BAND_HALF), 2.0, 2.0 * _BAND_HALF, facecolor=colour, alpha=0.18)
    )
    ax.plot([-_REACH, _REACH], [0.0, 0.0], color=RULE, linewidth=1.4, zorder=1)
    ax.plot([0.0, 0.0], [-_BAND_HALF, _BAND_HALF], color=colour, linewidth=1.2, alpha=0.6)
    place = (value - band.centre) / band.half
    shown = min(max(place, -_REACH), _REACH)
    ax.plot(
        [shown], [0.0], marker=_MARKERS[side], markersize=15.0, color=colour,
        markeredgecolor="white", markeredgewidth=1.6, clip_on=False, zorder=4,
    )  # fmt: skip
    for x, word, ink in ((-_REACH, "less", MUTED), (0.0, "your own range", INK),
                         (_REACH, "more", MUTED)):  # fmt: skip
        ax.text(
            x, -0.58, word, ha={-_REACH: "left", 0.0: "center"}.get(x, "right"), va="top",
            fontsize=11.0, color=ink,
        )  # fmt: skip
    ax.set_xlim(-_REACH - 0.14, _REACH + 0.14)
    ax.set_ylim(-1.15, 0.5)
    ax.set_axis_off()
    return ax
