"""The programme's exercises, except squats, step-ups and the seated calibration movements.

Ranges, counts and holds default to the doses that the programme gives; poses are our choices.
"""

from dataclasses import dataclass, replace
from typing import Final

from imu_valgus.model import Side, Task
from imu_valgus.simulate.body import Person, standing_pose
from imu_valgus.simulate.clip import Clip, Performer
from imu_valgus.simulate.movements import sitting_pose, still_clip
from imu_valgus.simulate.pose import SIDES, BodyPose
from imu_valgus.simulate.repetitions import Target, Timing, repetition_set

_LYING_HEIGHT_M: Final = 0.12


@dataclass(frozen=True, slots=True)
class CalfRaise:
    """Rising on the toes of both feet.

    Parameters
    ----------
    count
        Number of raises.
    heel_rise_deg
        Foot pitch at the top, heel up.
    out_s, hold_s, pause_s
        Time of the way up (and down), at the top, and between raises.
    """

    count: int = 10
    heel_rise_deg: float = 28.0
    out_s: float = 0.8
    hold_s: float = 0.4
    pause_s: float = 0.6

    def perform(self, performer: Performer) -> Clip:
        """Return the set, starting and ending in standing."""
        standing = standing_pose(performer.person)
        # The ankle pushes the body forwards over the balls: the whole leg leans a little.
        legs = {
            side: {
                "foot_pitch": -self.heel_rise_deg,
                "hip_flexion": standing.leg(side).hip_flexion - 2.5,
            }
            for side in SIDES
        }
        timing = Timing(self.out_s, self.hold_s, self.pause_s)
        return repetition_set(
            performer, standing, [Target(legs)], timing, count=self.count, task=Task.CALF_RAISE
        )


@dataclass(frozen=True, slots=True)
class StandingEffort:
    """Standing still with the knees brought outwards by effort, the feet nearly in place.

    Parameters
    ----------
    duration_s
        Duration.
    hip_external_rotation_deg, hip_abduction_deg
        Change of each hip from the usual stance.
    knee_adduction_deg
        Change of each knee from the usual stance, towards varus.
    """

    duration_s: float = 5.0
    hip_external_rotation_deg: float = 6.0
    hip_abduction_deg: float = 3.0
    knee_adduction_deg: float = 2.0

    def perform(self, performer: Performer) -> Clip:
        """Return the still pose."""
        standing = standing_pose(performer.person)
        legs = {
            side: replace(
                standing.leg(side),
                hip_rotation=standing.leg(side).hip_rotation - self.hip_external_rotation_deg,
                hip_adduction=standing.leg(side).hip_adduction - self.hip_abduction_deg,
                knee_adduction=standing.leg(side).knee_adduction + self.knee_adduction_deg,
            )
            for side in SIDES
        }
        return still_clip(standing.with_legs(legs), self.duration_s, Task.STANDING)


@dataclass(frozen=True, slots=True)
class TrunkBow:
    """Bowing forwards from the hips, legs straight.

    Parameters
    ----------
    count
        Number of bows.
    angle_deg
        Tilt of the pelvis at the bottom.
    out_s, hold_s, pause_s
        Time of the way down (and up), at the bottom, and between bows.
    """

    count: int = 3
    angle_deg: float = 45.0
    out_s: float = 1.4
    hold_s: float = 0.3
    pause_s: float = 0.8

    def perform(self, performer: Performer) -> Clip:
        """Return the set, starting and ending in standing."""
        standing = standing_pose(performer.person)
        legs = {
            side: {"hip_flexion": standing.leg(side).hip_flexion + 0.93 * self.angle_deg}
            for side in SIDES
        }
        target = Target(legs, {"anterior_tilt": standing.anterior_tilt + self.angle_deg})
        timing = Timing(self.out_s, self.hold_s, self.pause_s)
        return repetition_set(
            performer, standing, [target], timing, count=self.count, task=Task.TRUNK_BOW
        )


