"""The programme's exercises on the floor that motion sensors can see.

Ranges, counts and holds default to the programme's doses where it names them; poses are own
choices.
"""

from dataclasses import dataclass, replace
from typing import Final

from imu_valgus.model import Side
from imu_valgus.simulate.body import Person, standing_pose
from imu_valgus.simulate.clip import Clip, Performer
from imu_valgus.simulate.pose import SIDES, BodyPose
from imu_valgus.simulate.repetitions import Target, Timing, one_sided_exercise

_LYING_HEIGHT_M: Final = 0.12


def lying_pose(person: Person, *, roll_deg: float, hip_deg: float, knee_deg: float) -> BodyPose:
    """Lie on the back (roll 0) or on a side (90: right side up), both legs alike."""
    stand = standing_pose(person)
    legs = {
        side: replace(
            stand.leg(side), hip_flexion=hip_deg, knee_flexion=knee_deg, planted=0.0, support=0.0
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
