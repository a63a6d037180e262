"""Relative heading of a joint's segments from static trials, accelerations and priors together."""

from collections.abc import Sequence

import numpy as np

from imu_valgus.heading.acceleration import HeadingObservations
from imu_valgus.heading.smoother import PosePrior, StandingAnchor, smooth_heading
from imu_valgus.model import (
    BoolArray,
    OrientationSeries,
    Placement,
    RelativeHeading,
    Span,
)
from imu_valgus.rotations import compose, wrap_angle

_UNANCHORED_SD_RAD = float(np.radians(10.0))
"""Uncertainty of a heading that rests only on the mean of the movement."""


def estimate_relative_heading(
    proximal: OrientationSeries,
    distal: OrientationSeries,
    *,
    placements: tuple[Placement, Placement],
    trials: Sequence[Span],
    accelerations: HeadingObservations,
    pose_prior: PosePrior | None = None,
    moving: BoolArray,
) -> RelativeHeading:
    """Estimate by how much the distal frame must be turned to share the proximal heading.

    Parameters
    ----------
    proximal, distal
        Segment-to-earth orientations, each in its own heading, n samples.
    placements
        Proximal and distal placement, for the result.
    trials
        Static trials, as spans of samples.
    accelerations
        Relative headings from shared accelerations; may be empty.
    pose_prior
        Pose offset according to other recordings of the donning.
    moving
        Samples whose mean is taken as neutral if there are neither static trials nor
        accelerations, shape (n,). That removes a true mean rotation; the uncertainty says so.

    Returns
    -------
    RelativeHeading
        The physical offset, whatever the pose in standing, with its uncertainty at every sample.
    """
    is_known = proximal.is_known & distal.is_known
    anchors = standing_anchors(proximal, distal, trials)
    if not anchors and not len(accelerations):
        return _unanchored(proximal, distal, placements, is_known & moving)
    smoothed = smooth_heading(
        proximal.time_s,
        anchors=anchors,
        observations=accelerations,
        is_known=is_known,
        pose_prior=pose_prior,
    )
    closure = (
        float(np.degrees(wrap_angle(np.array(anchors[-1].offset_rad - anchors[0].offset_rad))))
        if len(anchors) > 1
        else None
    )
    return RelativeHeading(
        *placements,
        proximal.time_s,
        smoothed.offset_rad,
        smoothed.sd_rad,
        closure_deg=closure,
        n_anchors=len(anchors),
        change_sd_rad=smoothed.change_sd_rad,
        pose_offset_rad=smoothed.pose_offset_rad,
        pose_offset_sd_rad=smoothed.pose_offset_sd_rad,
        n_windows=len(accelerations),
    )


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
        Anchors in the order of `trials`.
    """
    is_known = proximal.is_known & distal.is_known
    anchors: list[StandingAnchor] = []
    for span in trials:
        mask = np.zeros_like(is_known)
        mask[span.slice] = is_known[span.slice]
        if mask.any():
            time_s = float(proximal.time_s[mask].mean())
            anchors.append(StandingAnchor(time_s, _agreeing_offset_rad(proximal, distal, mask)))
    return tuple(anchors)


def _unanchored(
    proximal: OrientationSeries,
    distal: OrientationSeries,
    placements: tuple[Placement, Placement],
    usable: BoolArray,
) -> RelativeHeading:
    """Take the mean of the movement as neutral."""
    n = len(proximal)
    mask = usable if usable.any() else np.ones(n, dtype=np.bool_)
    offset = _agreeing_offset_rad(proximal, distal, mask)
    minutes = (proximal.time_s - proximal.time_s[0]) / 60.0
    sd_rad = np.hypot(_UNANCHORED_SD_RAD, np.radians(5.0) * minutes)
    return RelativeHeading(
        *placements,
        proximal.time_s,
        np.full(n, offset),
        sd_rad,
        closure_deg=None,
        n_anchors=0,
        change_sd_rad=sd_rad,
        pose_offset_rad=0.0,
        pose_offset_sd_rad=float("inf"),
        n_windows=0,
    )


def _agreeing_offset_rad(
    proximal: OrientationSeries, distal: OrientationSeries, mask: BoolArray
) -> float:
    """Find the turn about the vertical that brings the distal frame closest to the proximal one.

    Closest means the largest summed trace of the relative rotation, which has a closed form for
    turns about one axis.
    """
    matrices = compose(distal.to_earth[mask], proximal.to_earth[mask].inv()).as_matrix()
    along = float(np.sum(matrices[:, 0, 0] + matrices[:, 1, 1]))
    across = float(np.sum(matrices[:, 0, 1] - matrices[:, 1, 0]))
    return float(np.arctan2(across, along))
