"""Find sitting, and the knee extensions and hip rotations done while sitting.

While somebody sits, the thigh is level. A turn of the thigh about its own long axis then changes
the *direction* in which its sensor leans, while the amount of its tilt stays the same. This
separates the two seated exercises before anything is calibrated: in a knee extension the shank
swings far and the thigh rests; in a hip rotation the thigh turns with the shank, and the shank
swings out to both sides. The skin of the thigh follows the bone only part of the way, so the turn
need only be a share of the swing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.signal import find_peaks

from imu_valgus.model import FloatArray, Side, Task, TaskSpan
from imu_valgus.segmentation.excursions import Excursion, ExcursionSettings, find_excursions
from imu_valgus.signals.series import runs, sampling_rate, smooth


@dataclass(frozen=True, slots=True)
class SittingSettings:
    """Limits of sitting and of seated exercises; our own choices.

    Parameters
    ----------
    thigh_deg
        Minimum thigh tilt while sitting.
    sit_s
        Shortest time of sitting.
    lift_deg, lift_prominence_deg
        Minimum tilt of the shank in a seated knee extension, and least prominence of that peak.
    lift_s
        Shortest time between two knee extensions.
    sideways
        What counts as a sideways swing of the shank in a hip rotation; shifting the knees alone
        leans the shanks by some 10 degrees.
    turn_share
        Turn of the thigh about its long axis over the swing of the shank: the least in a hip
        rotation, the largest in a knee extension. In simulation the skin follows the bone by at
        least a half, and a resting thigh turns by less than a tenth.
    pause_s
        Longest pause within a set of hip rotations.
    margin_s
        Time added to a set of hip rotations before its first and after its last swing.
    """

    thigh_deg: float = 55.0
    sit_s: float = 2.5
    lift_deg: float = 35.0
    lift_prominence_deg: float = 30.0
    lift_s: float = 0.8
    sideways: ExcursionSettings = field(
        default_factory=lambda: ExcursionSettings(reach=15.0, leave=7.0)
    )
    turn_share: float = 0.15
    pause_s: float = 8.0
    margin_s: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class SeatedLeg:
    """Tilts of one leg.

    Parameters
    ----------
    side
        Side of the leg.
    thigh_deg, shank_deg
        Tilt from neutral standing, shape (n,), NaN where not known.
    thigh_lean_deg, shank_lean_deg
        Tilt with its direction (see `leans_deg`), shape (n, 2). None where only tilts are known;
        hip rotations are then not looked for.
    """

    side: Side
    thigh_deg: FloatArray
    shank_deg: FloatArray
    thigh_lean_deg: FloatArray | None = None
    shank_lean_deg: FloatArray | None = None


def leans_deg(ups: FloatArray, neutral: FloatArray) -> FloatArray:
    """Return the tilt from neutral standing with its direction in the sensor's own frame.

    Parameters
    ----------
    ups
        Unit vectors up in the sensor's frame, shape (n, 3), NaN where not known.
    neutral
        Up in neutral standing, sensor frame, shape (3,).

    Returns
    -------
    ndarray, shape (n, 2)
        The length of each row is the tilt, its direction shows where up has moved. The two axes
        are perpendicular to `neutral`; they are arbitrary but the same for all samples.

    Examples
    --------
    >>> leans_deg(np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]), np.array([0.0, 0.0, 1.0])).round(1)
    array([[ 0.,  0.],
           [ 0., 90.]])
    """
    up = neutral / np.linalg.norm(neutral)
    # Any axis that is far from up can start the basis.
    first = np.eye(3)[int(np.argmin(np.abs(up)))]
    first = first - (first @ up) * up
    first /= np.linalg.norm(first)
    across = np.stack([ups @ first, ups @ np.cross(up, first)], axis=1)
    length = np.linalg.norm(across, axis=1)
    tilt = np.degrees(np.arctan2(length, ups @ up))
    return np.asarray(across * (tilt / np.where(length > 0.0, length, 1.0))[:, None])


def find_seated(time_s: FloatArray, leg: SeatedLeg, settings: SittingSettings) -> list[TaskSpan]:
    """Find sitting of one leg, and the knee extensions and hip rotations done meanwhile.

    Parameters
    ----------
    time_s
        Uniform sample times, shape (n,).
    leg
        Tilts of the leg.
    settings
        Limits, see `SittingSettings`.

    Returns
    -------
    list of TaskSpan
        Spans of sitting, without a side, and sets of exercises with the side of the leg; a set
        lies inside its span of sitting.
    """
    rate_hz = sampling_rate(time_s)
    found: list[TaskSpan] = []
    for start, stop in runs(np.nan_to_num(leg.thigh_deg, nan=0.0) > settings.thigh_deg):
        if (stop - start) / rate_hz < settings.sit_s:
            continue
        from_s, to_s = float(time_s[start]), float(time_s[stop - 1])
        found.append(TaskSpan(Task.SIT, max(from_s - 1.5, float(time_s[0])), to_s + 1.5))
        seated = slice(start, stop)
        turn = _turn_deg(leg, seated, rate_hz)
        lifts = _lifts(leg.shank_deg[seated], turn, rate_hz, settings)
        rotations = _rotations(leg, seated, turn, rate_hz, settings)
        found += [
            TaskSpan(task, float(time_s[start + first]), float(time_s[start + last]), leg.side)
            for task, sets in (
                (Task.SEATED_KNEE_EXTENSION, lifts),
                (Task.SEATED_HIP_ROTATION, rotations),
            )
            for first, last in sets
        ]
    return found


def _turn_deg(leg: SeatedLeg, seated: slice, rate_hz: float) -> FloatArray | None:
    """Turn of the thigh about its long axis from the median of this sitting, shape (m,)."""
    if leg.thigh_lean_deg is None or leg.shank_lean_deg is None:
        return None
    lean = leg.thigh_lean_deg[seated]
    direction = np.arctan2(lean[:, 1], lean[:, 0])
    known = np.isfinite(direction)
    direction[known] = np.unwrap(direction[known])
    turn = smooth(np.degrees(direction), rate_hz)
    return np.asarray(turn - np.median(turn))


def _lifts(
    shank: FloatArray, turn: FloatArray | None, rate_hz: float, settings: SittingSettings
) -> list[tuple[int, int]]:
    """Find the set of knee extensions, as first and last sample within this sitting."""
    lifts, _ = find_peaks(
        np.nan_to_num(shank, nan=0.0),
        height=settings.lift_deg,
        prominence=settings.lift_prominence_deg,
        distance=int(settings.lift_s * rate_hz),
    )
    if turn is not None:
        lifts = lifts[np.abs(turn[lifts]) < settings.turn_share * shank[lifts]]
    if lifts.size < 2:
        return []
    # Leave room for a whole repetition before the first swing and after the last one.
    room = int(np.median(np.diff(lifts)))
    return [(max(int(lifts[0]) - room, 0), min(int(lifts[-1]) + room, shank.size - 1))]


def _rotations(
    leg: SeatedLeg,
    seated: slice,
    turn: FloatArray | None,
    rate_hz: float,
    settings: SittingSettings,
) -> list[tuple[int, int]]:
    """Find sets of sideways shank swings during which the thigh turns along, in samples too."""
    if turn is None or leg.shank_lean_deg is None or not np.any(turn):
        return []
    lean = np.stack([smooth(axis, rate_hz) for axis in leg.shank_lean_deg[seated].T], axis=1)
    lean -= np.median(lean, axis=0)
    # Sideways is the direction in which the shank swings when the thigh turns.
    sideways = turn @ lean
    sideways /= max(float(np.linalg.norm(sideways)), 1e-9)
    swing = lean @ sideways
    forwards = np.abs(lean @ np.array([-sideways[1], sideways[0]]))
    excursions = sorted(
        excursion
        for sign in (1.0, -1.0)
        for excursion in find_excursions(sign * swing, rate_hz, settings=settings.sideways)
        if sign * turn[excursion.top] > settings.turn_share * sign * swing[excursion.top]
        and forwards[excursion.top] < sign * swing[excursion.top]
    )
    room = round(settings.margin_s * rate_hz)
    return [
        (max(part[0].start - room, 0), min(part[-1].stop + room, turn.size - 1))
        for part in _split_at_pauses(excursions, round(settings.pause_s * rate_hz))
        if len(part) >= 2
    ]


def _split_at_pauses(excursions: Sequence[Excursion], pause: int) -> list[list[Excursion]]:
    """Split excursions into sets wherever nothing happens for longer than a pause."""
    parts: list[list[Excursion]] = []
    for excursion in excursions:
        if parts and excursion.start - parts[-1][-1].stop <= pause:
            parts[-1].append(excursion)
        else:
            parts.append([excursion])
    return parts
