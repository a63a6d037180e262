"""Standing, sitting and the calibration movements."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from imu_valgus.model import Side, Task
from imu_valgus.simulate.body import Person, standing_pose
from imu_valgus.simulate.chain import pelvis_height_m, with_feet_as_wide
from imu_valgus.simulate.clip import Clip, Performer
from imu_valgus.simulate.pose import SIDES, BodyPose, internal_times
from imu_valgus.simulate.repetitions import Target, Timing, repetition_set

_SITTING_TILT_DEG: Final = -8.0
"""The pelvis rolls back on a chair: our choice."""

_FREE: Final = {"planted": 0.0, "support": 0.0}

_SQUAT_CHANNELS: Final = (
    "hip_flexion",
    "hip_adduction",
    "hip_rotation",
    "knee_flexion",
    "knee_adduction",
    "knee_rotation",
)


def sitting_pose(person: Person) -> BodyPose:
    """Return sitting on a chair with both feet flat and the thighs nearly level.

    Parameters
    ----------
    person
        Person whose posture and proportions are used.

    Returns
    -------
    BodyPose
        Pose with nearly all weight on the seat.
    """
    standing = standing_pose(person)
    legs = {
        side: replace(
            standing.leg(side),
            hip_flexion=86.0 + _SITTING_TILT_DEG,
            hip_adduction=standing.leg(side).hip_adduction - 4.0,
            knee_flexion=88.0,
            support=0.02,
        )
        for side in SIDES
    }
    pose = replace(standing, anterior_tilt=_SITTING_TILT_DEG).with_legs(legs)
    height = pelvis_height_m(pose.as_row(), person)
    return replace(pose, seat_support=1.0, seat_height_m=height)


def still_clip(pose: BodyPose, duration_s: float, task: Task) -> Clip:
    """Hold a pose; the sway is added to the whole recording.

    Parameters
    ----------
    pose
        Pose to hold.
    duration_s
        Duration of the clip.
    task
        Task of the clip.

    Returns
    -------
    Clip
        Equal rows.
    """
    rows = np.tile(pose.as_row(), (internal_times(duration_s).size, 1))
    return Clip(rows=rows, task=task)


@dataclass(frozen=True, slots=True)
class Standing:
    """Quiet neutral standing, as in a static trial.

    Parameters
    ----------
    duration_s
        Duration of standing.
    """

    duration_s: float = 6.0

    def perform(self, performer: Performer) -> Clip:
        """Return the still pose."""
        return still_clip(standing_pose(performer.person), self.duration_s, Task.STANDING)


@dataclass(frozen=True, slots=True)
class Sitting:
    """Quiet sitting with both feet on the floor.

    Parameters
    ----------
    duration_s
        Duration of sitting.
    """

    duration_s: float = 5.0

    def perform(self, performer: Performer) -> Clip:
        """Return the still pose."""
        return still_clip(sitting_pose(performer.person), self.duration_s, Task.SIT)


@dataclass(frozen=True, slots=True)
class Squat:
    """Squats on both legs, feet flat.

    Parameters
    ----------
    count
        Number of squats.
    depth_deg
        Knee flexion at the deepest point.
    repetition_s, pause_s
        Time of one squat, down and up, and of standing between squats.
    knee_abduction_deg, hip_internal_rotation_deg
        Excursions at the deepest point. The hips adduct or abduct so that the feet stay as far
        apart as in standing.
    pelvis_drop_deg
        Tilt of the pelvis at the deepest point with its left side lower: people do not squat
        evenly.
    """

    count: int = 5
    depth_deg: float = 80.0
    repetition_s: float = 2.6
    pause_s: float = 0.8
    knee_abduction_deg: float = 1.0
    hip_internal_rotation_deg: float = 3.0
    pelvis_drop_deg: float = 0.0

    def perform(self, performer: Performer) -> Clip:
        """Return the set, starting and ending in standing."""
        standing = standing_pose(performer.person)
        tilt = standing.anterior_tilt + 0.28 * self.depth_deg
        bent = {
            side: replace(
                standing.leg(side),
                hip_flexion=tilt + 0.62 * self.depth_deg,
                hip_rotation=standing.leg(side).hip_rotation + self.hip_internal_rotation_deg,
                knee_flexion=self.depth_deg,
                knee_adduction=standing.leg(side).knee_adduction - self.knee_abduction_deg,
                knee_rotation=standing.leg(side).knee_rotation + 4.0,
            )
            for side in SIDES
        }
        obliquity = standing.obliquity + self.pelvis_drop_deg
        deep = replace(standing.with_legs(bent), anterior_tilt=tilt, obliquity=obliquity)
        deep = with_feet_as_wide(performer.person, deep, standing)
        legs = {
            side: {name: getattr(deep.leg(side), name) for name in _SQUAT_CHANNELS}
            for side in SIDES
        }
        timing = Timing(out_s=0.5 * self.repetition_s, hold_s=0.0, pause_s=self.pause_s)
        targets = [Target(legs, {"anterior_tilt": tilt, "obliquity": obliquity})]
        return repetition_set(
            performer, standing, targets, timing, count=self.count, task=Task.SQUAT
        )


@dataclass(frozen=True, slots=True)
class SeatedKneeExtension:
    """Straightening one knee while sitting, with the thigh at rest.

    Parameters
    ----------
    side
        Leg that moves.
    count
        Number of repetitions.
    range_deg
        Range of knee extension.
    repetition_s, pause_s
        Time of one repetition, up and down, and of the pause between.
    screw_home_deg
        External rotation of the tibia that comes with full extension.
    """

    side: Side = Side.RIGHT
    count: int = 6
    range_deg: float = 75.0
    repetition_s: float = 2.4
    pause_s: float = 0.5
    screw_home_deg: float = 8.0

    def perform(self, performer: Performer) -> Clip:
        """Return the set, starting and ending in sitting."""
        sit = sitting_pose(performer.person)
        leg = sit.leg(self.side)
        extended = {
            "knee_flexion": leg.knee_flexion - self.range_deg,
            "knee_rotation": leg.knee_rotation - self.screw_home_deg,
            "knee_adduction": leg.knee_adduction + 1.5,
            "hip_flexion": leg.hip_flexion + 2.0,
            **_FREE,
        }
        return repetition_set(
            performer,
            sit,
            [Target({self.side: extended})],
            Timing(out_s=0.5 * self.repetition_s, hold_s=0.15, pause_s=self.pause_s),
            count=self.count,
            task=Task.SEATED_KNEE_EXTENSION,
            side=self.side,
        )


@dataclass(frozen=True, slots=True)
class SeatedHipRotation:
    """Turning the hip in and out while sitting: the foot swings outwards, then inwards.

    Parameters
    ----------
    side
        Leg that moves.
    count
        Number of repetitions.
    internal_deg, external_deg
        Range to each side, from sitting.
    repetition_s, pause_s
        Time of one repetition, in, out and back, and of the pause between.
    """

    side: Side = Side.RIGHT
    count: int = 4
    internal_deg: float = 30.0
    external_deg: float = 25.0
    repetition_s: float = 4.0
    pause_s: float = 0.8

    def perform(self, performer: Performer) -> Clip:
        """Return the set, starting and ending in sitting."""
        sit = sitting_pose(performer.person)
        rotation = sit.leg(self.side).hip_rotation
        return repetition_set(
            performer,
            sit,
            [
                Target({self.side: {"hip_rotation": rotation + amount, **_FREE}})
                for amount in (self.internal_deg, -self.external_deg)
            ],
            Timing(out_s=self.repetition_s / 4.0, hold_s=0.3, pause_s=self.pause_s),
            count=self.count,
            task=Task.SEATED_HIP_ROTATION,
            side=self.side,
        )


@dataclass(frozen=True, slots=True)
class LegSwing:
    """Swinging one straight leg forwards and backwards while standing on the other.

    Parameters
    ----------
    side
        Leg that swings.
    count
        Number of swings.
    forward_deg, backward_deg
        Hip flexion and extension, from standing.
    off_plane_deg
        Direction of the swing, outwards from straight ahead.
    repetition_s, pause_s
        Time of one swing, forwards, backwards and home, and of the pause between.
    """

    side: Side = Side.RIGHT
    count: int = 5
    forward_deg: float = 35.0
    backward_deg: float = 15.0
    off_plane_deg: float = 0.0
    repetition_s: float = 2.2
    pause_s: float = 0.3

    def perform(self, performer: Performer) -> Clip:
        """Return the set, starting and ending in standing."""
        standing = standing_pose(performer.person)
        leg = standing.leg(self.side)
        targets = []
        for amount in (self.forward_deg, -self.backward_deg):
            outwards = np.degrees(
                np.arctan(np.tan(np.radians(self.off_plane_deg)) * np.tan(np.radians(amount)))
            )
            swung = {
                "hip_flexion": leg.hip_flexion + amount,
                "hip_adduction": leg.hip_adduction - float(outwards),
                **_FREE,
            }
            targets.append(Target({self.side: swung, self.side.other: {"support": 1.0}}))
        part = self.repetition_s / 4.0
        return repetition_set(
            performer,
            standing,
            targets,
            Timing(out_s=1.5 * part, hold_s=0.0, pause_s=self.pause_s, back_s=part),
            count=self.count,
            task=Task.LEG_SWING,
            side=self.side,
        )
