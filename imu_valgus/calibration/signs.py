"""Which way along its medio-lateral axis is right: no single sensor can tell, anatomy can.

Turning a segment frame by 180 degrees about its long axis leaves every inclination the same but
for its sign. Legs are not symmetric, though: a thigh flexes further than it extends, a knee bends
one way only. Each movement votes with the skew of the inclination it produces.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imu_valgus.model import (
    FloatArray,
    Placement,
    Segment,
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

UNDECIDED_DEG = 8.0
"""A weaker vote decides nothing."""


@dataclass(frozen=True, slots=True)
class SignVote:
    """How strongly the movements say that a candidate axis points right.

    Parameters
    ----------
    for_deg
        Summed skew, in degrees, that says the candidate points right.
    against_deg
        Summed skew that says it points left.
    """

    for_deg: float
    against_deg: float

    @property
    def sign(self) -> float:
        """+1 if the candidate points right, −1 if left."""
        return 1.0 if self.for_deg >= self.against_deg else -1.0

    @property
    def is_decided(self) -> bool:
        """Whether one side clearly has it."""
        return abs(self.for_deg - self.against_deg) > UNDECIDED_DEG

    @property
    def is_contested(self) -> bool:
        """Whether movements contradict each other."""
        weaker, stronger = sorted((self.for_deg, self.against_deg))
        return weaker > UNDECIDED_DEG and weaker > 0.5 * stronger

    def __add__(self, other: "SignVote") -> "SignVote":
        return SignVote(self.for_deg + other.for_deg, self.against_deg + other.against_deg)


def inclination_about(axis: FloatArray, *, up: FloatArray, ups: FloatArray) -> FloatArray:
    """Inclination of a sensor about a horizontal axis, as if the axis pointed right.

    Parameters
    ----------
    axis
        Candidate medio-lateral axis in the sensor frame, horizontal in standing, shape (3,).
    up
        Up in standing, sensor frame, shape (3,).
    ups
        Up over time, sensor frame, shape (n, 3).

    Returns
    -------
    ndarray, shape (n,)
        Radians; positive when the distal end has swung forwards.
    """
    forwards = np.cross(up, axis)
    return np.asarray(np.arctan2(ups @ forwards, ups @ up))


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
        Candidate axis and standing up in the sensor frame, shape (3,).
    placement
        Where the sensor sits.
    recordings
        For each recording: times (n,), up over time in the sensor frame (n, 3; NaN where not
        known), and what was done when.

    Returns
    -------
    SignVote
    """
    votes = {1.0: 0.0, -1.0: 0.0}
    for time_s, ups, movements in recordings:
        inclination = np.degrees(inclination_about(axis, up=up, ups=ups))
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
