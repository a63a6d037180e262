r"""Find initial contact and toe-off of a foot in walking, from its shank or from its thigh alone.

**From the shank.** The turn rate of the shank about its medio-lateral axis has the same landmarks
in every walk::

       swing peak                          swing peak
          /\                                 /\
         /  \ zero                          /  \
    ____/    \__       ______________      /    \_
                \/\_--/              \    /
                 ^ initial            \__/ ^ toe-off
                   contact           trough

Initial contact lies just after the zero crossing that ends the swing; the impact there makes the
shank's forward acceleration rise steeply. Toe-off lies just after the trough that starts the swing,
where the push along the shank collapses.

From Salarian et al. (2004, doi:10.1109/TBME.2004.827933) we take the landmarks: find the mid-swing
peaks of the shank's turn rate, then look for one event on either side of each peak. We depart in
the timing. The turn rate only says where to look (zero crossing and trough); the jerk (rate of
change of the acceleration) gives the time. Where no jerk is clear, the event is put at a fixed mean
delay after the landmark. These delays were set on five steps of one person on a force plate and
checked in simulation.

**From the thigh**, where the shank of that leg carries no sensor. The thigh reaches its largest
flexion shortly before initial contact and its largest extension shortly before toe-off. The delays
to the events were found in simulation and compared with the same five steps on a force plate. They
differ between people, so the stance share that follows from these events is marked unreliable.
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
    """Filters, search windows and limits of the event detection from the shank.

    Parameters
    ----------
    search_low_pass_hz
        Low-pass of the turn rate, in which the landmarks are found.
    timing_low_pass_hz
        Low-pass of the acceleration, which gives the times.
    swing_peak_rad_s, swing_peak_share
        Minimum swing peak: absolute, and as a share of the 90th percentile of all peaks.
    shortest_stride_s
        Shortest time between two swing peaks.
    contact_offset_s
        Mean delay of initial contact after the end of the swing.
    toe_off_offset_s
        Mean delay of toe-off after the trough.
    refine_window_s, refine_sd_s
        Half-width of the search window around the mean delay, and standard deviation of the
        Gaussian weight that favours times near it.
    clear_jerk
        Minimum jerk of a clear impact or collapse, as a multiple of the median in walking.
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


@dataclass(frozen=True, slots=True)
class ThighGaitSettings:
    """Filter, limits and delays of the event detection from the thigh.

    Parameters
    ----------
    low_pass_hz
        Low-pass of the thigh's inclination.
    least_range_rad
        Minimum swing of the thigh in a stride.
    shortest_stride_s
        Shortest time between two largest flexions.
    contact_share, toe_off_share
        Delay of initial contact after the largest flexion and of toe-off after the largest
        extension, as shares of the stride time.
    """

    low_pass_hz: float = 5.0
    least_range_rad: float = np.radians(15.0)
    shortest_stride_s: float = 0.6
    contact_share: float = 0.14
    toe_off_share: float = 0.11


DEFAULT_SETTINGS = GaitSettings()
DEFAULT_THIGH_GAIT = ThighGaitSettings()


