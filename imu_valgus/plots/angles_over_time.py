"""An angle over the time of a whole recording, thinned out for drawing, with gaps left empty."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from imu_valgus.conventions import MOTIONS
from imu_valgus.model import FloatArray, JointAngles, Task, TaskSpan
from imu_valgus.plots.labels import angle_label
from imu_valgus.plots.marks import draw_level_bar, label_angle_axis
from imu_valgus.plots.style import MUTED, SIDE_STYLES, Extent, set_angle_scale

__all__ = ["known_median", "plot_angle_over_time", "thinned_indices"]

_MOST_BINS = 500
"""A line 7 inches wide shows no more columns than about this, on paper or on screen."""

_TASK_SHADE = "#f3f5f7"
_NAME_ROOM = 0.12
_SHARE_PER_LETTER = 0.02
"""Width of a letter over that of the axes, when a report enlarges text for a narrow screen."""


def plot_angle_over_time(
    sides: Sequence[JointAngles], ax: Axes, *, motion: str, tasks: Sequence[TaskSpan] = ()
) -> Axes:
    """Plot one angle of both legs over a recording.

    Parameters
    ----------
    sides
        Angles of one joint, at most one entry per leg.
    ax
        Axes to draw on.
    motion
        Motion to draw, one of ``conventions.MOTIONS``.
    tasks
        Spans of time to shade; their names are written where they fit.

    Returns
    -------
    Axes
        `ax`. Gaps stay empty. The bars in the right margin are ± one standard uncertainty of the
        level (median over the recording) around the median of the angle.

    Raises
    ------
    ValueError
        If there is nothing to draw, or the angles are of several joints.
    """
    if len({angles.joint for angles in sides}) != 1:
        raise ValueError("A drawing over time needs the angles of exactly one joint.")
    joint = sides[0].joint
    for angles in sides:
        style = SIDE_STYLES[angles.side]
        values = angles.motion_deg(motion)
        keep = thinned_indices(values, n_bins=_MOST_BINS)
        ax.plot(
            angles.time_s[keep], values[keep], color=style.colour, linestyle=style.line,
            linewidth=1.1, zorder=3,
        )  # fmt: skip
    start = min(float(angles.time_s[0]) for angles in sides)
    end = max(float(angles.time_s[-1]) for angles in sides)
    ax.set_xlim(start, end + 0.06 * max(end - start, 0.1))
    ax.spines["bottom"].set_bounds(start, end)
    extent = Extent.of(angles.motion_deg(motion) for angles in sides)
    if tasks:
        # Room for the names of the tasks above the highest peak.
        extent = Extent(extent.low, extent.high + _NAME_ROOM * (extent.high - extent.low))
    set_angle_scale(ax, joint, motion, extent)
    for angles in sides:
        level = known_median(angles.motion_deg(motion))
        spread = known_median(angles.sd_deg[:, MOTIONS.index(motion)])
        draw_level_bar(ax, at_deg=level, sd_deg=spread, side=angles.side)
    if end > start:
        _shade_tasks(ax, tasks, start, end)
    return label_angle_axis(ax, angle_label(joint, motion))


def thinned_indices(
    values: FloatArray, *, n_bins: int
) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Choose a few samples that give the same picture of a long line as all of them.

    The lowest and the highest sample of each of `n_bins` equal runs are kept, and both edges of
    every gap, so that no peak is lost and no gap closes.

    Parameters
    ----------
    values
        Evenly spaced samples, NaN in gaps, shape (n,).
    n_bins
        Approximate number of columns of the drawing, at least 1.

    Returns
    -------
    numpy.ndarray
        Indices in increasing order; all of them if there are at most two per column.

    Examples
    --------
    >>> thinned_indices(np.array([0.0, 5.0, 1.0, 0.0, -4.0, 0.0, 1.0]), n_bins=1)
    array([0, 1, 4, 6])
    """
    n = values.size
    if n <= 2 * n_bins:
        return np.arange(n)
    width = -(-n // n_bins)
    padded = np.full(width * n_bins, np.nan)
    padded[:n] = values
    columns = padded.reshape(n_bins, width)
    first = np.arange(n_bins) * width
    lowest = first + np.argmin(np.where(np.isnan(columns), np.inf, columns), axis=1)
    highest = first + np.argmax(np.where(np.isnan(columns), -np.inf, columns), axis=1)
    edges = np.flatnonzero(np.diff(np.isnan(values)))
    chosen = np.unique(np.concatenate([[0, n - 1], lowest, highest, edges, edges + 1]))
    return chosen[chosen < n]


def known_median(values: FloatArray) -> float:
    """Return the median of the finite values.

    Parameters
    ----------
    values
        Values of any shape, NaN where not known.

    Returns
    -------
    float
        The median; NaN if no value is finite.
    """
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else float("nan")


def _shade_tasks(ax: Axes, tasks: Sequence[TaskSpan], start: float, end: float) -> None:
    for span in tasks:
        begin, finish = max(span.start_s, start), min(span.end_s, end)
        if finish <= begin:
            continue
        if span.task is not Task.STANDING:
            ax.axvspan(begin, finish, color=_TASK_SHADE, linewidth=0, zorder=0)
        words = span.task.value.replace("_", " ")
        if (finish - begin) / (end - start) >= _SHARE_PER_LETTER * len(words):
            ax.annotate(
                words, (0.5 * (begin + finish), 1.0), xycoords=("data", "axes fraction"),
                xytext=(0.0, -2.0), textcoords="offset points", fontsize=8.0, color=MUTED,
                ha="center", va="top", zorder=4,
            )  # fmt: skip
