"""When sensors felt a shock, to fractions of a sample."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from imu_valgus.model import FloatArray, SensorStream

__all__ = ["GRID_S", "TapSettings", "find_shocks", "lag_of", "shock_of"]


@dataclass(frozen=True, slots=True)
class TapSettings:
    """What counts as a tap.

    Parameters
    ----------
    least_taps
        At each end. Three tell a tap from a stumble, and give a spread.
    least_height_m_s2
        Of the smoothed specific force above its median; a tap reaches several times as much,
        swinging arms do not.
    least_spacing_s
        Between taps, so that none is taken for its neighbour.
    search_s
        How far apart two sensors may be; less than half the spacing.
    smoothing_s
        Standard deviation of the Gaussian that makes sensors of different rates comparable: about
        a sample of the slowest ones.
    least_correlation
        Between the shapes of one tap in two sensors.
    resolution_of_sample
        Smallest standard error that is told, as a share of the sampling interval: the shape of a
        shock between samples is not known.
    tolerance_s
        Differences that are never called a disagreement: at a fast swing of 400 °/s, 2 ms are 0.8°.
    """

    least_taps: int = 3
    least_height_m_s2: float = 5.0
    least_spacing_s: float = 0.3
    search_s: float = 0.14
    smoothing_s: float = 0.012
    least_correlation: float = 0.8
    resolution_of_sample: float = 0.05
    tolerance_s: float = 0.002


GRID_S: Final = 1e-3
"""Shocks are compared on this grid; between its points a parabola tells."""
_HALF_WIDTH_S: Final = 0.08
"""Of the piece around a tap whose shape is compared."""


def shock_of(stream: SensorStream, grid_s: FloatArray, settings: TapSettings) -> FloatArray:
    """Smooth the specific force above its median on a grid; NaN in gaps."""
    force = np.linalg.norm(stream.acc, axis=1)
    known = np.isfinite(force)
    time_s, force = stream.time_s[known], force[known]
    near = np.searchsorted(time_s, [grid_s[0] - 1.0, grid_s[-1] + 1.0]) if grid_s.size else (0, 0)
    time_s, force = time_s[slice(*near)], force[slice(*near)]
    if time_s.size < 8:
        return np.full(grid_s.size, np.nan)
    # Shape-preserving: a cubic spline would ring beside a shock of one or two samples.
    shock = PchipInterpolator(time_s, force - np.median(force), extrapolate=False)(grid_s)
    shock = gaussian_filter1d(np.nan_to_num(shock), settings.smoothing_s / GRID_S)
    after = np.clip(np.searchsorted(time_s, grid_s), 1, time_s.size - 1)
    distant = time_s[after] - time_s[after - 1] > 2.5 * float(np.median(np.diff(time_s)))
    outside = (grid_s < time_s[0]) | (grid_s > time_s[-1])
    return np.where(distant | outside, np.nan, shock)


def find_shocks(shock: FloatArray, settings: TapSettings) -> npt.NDArray[np.int64]:
    """Find the grid indices of shocks, far enough from the ends to be compared."""
    spacing = round(settings.least_spacing_s / GRID_S)
    height = settings.least_height_m_s2
    peaks, _ = find_peaks(np.nan_to_num(shock), height=height, distance=spacing)
    margin = round((settings.search_s + _HALF_WIDTH_S) / GRID_S) + 1
    return peaks[(peaks >= margin) & (peaks < shock.size - margin)].astype(np.int64)


def lag_of(guide: FloatArray, other: FloatArray, at: int, settings: TapSettings) -> float:
    """Tell how much later the other sensor has the tap, s; NaN where it does not have it."""
    half, search = round(_HALF_WIDTH_S / GRID_S), round(settings.search_s / GRID_S)
    shape = guide[at - half : at + half + 1]
    wide = other[at - half - search : at + half + search + 1]
    if not (np.isfinite(shape).all() and np.isfinite(wide).all()):
        return float("nan")
    pieces = np.lib.stride_tricks.sliding_window_view(wide, shape.size)
    centred = pieces - pieces.mean(axis=1, keepdims=True)
    scale = np.linalg.norm(centred, axis=1) * np.linalg.norm(shape - shape.mean())
    likeness = centred @ (shape - shape.mean()) / np.maximum(scale, 1e-9)
    # A faint echo of like shape must not win over the tap itself.
    is_tall = pieces.max(axis=1) >= 0.5 * float(wide.max())
    best = int(np.argmax(np.where(is_tall, likeness, -1.0)))
    is_tap = pieces[best].max() >= settings.least_height_m_s2
    if not is_tap or likeness[best] < settings.least_correlation or not 0 < best < 2 * search:
        return float("nan")
    left, top, right = likeness[best - 1 : best + 2]
    return GRID_S * float(best - search + _vertex(left, top, right))


def _vertex(left: float, top: float, right: float) -> float:
    """Where between three points of a parabola its top lies, in steps from the middle one."""
    bend = left - 2.0 * top + right
    return 0.5 * (left - right) / bend if bend < 0.0 else 0.0
