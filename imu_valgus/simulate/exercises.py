"""The programme's exercises that motion sensors can see, besides squats and step-ups.

Ranges, counts and holds default to the programme's doses where it names them; poses are own
choices.

The programme's exercises on the floor that motion sensors can see.

Ranges, counts and holds default to the programme's doses where it names them; poses are own
choices.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from imu_valgus.model import Side, Task
from imu_valgus.simulate.body import Person, standing_pose
from imu_valgus.simulate.clip import Clip, Performer
from imu_valgus.simulate.movements import sitting_pose
from imu_valgus.simulate.pose import SIDES, BodyPose, internal_times
from imu_valgus.simulate.repetitions import (
    Target,
    Timing,
    both_legs,
    one_sided_exercise,
    repetition_set,
)

_FREE = {"planted": 0.0, "support": 0.0}


@dataclass(frozen=True, slots=True)
class CalfRaise:
    """Rising on the toes of both feet.

    Parameters
    ----------
    count
        How many.
    heel_rise_deg
        Foot pitch at the top.
    out_s, hold_s, pause_s
        Time up (and down), at the top, and between.
    """

    count: int = 10
    heel_rise_deg: float = 28.0
    out_s: float = 0.8
    hold_s: float = 0.4
    pause_s: float = 0.6

    def perform(self, performer: Performer) -> Clip:
        """Return the set, beginning and ending in standing."""
        trial = standing_pose(performer.person)
        # The ankle pushes the body forwards over the balls: the whole leg leans a little.
        legs = {
            side: {
                "foot_pitch": -self.heel_rise_deg,
                "hip_flexion": trial.leg(side).hip_flexion - 2.5,
            }
            for side in SIDES
        }
        timing = Timing(self.out_s, self.hold_s, self.out_s, self.pause_s)
        target = Target(**both_legs(legs))
        return repetition_set(
            performer, trial, [target], timing, count=self.count, task=Task.CALF_RAISE
        )


@dataclass(frozen=True, slots=True)
class StandingEffort:
    """Standing still with the knees brought outwards by effort, the feet about in place.

    Parameters
    ----------
    duration_s
        How long.
    hip_external_rotation_deg, hip_abduction_deg
        Change of each hip from the usual stance.
    knee_adduction_deg
        Change of each knee, towards varus.
    """

    duration_s: float = 5.0
    hip_external_rotation_deg: float = 6.0
    hip_abduction_deg: float = 3.0
    knee_adduction_deg: float = 2.0

    def perform(self, performer: Performer) -> Clip:
        """Return the still pose."""
        trial = standing_pose(performer.person)
        legs = {
            side: replace(
                trial.leg(side),
                hip_rotation=trial.leg(side).hip_rotation - self.hip_external_rotation_deg,
                hip_adduction=trial.leg(side).hip_adduction - self.hip_abduction_deg,
                knee_adduction=trial.leg(side).knee_adduction + self.knee_adduction_deg,
            )
            for side in SIDES
        }
        pose = replace(trial, right=legs[Side.RIGHT], left=legs[Side.LEFT])
        rows = np.tile(pose.as_row(), (internal_times(self.duration_s).size, 1))
        return Clip(rows=rows, task=Task.STANDING)


@dataclass(frozen=True, slots=True)
class TrunkBow:
    """Bowing forwards from the hips, legs straight.

    Parameters
    ----------
    count
        How many.
    angle_deg
        How far the pelvis tips.
    out_s, hold_s, pause_s
        Time down (and up), at the bottom, and between.
    """

    count: int = 3
    angle_deg: float = 45.0
    out_s: float = 1.4
    hold_s: float = 0.3
    pause_s: float = 0.8

    def perform(self, performer: Performer) -> Clip:
        """Return the set, beginning and ending in standing."""
        trial = standing_pose(performer.person)
        legs = {
            side: {"hip_flexion": trial.leg(side).hip_flexion + 0.93 * self.angle_deg}
            for side in SIDES
        }
        tilt = {"anterior_tilt": trial.anterior_tilt + self.angle_deg}
        timing = Timing(self.out_s, self.hold_s, self.out_s, self.pause_s)
        target = Target(body=tilt, **both_legs(legs))
        return repetition_set(
            performer, trial, [target], timing, count=self.count, task=Task.TRUNK_BOW
        )


@dataclass(frozen=True, slots=True)
class SeatedTibialRotation:
    """Sitting, turning the lower leg inwards with the foot on the floor (popliteus).

    Parameters
    ----------
    side
        The leg that turns.
    count
        How many.
    range_deg
        Internal rotation of the tibia.
    out_s, hold_s, pause_s
        Time in (and out), at the end, and between.
    """

    side: Side = Side.RIGHT
    count: int = 30
    range_deg: float = 18.0
    out_s: float = 0.8
    hold_s: float = 0.5
    pause_s: float = 0.6

    def perform(self, performer: Performer) -> Clip:
        """Return the set, beginning and ending in sitting."""
        sit = sitting_pose(performer.person)
        leg = sit.leg(self.side)
        target = Target.of_leg(
            self.side,
            {
                "knee_rotation": leg.knee_rotation + self.range_deg,
                "toe_out": leg.toe_out - self.range_deg,
            },
        )
        timing = Timing(self.out_s, self.hold_s, self.out_s, self.pause_s)
        return one_sided_exercise(performer, sit, target, timing, count=self.count, side=self.side)


@dataclass(frozen=True, slots=True)
class Plunge:
    """Split stance, driving the front knee over the foot with the heel down.

    Parameters
    ----------
    side
        The front leg.
    count
        How many.
    shank_inclination_deg
        Forward lean of the front shank at the end, which is its dorsiflexion.
    out_s, hold_s, pause_s
        Time down (and up), at the end, and between.
    """

    side: Side = Side.RIGHT
    count: int = 30
    shank_inclination_deg: float = 34.0
    out_s: float = 1.0
    hold_s: float = 0.5
    pause_s: float = 0.5

    def perform(self, performer: Performer) -> Clip:
        """Return the set, beginning and ending in split stance."""
        trial = standing_pose(performer.person)
        tilt = trial.anterior_tilt
        front = replace(
            trial.leg(self.side), hip_flexion=tilt + 20.0, knee_flexion=22.0, support=0.7
        )
        back = replace(
            trial.leg(self.side.other),
            hip_flexion=tilt - 16.0,
            knee_flexion=8.0,
            foot_pitch=-12.0,
            support=0.3,
        )
        legs = {self.side: front, self.side.other: back}
        split = replace(trial, right=legs[Side.RIGHT], left=legs[Side.LEFT])
        thigh = 28.0
        target = Target.of_leg(
            self.side,
            {"hip_flexion": tilt + thigh, "knee_flexion": thigh + self.shank_inclination_deg},
            other={
                "hip_flexion": tilt - 10.0,
                "knee_flexion": 30.0,
                "foot_pitch": -35.0,
            },
        )
        timing = Timing(self.out_s, self.hold_s, self.out_s, self.pause_s)
        return one_sided_exercise(
            performer, split, target, timing, count=self.count, side=self.side
        )


@dataclass(frozen=True, slots=True)
class WallPush:
    """Standing on one slightly bent leg, the other raised and pressed sideways against a wall.

    Parameters
    ----------
    side
        The standing leg.
    count
        How many holds.
    knee_flexion_deg
        Of the standing leg.
    out_s, hold_s, pause_s
        Time into the hold (and out), of the hold, and between.
    """

    side: Side = Side.RIGHT
    count: int = 5
    knee_flexion_deg: float = 15.0
    out_s: float = 1.2
    hold_s: float = 7.0
    pause_s: float = 2.0

    def perform(self, performer: Performer) -> Clip:
        """Return the set, beginning and ending in standing."""
        trial = standing_pose(performer.person)
        tilt, other = trial.anterior_tilt, trial.leg(self.side.other)
        target = Target.of_leg(
            self.side,
            {
                "knee_flexion": self.knee_flexion_deg,
                "hip_flexion": tilt + 0.5 * self.knee_flexion_deg,
                "support": 1.0,
            },
            other={
                "hip_flexion": tilt + 55.0,
                "knee_flexion": 80.0,
                "hip_adduction": other.hip_adduction - 8.0,
                **_FREE,
            },
        )
        timing = Timing(self.out_s, self.hold_s, self.out_s, self.pause_s)
        return one_sided_exercise(
            performer, trial, target, timing, count=self.count, side=self.side
        )


_LYING_HEIGHT_M: Final = 0.12


def lying_pose(person: Person, *, roll_deg: float, hip_deg: float, knee_deg: float) -> BodyPose:
    """Lie on the back (roll 0) or on a side (90: right side up), both legs alike."""
    trial = standing_pose(person)
    legs = {
        side: replace(
            trial.leg(side), hip_flexion=hip_deg, knee_flexion=knee_deg, planted=0.0, support=0.0
        )
        for side in SIDES
    }
    return BodyPose(
        anterior_tilt=-90.0,
        obliquity=roll_deg,
        seat_support=1.0,
        seat_height_m=_LYING_HEIGHT_M,
        right=legs[Side.RIGHT],
        left=legs[Side.LEFT],
    )


@dataclass(frozen=True, slots=True)
class ClamShell:
    """Lying on the side, knees bent, opening the upper knee.

    Parameters
    ----------
    side
        The upper leg.
    count
        How many.
    range_deg
        External rotation of the hip.
    pelvis_roll_deg
        By how much the pelvis rolls back with it; 0 is well done.
    out_s, hold_s, pause_s
        Time up (and down), at the top, and between.
    """

    side: Side = Side.RIGHT
    count: int = 20
    range_deg: float = 30.0
    pelvis_roll_deg: float = 2.0
    out_s: float = 1.0
    hold_s: float = 3.5
    pause_s: float = 0.8

    def perform(self, performer: Performer) -> Clip:
        """Return the set, beginning and ending in lying on the side."""
        roll = 90.0 * self.side.sign
        lie = lying_pose(performer.person, roll_deg=roll, hip_deg=45.0, knee_deg=90.0)
        leg = lie.leg(self.side)
        target = Target.of_leg(
            self.side,
            {
                "hip_rotation": leg.hip_rotation - self.range_deg,
                "hip_adduction": leg.hip_adduction - 0.3 * self.range_deg,
            },
            body={"obliquity": roll - self.side.sign * self.pelvis_roll_deg},
        )
        timing = Timing(self.out_s, self.hold_s, self.out_s, self.pause_s)
        return one_sided_exercise(performer, lie, target, timing, count=self.count, side=self.side)


@dataclass(frozen=True, slots=True)
class WallSlide:
    """Lying on the side, sliding the straight upper leg up a wall.

    Parameters
    ----------
    side
        The upper leg.
    count
        How many.
    range_deg
        Abduction of the hip.
    out_s, hold_s, pause_s
        Time up (and down), at the top, and between.
    """

    side: Side = Side.RIGHT
    count: int = 20
    range_deg: float = 25.0
    out_s: float = 1.2
    hold_s: float = 3.5
    pause_s: float = 0.8

    def perform(self, performer: Performer) -> Clip:
        """Return the set, beginning and ending in lying on the side."""
        lie = lying_pose(
            performer.person, roll_deg=90.0 * self.side.sign, hip_deg=-3.0, knee_deg=3.0
        )
        adduction = lie.leg(self.side).hip_adduction
        target = Target.of_leg(self.side, {"hip_adduction": adduction - self.range_deg})
        timing = Timing(self.out_s, self.hold_s, self.out_s, self.pause_s)
        return one_sided_exercise(performer, lie, target, timing, count=self.count, side=self.side)


@dataclass(frozen=True, slots=True)
class StraightLegRaise:
    """Lying on the back, lifting one leg with the knee locked.

    Parameters
    ----------
    side
        The leg that is lifted.
    count
        How many.
    range_deg
        Hip flexion; about 20 degrees lift the heel by 30 cm.
    lag_deg
        By how much the knee gives way.
    out_s, hold_s, pause_s
        Time up (and down), at the top, and between.
    """

    side: Side = Side.RIGHT
    count: int = 30
    range_deg: float = 20.0
    lag_deg: float = 0.0
    out_s: float = 0.9
    hold_s: float = 0.6
    pause_s: float = 0.6

    def perform(self, performer: Performer) -> Clip:
        """Return the set, beginning and ending in lying on the back."""
        lie = lying_pose(performer.person, roll_deg=0.0, hip_deg=0.0, knee_deg=2.0)
        leg = lie.leg(self.side)
        target = Target.of_leg(
            self.side,
            {
                "hip_flexion": leg.hip_flexion + self.range_deg,
                "knee_flexion": leg.knee_flexion + self.lag_deg,
            },
        )
        timing = Timing(self.out_s, self.hold_s, self.out_s, self.pause_s)
        return one_sided_exercise(performer, lie, target, timing, count=self.count, side=self.side)
