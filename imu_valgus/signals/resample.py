"""Resample samples at uneven times onto a uniform grid, without delay and with gaps kept.

Between samples the signal is a spline of degree 7 through the true sample times, which follows
jitter, drifting clocks and missing samples alike. On an even clock it keeps the amplitude within
4 % up to 0.4 of the sampling rate (from the response of B-splines in Unser 1999,
doi:10.1109/79.799930). Before a rate is lowered, a low-pass removes what the lower rate cannot
carry; its coefficients are symmetric, so its delay is exactly zero.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.interpolate import Akima1DInterpolator, make_interp_spline
from scipy.signal import firwin, kaiserord, upfirdn

from imu_valgus.conventions import LONGEST_BRIDGED_GAP_S
from imu_valgus.model import FloatArray
from imu_valgus.signals.series import sample_period_s


@dataclass(frozen=True, slots=True)
class ResampleSettings:
    """Spline, low-pass and longest bridged gap.

    Parameters
    ----------
    degree
        Degree of the spline where the whole band matters (rate kept or raised).
    oversampled_degree
        Degree of the spline where the rate is at least halved. The kept band then ends below 0.25
        of the input rate, where degree 3 is already within 1 %.
    pass_share, stop_share
        Edges of the low-pass as shares of the output rate. Anything between half the rate and the
        stop edge folds back above the pass edge only.
    stop_attenuation_db
        Attenuation of the low-pass beyond the stop edge.
    least_ratio
        Minimum ratio of input to output rate at which the low-pass is used; below it (104 to
        100 Hz) there is next to nothing to remove.
    bridged_gap_s
        Longest gap that is filled.
    """

    degree: int = 7
    oversampled_degree: int = 3
    pass_share: float = 0.4
    stop_share: float = 0.6
    stop_attenuation_db: float = 60.0
    least_ratio: float = 1.1
    bridged_gap_s: float = LONGEST_BRIDGED_GAP_S


SETTINGS: Final = ResampleSettings()

_SAME_TIME_S: Final = 1e-6
"""Sample times within a microsecond of the grid are on it."""

_EDGE_SAMPLES: Final = 12
"""This many samples from the end, the effect of a spline's end conditions has died away."""


def resample(
    values: FloatArray,
    *,
    time_s: FloatArray,
    grid_s: FloatArray,
    rate_hz: float,
    settings: ResampleSettings = SETTINGS,
) -> FloatArray:
    """Resample samples onto a uniform grid.

    Parameters
    ----------
    values
        Samples, shape (n, k); a row with any NaN is a gap.
    time_s
        Strictly increasing times of the samples, shape (n,).
    grid_s
        Uniform output times, shape (m,).
    rate_hz
        Rate of the grid.
    settings
        Spline, low-pass and longest bridged gap.

    Returns
    -------
    ndarray, shape (m, k)
        Rows of NaN outside the samples and inside gaps that are too long.
    """
    is_known = np.isfinite(values).all(axis=1)
    result = np.full((grid_s.size, values.shape[1]), np.nan)
    time_s, values = time_s[is_known], values[is_known]
    if time_s.size == 0:
        return result
    # First sample at or after each grid time.
    after = np.searchsorted(time_s, grid_s - _SAME_TIME_S)
    is_before_end = after < time_s.size
    after = np.minimum(after, time_s.size - 1)
    is_on_sample = np.abs(time_s[after] - grid_s) <= _SAME_TIME_S
    before = np.maximum(after - 1, 0)
    is_near = time_s[after] - time_s[before] <= settings.bridged_gap_s + _SAME_TIME_S
    is_bridged = is_before_end & (is_on_sample | ((after > before) & is_near))
    if is_on_sample[is_bridged].all():
        result[is_bridged] = values[after[is_bridged]]
        return result
    first, last = np.flatnonzero(is_bridged)[[0, -1]]
    inner = slice(first, last + 1)
    found = _interpolated(time_s, values, grid_s[inner], rate_hz, settings)
    result[inner] = np.where(is_bridged[inner, None], found, np.nan)
    return result


def _interpolated(
    time_s: FloatArray,
    values: FloatArray,
    grid_s: FloatArray,
    rate_hz: float,
    settings: ResampleSettings,
) -> FloatArray:
    period_s = sample_period_s(time_s)
    ratio = 1.0 / (period_s * rate_hz)
    is_lowered = ratio >= settings.least_ratio
    factor = math.ceil(ratio) if is_lowered else 1
    taps = _low_pass(factor, settings) if is_lowered else np.ones(1)
    reach = taps.size // 2
    fine_s = np.arange(-reach, (grid_s.size - 1) * factor + reach + 1) / (rate_hz * factor)
    # Times count from the grid's start, because large values would cost the spline precision.
    time_s, values = _with_filled_gaps(time_s - grid_s[0], values, period_s)
    n_margin = math.ceil(reach / (rate_hz * factor * period_s)) + _EDGE_SAMPLES
    # Splines and filters run out at the ends, so the series goes on there by point reflection.
    margin = (min(n_margin, time_s.size - 1),) * 2
    time_s = np.pad(time_s, margin, mode="reflect", reflect_type="odd")
    values = np.pad(values, (margin, (0, 0)), mode="reflect", reflect_type="odd")
    degree = settings.oversampled_degree if ratio >= 2.0 else settings.degree
    degree = max(1, min(degree, (time_s.size - 2) // 2 * 2 + 1))
    spline = make_interp_spline(time_s, values, k=degree)
    fine = np.asarray(spline(np.clip(fine_s, time_s[0], time_s[-1])))
    # `reach` is a whole number of output periods, so every output falls on a fine sample.
    filtered = upfirdn(taps, fine, up=1, down=factor, axis=0)
    first = 2 * reach // factor
    return np.asarray(filtered[first : first + grid_s.size])


def _low_pass(factor: int, settings: ResampleSettings) -> FloatArray:
    """Design a symmetric low-pass at `factor` times the output rate, with unit gain at 0 Hz."""
    nyquist = 0.5 * factor  # in shares of the output rate
    width = (settings.stop_share - settings.pass_share) / nyquist
    length, beta = kaiserord(settings.stop_attenuation_db, width)
    reach = math.ceil(length / (2 * factor)) * factor
    cutoff = 0.5 * (settings.stop_share + settings.pass_share) / nyquist
    return np.asarray(firwin(2 * reach + 1, cutoff, window=("kaiser", beta)))


def _with_filled_gaps(
    time_s: FloatArray, values: FloatArray, period_s: float
) -> tuple[FloatArray, FloatArray]:
    """Fill missing samples with stand-ins, so that the spline does not overshoot there."""
    steps = np.diff(time_s)
    gaps = np.flatnonzero(steps > 1.5 * period_s)
    if gaps.size == 0 or time_s.size < 4:
        return time_s, values
    n_missing = np.maximum(np.round(steps[gaps] / period_s).astype(np.int64) - 1, 1)
    owner = np.repeat(np.arange(gaps.size), n_missing)
    place = np.arange(owner.size) - np.repeat(np.cumsum(n_missing) - n_missing, n_missing) + 1
    missing_s = time_s[gaps][owner] + steps[gaps][owner] * place / (n_missing[owner] + 1)
    # The stand-ins depend on the nearest samples only, so the others need not be fitted.
    near = np.unique(np.clip(gaps[:, None] + np.arange(-3, 5), 0, time_s.size - 1))
    stand_ins = Akima1DInterpolator(time_s[near], values[near], method="makima")(missing_s)
    at = np.repeat(gaps + 1, n_missing)
    return np.insert(time_s, at, missing_s), np.insert(values, at, stand_ins, axis=0)
