"""Join gait events to strides, decide which strides count, and sum up the times of a walk."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import uniform_filter1d

from imu_valgus.model import (
    BoolArray,
    EventKind,
    FloatArray,
    GaitEvent,
    MeanSd,
    Side,
    SideGait,
    Stride,
    TaskSpan,
    samples_inside,
)


@dataclass(frozen=True, slots=True)
class StrideSettings:
    """Which strides count.

    Parameters
    ----------
    duration_s, stance_share
        Limits of a plausible stride.
    mad_limit
        Largest distance from the running median stride time, in robust standard deviations.
    turn_deg
        Change of walking direction within a stride that makes it part of a turn.
    edge_strides, edge_bout
        Number of strides left out at both ends of a bout that has at least `edge_bout` strides,
        because starting and stopping are not steady walking.
    """

    duration_s: tuple[float, float] = (0.7, 2.5)
    stance_share: tuple[float, float] = (0.45, 0.75)
    mad_limit: float = 4.0
    turn_deg: float = 20.0
    edge_strides: int = 1
    edge_bout: int = 5


DEFAULT_SETTINGS = StrideSettings()


def find_strides(
    events: Sequence[GaitEvent],
    *,
    side: Side,
    walks: Sequence[TaskSpan],
    time_s: FloatArray,
    turn_rate_rad_s: FloatArray,
    settings: StrideSettings = DEFAULT_SETTINGS,
) -> tuple[Stride, ...]:
    """Join the events of one foot to strides and decide which of them count.

    Parameters
    ----------
    events
        Events of one foot or of both, in order of time.
    side
        Side of the foot.
    walks
        Walking bouts; no stride reaches from one into the next.
    time_s
        Uniform sample times, shape (n,).
    turn_rate_rad_s
        Turn rate of the body about the vertical, shape (n,), NaN where not known.
    settings
        Limits, see `StrideSettings`.

    Returns
    -------
    tuple of Stride
        In order of time; strides that do not count carry the reason.
    """
    contacts = [e.time_s for e in events if e.side is side and e.kind is EventKind.INITIAL_CONTACT]
    toe_offs = np.array(
        [e.time_s for e in events if e.side is side and e.kind is EventKind.TOE_OFF]
    )
    step_s = np.diff(time_s, prepend=time_s[:1])
    direction_rad = np.cumsum(np.nan_to_num(turn_rate_rad_s) * step_s)
    strides: list[Stride] = []
    for walk in walks:
        inside = [contact for contact in contacts if walk.start_s <= contact < walk.end_s]
        bout = []
        for start_s, end_s in itertools.pairwise(inside):
            within = toe_offs[(toe_offs > start_s) & (toe_offs < end_s)]
            if within.size:
                stride = Stride(side, start_s, float(within[-1]), end_s)
                bout.append(_judged(stride, time_s, direction_rad, settings))
        strides += _without_edges(bout, settings)
    return tuple(_without_outliers(strides, settings))


def count_walking_turns(
    time_s: FloatArray,
    turn_rate_rad_s: FloatArray,
    walks: Sequence[TaskSpan],
    *,
    settings: StrideSettings = DEFAULT_SETTINGS,
) -> int:
    """Count the turns in walking: stretches in which the direction changes quickly.

    Parameters
    ----------
    time_s
        Uniform sample times, shape (n,).
    turn_rate_rad_s
        Turn rate of the body about the vertical, shape (n,).
    walks
        Walking bouts.
    settings
        Limits, see `StrideSettings`; twice `turn_deg` within 1.2 s makes a turn.

    Returns
    -------
    int
        Number of turns.
    """
    if time_s.size < 2:
        return 0
    rate_hz = (time_s.size - 1) / (time_s[-1] - time_s[0])
    size = max(1, int(1.2 * rate_hz))
    mean_rate = uniform_filter1d(np.nan_to_num(turn_rate_rad_s), size, mode="nearest")
    is_turning: BoolArray = np.abs(mean_rate) * 1.2 > np.radians(2.0 * settings.turn_deg)
    is_turn = is_turning & samples_inside(time_s, walks)
    starts = np.diff(np.concatenate([[False], is_turn]).astype(np.int8)) == 1
    return int(np.count_nonzero(starts))


def side_gait(
    strides: Sequence[Stride],
    *,
    side: Side,
    events: Sequence[GaitEvent],
    is_toe_off_reliable: bool = True,
) -> SideGait | None:
    """Sum up stride time, stance share and step time of one side.

    Parameters
    ----------
    strides
        Strides of any side.
    side
        The side to sum up.
    events
        Events of both feet on the same clock; only steps that end with a valid stride count.
    is_toe_off_reliable
        False where toe-offs are estimated from the thigh alone.

    Returns
    -------
    SideGait or None
        None without a valid stride.
    """
    mine = [stride for stride in strides if stride.side is side]
    valid = [stride for stride in mine if stride.is_valid]
    if not valid:
        return None
    steps = _step_times(valid, events, side)
    return SideGait(
        stride_time_s=_mean_sd([stride.duration_s for stride in valid]),
        stance_share=_mean_sd([stride.stance_share for stride in valid]),
        step_time_s=_mean_sd(steps) if steps else None,
        n_strides_found=len(mine),
        is_toe_off_reliable=is_toe_off_reliable,
    )


def _mean_sd(values: Sequence[float]) -> MeanSd:
    """Return mean, standard deviation (n − 1; NaN for a single value) and count."""
    array = np.asarray(values, dtype=np.float64)
    sd = float(array.std(ddof=1)) if array.size > 1 else float("nan")
    return MeanSd(float(array.mean()), sd, int(array.size))


def pooled_gait(parts: Sequence[Mapping[Side, SideGait]]) -> Mapping[Side, SideGait]:
    """Pool the figures of several recordings, each side separately.

    Parameters
    ----------
    parts
        Figures of each recording by side.

    Returns
    -------
    Mapping of Side to SideGait
        Pooled figures of each side that has any.
    """
    pooled: dict[Side, SideGait] = {}
    for side in Side:
        mine = [part[side] for part in parts if side in part]
        if not mine:
            continue
        steps = [item.step_time_s for item in mine if item.step_time_s is not None]
        pooled[side] = SideGait(
            stride_time_s=_pool([item.stride_time_s for item in mine]),
            stance_share=_pool([item.stance_share for item in mine]),
            step_time_s=_pool(steps) if steps else None,
            n_strides_found=sum(item.n_strides_found for item in mine),
            is_toe_off_reliable=all(item.is_toe_off_reliable for item in mine),
        )
    return pooled


def _pool(parts: Sequence[MeanSd]) -> MeanSd:
    n = sum(part.n for part in parts)
    mean = sum(part.mean * part.n for part in parts) / n
    squares = sum(
        (part.sd**2 * (part.n - 1) if part.n > 1 else 0.0) + part.n * (part.mean - mean) ** 2
        for part in parts
    )
    return MeanSd(mean, float(np.sqrt(squares / (n - 1))) if n > 1 else float("nan"), n)


def _judged(
    stride: Stride, time_s: FloatArray, direction_rad: FloatArray, settings: StrideSettings
) -> Stride:
    shortest, longest = settings.duration_s
    least, most = settings.stance_share
    change = np.diff(np.interp([stride.start_s, stride.end_s], time_s, direction_rad))[0]
    if not shortest <= stride.duration_s <= longest:
        return replace(stride, is_valid=False, reason="not the duration of a stride")
    if not least <= stride.stance_share <= most:
        return replace(stride, is_valid=False, reason="stance share not plausible")
    if abs(change) > np.radians(settings.turn_deg):
        return replace(stride, is_valid=False, reason="turn")
    return stride


def _without_edges(bout: list[Stride], settings: StrideSettings) -> list[Stride]:
    n, edge = len(bout), settings.edge_strides
    if n < settings.edge_bout:
        return bout
    return [
        replace(stride, is_valid=False, reason="start or stop of walking")
        if stride.is_valid and not edge <= index < n - edge
        else stride
        for index, stride in enumerate(bout)
    ]


def _without_outliers(strides: Sequence[Stride], settings: StrideSettings) -> list[Stride]:
    """Mark strides whose time is far from the running median of their neighbours."""
    valid = [stride for stride in strides if stride.is_valid]
    if len(valid) < 5:
        return list(strides)
    times = np.array([stride.duration_s for stride in valid])
    padded = np.pad(times, 4, mode="reflect")
    local = np.median(np.lib.stride_tricks.sliding_window_view(padded, 9), axis=1)
    spread = max(1.4826 * float(np.median(np.abs(times - local))), 0.03)
    far = {
        stride.start_s
        for stride, off in zip(valid, np.abs(times - local), strict=True)
        if off > settings.mad_limit * spread
    }
    return [
        replace(stride, is_valid=False, reason="stride time far from its neighbours")
        if stride.is_valid and stride.start_s in far
        else stride
        for stride in strides
    ]


def _step_times(valid: Sequence[Stride], events: Sequence[GaitEvent], side: Side) -> list[float]:
    """Take the times from the other foot's contact within a stride to the contact that ends it."""
    others = np.array(
        [e.time_s for e in events if e.side is side.other and e.kind is EventKind.INITIAL_CONTACT]
    )
    steps = []
    for stride in valid:
        within = others[(others > stride.start_s) & (others < stride.end_s)]
        if within.size == 1:
            steps.append(float(stride.end_s - within[0]))
    return steps
