"""The truth of a simulated recording, taken from the bones and never from the sensors."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np
from scipy.spatial.transform import Rotation

from imu_valgus.conventions import ANALYSIS_RATE_HZ, MOTIONS
from imu_valgus.model import (
    FloatArray,
    GaitEvent,
    Joint,
    JointAngles,
    OrientationSeries,
    Placement,
    Repetition,
    Side,
    TaskSpan,
)
from imu_valgus.rotations import about_earth_z, compose
from imu_valgus.simulate.chain import STANCE_TO_EARTH, BodyMotion, joint_angles_deg
from imu_valgus.simulate.pose import INTERNAL_RATE_HZ, SIDES
from imu_valgus.simulate.script import PlayedScript
from imu_valgus.simulate.soft_tissue import SkinMotion

_STEP: Final = round(INTERNAL_RATE_HZ / ANALYSIS_RATE_HZ)

_BASELINE_S: Final = 0.3
"""Time before a repetition whose mean is the baseline of its excursions."""

_MEASURES: Final = (
    # name of the measure, its joint (None: hip or femur, as in the name), motion, sign
    ("{hip}_internal_rotation", None, "internal_rotation", 1.0),
    ("{hip}_adduction", None, "adduction", 1.0),
    ("tibial_external_rotation", Joint.KNEE, "internal_rotation", -1.0),
    ("knee_abduction", Joint.KNEE, "adduction", -1.0),
)


@dataclass(frozen=True, slots=True, eq=False)
class RecordingTruth:
    """Truth of one recording at 100 Hz, on the recording's clock.

    Parameters
    ----------
    name
        Name of the recording.
    time_s
        Sample times, shape (n,).
    angles
        Hip, femur, knee and ankle angles of both sides with zero uncertainty. Femur angles are
        those of the thigh relative to a level frame that faces where the body faces or walks.
    events
        Initial contacts and toe-offs in order of time.
    repetitions
        Repetitions; those of one leg have excursions and peaks as measures, as the contract of
        the output tables defines them.
    tasks
        Spans of the tasks.
    orientations
        Orientation of all seven segments (bones), segment to earth.
    joint_centres_m
        Proximal joint centre of each segment in earth, shape (n, 3); for the pelvis, the middle
        between the hip centres.
    contacts_m
        Heel and ball of each foot in earth, shape (n, 2, 3).
    heading_rad
        Direction the body faces or walks, counter-clockwise seen from above, shape (n,).
    skin_rotation_deg
        Rotation vector of the skin under the sensor relative to the bone, segment frame,
        shape (n, 3); y is the axial twist. Placements whose skin does not move are missing.
    """

    name: str
    time_s: FloatArray
    angles: tuple[JointAngles, ...]
    events: tuple[GaitEvent, ...]
    repetitions: tuple[Repetition, ...]
    tasks: tuple[TaskSpan, ...]
    orientations: Mapping[Placement, OrientationSeries]
    joint_centres_m: Mapping[Placement, FloatArray]
    contacts_m: Mapping[Side, FloatArray]
    heading_rad: FloatArray
    skin_rotation_deg: Mapping[Placement, FloatArray]

    def joint(self, joint: Joint, side: Side) -> JointAngles:
        """Return the angles of one joint.

        Raises
        ------
        KeyError
            If the truth has no such angles.
        """
        for angles in self.angles:
            if angles.joint is joint and angles.side is side:
                return angles
        raise KeyError(f"{joint} {side}")


def recording_truth(
    name: str,
    played: PlayedScript,
    motion: BodyMotion,
    skins: Mapping[Placement, SkinMotion],
) -> RecordingTruth:
    """Collect the truth of one recording.

    Parameters
    ----------
    name
        Name of the recording.
    played
        Movement with its tasks, events and repetitions.
    motion
        Motion of the bones on the internal clock.
    skins
        Motion of the skin by placement.

    Returns
    -------
    RecordingTruth
        The truth at the analysis rate.
    """
    to_earth = {placement: turns[::_STEP] for placement, turns in motion.to_earth.items()}
    heading = motion.heading_rad[::_STEP]
    time_s = np.arange(heading.size) / ANALYSIS_RATE_HZ
    known = np.ones(time_s.size, dtype=np.bool_)
    angles = _all_angles(time_s, to_earth, heading)
    return RecordingTruth(
        name=name,
        time_s=time_s,
        angles=angles,
        events=played.events,
        repetitions=tuple(_measured(rep, angles) for rep in played.repetitions),
        tasks=played.tasks,
        orientations=MappingProxyType(
            {p: OrientationSeries(time_s, turns, known) for p, turns in to_earth.items()}
        ),
        joint_centres_m=MappingProxyType({p: at[::_STEP] for p, at in motion.origin_m.items()}),
        contacts_m=MappingProxyType({s: at[::_STEP] for s, at in motion.contact_m.items()}),
        heading_rad=heading,
        skin_rotation_deg=MappingProxyType(
            {p: np.degrees(skin.rotation_rad[::_STEP]) for p, skin in skins.items()}
        ),
    )


def _all_angles(
    time_s: FloatArray, to_earth: Mapping[Placement, Rotation], heading: FloatArray
) -> tuple[JointAngles, ...]:
    level = compose(about_earth_z(heading), STANCE_TO_EARTH)
    zero = np.zeros((time_s.size, 3))
    angles = []
    for side in SIDES:
        for joint in Joint:
            above, below = joint.segments
            proximal = level if above is None else to_earth[Placement.of(above, side)]
            relative = compose(proximal.inv(), to_earth[Placement.of(below, side)])
            degrees = joint_angles_deg(relative, joint=joint, side=side)
            angles.append(JointAngles(joint, side, time_s, degrees, zero))
    return tuple(angles)


def _measured(repetition: Repetition, angles: tuple[JointAngles, ...]) -> Repetition:
    """Add excursions and peaks as the contract of the output tables defines them."""
    if repetition.side is None:
        return repetition
    measures = dict(repetition.measures)
    of_side = {a.joint: a for a in angles if a.side is repetition.side}
    for hip in (Joint.HIP, Joint.FEMUR):
        for name, joint, motion, sign in _MEASURES:
            series = of_side[joint or hip]
            values = sign * series.angles_deg[:, MOTIONS.index(motion)]
            before = (series.time_s >= repetition.start_s - _BASELINE_S) & (
                series.time_s < repetition.start_s
            )
            within = (series.time_s >= repetition.start_s) & (series.time_s < repetition.end_s)
            peak = float(values[within].max())
            key = name.format(hip=hip)
            measures[f"{key}_peak_deg"] = peak
            measures[f"{key}_excursion_deg"] = peak - float(values[before].mean())
    return replace(repetition, measures=measures)
