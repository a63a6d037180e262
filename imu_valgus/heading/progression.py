"""A heading reference for the femur when no pelvis sensor is worn.

Without a pelvis sensor nothing tells where the body faces. While walking straight, the thigh's
own heading averaged over strides stands in for the walking direction; while standing and
exercising, the heading of the neutral stance does. Both set the mean to zero by definition, so
only excursions may be read; the uncertainty of the level says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from imu_valgus.model import (
    BoolArray,
    FloatArray,
    OrientationSeries,
    Placement,
    RelativeHeading,
    Span,
)

ComplexArray = npt.NDArray[np.complex128]

_RIGHT = np.array([0.0, 0.0, 1.0])
_RIGHT_FACING_HEADING = -0.5 * np.pi
"""Heading of the right axis of somebody who faces along earth x."""


@dataclass(frozen=True, slots=True)
class ProgressionSettings:
    """Smoothing and trust of the reference.

    Parameters
    ----------
    window_s
        Moving mean over the walking heading: about two strides, so that the rotation within a
        stride averages out while turns are followed. Own choice.
    facing_sd_rad
        Uncertainty of the level outside of walking: how far the direction in which a thigh bends
        lies off the one in which the body faces (from simulated people).
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
        As for the joint anchors; grows with the distance from a stand.
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
        Segment-to-earth orientations.
    placement
        Of the thigh.
    trials, walks
        Neutral standing and walking, half-open sample runs.
    rate_hz
        Sampling rate of `thigh`.
    settings
        See `ProgressionSettings`.

    Returns
    -------
    RelativeHeading
        With `proximal` None; ``Rz(offset) * thigh_to_earth`` faces along earth x on average.
    """
    right = thigh.to_earth.apply(_RIGHT)
    pointer = right[:, 0] + 1j * right[:, 1]
    n = len(thigh)
    walking = _mask(walks, n)
    reference = np.full(n, np.nan, dtype=np.complex128)
    for span in trials:
        inside = span.slice
        reference[inside] = _mean_direction(pointer[inside], thigh.is_known[inside])
    for span in walks:
        reference[span.slice] = _moving_mean(pointer[span.slice], settings.window_s * rate_hz)
    heading = _fill(np.angle(reference), pointer)
    distance_s = _distance_to(_mask(trials, n)) / rate_hz
    still_sd = np.hypot(
        settings.stance_sd_rad, settings.drift_sd_rad_s * np.minimum(distance_s, 600)
    )
    has_stand = bool(len(trials))
    level_sd = np.hypot(settings.facing_sd_rad, still_sd)
    sd = np.where(walking | (not has_stand), settings.walking_sd_rad, level_sd)
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


def _mean_direction(pointer: ComplexArray, is_known: BoolArray) -> complex:
    chosen = pointer[is_known]
    return complex(chosen.mean()) if chosen.size else complex(np.nan, np.nan)


def _moving_mean(pointer: ComplexArray, window: float) -> ComplexArray:
    size = max(1, min(int(window), pointer.size))
    real = uniform_filter1d(pointer.real, size, mode="nearest")
    imaginary = uniform_filter1d(pointer.imag, size, mode="nearest")
    return np.asarray(real + 1j * imaginary)


def _fill(heading: FloatArray, pointer: ComplexArray) -> FloatArray:
    """Bridge the stretches between stands and walks along the shorter way; hold at the ends."""
    known = np.flatnonzero(np.isfinite(heading))
    if known.size == 0:
        return np.full(heading.size, float(np.angle(pointer.mean())))
    unwrapped = np.unwrap(heading[known])
    return np.asarray(np.interp(np.arange(heading.size), known, unwrapped))


def _distance_to(mask: BoolArray) -> FloatArray:
    """Distance in samples to the nearest True, shape (n,); zeros when there is none."""
    where = np.flatnonzero(mask)
    if where.size == 0:
        return np.zeros(mask.size)
    index = np.arange(mask.size)
    right = np.clip(np.searchsorted(where, index), 0, where.size - 1)
    left = np.clip(right - 1, 0, where.size - 1)
    return np.asarray(
        np.minimum(np.abs(where[right] - index), np.abs(index - where[left])), dtype=np.float64
    )