@dataclass(frozen=True, slots=True)
class SeatedTibialRotation:
    """Turning the lower leg inwards while sitting, with the foot on the floor (popliteus).

    Parameters
    ----------
    side
        Leg that turns.
    count
        Number of repetitions.
    range_deg
        Internal rotation of the tibia.
    out_s, hold_s, pause_s
        Time of the way in (and out), at the end, and between repetitions.
    """

    side: Side = Side.RIGHT
    count: int = 30
    range_deg: float = 18.0
    out_s: float = 0.8
    hold_s: float = 0.5
    pause_s: float = 0.6

    def perform(self, performer: Performer) -> Clip:
        """Return the set, starting and ending in sitting."""
        sit = sitting_pose(performer.person)
        leg = sit.leg(self.side)
        turned_in = {
            "knee_rotation": leg.knee_rotation + self.range_deg,
            "toe_out": leg.toe_out - self.range_deg,
        }
        targets = [Target({self.side: turned_in})]
        timing = Timing(self.out_s, self.hold_s, self.pause_s)
        return repetition_set(performer, sit, targets, timing, count=self.count, side=self.side)


@dataclass(frozen=True, slots=True)
class Plunge:
    """Driving the front knee over the foot in split stance, with the heel down.

    Parameters
    ----------
    side
        Front leg.
    count
        Number of repetitions.
    shank_inclination_deg
        Forward lean of the front shank at the end, which is its dorsiflexion.
    out_s, hold_s, pause_s
        Time of the way down (and up), at the end, and between repetitions.
    """

    side: Side = Side.RIGHT
    count: int = 30
    shank_inclination_deg: float = 34.0
    out_s: float = 1.0
    hold_s: float = 0.5
    pause_s: float = 0.5

    def perform(self, performer: Performer) -> Clip:
        """Return the set, starting and ending in split stance."""
        standing = standing_pose(performer.person)
        tilt, thigh = standing.anterior_tilt, 28.0
        front = replace(
            standing.leg(self.side), hip_flexion=tilt + 20.0, knee_flexion=22.0, support=0.7
        )
        back = replace(
            standing.leg(self.side.other),
            hip_flexion=tilt - 16.0,
            knee_flexion=8.0,
            foot_pitch=-12.0,
            support=0.3,
        )
        split = standing.with_legs({self.side: front, self.side.other: back})
        target = Target(
            {
                self.side: {
                    "hip_flexion": tilt + thigh,
                    "knee_flexion": thigh + self.shank_inclination_deg,
                },
                self.side.other: {
                    "hip_flexion": tilt - 10.0,
                    "knee_flexion": 30.0,
                    "foot_pitch": -35.0,
                },
            }
        )
        timing = Timing(self.out_s, self.hold_s, self.pause_s)
        return repetition_set(performer, split, [target], timing, count=self.count, side=self.side)


@dataclass(frozen=True, slots=True)
class WallPush:
    """Standing on one slightly bent leg, the other raised and pressed sideways against a wall.

    Parameters
    ----------
    side
        Standing leg.
    count
        Number of holds.
    knee_flexion_deg
        Knee flexion of the standing leg.
    out_s, hold_s, pause_s
        Time of the way into the hold (and out), of the hold, and between holds.
    """

    side: Side = Side.RIGHT
    count: int = 5
    knee_flexion_deg: float = 15.0
    out_s: float = 1.2
    hold_s: float = 7.0
    pause_s: float = 2.0

    def perform(self, performer: Performer) -> Clip:
        """Return the set, starting and ending in standing."""
        standing = standing_pose(performer.person)
        tilt = standing.anterior_tilt
        target = Target(
            {
                self.side: {
                    "knee_flexion": self.knee_flexion_deg,
                    "hip_flexion": tilt + 0.5 * self.knee_flexion_deg,
                    "support": 1.0,
                },
                self.side.other: {
                    "hip_flexion": tilt + 55.0,
                    "knee_flexion": 80.0,
                    "hip_adduction": standing.leg(self.side.other).hip_adduction - 8.0,
                    "planted": 0.0,
                    "support": 0.0,
                },
            }
        )
        timing = Timing(self.out_s, self.hold_s, self.pause_s)
        return repetition_set(
            performer, standing, [target], timing, count=self.count, side=self.side
        )


