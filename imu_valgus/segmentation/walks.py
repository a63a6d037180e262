"""Find walking bouts from tilts: with every stride the shank swings far and the thigh stays low."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.signal import find_peaks

from imu_valgus.model import FloatArray, IntArray, Placement, Segment, Side, Task, TaskSpan
from imu_valgus.segmentation.spans import merged
from imu_valgus.signals.series import sampling_rate


@dataclass(frozen=True, slots=True)
class WalkSettings:
    """Limits of walking; our own choices, checked on simulated and real recordings.

    Parameters
    ----------
    swing_tilt_deg, swing_prominence_deg
        Minimum tilt of the shank at mid-swing, and least prominence of that peak.
    thigh_tilt_deg
        Largest thigh tilt at a swing that still counts as walking.
    thigh_share
        Largest median, over a chain of swings, of thigh tilt over shank tilt. In walking the thigh
        passes the vertical while the shank is furthest back; in lifting a foot onto a step both
        tilt alike.
    thigh_goes_on_share
        Largest median of the thigh tilt at a swing over the largest one until the next swing. In
        walking the thigh has only begun to come forwards when the shank is furthest back (0.06 to
        0.25 in simulated walks, 0.24 to 0.57 in real ones, slowest on a treadmill). When a leg is
        swung to the side and back on the spot, thigh and shank are out together (0.78).
    stride_s
        Shortest and longest time between swings of one leg.
    interval_ratio
        Largest factor between two neighbouring intervals of one walk. The trailing leg of step-ups
        swings after short and long intervals in turn.
    least_swings
        Minimum number of swings in a row.
    """

    swing_tilt_deg: float = 28.0
    swing_prominence_deg: float = 15.0
    thigh_tilt_deg: float = 50.0
    thigh_share: float = 0.7
    thigh_goes_on_share: float = 0.68
    stride_s: tuple[float, float] = (0.6, 2.2)
    interval_ratio: float = 1.75
    least_swings: int = 3


DEFAULT_SETTINGS = WalkSettings()


def find_walks(
    time_s: FloatArray,
    tilts_deg: Mapping[Placement, FloatArray],
    *,
    settings: WalkSettings = DEFAULT_SETTINGS,
) -> list[TaskSpan]:
    """Find walking bouts from the shank of either leg, with its thigh where that is worn.

    Parameters
    ----------
    time_s
        Uniform sample times, shape (n,).
    tilts_deg
        Tilt of each sensor from neutral standing, shape (n,), NaN where not known.
    settings
        Limits, see `WalkSettings`.

    Returns
    -------
    list of TaskSpan
        In order of time; overlapping bouts of the two legs are joined.
    """
    walks: list[TaskSpan] = []
    for side in Side:
        shank = tilts_deg.get(Placement.of(Segment.SHANK, side))
        thigh = tilts_deg.get(Placement.of(Segment.THIGH, side))
        if shank is not None:
            walks += _walks_of_leg(time_s, shank, thigh, settings)
    return merged(walks)


def _walks_of_leg(
    time_s: FloatArray, shank: FloatArray, thigh: FloatArray | None, settings: WalkSettings
) -> list[TaskSpan]:
    rate_hz = sampling_rate(time_s)
    swings, _ = find_peaks(
        np.nan_to_num(shank, nan=0.0),
        height=settings.swing_tilt_deg,
        prominence=settings.swing_prominence_deg,
        distance=max(1, int(settings.stride_s[0] * rate_hz)),
    )
    share = np.zeros(swings.size)
    if thigh is not None:
        thigh_tilt = np.nan_to_num(thigh[swings])
        share = thigh_tilt / shank[swings]
        is_low = thigh_tilt < settings.thigh_tilt_deg
        swings, share = swings[is_low], share[is_low]
    walks = []
    for chain in _chains(time_s[swings], settings):
        if (
            chain.size < settings.least_swings
            or float(np.median(share[chain])) > settings.thigh_share
        ):
            continue
        if (
            thigh is not None
            and _share_at_swing(thigh, swings[chain]) > settings.thigh_goes_on_share
        ):
            continue
        at_s = time_s[swings[chain]]
        stride_s = float(np.median(np.diff(at_s)))
        start_s = max(float(at_s[0]) - 0.9 * stride_s, float(time_s[0]))
        end_s = min(float(at_s[-1]) + 0.9 * stride_s, float(time_s[-1]))
        walks.append(TaskSpan(Task.WALK, start_s, end_s))
    return walks


def _share_at_swing(thigh: FloatArray, swings: IntArray) -> float:
    """Return the median of the thigh tilt at a swing over the largest until the next swing."""
    tilt = np.nan_to_num(thigh)
    largest = np.maximum.reduceat(tilt, swings)[:-1]
    return float(np.median(tilt[swings[:-1]] / np.maximum(largest, 1.0)))


def _chains(at_s: FloatArray, settings: WalkSettings) -> Sequence[IntArray]:
    """Split the swings into runs of indices where the rhythm breaks."""
    interval = np.diff(at_s)
    breaks = interval > settings.stride_s[1]
    if interval.size > 1:
        ratio = np.maximum(interval[1:] / interval[:-1], interval[:-1] / interval[1:])
        # The rhythm breaks at the longer of the two intervals.
        uneven = ratio > settings.interval_ratio
        breaks[1:] |= uneven & (interval[1:] > interval[:-1])
        breaks[:-1] |= uneven & (interval[:-1] >= interval[1:])
    return np.split(np.arange(at_s.size), np.flatnonzero(breaks) + 1)
