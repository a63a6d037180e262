"""Find calf raises: the whole leg rises a few centimetres and comes down, while it hardly tilts.

Height comes from the vertical acceleration, integrated twice within a frequency band. The band
reaches low enough to hold a raise of some seconds and stops the slow drift of the accelerometer.
Within such a band a held raise looks like a rise followed by a fall, so a raise is counted where a
rise of the velocity is followed by a fall.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.signal import butter, sosfiltfilt

from imu_valgus.model import FloatArray, Placement
from imu_valgus.segmentation.excursions import Excursion
from imu_valgus.signals.series import runs, sampling_rate, smooth


@dataclass(frozen=True, slots=True)
class CalfRaiseSettings:
    """Limits of calf raises; our own choices, checked on simulated and on one real recording.

    Parameters
    ----------
    band_hz
        Band of the vertical velocity, for raises that take 1.6 s and are held for up to 3.5 s.
    rise_m
        Minimum height gained on the way up, and lost on the way down.
    least_velocity_m_s
        Anything slower is standing still.
    tilt_deg
        Largest change of tilt of any sensor during the raise; more means that the legs bend.
    hold_s
        Longest time between the end of the rise and the beginning of the fall.
    """

    band_hz: tuple[float, float] = (0.07, 4.0)
    rise_m: float = 0.02
    least_velocity_m_s: float = 0.03
    tilt_deg: float = 12.0
    hold_s: float = 8.0


DEFAULT_SETTINGS = CalfRaiseSettings()


def find_calf_raises(
    time_s: FloatArray,
    lift_m_s2: FloatArray,
    tilts_deg: Mapping[Placement, FloatArray],
    *,
    settings: CalfRaiseSettings = DEFAULT_SETTINGS,
) -> tuple[Excursion, ...]:
    """Find calf raises.

    Parameters
    ----------
    time_s
        Uniform sample times, shape (n,).
    lift_m_s2
        Vertical acceleration (specific force along up, less gravity), mean over the sensors worn
        on legs and pelvis, shape (n,), NaN where not known.
    tilts_deg
        Tilt of the same sensors from neutral standing, shape (n,).
    settings
        Limits, see `CalfRaiseSettings`.

    Returns
    -------
    tuple of Excursion
        In order of time; the top is the end of the rise.
    """
    rate_hz = sampling_rate(time_s)
    if time_s.size < 10 * rate_hz / settings.band_hz[1]:
        return ()
    velocity = _velocity(lift_m_s2, rate_hz, settings)
    strokes = [
        (start, stop, float(velocity[start:stop].sum()) / rate_hz)
        for sign in (1.0, -1.0)
        for start, stop in runs(sign * velocity > settings.least_velocity_m_s)
    ]
    high_strokes = sorted(stroke for stroke in strokes if abs(stroke[2]) > settings.rise_m)
    raises = []
    for rise, fall in pairwise(high_strokes):
        is_pair = rise[2] > 0.0 > fall[2]
        if is_pair and (fall[0] - rise[1]) / rate_hz <= settings.hold_s:
            raises.append(Excursion(rise[0], rise[1], fall[1], rise[0], fall[1] - 1))
    return tuple(up for up in raises if _stays_upright(up, tilts_deg, settings))


def _velocity(lift: FloatArray, rate_hz: float, settings: CalfRaiseSettings) -> FloatArray:
    sos = butter(2, settings.band_hz, btype="bandpass", fs=rate_hz, output="sos")
    still = smooth(np.nan_to_num(lift - np.nanmean(lift)), rate_hz, cutoff_hz=10.0)
    velocity = np.cumsum(still) / rate_hz
    # Without padding by rest, the filter takes away part of a raise that begins near an end.
    room = min(velocity.size - 1, round(2.0 * rate_hz / settings.band_hz[0]))
    return np.asarray(sosfiltfilt(sos, velocity, padtype="constant", padlen=room))


def _stays_upright(
    excursion: Excursion, tilts_deg: Mapping[Placement, FloatArray], settings: CalfRaiseSettings
) -> bool:
    for tilt in tilts_deg.values():
        inside = tilt[excursion.start : excursion.stop]
        inside = inside[np.isfinite(inside)]
        if inside.size and float(inside.max()) > settings.tilt_deg + float(inside.min()):
            return False
    return True