def find_gait_events(
    time_s: FloatArray,
    rate_rad_s: FloatArray,
    acc: FloatArray,
    *,
    side: Side,
    walks: Sequence[TaskSpan],
    settings: GaitSettings = DEFAULT_SETTINGS,
) -> tuple[GaitEvent, ...]:
    """Find initial contacts and toe-offs of one foot from its shank.

    The mid-swing peaks of the turn rate, with one event on either side of each, are those of
    Salarian et al. (2004). The times come from the acceleration, which is our own addition (see
    the module's text).

    Parameters
    ----------
    time_s
        Uniform sample times, shape (n,).
    rate_rad_s
        Turn rate of the shank about its own z axis (positive in swing), shape (n,), NaN in gaps.
    acc
        Specific force in the shank's frame in m/s² (x anterior, y proximal, z right), shape (n, 3).
    side
        Side of the foot.
    walks
        Walking bouts; events outside of them are not looked for.
    settings
        Filters and limits, see `GaitSettings`.

    Returns
    -------
    tuple of GaitEvent
        In order of time.

    Examples
    --------
    One swing a second; without any acceleration the events lie at their mean delays.

    >>> from imu_valgus.model import Task
    >>> t = np.arange(0.0, 10.0, 0.01)
    >>> rate = np.radians(200.0) * np.sin(2.0 * np.pi * t)
    >>> walk = TaskSpan(Task.WALK, 0.0, 10.0)
    >>> events = find_gait_events(t, rate, np.zeros((t.size, 3)), side=Side.LEFT, walks=[walk])
    >>> [(str(event.kind), round(event.time_s, 1)) for event in events[2:4]]
    [('initial_contact', 1.5), ('toe_off', 1.8)]
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


def find_thigh_events(
    time_s: FloatArray,
    inclination_rad: FloatArray,
    *,
    side: Side,
    walks: Sequence[TaskSpan],
    settings: ThighGaitSettings = DEFAULT_THIGH_GAIT,
) -> tuple[GaitEvent, ...]:
    """Find initial contacts and toe-offs of one foot from its thigh alone.

    Parameters
    ----------
    time_s
        Uniform sample times, shape (n,).
    inclination_rad
        Sagittal inclination of the thigh, positive when raised forwards, shape (n,), NaN in gaps.
    side
        Side of the foot.
    walks
        Walking bouts; events outside of them are not looked for.
    settings
        Filter, limits and delays, see `ThighGaitSettings`.

    Returns
    -------
    tuple of GaitEvent
        In order of time.

    Examples
    --------
    The thigh is flexed most at 1.25 s and extended most at 1.75 s; the events follow.

    >>> from imu_valgus.model import Task
    >>> t = np.arange(0.0, 10.0, 0.01)
    >>> inclination = np.radians(20.0) * np.sin(2.0 * np.pi * t)
    >>> walk = TaskSpan(Task.WALK, 0.0, 10.0)
    >>> events = find_thigh_events(t, inclination, side=Side.LEFT, walks=[walk])
    >>> [(str(event.kind), round(event.time_s, 2)) for event in events[2:4]]
    [('initial_contact', 1.39), ('toe_off', 1.86)]
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
            usable = is_known[start + samples] & (at_s < walk.end_s)
            events += [GaitEvent(float(event_s), side, kind) for event_s in at_s[usable]]
    return tuple(sorted(events))


@dataclass(frozen=True, slots=True, eq=False)
class _ShankSignals:
    """Smoothed turn rate (n,), jerk (n, 3), its median magnitude in walking (3,), sampling rate."""

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
    """Return the fractional sample of initial contact: half-way up to the steepest forward rise."""
    below = np.flatnonzero(shank.rate[peak : peak + int(0.6 * shank.rate_hz)] < 0.0)
    if below.size == 0:
        return None
    expected = peak + float(below[0]) + settings.contact_offset_s * shank.rate_hz
    least = settings.clear_jerk * float(shank.typical_jerk[0])
    steepest = _steepest(shank.jerk[:, 0], expected, least, shank.rate_hz, settings)
    if steepest is None:
        return expected
    # A foot that still swings forwards is in the air.
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
    """Return the sample of the clearest rise near the expected sample, or None if none is clear."""
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
    """Whether the event lies in a walk with known samples within 0.05 s."""
    middle = round(sample)
    if not 0 <= middle < inside.size or not inside[middle]:
        return False
    reach = int(0.05 * rate_hz)
    return bool(is_known[max(0, middle - reach) : middle + reach + 1].any())


def _turning_points(
    inclination: FloatArray, rate_hz: float, settings: ThighGaitSettings
) -> tuple[IntArray, IntArray]:
    """Find the samples of largest flexion and of largest extension."""
    distance = max(1, int(settings.shortest_stride_s * rate_hz))
    flexed, _ = find_peaks(inclination, prominence=settings.least_range_rad, distance=distance)
    extended, _ = find_peaks(-inclination, prominence=settings.least_range_rad, distance=distance)
    return np.asarray(flexed, dtype=np.intp), np.asarray(extended, dtype=np.intp)
