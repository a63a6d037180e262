"""Calf raises: the whole leg goes up by some centimetres and comes down, while it hardly tilts.

Height comes from the vertical acceleration, integrated twice between the limits of a band: slow
enough to hold a raise of some seconds, fast enough to be deaf to the drift of the accelerometer.
Within such a band a held raise looks like a rise followed by a fall, so what is counted are rises
of the velocity that are followed by falls.
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
    """Limits of calf raises; own choices, checked on simulated and on one real recording.

    Parameters
    ----------
    band_hz
        Band of the vertical velocity: slow enough for a raise that takes 1.6 s and is held 3.5 s.
    rise_m
        Least height gained while going up, and lost while coming down.
    least_velocity_m_s
        Slower is standing.
    tilt_deg
        Largest change of tilt of any sensor meanwhile: nobody bends the legs.
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
        Vertical acceleration (specific force along up, less gravity), mean over the worn sensors
        of legs and pelvis, shape (n,), NaN where not known.
    tilts_deg
        Tilt from neutral standing of the same sensors, shape (n,).
    settings
        See `CalfRaiseSettings`.

    Returns
    -------
    tuple of Hump
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
    far = sorted(stroke for stroke in strokes if abs(stroke[2]) > settings.rise_m)
    found = []
    for rise, fall in pairwise(far):
        is_pair = rise[2] > 0.0 > fall[2]
        if is_pair and (fall[0] - rise[1]) / rate_hz <= settings.hold_s:
            excursion = Excursion(rise[0], rise[1], fall[1], rise[0], fall[1] - 1)
            if _stays_upright(excursion, tilts_deg, settings):
                found.append(excursion)
    return tuple(found)


def _velocity(lift: FloatArray, rate_hz: float, settings: CalfRaiseSettings) -> FloatArray:
    sos = butter(2, settings.band_hz, btype="bandpass", fs=rate_hz, output="sos")
    still = smooth(np.nan_to_num(lift - np.nanmean(lift)), rate_hz, cutoff_hz=10.0)
    velocity = np.cumsum(still) / rate_hz
    # Rest before and after: else the filter takes part of a raise that begins near an edge.
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
