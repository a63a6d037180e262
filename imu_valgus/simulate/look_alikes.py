"""Movements that look like counted repetitions but are none, to test the counting."""

from dataclasses import dataclass
from typing import Final

from imu_valgus.errors import InputError
from imu_valgus.model import Side, Task
from imu_valgus.simulate.body import standing_pose
from imu_valgus.simulate.chain import placed_leg_deg
from imu_valgus.simulate.clip import Clip, Performer
from imu_valgus.simulate.pose import Keyframes
from imu_valgus.simulate.repetitions import (
    LEAD_IN_S,
    Target,
    Timing,
    check_count,
    repetition_set,
)

_SHIFT: Final = 0.06
"""Share of a step in which the weight changes sides, at its start and at its end: our choice."""


@dataclass(frozen=True, slots=True)
class StepInPlace:
    """Stepping on the spot, right and left in turn, as if climbing stairs.

    Parameters
    ----------
    count
        Number of steps, both legs together.
    lift_deg
        Thigh inclination at the top of each step.
    step_s
        Time of one step.

    Raises
    ------
    InputError
        If there is no step, or a step takes less than 0.3 s.
    """

    count: int = 12
    lift_deg: float = 45.0
    step_s: float = 0.7

    def __post_init__(self) -> None:
        check_count(self.count)
        if self.step_s < 0.3:
            raise InputError(
                f"Steps of {self.step_s:g} s are faster than legs can move. Ask for slower steps, "
                "of 0.3 s or more."
            )

    def perform(self, performer: Performer) -> Clip:
        """Return the steps, starting and ending in standing, without repetitions."""
        standing = standing_pose(performer.person)
        keys = Keyframes(rest=standing.as_row())
        now = LEAD_IN_S
        for number in range(self.count):
            side = Side.RIGHT if number % 2 == 0 else Side.LEFT
            leg, length = standing.leg(side), performer.vary(self.step_s, 0.06)
            lift = performer.vary(self.lift_deg, 0.05)
            rest = {"hip_flexion": leg.hip_flexion, "knee_flexion": leg.knee_flexion}
            keys.set(now, side, **rest, foot_pitch=0.0)
            keys.set(
                now + 0.5 * length,
                side,
                hip_flexion=standing.anterior_tilt + lift,
                knee_flexion=1.3 * lift,
                foot_pitch=-20.0,
            )
            keys.set(now + length, side, **rest, foot_pitch=0.0)
            for share in (_SHIFT, 1.0 - _SHIFT):
                keys.set(now + share * length, side, support=0.0)
                keys.set(now + share * length, side.other, support=1.0)
            now += length
        for side in Side:
            keys.set(now + LEAD_IN_S, side, support=0.5)
        return Clip(rows=keys.rows(now + 2.0 * LEAD_IN_S), task=Task.OTHER)


@dataclass(frozen=True, slots=True)
class StepTap:
    """Putting a foot on the step and taking it back without rising: an aborted step-up.

    Parameters
    ----------
    side
        Side of the foot.
    count
        Number of taps.
    step_height_m
        Height of the step.
    out_s, hold_s, pause_s
        Time of the way up (and back), on the step, and between taps.
    """

    side: Side = Side.RIGHT
    count: int = 5
    step_height_m: float = 0.10
    out_s: float = 0.9
    hold_s: float = 0.5
    pause_s: float = 1.0

    def perform(self, performer: Performer) -> Clip:
        """Return the taps, starting and ending in standing."""
        standing = standing_pose(performer.person)
        thigh, knee = placed_leg_deg(performer.person, standing, self.step_height_m)
        placed = {
            "hip_flexion": thigh + standing.anterior_tilt,
            "knee_flexion": knee,
            "support": 0.0,
        }
        targets = [Target({self.side: placed, self.side.other: {"support": 1.0}})]
        timing = Timing(self.out_s, self.hold_s, self.pause_s)
        return repetition_set(
            performer, standing, targets, timing, count=self.count, side=self.side
        )
