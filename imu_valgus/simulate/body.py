"""Simulated people: body size, standing posture and walking style."""

from dataclasses import dataclass, field, replace

import numpy as np

from imu_valgus.errors import InputError
from imu_valgus.model import Side
from imu_valgus.simulate.pose import BodyPose, LegPose, clipped_normal


@dataclass(frozen=True, slots=True)
class LegPosture:
    """Neutral standing of one leg, in degrees. Neutral is not zero.

    Parameters
    ----------
    hip_adduction, hip_rotation
        Adduction and internal rotation of the hip.
    knee_flexion, knee_adduction, knee_rotation
        Flexion, varus (negative: valgus) and internal rotation of the knee.
    toe_out
        Direction of the foot, outwards positive.
    """

    hip_adduction: float = -1.0
    hip_rotation: float = -2.0
    knee_flexion: float = 4.0
    knee_adduction: float = 0.0
    knee_rotation: float = -3.0
    toe_out: float = 7.0


@dataclass(frozen=True, slots=True)
class GaitStyle:
    """How a person's walking differs from the reference curves, the same for both legs.

    Parameters
    ----------
    sagittal_gain, frontal_gain, transverse_gain
        Gains of the curves in the three planes.
    hip_adduction_offset_deg, hip_rotation_offset_deg, knee_rotation_offset_deg
        Offsets of the whole curves, on top of those of the standing posture.
    stride_time_factor
        Factor on the stride time of the speed class.
    stride_time_sd, shape_sd_deg
        Stride-to-stride variation: relative for time, in degrees for shape.
    """

    sagittal_gain: float = 1.0
    frontal_gain: float = 1.0
    transverse_gain: float = 1.0
    hip_adduction_offset_deg: float = 0.0
    hip_rotation_offset_deg: float = 0.0
    knee_rotation_offset_deg: float = 0.0
    stride_time_factor: float = 1.0
    stride_time_sd: float = 0.02
    shape_sd_deg: float = 0.8


@dataclass(frozen=True, slots=True)
class Person:
    """A simulated adult.

    Segment lengths are shares of body height after Drillis and Contini (1966), as tabled in
    Winter (2009), Biomechanics and Motor Control of Human Movement, doi:10.1002/9780470549148:
    thigh 0.245, shank 0.246, ankle height 0.039, foot length 0.152. The distance of the hip
    centres (0.10), and those of heel and ball from the ankle, are our choices.

    Parameters
    ----------
    height_m
        Body height.
    sex
        ``"female"``, ``"male"`` or None; only passed on to the session.
    anterior_tilt_deg
        Anterior tilt of the pelvis in standing.
    right, left
        Standing posture of the legs.
    gait
        Walking style.
    thigh_factor, shank_factor
        Individual proportions, as factors on the segment lengths.
    sway_sd_deg
        Standard deviation of hip, knee and pelvis angles around neutral over time; 0 for none.

    Raises
    ------
    InputError
        If the height is below 0.8 m or above 2.4 m.
    """

    height_m: float = 1.72
    sex: str | None = None
    anterior_tilt_deg: float = 9.0
    right: LegPosture = field(default_factory=LegPosture)
    left: LegPosture = field(default_factory=LegPosture)
    gait: GaitStyle = field(default_factory=GaitStyle)
    thigh_factor: float = 1.0
    shank_factor: float = 1.0
    sway_sd_deg: float = 0.5

    def __post_init__(self) -> None:
        if not 0.8 <= self.height_m <= 2.4:
            raise InputError(
                f"A body height of {self.height_m:g} m is not between 0.8 and 2.4 m. Check the "
                "unit: give the height in metres."
            )

    @property
    def thigh_length_m(self) -> float:
        """Distance from hip centre to knee centre."""
        return 0.245 * self.height_m * self.thigh_factor

    @property
    def shank_length_m(self) -> float:
        """Distance from knee centre to ankle centre."""
        return 0.246 * self.height_m * self.shank_factor

    @property
    def leg_length_m(self) -> float:
        """Distance from hip centre to ankle centre of a straight leg."""
        return self.thigh_length_m + self.shank_length_m

    @property
    def ankle_height_m(self) -> float:
        """Height of the ankle centre above the sole."""
        return 0.039 * self.height_m

    @property
    def foot_length_m(self) -> float:
        """Distance from heel to toe."""
        return 0.152 * self.height_m

    @property
    def hip_distance_m(self) -> float:
        """Distance between the two hip centres."""
        return 0.10 * self.height_m

    def posture(self, side: Side) -> LegPosture:
        """Return the standing posture of one leg."""
        return self.right if side is Side.RIGHT else self.left

    def mirrored(self) -> "Person":
        """Return the same person with left and right exchanged."""
        return replace(self, right=self.left, left=self.right)

    def with_valgus(self, valgus_deg: float) -> "Person":
        """Return the same person standing and walking with this knee valgus on both sides."""
        right = replace(self.right, knee_adduction=-valgus_deg)
        left = replace(self.left, knee_adduction=-valgus_deg)
        return replace(self, right=right, left=left)


