"""Movements that look like a counted repetition and are none, to test what counts them."""

from dataclasses import dataclass
from typing import Final

from imu_valgus.errors import InputError
from imu_valgus.model import Side, Task
from imu_valgus.simulate.body import standing_pose
from imu_valgus.simulate.clip import Clip, Performer
from imu_valgus.simulate.placing import placed_leg_deg
from imu_valgus.simulate.pose import Keyframes
from imu_valgus.simulate.repetitions import (
    LEAD_IN_S,
    Target,
    Timing,
    check_count,
    one_sided_exercise,
)

_SHIFT: Final = 0.06
"""Share of a step in which the weight changes sides, before and after: own choice."""


@dataclass(frozen=True, slots=True)
class StepInPlace:
    """Stepping on the spot, right and left in turn, as if climbing stairs.

    Parameters
    ----------
    count
        Steps of both legs together.
    lift_deg
        Thigh inclination at the top of each step.
    step_s
        Time of one step.

    Raises
    ------
    InputError
        If steps are quicker than legs move.
    """

    count: int = 12
    lift_deg: float = 45.0
    step_s: float = 0.7

    def __post_init__(self) -> None:
        check_count(self.count)
        if self.step_s < 0.3:
            raise InputError(
                f"Expected at least 0.3 s per step, got {self.step_s:g} s; ask for slower steps."
            )

    def perform(self, performer: Performer) -> Clip:
        """Return the steps, beginning and ending in standing; no repetition is in them."""
        trial = standing_pose(performer.person)
        keys = Keyframes(rest=trial.as_row())
        now = LEAD_IN_S
        for number in range(self.count):
            side = Side.RIGHT if number % 2 == 0 else Side.LEFT
            leg, length = trial.leg(side), performer.vary(self.step_s, 0.06)
            lift = performer.vary(self.lift_deg, 0.05)
            rest = {"hip_flexion": leg.hip_flexion, "knee_flexion": leg.knee_flexion}
            keys.set(now, side, **rest, foot_pitch=0.0)
            keys.set(
                now + 0.5 * length,
                side,
                hip_flexion=trial.anterior_tilt + lift,
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
        The foot.
    count
        How often.
    step_height_m
        Height of the step.
    out_s, hold_s, pause_s
        Time up (and back), on the step, and between.
    """

    side: Side = Side.RIGHT
    count: int = 5
    step_height_m: float = 0.10
    out_s: float = 0.9
    hold_s: float = 0.5
    pause_s: float = 1.0

    def perform(self, performer: Performer) -> Clip:
        """Return the taps, beginning and ending in standing."""
        trial = standing_pose(performer.person)
        thigh, knee = placed_leg_deg(performer.person, trial, self.step_height_m)
        target = Target.of_leg(
            self.side,
            {
                "hip_flexion": thigh + trial.anterior_tilt,
                "knee_flexion": knee,
                "support": 0.0,
            },
            other={"support": 1.0},
        )
        timing = Timing(self.out_s, self.hold_s, self.out_s, self.pause_s)
        return one_sided_exercise(
            performer, trial, target, timing, count=self.count, side=self.side
        )
