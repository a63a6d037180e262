r"""Initial contact and toe-off from the shank.

The shank's turn rate about its medio-lateral axis has the same landmarks in every walk::

       swing peak                          swing peak
          /\                                 /\
         /  \ zero                          /  \
    ____/    \__       ______________      /    \_
                \/\_--/              \    /
                 ^ initial            \__/ ^ toe-off
                   contact           trough

Initial contact lies just after the zero crossing that ends the swing, where the impact throws the
shank's forward acceleration up; toe-off lies just after the trough that starts the swing, where
the push along the shank collapses. The rate finds the landmarks (Salarian et al. 2004,
doi:10.1109/TBME.2004.827933, use the same ones), the acceleration sharpens them; where it is not
clear, a mean offset from the landmark is used. The offsets were set on one person's five steps on
a force plate and are checked in simulation.

Initial contact and toe-off from a thigh alone, where the shank of that leg carries no sensor.

The thigh reaches its largest flexion shortly before initial contact and its largest extension
shortly before toe-off. The delays to the events were found in simulation and looked at on one
person's five steps on a force plate; they differ between people, so the stance share that follows
from these events is marked unreliable.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.signal import butter, find_peaks, sosfiltfilt

from imu_valgus.model import (
    BoolArray,
    EventKind,
    FloatArray,
    GaitEvent,
    IntArray,
    Side,
    TaskSpan,
    samples_inside,
)


@dataclass(frozen=True, slots=True)
class GaitSettings:
    """Search windows and limits of the event detection.

    Parameters
    ----------
    search_low_pass_hz
        For finding the landmarks.
    timing_low_pass_hz
        For the acceleration that sharpens them.
    swing_peak_rad_s, swing_peak_share
        Least swing peak: absolute, and as a share of the 90th percentile of all peaks.
    shortest_stride_s
        Swing peaks lie further apart.
    contact_offset_s
        Mean delay of initial contact after the end of the swing.
    toe_off_offset_s
        Mean delay of toe-off after the trough.
    refine_window_s, refine_sd_s
        The acceleration is searched this far around the mean delay, and rises nearer to it count
        more.
    clear_jerk
        An impact or collapse is clear when its jerk exceeds this many times the median magnitude
        over the walk.
    """

    search_low_pass_hz: float = 6.0
    timing_low_pass_hz: float = 25.0
    swing_peak_rad_s: float = np.radians(60.0)
    swing_peak_share: float = 0.4
    shortest_stride_s: float = 0.5
    contact_offset_s: float = 0.02
    toe_off_offset_s: float = 0.04
    refine_window_s: float = 0.07
    refine_sd_s: float = 0.03
    clear_jerk: float = 4.0


DEFAULT_SETTINGS = GaitSettings()


def find_gait_events(
    time_s: FloatArray,
    rate_rad_s: FloatArray,
    acc: FloatArray,
    *,
    side: Side,
    walks: Sequence[TaskSpan],
    settings: GaitSettings = DEFAULT_SETTINGS,
) -> tuple[GaitEvent, ...]:
    """Find initial contacts and toe-offs of one foot within walking bouts.

    Parameters
    ----------
    time_s
        Uniform sample times, shape (n,).
    rate_rad_s
        Turn rate of the shank about its own z axis (swing positive), shape (n,), NaN in gaps.
    acc
        Specific force in the shank's frame in m/s², shape (n, 3).
    side
        Side of the foot.
    walks
        Walking bouts; nothing is looked for outside.
    settings
        See `GaitSettings`.

    Returns
    -------
    tuple of GaitEvent
        In order of time.
    """
    if time_s.size < 30 or not walks:
        return ()
    rate_hz = float((time_s.size - 1) / (time_s[-1] - time_s[0]))
    is_known = np.isfinite(rate_rad_s) & np.isfinite(acc[:, 0])
    inside = samples_inside(time_s, walks)
    shank = _shank_signals(rate_rad_s, acc, is_known, inside=inside, rate_hz=rate_hz, at=settings)
    samples: list[tuple[float | None, EventKind]] = []
    for peak in _swing_peaks(shank.rate, inside, rate_hz, settings):
        samples.append((_contact(shank, peak, settings), EventKind.INITIAL_CONTACT))
        samples.append((_toe_off(shank, peak, settings), EventKind.TOE_OFF))
    events = [
        GaitEvent(float(time_s[0] + sample / rate_hz), side, kind)
        for sample, kind in samples
        if sample is not None and _is_seen(sample, inside, is_known, rate_hz)
    ]
    return tuple(sorted(events))


@dataclass(frozen=True, slots=True, eq=False)
class _ShankSignals:
    """Smoothed turn rate (n,), jerk (n, 3), its median magnitude in walking (3,), and the rate."""

    rate: FloatArray
    jerk: FloatArray
    typical_jerk: FloatArray
    rate_hz: float


def _shank_signals(
    rate_rad_s: FloatArray,
    acc: FloatArray,
    is_known: BoolArray,
    *,
    inside: BoolArray,
    rate_hz: float,
    at: GaitSettings,
) -> _ShankSignals:
    smooth = _low_pass(np.where(is_known, rate_rad_s, 0.0), at.search_low_pass_hz, rate_hz)
    known_acc = np.where(is_known[:, None], acc, 0.0)
    jerk = np.gradient(_low_pass(known_acc, at.timing_low_pass_hz, rate_hz), axis=0) * rate_hz
    typical = np.median(np.abs(jerk[inside]), axis=0) if inside.any() else np.ones(3)
    return _ShankSignals(smooth, jerk, typical, rate_hz)


def _low_pass(values: FloatArray, cut_hz: float, rate_hz: float) -> FloatArray:
    sections = butter(2, min(cut_hz, 0.45 * rate_hz), fs=rate_hz, output="sos")
    return np.asarray(sosfiltfilt(sections, values, axis=0))


def _swing_peaks(
    smooth: FloatArray, inside: BoolArray, rate_hz: float, settings: GaitSettings
) -> list[int]:
    """Return the samples of the mid-swing peaks."""
    distance = max(1, int(settings.shortest_stride_s * rate_hz))
    candidates, _ = find_peaks(smooth, height=settings.swing_peak_rad_s, distance=distance)
    candidates = candidates[inside[candidates]]
    if candidates.size == 0:
        return []
    least = settings.swing_peak_share * np.percentile(smooth[candidates], 90.0)
    return [int(peak) for peak in candidates if smooth[peak] >= least]


def _contact(shank: _ShankSignals, peak: int, settings: GaitSettings) -> float | None:
    """Return the (fractional) sample of initial contact after a swing peak.

    The impact throws the shank's forward acceleration up; contact is where that rise is half of
    its steepest.
    """
    below = np.flatnonzero(shank.rate[peak : peak + int(0.6 * shank.rate_hz)] < 0.0)
    if below.size == 0:
        return None
    expected = peak + float(below[0]) + settings.contact_offset_s * shank.rate_hz
    least = settings.clear_jerk * float(shank.typical_jerk[0])
    steepest = _steepest(shank.jerk[:, 0], expected, least, shank.rate_hz, settings)
    if steepest is None:
        return expected
    # A foot that still swings forwards has not landed.
    return max(_half_way_up(shank.jerk[:, 0], steepest), peak + float(below[0]))


def _toe_off(shank: _ShankSignals, peak: int, settings: GaitSettings) -> float | None:
    """Return the sample of toe-off before a swing peak: where the push along the shank ends."""
    begin = max(0, peak - int(0.6 * shank.rate_hz))
    troughs, _ = find_peaks(-shank.rate[begin:peak], height=np.radians(40.0))
    if troughs.size == 0:
        return None
    expected = begin + float(troughs[-1]) + settings.toe_off_offset_s * shank.rate_hz
    least = settings.clear_jerk * float(shank.typical_jerk[1])
    steepest = _steepest(-shank.jerk[:, 1], expected, least, shank.rate_hz, settings)
    return expected if steepest is None else float(steepest)


def _steepest(
    jerk: FloatArray, expected: float, least: float, rate_hz: float, settings: GaitSettings
) -> int | None:
    """Return the sample of the clearest rise near where it is expected; None if none is clear."""
    reach = int(settings.refine_window_s * rate_hz)
    start = max(0, int(expected) - reach)
    window = jerk[start : int(expected) + reach + 1]
    rises, _ = find_peaks(window, height=least)
    if rises.size == 0:
        return None
    distance = (start + rises - expected) / (settings.refine_sd_s * rate_hz)
    return start + int(rises[np.argmax(window[rises] * np.exp(-0.5 * distance**2))])


def _half_way_up(jerk: FloatArray, steepest: int) -> float:
    half = 0.5 * jerk[steepest]
    before = steepest
    while before > 0 and jerk[before] >= half:
        before -= 1
    return before + float((half - jerk[before]) / (jerk[before + 1] - jerk[before]))


def _is_seen(sample: float, inside: BoolArray, is_known: BoolArray, rate_hz: float) -> bool:
    """Whether the event lies in a walk and no gap of more than 0.1 s is near."""
    middle = round(sample)
    if not 0 <= middle < inside.size or not inside[middle]:
        return False
    reach = int(0.05 * rate_hz)
    return bool(is_known[max(0, middle - reach) : middle + reach + 1].any())


@dataclass(frozen=True, slots=True)
class ThighGaitSettings:
    """Filter, limits and delays.

    Parameters
    ----------
    low_pass_hz
        For the inclination of the thigh.
    least_range_rad
        A stride swings the thigh at least this far.
    shortest_stride_s
        Largest flexions lie further apart.
    contact_share, toe_off_share
        Delay of initial contact after the largest flexion and of toe-off after the largest
        extension, as shares of the stride time.
    """

    low_pass_hz: float = 5.0
    least_range_rad: float = np.radians(15.0)
    shortest_stride_s: float = 0.6
    contact_share: float = 0.14
    toe_off_share: float = 0.11


DEFAULT_THIGH_GAIT = ThighGaitSettings()


def find_thigh_events(
    time_s: FloatArray,
    inclination_rad: FloatArray,
    *,
    side: Side,
    walks: Sequence[TaskSpan],
    settings: ThighGaitSettings = DEFAULT_THIGH_GAIT,
) -> tuple[GaitEvent, ...]:
    """Find events of one foot within walking bouts from its thigh.

    Parameters
    ----------
    time_s
        Uniform sample times, shape (n,).
    inclination_rad
        Sagittal inclination of the thigh, raised positive, shape (n,), NaN in gaps.
    side
        Side of the foot.
    walks
        Walking bouts.
    settings
        See `ThighGaitSettings`.
    """
    if time_s.size < 64 or not walks:
        return ()
    rate_hz = float((time_s.size - 1) / (time_s[-1] - time_s[0]))
    is_known = np.isfinite(inclination_rad)
    if is_known.sum() < 64:
        return ()
    filled = np.interp(time_s, time_s[is_known], inclination_rad[is_known])
    sections = butter(2, settings.low_pass_hz, fs=rate_hz, output="sos")
    smooth = sosfiltfilt(sections, filled)
    events: list[GaitEvent] = []
    for walk in walks:
        start, stop = np.searchsorted(time_s, [walk.start_s, walk.end_s])
        flexed, extended = _turning_points(smooth[start:stop], rate_hz, settings)
        if flexed.size < 2:
            continue
        stride_s = float(np.median(np.diff(flexed))) / rate_hz
        for samples, share, kind in (
            (flexed, settings.contact_share, EventKind.INITIAL_CONTACT),
            (extended, settings.toe_off_share, EventKind.TOE_OFF),
        ):
            at_s = time_s[start + samples] + share * stride_s
            seen = is_known[start + samples] & (at_s < walk.end_s)
            events += [GaitEvent(float(moment), side, kind) for moment in at_s[seen]]
    return tuple(sorted(events))


def _turning_points(
    inclination: FloatArray, rate_hz: float, settings: ThighGaitSettings
) -> tuple[IntArray, IntArray]:
    """Find the samples of largest flexion and of largest extension."""
    distance = max(1, int(settings.shortest_stride_s * rate_hz))
    flexed, _ = find_peaks(inclination, prominence=settings.least_range_rad, distance=distance)
    extended, _ = find_peaks(-inclination, prominence=settings.least_range_rad, distance=distance)
    return np.asarray(flexed, dtype=np.intp), np.asarray(extended, dtype=np.intp)
