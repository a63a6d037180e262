"""Standing anchors: the relative heading at which two segments face the same way in standing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imu_valgus.model import BoolArray, OrientationSeries, Span
from imu_valgus.rotations import compose


@dataclass(frozen=True, slots=True)
class StandingAnchor:
    """Relative heading in one static trial.

    Parameters
    ----------
    time_s
        Mean time of the static trial.
    offset_rad
        Turn about the vertical that brings the distal frame closest to the proximal one, radians.
    """

    time_s: float
    offset_rad: float


def standing_anchors(
    proximal: OrientationSeries, distal: OrientationSeries, trials: Sequence[Span]
) -> tuple[StandingAnchor, ...]:
    """Measure the relative heading in every static trial that has samples of both segments.

    Parameters
    ----------
    proximal, distal
        Segment-to-earth orientations, each in its own heading.
    trials
        Static trials, as spans of samples.

    Returns
    -------
    tuple of StandingAnchor
        In order of `trials`.
    """
    is_known = proximal.is_known & distal.is_known
    anchors: list[StandingAnchor] = []
    for span in trials:
        mask = np.zeros_like(is_known)
        mask[span.slice] = is_known[span.slice]
        if mask.any():
            time_s = float(proximal.time_s[mask].mean())
            anchors.append(StandingAnchor(time_s, agreeing_offset_rad(proximal, distal, mask)))
    return tuple(anchors)


def agreeing_offset_rad(
    proximal: OrientationSeries, distal: OrientationSeries, mask: BoolArray
) -> float:
    """Find the turn about the vertical that brings the distal frame closest to the proximal one.

    Closest means the largest summed trace of the relative rotation, which has a closed form for
    turns about one axis.

    Parameters
    ----------
    proximal, distal
        Segment-to-earth orientations, each in its own heading, n samples.
    mask
        Samples to use, shape (n,).

    Returns
    -------
    float
        Turn of the distal frame in radians.
    """
    matrices = compose(distal.to_earth[mask], proximal.to_earth[mask].inv()).as_matrix()
    along = float(np.sum(matrices[:, 0, 0] + matrices[:, 1, 1]))
    across = float(np.sum(matrices[:, 0, 1] - matrices[:, 1, 0]))
    return float(np.arctan2(across, along))
