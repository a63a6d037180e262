"""Initial contact and toe-off from a thigh alone, where the shank of that leg carries no sensor.

The thigh reaches its largest flexion shortly before initial contact and its largest extension
shortly before toe-off. The delays to the events were found in simulation and looked at on one
person's five steps on a force plate; they differ between people, so the stance share that follows
from these events is marked unreliable.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.signal import butter, find_peaks, sosfiltfilt

from imu_valgus.model import EventKind, FloatArray, GaitEvent, IntArray, Side, TaskSpan


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


DEFAULT_SETTINGS = ThighGaitSettings()


def find_thigh_events(
    time_s: FloatArray,
    inclination_rad: FloatArray,
    *,
    side: Side,
    walks: Sequence[TaskSpan],
    settings: ThighGaitSettings = DEFAULT_SETTINGS,
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
