"""Walking bouts from tilts: stride by stride the shank swings far, the thigh is not raised."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.signal import find_peaks

from imu_valgus.model import FloatArray, IntArray, Placement, Segment, Side, Task, TaskSpan
from imu_valgus.segmentation.spans import merged
from imu_valgus.signals.series import sampling_rate


@dataclass(frozen=True, slots=True)
class WalkSettings:
    """Limits of walking; own choices, checked on simulated and real recordings.

    Parameters
    ----------
    swing_tilt_deg, swing_prominence_deg
        Least tilt of the shank at mid-swing, and how far it stands out.
    thigh_tilt_deg
        Largest thigh tilt at a swing that is still a walk.
    thigh_share
        Largest median, over a chain of swings, of thigh tilt over shank tilt: in a walk the thigh
        passes the vertical while the shank is furthest back; when a foot is lifted onto a step
        both tilt alike.
    thigh_goes_on_share
        Largest median of the thigh tilt at a swing over the largest one until the next swing: in a
        walk the thigh has only begun to come forwards when the shank is furthest back (0.06 to
        0.25 in simulated walks, 0.24 to 0.57 in real ones, slowest on a treadmill). A leg that is
        swung to the side and back on the spot has thigh and shank out together (0.78).
    stride_s
        Shortest and longest time between swings of one leg.
    interval_ratio
        Two neighbouring intervals that differ by a larger factor are not strides of one walk: the
        trailing leg of step-ups swings up and down by turns short and long.
    least_swings
        Fewer swings in a row are not a walk.
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
    """Find walking bouts of either leg.

    Parameters
    ----------
    time_s
        Uniform sample times, shape (n,).
    tilts_deg
        Tilt from neutral standing of each sensor, shape (n,), NaN where not known.
    settings
        See `WalkSettings`.

    Returns
    -------
    list of TaskSpan
        In order of time; bouts of the two legs are joined.
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
        raised = np.nan_to_num(thigh[swings])
        share = raised / shank[swings]
        usable = raised < settings.thigh_tilt_deg
        swings, share = swings[usable], share[usable]
    walks = []
    for chain in _chains(time_s[swings], settings):
        if chain.size < settings.least_swings:
            continue
        if float(np.median(share[chain])) > settings.thigh_share:
            continue
        if thigh is not None and _goes_on(thigh, swings[chain]) > settings.thigh_goes_on_share:
            continue
        at_s = time_s[swings[chain]]
        stride_s = float(np.median(np.diff(at_s)))
        start_s = max(float(at_s[0]) - 0.9 * stride_s, float(time_s[0]))
        end_s = min(float(at_s[-1]) + 0.9 * stride_s, float(time_s[-1]))
        walks.append(TaskSpan(Task.WALK, start_s, end_s))
    return walks


def _goes_on(thigh: FloatArray, swings: IntArray) -> float:
    """Return the median of the thigh tilt at a swing over the largest until the next swing."""
    known = np.nan_to_num(thigh)
    largest = np.maximum.reduceat(known, swings)[:-1]
    return float(np.median(known[swings[:-1]] / np.maximum(largest, 1.0)))


def _chains(at_s: FloatArray, settings: WalkSettings) -> Sequence[IntArray]:
    """Part swings where the rhythm breaks; returns runs of indices."""
    interval = np.diff(at_s)
    breaks = interval > settings.stride_s[1]
    if interval.size > 1:
        ratio = np.maximum(interval[1:] / interval[:-1], interval[:-1] / interval[1:])
        # The rhythm broke at the longer of the two intervals.
        uneven = ratio > settings.interval_ratio
        breaks[1:] |= uneven & (interval[1:] > interval[:-1])
        breaks[:-1] |= uneven & (interval[:-1] >= interval[1:])
    return np.split(np.arange(at_s.size), np.flatnonzero(breaks) + 1)
