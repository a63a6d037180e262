"""Which end of a medio-lateral axis points right: no single sensor shows it, anatomy does.

Turning a segment frame by 180 degrees about its long axis changes only the sign of every
inclination. But movements are not symmetric: a thigh flexes further than it extends, a knee bends
one way only. Each movement votes with the skew of the inclination it produces.

For the pelvis, walking votes too: in mid-swing the pelvis hangs a few degrees towards the swinging
leg (mean obliquity of ±4 degrees in Schwartz et al. 2008, doi:10.1016/j.jbiomech.2008.03.015).
Gravity shows this whatever the heading, and so which side is right, hence which is the front.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.signal import find_peaks

from imu_valgus.model import (
    FloatArray,
    Placement,
    Segment,
    Side,
    Task,
    TaskSpan,
    samples_of_task,
)

_EXPECTED_SKEW: Mapping[tuple[Task, Segment], float] = {
    (Task.SQUAT, Segment.THIGH): 1.0,
    (Task.SQUAT, Segment.SHANK): -1.0,
    (Task.SQUAT, Segment.PELVIS): -1.0,
    (Task.SIT, Segment.THIGH): 1.0,
    (Task.TRUNK_BOW, Segment.PELVIS): -1.0,
    (Task.SEATED_KNEE_EXTENSION, Segment.THIGH): 1.0,
    (Task.SEATED_KNEE_EXTENSION, Segment.SHANK): 1.0,
    (Task.LEG_SWING, Segment.THIGH): 1.0,
    (Task.STEP_UP, Segment.THIGH): 1.0,
    (Task.WALK, Segment.THIGH): 0.5,
    (Task.WALK, Segment.SHANK): -1.0,
    (Task.WALK, Segment.FOOT): -1.0,
}
"""Sign of the skew of the inclination (distal end forwards positive), and its weight."""

_UNDECIDED_DEG = 8.0
"""A weaker vote decides nothing."""

_LEAST_SWING_TILT_DEG = 25.0
"""A shank that tilts less is not in mid-swing."""

_VOTE_PER_DEGREE = 4.0
"""Obliquity is small but regular: a degree of it counts as much as this much skew of a bend."""


@dataclass(frozen=True, slots=True)
class SignVote:
    """How strongly the movements say that a candidate axis points right.

    Parameters
    ----------
    for_deg
        Summed skew in degrees in favour of right.
    against_deg
        Summed skew in degrees in favour of left.
    """

    for_deg: float
    against_deg: float

    @property
    def sign(self) -> float:
        """+1 if the candidate points right, −1 if left."""
        return 1.0 if self.for_deg >= self.against_deg else -1.0

    @property
    def is_decided(self) -> bool:
        """Whether one side is clearly ahead."""
        return abs(self.for_deg - self.against_deg) > _UNDECIDED_DEG

    @property
    def is_contested(self) -> bool:
        """Whether movements contradict each other."""
        weaker, stronger = sorted((self.for_deg, self.against_deg))
        return weaker > _UNDECIDED_DEG and weaker > 0.5 * stronger

    def __add__(self, other: "SignVote") -> "SignVote":
        return SignVote(self.for_deg + other.for_deg, self.against_deg + other.against_deg)


def vote_on_sign(
    axis: FloatArray,
    *,
    placement: Placement,
    up: FloatArray,
    recordings: Sequence[tuple[FloatArray, FloatArray, Sequence[TaskSpan]]],
) -> SignVote:
    """Let the movements of a donning vote on whether a candidate axis points right.

    Parameters
    ----------
    axis, up
        Candidate axis, and up in standing, unit vectors in the sensor frame, shape (3,).
    placement
        Where the sensor sits.
    recordings
        For each recording: times (n,), up over time in the sensor frame (n, 3; NaN where not
        known), and the movements with their times.

    Returns
    -------
    SignVote
        Empty (0 against 0) without a movement that shows the sign.
    """
    votes = {1.0: 0.0, -1.0: 0.0}
    for time_s, ups, movements in recordings:
        inclination = np.degrees(_inclination_about(axis, up=up, ups=ups))
        for task in {movement.task for movement in movements}:
            expected = _EXPECTED_SKEW.get((task, placement.segment))
            if expected is None:
                continue
            inside = samples_of_task(time_s, movements, task, side=placement.side)
            values = inclination[inside & np.isfinite(inclination)]
            if values.size < 10:
                continue
            low, high = np.percentile(values, [2.0, 98.0])
            vote = float((low + high) * expected)
            votes[1.0 if vote > 0 else -1.0] += abs(vote)
    return SignVote(votes[1.0], votes[-1.0])


def vote_from_obliquity(
    axis: FloatArray,
    *,
    up: Mapping[Placement, FloatArray],
    recordings: Sequence[tuple[FloatArray, Mapping[Placement, FloatArray], Sequence[TaskSpan]]],
) -> SignVote:
    """Let the drop of the swinging side vote on whether a candidate pelvis axis points right.

    Parameters
    ----------
    axis
        Candidate medio-lateral axis in the pelvis sensor's frame, unit vector, shape (3,).
    up
        Up in standing in each sensor's frame, unit vector, shape (3,).
    recordings
        For each recording: times (n,), up over time by sensor (n, 3), and the movements with their
        times.

    Returns
    -------
    SignVote
        Empty (0 against 0) without walking or shank sensors.
    """
    drops_deg: list[float] = []
    for time_s, ups, movements in recordings:
        if Placement.PELVIS not in ups:
            continue
        walking = samples_of_task(time_s, movements, Task.WALK)
        # Positive when the end of the candidate axis hangs down.
        drop_deg = -np.degrees(np.arcsin(np.clip(ups[Placement.PELVIS] @ axis, -1.0, 1.0)))
        usable = walking & np.isfinite(drop_deg)
        if not usable.any():
            continue
        mean_deg = float(drop_deg[usable].mean())
        for side in Side:
            shank = Placement.of(Segment.SHANK, side)
            if shank not in ups or shank not in up:
                continue
            tilt = np.degrees(np.arccos(np.clip(ups[shank] @ up[shank], -1.0, 1.0)))
            swings, _ = find_peaks(np.nan_to_num(tilt), height=_LEAST_SWING_TILT_DEG)
            swings = swings[usable[swings]]
            if swings.size >= 3:
                drops_deg.append(side.sign * float(drop_deg[swings].mean() - mean_deg))
    total = _VOTE_PER_DEGREE * float(np.sum(drops_deg)) if drops_deg else 0.0
    return SignVote(max(total, 0.0), max(-total, 0.0))


def _inclination_about(axis: FloatArray, *, up: FloatArray, ups: FloatArray) -> FloatArray:
    """Inclination about a horizontal axis as if it pointed right, in radians, shape (n,).

    Positive when the distal end has swung forwards.
    """
    forwards = np.cross(up, axis)
    return np.asarray(np.arctan2(ups @ forwards, ups @ up))