def standing_pose(person: Person) -> BodyPose:
    """Return the neutral standing of a person.

    Parameters
    ----------
    person
        Person whose posture and proportions are used.

    Returns
    -------
    BodyPose
        Pose on both feet, facing earth x.
    """
    legs = {side: _standing_leg(person, side) for side in Side}
    return BodyPose(anterior_tilt=person.anterior_tilt_deg).with_legs(legs)


def _standing_leg(person: Person, side: Side) -> LegPose:
    posture = person.posture(side)
    # The ankle stays below the hip: the flexed knee leans thigh and shank out of the vertical in
    # opposite directions, in proportion to the lengths of the other segment.
    share = person.shank_length_m / person.leg_length_m
    return LegPose(
        hip_flexion=person.anterior_tilt_deg + share * posture.knee_flexion,
        hip_adduction=posture.hip_adduction,
        hip_rotation=posture.hip_rotation,
        knee_flexion=posture.knee_flexion,
        knee_adduction=posture.knee_adduction,
        knee_rotation=posture.knee_rotation,
        toe_out=posture.toe_out,
    )


def random_person(seed: int) -> Person:
    """Draw an adult: size, proportions, posture of each leg and walking style.

    Spreads are our choices, about as large as the between-subject standard deviations of Schwartz,
    Rozumalski and Trost (2008), doi:10.1016/j.jbiomech.2008.03.015.

    Parameters
    ----------
    seed
        Seed of all draws; the same seed gives the same person.

    Returns
    -------
    Person
        A person with different left and right legs.

    Examples
    --------
    >>> random_person(3) == random_person(3)
    True
    """
    rng = np.random.default_rng([seed, 0x9E3779B9])
    sex = "female" if rng.random() < 0.5 else "male"
    height_m = clipped_normal(rng, 1.65 if sex == "female" else 1.78, 0.07, 1.45, 2.0)
    common = _random_posture(rng, LegPosture(), spread=1.0)
    gait = GaitStyle(
        sagittal_gain=clipped_normal(rng, 1.0, 0.06, 0.85, 1.15),
        frontal_gain=clipped_normal(rng, 1.0, 0.2, 0.5, 1.5),
        transverse_gain=clipped_normal(rng, 1.0, 0.25, 0.4, 1.6),
        hip_adduction_offset_deg=float(rng.normal(0.0, 1.5)),
        hip_rotation_offset_deg=float(rng.normal(0.0, 3.0)),
        knee_rotation_offset_deg=float(rng.normal(0.0, 2.0)),
        stride_time_factor=clipped_normal(rng, 1.0, 0.05, 0.88, 1.12),
        stride_time_sd=float(rng.uniform(0.012, 0.03)),
        shape_sd_deg=float(rng.uniform(0.5, 1.1)),
    )
    return Person(
        height_m=height_m,
        sex=sex,
        anterior_tilt_deg=float(rng.normal(9.0, 4.0)),
        right=_random_posture(rng, common, spread=0.4),
        left=_random_posture(rng, common, spread=0.4),
        gait=gait,
        thigh_factor=clipped_normal(rng, 1.0, 0.03, 0.92, 1.08),
        shank_factor=clipped_normal(rng, 1.0, 0.03, 0.92, 1.08),
    )


def _random_posture(rng: np.random.Generator, centre: LegPosture, *, spread: float) -> LegPosture:
    def near(value: float, sd: float) -> float:
        return float(value + rng.normal(0.0, spread * sd))

    return LegPosture(
        hip_adduction=near(centre.hip_adduction, 1.5),
        hip_rotation=near(centre.hip_rotation, 4.0),
        knee_flexion=max(0.5, near(centre.knee_flexion, 2.5)),
        knee_adduction=near(centre.knee_adduction, 2.5),
        knee_rotation=near(centre.knee_rotation, 3.0),
        toe_out=near(centre.toe_out, 3.5),
    )
