"""A heading reference for the femur when no pelvis sensor is worn.

Without a pelvis sensor nothing shows where the body faces. While walking straight, the thigh's own
heading averaged over strides replaces the walking direction; while standing and exercising, the
heading in neutral stance does. Both set the mean to zero by definition, so only excursions may be
read. The uncertainty of the level says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt, uniform_filter1d

from imu_valgus.model import (
    BoolArray,
    FloatArray,
    OrientationSeries,
    Placement,
    RelativeHeading,
    Span,
)

_RIGHT = np.array([0.0, 0.0, 1.0])
_RIGHT_FACING_HEADING = -0.5 * np.pi
"""Heading of the right axis of a person who faces along earth x."""


@dataclass(frozen=True, slots=True)
class ProgressionSettings:
    """Smoothing and uncertainty of the reference.

    Parameters
    ----------
    window_s
        Length of the moving mean of the heading in walking: about two strides, so that the
        rotation within a stride averages out while turns are followed. Own choice.
    facing_sd_rad
        Uncertainty of the level outside of walking: the angle between the direction in which a
        thigh bends and that in which the body faces (from simulated people).
    stance_sd_rad
        Repeatability of the neutral stance, for changes (own choice, as for the joint anchors).
    walking_sd_rad
        Uncertainty of the level in walking: the true mean rotation of the femur is lost.
        9.5 degrees is its spread between people (Schwartz et al. 2008,
        doi:10.1016/j.jbiomech.2008.03.015).
    walking_change_sd_rad
        Uncertainty of walking relative to neutral stance: the mean that is lost is a change too.
        Own choice, less than the level because people stand much as they walk.
    drift_sd_rad_s
        Growth of the uncertainty with the time from a static trial, as for the joint anchors.
    """

    window_s: float = 2.2
    facing_sd_rad: float = np.radians(2.5)
    stance_sd_rad: float = np.radians(2.0)
    walking_sd_rad: float = np.radians(9.5)
    walking_change_sd_rad: float = np.radians(4.5)
    drift_sd_rad_s: float = np.radians(0.02)


DEFAULT_SETTINGS = ProgressionSettings()


def estimate_thigh_heading(
    thigh: OrientationSeries,
    *,
    placement: Placement,
    trials: Sequence[Span],
    walks: Sequence[Span],
    rate_hz: float,
    settings: ProgressionSettings = DEFAULT_SETTINGS,
) -> RelativeHeading:
    """Estimate the turn that makes the thigh face along earth x in neutral stance and in walking.

    Parameters
    ----------
    thigh
        Segment-to-earth orientations of the thigh.
    placement
        Left or right thigh.
    trials, walks
        Static trials and walks, as spans of samples.
    rate_hz
        Sampling rate of `thigh`.
    settings
        See `ProgressionSettings`.

    Returns
    -------
    RelativeHeading
        `proximal` is None; ``Rz(offset) * thigh_to_earth`` faces along earth x on average.
    """
    right = thigh.to_earth.apply(_RIGHT)
    pointer = right[:, 0] + 1j * right[:, 1]
    n = len(thigh)
    walking = _mask(walks, n)
    reference = np.full(n, np.nan, dtype=np.complex128)
    for span in trials:
        known = pointer[span.slice][thigh.is_known[span.slice]]
        reference[span.slice] = known.mean() if known.size else complex(np.nan, np.nan)
    for span in walks:
        of_walk = pointer[span.slice]
        size = max(1, min(int(settings.window_s * rate_hz), of_walk.size))
        real = uniform_filter1d(of_walk.real, size, mode="nearest")
        reference[span.slice] = real + 1j * uniform_filter1d(of_walk.imag, size, mode="nearest")
    heading = _fill(np.angle(reference), pointer)
    standing = _mask(trials, n)
    distance_s = (distance_transform_edt(~standing) if standing.any() else np.zeros(n)) / rate_hz
    still_sd = np.hypot(
        settings.stance_sd_rad, settings.drift_sd_rad_s * np.minimum(distance_s, 600)
    )
    level_sd = np.hypot(settings.facing_sd_rad, still_sd)
    sd = np.where(walking | (len(trials) == 0), settings.walking_sd_rad, level_sd)
    return RelativeHeading(
        None,
        placement,
        thigh.time_s,
        _RIGHT_FACING_HEADING - heading,
        sd,
        closure_deg=None,
        n_anchors=len(trials),
        change_sd_rad=np.where(walking, settings.walking_change_sd_rad, still_sd),
        pose_offset_rad=0.0,
        pose_offset_sd_rad=float("inf"),
        n_windows=0,
    )


def _mask(spans: Sequence[Span], n: int) -> BoolArray:
    mask = np.zeros(n, dtype=np.bool_)
    for span in spans:
        mask[span.slice] = True
    return mask


def _fill(heading: FloatArray, pointer: npt.NDArray[np.complex128]) -> FloatArray:
    """Interpolate between static trials and walks along the shorter way; hold at the ends."""
    known = np.flatnonzero(np.isfinite(heading))
    if known.size == 0:
        return np.full(heading.size, float(np.angle(pointer.mean())))
    unwrapped = np.unwrap(heading[known])
    return np.asarray(np.interp(np.arange(heading.size), known, unwrapped))
