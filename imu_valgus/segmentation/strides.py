"""Strides from events, which of them count, and the figures of a walk."""

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
    """Which strides enter the figures.

    Parameters
    ----------
    duration_s, stance_share
        Limits of a plausible stride.
    mad_limit
        Robust distance from the median stride time beyond which a stride is left out.
    turn_deg
        Change of walking direction within a stride that makes it part of a turn.
    edge_strides
        Strides left out at both ends of a bout that has at least `edge_bout` of them: starting
        and stopping is not walking.
    edge_bout
        See above.
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
    """Join the events of one foot to strides and say which of them count.

    Parameters
    ----------
    events
        Of both feet or of one, in order of time.
    side
        The foot.
    walks
        Walking bouts; a stride does not reach from one into the next.
    time_s
        Uniform sample times, shape (n,).
    turn_rate_rad_s
        Turn rate of the body about the vertical, shape (n,), NaN where not known.
    settings
        See `StrideSettings`.

    Returns
    -------
    tuple of Stride
        In order of time, invalid ones with their reason.
    """
    contacts = [e.time_s for e in events if e.side is side and e.kind is EventKind.INITIAL_CONTACT]
    toe_offs = np.array(
        [e.time_s for e in events if e.side is side and e.kind is EventKind.TOE_OFF]
    )
    turned = _turned_rad(time_s, turn_rate_rad_s)
    strides: list[Stride] = []
    for walk in walks:
        inside = [contact for contact in contacts if walk.start_s <= contact < walk.end_s]
        bout = [
            _judge(_stride(side, start, end, toe_offs), time_s, turned, settings)
            for start, end in itertools.pairwise(inside)
        ]
        strides += _without_edges([stride for stride in bout if stride is not None], settings)
    return tuple(_without_outliers(strides, settings))


def turns_of(
    time_s: FloatArray,
    turn_rate_rad_s: FloatArray,
    walks: Sequence[TaskSpan],
    *,
    settings: StrideSettings = DEFAULT_SETTINGS,
) -> int:
    """Count the turns in walking: runs in which the direction changes quickly.

    Parameters
    ----------
    time_s
        Uniform sample times, shape (n,).
    turn_rate_rad_s
        Turn rate of the body about the vertical, shape (n,).
    walks
        Walking bouts.
    settings
        `turn_deg` within about one stride is a turn.
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
    """Sum up the time figures of one side; None without a valid stride.

    Parameters
    ----------
    strides
        Of all sides and recordings.
    side
        The side to sum up.
    events
        Initial contacts of both feet, on the clock of `strides`; only steps that end in a valid
        stride's initial contact count.
    is_toe_off_reliable
        False when toe-offs are guessed from the thigh alone.
    """
    mine = [stride for stride in strides if stride.side is side]
    valid = [stride for stride in mine if stride.is_valid]
    if not valid:
        return None
    steps = _step_times(valid, events, side)
    return SideGait(
        stride_time_s=mean_sd([stride.duration_s for stride in valid]),
        stance_share=mean_sd([stride.stance_share for stride in valid]),
        step_time_s=mean_sd(steps) if steps else None,
        n_strides_found=len(mine),
        is_toe_off_reliable=is_toe_off_reliable,
    )


def mean_sd(values: Sequence[float]) -> MeanSd:
    """Mean and standard deviation (n − 1; NaN for a single value)."""
    array = np.asarray(values, dtype=np.float64)
    sd = float(array.std(ddof=1)) if array.size > 1 else float("nan")
    return MeanSd(float(array.mean()), sd, int(array.size))


def pooled_gait(parts: Sequence[Mapping[Side, SideGait]]) -> Mapping[Side, SideGait]:
    """Pool the figures of several recordings, side by side."""
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


def _turned_rad(time_s: FloatArray, turn_rate_rad_s: FloatArray) -> FloatArray:
    step_s = np.diff(time_s, prepend=time_s[:1])
    return np.asarray(np.cumsum(np.nan_to_num(turn_rate_rad_s) * step_s))


def _stride(side: Side, start_s: float, end_s: float, toe_offs: FloatArray) -> Stride | None:
    within = toe_offs[(toe_offs > start_s) & (toe_offs < end_s)]
    return Stride(side, start_s, float(within[-1]), end_s) if within.size else None


def _judge(
    stride: Stride | None, time_s: FloatArray, turned: FloatArray, settings: StrideSettings
) -> Stride | None:
    if stride is None:
        return None
    shortest, longest = settings.duration_s
    least, most = settings.stance_share
    change = np.diff(np.interp([stride.start_s, stride.end_s], time_s, turned))[0]
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
    """Leave out strides whose time is far from the running median of their neighbours."""
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
    """Time from the other foot's contact within a valid stride to the contact that ends it."""
    others = np.array(
        [e.time_s for e in events if e.side is side.other and e.kind is EventKind.INITIAL_CONTACT]
    )
    steps = []
    for stride in valid:
        within = others[(others > stride.start_s) & (others < stride.end_s)]
        if within.size == 1:
            steps.append(float(stride.end_s - within[0]))
    return steps