@dataclass(frozen=True, slots=True)
class ClamShell:
    """Opening the upper knee while lying on the side with bent knees.

    Parameters
    ----------
    side
        Upper leg.
    count
        Number of repetitions.
    range_deg
        External rotation of the hip.
    pelvis_roll_deg
        How far the pelvis rolls back with it; 0 if done well.
    out_s, hold_s, pause_s
        Time of the way up (and down), at the top, and between repetitions.
    """

    side: Side = Side.RIGHT
    count: int = 20
    range_deg: float = 30.0
    pelvis_roll_deg: float = 2.0
    out_s: float = 1.0
    hold_s: float = 3.5
    pause_s: float = 0.8

    def perform(self, performer: Performer) -> Clip:
        """Return the set, starting and ending in lying on the side."""
        roll = 90.0 * self.side.sign
        lying = _lying_pose(performer.person, roll_deg=roll, hip_deg=45.0, knee_deg=90.0)
        leg = lying.leg(self.side)
        opened = {
            "hip_rotation": leg.hip_rotation - self.range_deg,
            "hip_adduction": leg.hip_adduction - 0.3 * self.range_deg,
        }
        body = {"obliquity": roll - self.side.sign * self.pelvis_roll_deg}
        targets = [Target({self.side: opened}, body)]
        timing = Timing(self.out_s, self.hold_s, self.pause_s)
        return repetition_set(performer, lying, targets, timing, count=self.count, side=self.side)


@dataclass(frozen=True, slots=True)
class WallSlide:
    """Sliding the straight upper leg up a wall while lying on the side.

    Parameters
    ----------
    side
        Upper leg.
    count
        Number of repetitions.
    range_deg
        Abduction of the hip.
    out_s, hold_s, pause_s
        Time of the way up (and down), at the top, and between repetitions.
    """

    side: Side = Side.RIGHT
    count: int = 20
    range_deg: float = 25.0
    out_s: float = 1.2
    hold_s: float = 3.5
    pause_s: float = 0.8

    def perform(self, performer: Performer) -> Clip:
        """Return the set, starting and ending in lying on the side."""
        roll = 90.0 * self.side.sign
        lying = _lying_pose(performer.person, roll_deg=roll, hip_deg=-3.0, knee_deg=3.0)
        adduction = lying.leg(self.side).hip_adduction
        targets = [Target({self.side: {"hip_adduction": adduction - self.range_deg}})]
        timing = Timing(self.out_s, self.hold_s, self.pause_s)
        return repetition_set(performer, lying, targets, timing, count=self.count, side=self.side)


@dataclass(frozen=True, slots=True)
class StraightLegRaise:
    """Lifting one leg with the knee locked while lying on the back.

    Parameters
    ----------
    side
        Leg that is lifted.
    count
        Number of repetitions.
    range_deg
        Hip flexion; about 20 degrees lift the heel by 30 cm.
    lag_deg
        How far the knee gives way.
    out_s, hold_s, pause_s
        Time of the way up (and down), at the top, and between repetitions.
    """

    side: Side = Side.RIGHT
    count: int = 30
    range_deg: float = 20.0
    lag_deg: float = 0.0
    out_s: float = 0.9
    hold_s: float = 0.6
    pause_s: float = 0.6

    def perform(self, performer: Performer) -> Clip:
        """Return the set, starting and ending in lying on the back."""
        lying = _lying_pose(performer.person, roll_deg=0.0, hip_deg=0.0, knee_deg=2.0)
        leg = lying.leg(self.side)
        lifted = {
            "hip_flexion": leg.hip_flexion + self.range_deg,
            "knee_flexion": leg.knee_flexion + self.lag_deg,
        }
        targets = [Target({self.side: lifted})]
        timing = Timing(self.out_s, self.hold_s, self.pause_s)
        return repetition_set(performer, lying, targets, timing, count=self.count, side=self.side)


def _lying_pose(person: Person, *, roll_deg: float, hip_deg: float, knee_deg: float) -> BodyPose:
    """Lie on the back (roll 0) or on a side (90: right side up), both legs alike."""
    standing = standing_pose(person)
    legs = {
        side: replace(
            standing.leg(side), hip_flexion=hip_deg, knee_flexion=knee_deg, planted=0.0, support=0.0
        )
        for side in SIDES
    }
    return BodyPose(
        anterior_tilt=-90.0,
        obliquity=roll_deg,
        seat_support=1.0,
        seat_height_m=_LYING_HEIGHT_M,
    ).with_legs(legs)
