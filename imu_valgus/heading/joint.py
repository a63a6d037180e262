"""Relative heading of a joint's segments: stands, shared accelerations and priors together."""

from collections.abc import Sequence

import numpy as np

from imu_valgus.heading.acceleration import HeadingObservations
from imu_valgus.heading.anchors import agreeing_offset_rad, standing_anchors
from imu_valgus.heading.smoother import PosePrior, smooth_heading
from imu_valgus.model import (
    BoolArray,
    OrientationSeries,
    Placement,
    RelativeHeading,
    Span,
)
from imu_valgus.rotations import wrap_angle

UNANCHORED_SD_RAD = float(np.radians(10.0))
"""Uncertainty of a heading that nothing supports but the mean of the movement."""


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
        Segment-to-earth orientations, each with a heading of its own.
    placements
        Of the two segments, for the result.
    trials
        Neutral standing, half-open sample runs.
    accelerations
        Relative headings seen in shared accelerations; may be empty.
    pose_prior
        The pose offset as other recordings of the donning know it.
    moving
        Samples that serve, with neither stands nor accelerations, as a stand-in: their mean is
        then taken as neutral, which removes a true mean rotation; the uncertainty says so. (n,).

    Returns
    -------
    RelativeHeading
        The physical offset, whatever the pose in standing, and its uncertainties at every sample.
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


def _unanchored(
    proximal: OrientationSeries,
    distal: OrientationSeries,
    placements: tuple[Placement, Placement],
    usable: BoolArray,
) -> RelativeHeading:
    mask = usable if usable.any() else np.ones(len(proximal), dtype=np.bool_)
    offset = agreeing_offset_rad(proximal, distal, mask)
    n = len(proximal)
    minutes = (proximal.time_s - proximal.time_s[0]) / 60.0
    drifting = np.hypot(UNANCHORED_SD_RAD, np.radians(5.0) * minutes)
    return RelativeHeading(
        *placements,
        proximal.time_s,
        np.full(n, offset),
        drifting,
        closure_deg=None,
        n_anchors=0,
        change_sd_rad=drifting,
        pose_offset_rad=0.0,
        pose_offset_sd_rad=float("inf"),
        n_windows=0,
    )
