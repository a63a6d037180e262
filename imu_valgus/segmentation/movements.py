"""Find what was done in a recording from tilts alone: before calibration, whatever the mounting.

The tilt of a sensor is the angle between up now and up in neutral standing, in the sensor's own
frame: it knows no direction, no heading and no mounting, and still tells a walk (shank swings to
40-70°, thigh stays below 50°), a squat (thigh far, shank less), sitting (thigh stays far) and a
seated knee extension (shank swings while the thigh stays far) from each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.signal import find_peaks

from imu_valgus.model import BoolArray, FloatArray, Placement, Segment, Side, Task, TaskSpan


@dataclass(frozen=True, slots=True)
class MovementSettings:
    """Limits of the movements; own choices, checked on simulated and real recordings.

    Parameters
    ----------
    swing_tilt_deg, swing_prominence_deg
        Least tilt of the shank at mid-swing, and how far it stands out.
    walking_thigh_tilt_deg
        Largest thigh tilt at a swing that is still a walk.
    stride_s
        Shortest and longest time between swings of one leg in a walk.
    least_swings
        Fewer swings in a row are not a walk.
    squat_tilt_deg
        Least tilt of the thigh at the bottom of a squat.
    squat_s
        Shortest and longest duration of one squat.
    rest_tilt_deg
        Below it the thigh counts as standing again.
    seated_tilt_deg
        Thigh tilt of somebody who sits.
    sit_s
        Shortest time seated.
    """

    swing_tilt_deg: float = 28.0
    swing_prominence_deg: float = 15.0
    walking_thigh_tilt_deg: float = 50.0
    stride_s: tuple[float, float] = (0.6, 2.2)
    least_swings: int = 3
    squat_tilt_deg: float = 35.0
    squat_s: tuple[float, float] = (0.8, 9.0)
    rest_tilt_deg: float = 12.0
    seated_tilt_deg: float = 55.0
    sit_s: float = 2.5


DEFAULT_SETTINGS = MovementSettings()


def find_movements(
    time_s: FloatArray,
    tilts_deg: Mapping[Placement, FloatArray],
    *,
    labelled: Sequence[TaskSpan] = (),
    settings: MovementSettings = DEFAULT_SETTINGS,
) -> tuple[TaskSpan, ...]:
    """Find walking, squats, sitting and seated knee extensions where nothing is labelled.

    Parameters
    ----------
    time_s
        Uniform sample times, shape (n,).
    tilts_deg
        Tilt from neutral standing of each sensor, shape (n,), NaN where not known.
    labelled
        What the session says; found spans that overlap a label are dropped.
    settings
        See `MovementSettings`.

    Returns
    -------
    tuple of TaskSpan
        Labelled and found spans in order of time.
    """
    found: list[TaskSpan] = []
    walks = _find_walks(time_s, tilts_deg, settings)
    found += walks
    for side in Side:
        thigh = tilts_deg.get(Placement.of(Segment.THIGH, side))
        shank = tilts_deg.get(Placement.of(Segment.SHANK, side))
        if thigh is None or shank is None:
            continue
        squats = _find_squats(time_s, thigh, shank, walks, settings)
        found += [squat for squat in squats if _is_joined(squat, time_s, tilts_deg, side)]
        found += _find_sitting(time_s, thigh, shank, side, settings)
    free = [span for span in _merged(found) if not _overlaps(span, labelled)]
    return tuple(sorted([*labelled, *free], key=lambda span: (span.start_s, span.task)))


def squat_bottoms(
    time_s: FloatArray,
    thigh_tilt_deg: FloatArray,
    shank_tilt_deg: FloatArray,
    *,
    settings: MovementSettings = DEFAULT_SETTINGS,
) -> list[tuple[int, int, int]]:
    """Find single squats of one leg: samples (start, bottom, end) of each, half-open.

    Parameters
    ----------
    time_s
        Uniform sample times, shape (n,).
    thigh_tilt_deg, shank_tilt_deg
        Tilt from neutral standing, shape (n,).
    settings
        See `MovementSettings`.

    Returns
    -------
    list of (int, int, int)
        A squat starts and ends where the thigh is about upright.
    """
    thigh = np.nan_to_num(thigh_tilt_deg, nan=0.0)
    rate_hz = _rate(time_s)
    bottoms, _ = find_peaks(
        thigh,
        height=settings.squat_tilt_deg,
        prominence=0.6 * settings.squat_tilt_deg,
        distance=max(1, int(settings.squat_s[0] * rate_hz)),
    )
    upright = np.flatnonzero(thigh < settings.rest_tilt_deg)
    squats: list[tuple[int, int, int]] = []
    for bottom in bottoms:
        before = upright[upright < bottom]
        after = upright[upright > bottom]
        if before.size == 0 or after.size == 0:
            continue
        start, end = int(before[-1]), int(after[0]) + 1
        lasts_s = (end - start) / rate_hz
        shank_is_in_it = 5.0 < shank_tilt_deg[bottom] < thigh[bottom]
        fits = settings.squat_s[0] <= lasts_s <= settings.squat_s[1]
        is_new = not squats or squats[-1][0] != start
        if fits and shank_is_in_it and is_new:
            squats.append((start, int(bottom), end))
    return squats


def _find_squats(
    time_s: FloatArray,
    thigh: FloatArray,
    shank: FloatArray,
    walks: Sequence[TaskSpan],
    settings: MovementSettings,
) -> list[TaskSpan]:
    spans = [
        TaskSpan(Task.SQUAT, float(time_s[start]), float(time_s[end - 1]))
        for start, _, end in squat_bottoms(time_s, thigh, shank, settings=settings)
    ]
    return [span for span in spans if not _overlaps(span, walks)]


def _is_joined(
    squat: TaskSpan, time_s: FloatArray, tilts_deg: Mapping[Placement, FloatArray], side: Side
) -> bool:
    """Whether the other thigh, where it is worn, bends along: in a step-up it does not."""
    other = tilts_deg.get(Placement.of(Segment.THIGH, side.other))
    mine = tilts_deg[Placement.of(Segment.THIGH, side)]
    if other is None:
        return True
    inside = (time_s >= squat.start_s) & (time_s < squat.end_s)
    both = np.nan_to_num(np.stack([mine[inside], other[inside]]))
    middle = both[:, both[0] > 0.5 * both[0].max()]
    return bool(np.median(middle[1]) > 0.6 * np.median(middle[0]))


def _find_walks(
    time_s: FloatArray, tilts_deg: Mapping[Placement, FloatArray], settings: MovementSettings
) -> list[TaskSpan]:
    walks: list[TaskSpan] = []
    for side in Side:
        shank = tilts_deg.get(Placement.of(Segment.SHANK, side))
        thigh = tilts_deg.get(Placement.of(Segment.THIGH, side))
        if shank is not None:
            walks += _walks_of_leg(time_s, shank, thigh, settings)
    return _merged(walks)


def _walks_of_leg(
    time_s: FloatArray, shank: FloatArray, thigh: FloatArray | None, settings: MovementSettings
) -> list[TaskSpan]:
    rate_hz = _rate(time_s)
    swings, _ = find_peaks(
        np.nan_to_num(shank, nan=0.0),
        height=settings.swing_tilt_deg,
        prominence=settings.swing_prominence_deg,
        distance=max(1, int(settings.stride_s[0] * rate_hz)),
    )
    if thigh is not None:
        swings = swings[np.nan_to_num(thigh[swings]) < settings.walking_thigh_tilt_deg]
    at_s = time_s[swings]
    breaks = np.flatnonzero(np.diff(at_s) > settings.stride_s[1]) + 1
    walks = []
    for chain in np.split(at_s, breaks):
        if chain.size < settings.least_swings:
            continue
        stride_s = float(np.median(np.diff(chain)))
        start_s = max(float(chain[0]) - 0.9 * stride_s, float(time_s[0]))
        end_s = min(float(chain[-1]) + 0.9 * stride_s, float(time_s[-1]))
        walks.append(TaskSpan(Task.WALK, start_s, end_s))
    return walks


def _find_sitting(
    time_s: FloatArray,
    thigh: FloatArray,
    shank: FloatArray,
    side: Side,
    settings: MovementSettings,
) -> list[TaskSpan]:
    found: list[TaskSpan] = []
    seated = np.nan_to_num(thigh, nan=0.0) > settings.seated_tilt_deg
    rate_hz = _rate(time_s)
    for start, stop in _runs(seated):
        if (stop - start) / rate_hz < settings.sit_s:
            continue
        from_s, to_s = float(time_s[start]), float(time_s[stop - 1])
        found.append(TaskSpan(Task.SIT, max(from_s - 1.5, float(time_s[0])), to_s + 1.5))
        lifts, _ = find_peaks(
            np.nan_to_num(shank[start:stop], nan=0.0),
            height=35.0,
            prominence=30.0,
            distance=int(0.8 * rate_hz),
        )
        if lifts.size >= 2:
            found.append(TaskSpan(Task.SEATED_KNEE_EXTENSION, from_s, to_s, side))
    return found


def _runs(mask: BoolArray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in zip(edges[::2], edges[1::2], strict=True)]


def _rate(time_s: FloatArray) -> float:
    return float((time_s.size - 1) / (time_s[-1] - time_s[0])) if time_s.size > 1 else 1.0


def _overlaps(span: TaskSpan, others: Sequence[TaskSpan]) -> bool:
    return any(span.start_s < other.end_s and other.start_s < span.end_s for other in others)


def _merged(spans: Sequence[TaskSpan]) -> list[TaskSpan]:
    """Join touching spans of the same task and side."""
    merged: list[TaskSpan] = []
    for span in sorted(spans, key=lambda item: (item.task, item.side or "", item.start_s)):
        last = merged[-1] if merged else None
        if (
            last is not None
            and (last.task, last.side) == (span.task, span.side)
            and span.start_s <= last.end_s + 2.0
        ):
            merged[-1] = TaskSpan(last.task, last.start_s, max(last.end_s, span.end_s), last.side)
        else:
            merged.append(span)
    return merged
