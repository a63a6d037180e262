"""Relative heading of two neighbouring segments from standing anchors.

Gyroscope and accelerometer do not see the heading: each sensor's orientation turns slowly about
the vertical, and between thigh and shank that looks exactly like tibial rotation. Whenever the
person stands in the neutral pose, the two segment frames are taken to face the same way; in
between, the difference is bridged as a random walk (a Brownian bridge: linear in time where
nothing is missing). The pose itself is repeated only to a few degrees, which is part of the
uncertainty. Nothing pulls the pose towards neutral between anchors.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imu_valgus.model import (
    BoolArray,
    FloatArray,
    OrientationSeries,
    Placement,
    RelativeHeading,
    Span,
)
from imu_valgus.rotations import compose, wrap_angle


@dataclass(frozen=True, slots=True)
class AnchorSettings:
    """How far a standing pose and a drifting heading are trusted.

    Parameters
    ----------
    pose_sd_rad
        Repeatability of the relative axial pose when somebody stands in neutral again.
        2 degrees: own choice, from the 3 degree "moved strap" limit being an unusual stand.
    drift_sd_rad_s
        Standard uncertainty of the constant rate at which the two headings part once the
        gyroscope biases are removed. 0.02 deg/s: own choice, the drift of two consumer
        gyroscopes whose bias is known from some seconds of standing.
    walk_sd_rad_sqrt_s
        Random walk of the relative heading (angular noise of both gyroscopes and tilt mistakes
        in motion). 0.1 deg per square root of a second: own choice.
    gap_sd_rad_s
        Growth of the uncertainty during a gap, per second of gap: nobody saw the leg turn.
    unanchored_sd_rad
        Uncertainty of a heading that no standing pose supports.
    """

    pose_sd_rad: float = np.radians(2.0)
    drift_sd_rad_s: float = np.radians(0.02)
    walk_sd_rad_sqrt_s: float = np.radians(0.1)
    gap_sd_rad_s: float = np.radians(60.0)
    unanchored_sd_rad: float = np.radians(10.0)


DEFAULT_SETTINGS = AnchorSettings()


def estimate_relative_heading(
    proximal: OrientationSeries,
    distal: OrientationSeries,
    *,
    placements: tuple[Placement | None, Placement],
    stands: Sequence[Span],
    moving: BoolArray,
    settings: AnchorSettings = DEFAULT_SETTINGS,
) -> RelativeHeading:
    """Estimate by how much the distal frame must be turned to share the proximal heading.

    Parameters
    ----------
    proximal, distal
        Segment-to-earth orientations, each with a heading of its own.
    placements
        Of the two segments, for the result.
    stands
        Neutral standing, half-open sample runs.
    moving
        Samples that may serve, without any stand, as a stand-in: the mean over them is then
        taken as neutral, which removes a true mean rotation; the uncertainty says so. Shape (n,).
    settings
        See `AnchorSettings`.

    Returns
    -------
    RelativeHeading
        Offset and uncertainty at every sample.
    """
    is_known = proximal.is_known & distal.is_known
    anchors = [_anchor(proximal, distal, _mask_of(span, is_known)) for span in stands]
    times = [_mid_time(proximal.time_s, _mask_of(span, is_known)) for span in stands]
    kept = [
        (time, offset) for time, offset in zip(times, anchors, strict=True) if offset is not None
    ]
    spread = _accumulated_variance(proximal.time_s, is_known, settings)
    if not kept:
        usable = is_known & moving
        offset = _anchor(proximal, distal, usable if usable.any() else is_known) or 0.0
        variance = settings.unanchored_sd_rad**2 + spread - spread[0]
        flat = np.full(len(proximal), offset)
        return RelativeHeading(
            *placements, proximal.time_s, flat, np.sqrt(variance), closure_deg=None, n_anchors=0
        )
    anchor_times = np.array([time for time, _ in kept])
    offsets = np.unwrap(np.array([offset for _, offset in kept]))
    offset_rad, variance = _bridge(proximal.time_s, spread, anchor_times, offsets, settings)
    closure = float(np.degrees(wrap_angle(offsets[-1] - offsets[0]))) if len(kept) > 1 else None
    return RelativeHeading(
        *placements,
        proximal.time_s,
        offset_rad,
        np.sqrt(variance),
        closure_deg=closure,
        n_anchors=len(kept),
    )


def _mask_of(span: Span, is_known: BoolArray) -> BoolArray:
    mask = np.zeros_like(is_known)
    mask[span.slice] = is_known[span.slice]
    return mask


def _mid_time(time_s: FloatArray, mask: BoolArray) -> float:
    return float(time_s[mask].mean()) if mask.any() else float("nan")


def _anchor(
    proximal: OrientationSeries, distal: OrientationSeries, mask: BoolArray
) -> float | None:
    """Return the turn about the vertical that brings the distal frames closest to the proximal.

    Closest in the sense of the largest summed trace of the relative rotation, which has a closed
    form for turns about one axis.
    """
    if not mask.any():
        return None
    matrices = compose(distal.to_earth[mask], proximal.to_earth[mask].inv()).as_matrix()
    along = float(np.sum(matrices[:, 0, 0] + matrices[:, 1, 1]))
    across = float(np.sum(matrices[:, 0, 1] - matrices[:, 1, 0]))
    return float(np.arctan2(across, along))


def _accumulated_variance(
    time_s: FloatArray, is_known: BoolArray, settings: AnchorSettings
) -> FloatArray:
    """Variance of the random walk from the start to each sample; gaps add theirs, shape (n,)."""
    step_s = np.diff(time_s, prepend=time_s[:1])
    growth = settings.walk_sd_rad_sqrt_s**2 * step_s
    edges = np.flatnonzero(np.diff(np.concatenate([[True], is_known, [True]]).astype(np.int8)))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        length_s = float(step_s[start:stop].sum())
        growth[start:stop] += (settings.gap_sd_rad_s * length_s) ** 2 / (stop - start)
    return np.asarray(np.cumsum(growth))


def _bridge(
    time_s: FloatArray,
    spread: FloatArray,
    anchor_times: FloatArray,
    offsets: FloatArray,
    settings: AnchorSettings,
) -> tuple[FloatArray, FloatArray]:
    """Brownian bridge between anchors, constant beyond them; offset and variance, shape (n,)."""
    spread_at = np.interp(anchor_times, time_s, spread)
    offset_rad = np.asarray(np.interp(spread, spread_at, offsets), dtype=np.float64)
    if anchor_times.size == 1:
        left = right = np.zeros(time_s.size, dtype=np.intp)
    else:
        right = np.clip(np.searchsorted(anchor_times, time_s), 1, anchor_times.size - 1)
        left = right - 1
    before = np.abs(spread - spread_at[left])
    after = np.abs(spread_at[right] - spread)
    span = np.maximum(spread_at[right] - spread_at[left], 1e-30)
    is_between = (time_s >= anchor_times[0]) & (time_s <= anchor_times[-1])
    share = np.clip(before / span, 0.0, 1.0)
    pose = settings.pose_sd_rad**2
    within = pose * (share**2 + (1.0 - share) ** 2) + before * after / span
    nearest_s = np.minimum(np.abs(time_s - anchor_times[0]), np.abs(time_s - anchor_times[-1]))
    drift = (settings.drift_sd_rad_s * nearest_s) ** 2
    beyond = pose + np.minimum(before, after) + drift
    return offset_rad, np.where(is_between, within, beyond)
