"""Turn frames about the long axis: thighs by the knee, shanks and feet by neutral stance."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from imu_valgus.calibration.knee_plane import (
    KneePlaneObservation,
    observe_knee_plane,
    turned_about_leg,
)
from imu_valgus.conventions import EULER_SEQUENCE
from imu_valgus.model import (
    FloatArray,
    Joint,
    Placement,
    RelativeHeading,
    Segment,
    SegmentFrame,
    Side,
    Task,
)
from imu_valgus.pipeline.headings import JointHeadings
from imu_valgus.pipeline.prepare import PreparedRecording
from imu_valgus.pipeline.segments import Segments, is_unusable, mask_of_task, placements_of
from imu_valgus.rotations import about_earth_z, compose

_BENDING_TASKS = (Task.WALK, Task.SQUAT, Task.STEP_UP, Task.SEATED_KNEE_EXTENSION)
_LONG_AXIS = np.array([0.0, 1.0, 0.0])

_NEUTRAL_SPREAD_RAD = {Segment.SHANK: float(np.radians(4.5)), Segment.FOOT: float(np.radians(5.0))}
"""Spread between people of tibial and foot rotation in neutral stance: what is lost by counting
from neutral stance. Our own choices, below the 7.5 degrees of gait laboratories, which include
marker placement (Schwartz et al. 2008, doi:10.1016/j.jbiomech.2008.03.015). Two thirds of the
simulated people stand with a tibia turned by less."""


def refine_thighs(
    prepared: Sequence[PreparedRecording],
    segments: Sequence[Segments],
    headings: Sequence[JointHeadings],
    frames: Mapping[Placement, SegmentFrame],
) -> Mapping[Placement, SegmentFrame]:
    """Turn each thigh frame about the leg so that its knee bends in the sagittal plane.

    Parameters
    ----------
    prepared, segments, headings
        The recordings of a donning, their segments, and the relative headings of their joints.
    frames
        Sensor-to-segment calibration; frames of other segments are returned as they are.

    Returns
    -------
    mapping of Placement to SegmentFrame
        All frames, with corrected thighs.
    """
    refined = dict(frames)
    for side in Side:
        thigh = Placement.of(Segment.THIGH, side)
        if thigh in frames:
            observations = [
                observation
                for recording in zip(prepared, segments, headings, strict=True)
                for observation in _observations(*recording, side)
            ]
            refined[thigh] = turned_about_leg(frames[thigh], observations)
    return refined


def _observations(
    prepared: PreparedRecording, segments: Segments, headings: JointHeadings, side: Side
) -> list[KneePlaneObservation]:
    heading = headings.get((Joint.KNEE, side))
    if heading is None:
        return []
    thigh = segments[Placement.of(Segment.THIGH, side)]
    shank = segments[Placement.of(Segment.SHANK, side)]
    is_known = thigh.is_known & shank.is_known
    observations: list[KneePlaneObservation] = []
    for task in _BENDING_TASKS:
        mask = mask_of_task(prepared, task, side=side) & is_known
        if not mask.any():
            continue
        turned = compose(about_earth_z(heading.offset_rad[mask]), shank.to_earth[mask])
        pointer: FloatArray = compose(thigh.to_earth[mask].inv(), turned).apply(_LONG_AXIS)
        # A heading that drifts within a movement averages out; its level does not.
        level_sd = float(np.sqrt(np.mean(heading.sd_rad[mask] ** 2)))
        observation = observe_knee_plane(pointer, task=task, heading_sd_rad=level_sd)
        if observation is not None:
            observations.append(observation)
    return observations


def zero_in_standing(
    joint: Joint,
    prepared: Sequence[PreparedRecording],
    headings: Sequence[JointHeadings],
    frames: Mapping[Placement, SegmentFrame],
) -> Mapping[Placement, SegmentFrame]:
    """Turn the distal frames of a joint about the leg so that neutral stance has no rotation.

    No motion shows where the anatomical front of a shank or a foot is, so rotation counts from
    neutral stance. The physical heading is kept; changing it instead would distort adduction.

    Parameters
    ----------
    joint
        Knee or ankle.
    prepared, headings
        The recordings of a donning and the relative headings of their joints.
    frames
        Sensor-to-segment calibration.

    Returns
    -------
    mapping of Placement to SegmentFrame
        All frames; those of the joint's distal segments are turned where a static trial shows
        both sensors.
    """
    zeroed = dict(frames)
    for side in Side:
        proximal, distal = placements_of(joint, side)
        if proximal is None or not {proximal, distal} <= frames.keys():
            continue
        if is_unusable(frames[proximal]) or is_unusable(frames[distal]):
            continue
        turns = np.concatenate(
            [
                _turns_in_trials(
                    recording, joints.get((joint, side)), frames[proximal], frames[distal]
                )
                for recording, joints in zip(prepared, headings, strict=True)
            ]
        )
        if turns.size == 0:
            continue
        # A circular mean, since the angle may lie anywhere on the circle.
        turn = float(np.arctan2(np.sin(turns).mean(), np.cos(turns).mean()))
        frame = frames[distal]
        covariance = np.array(frame.covariance_rad2)
        covariance[1, 1] = _NEUTRAL_SPREAD_RAD[distal.segment] ** 2
        zeroed[distal] = replace(
            frame,
            sensor_to_segment=Rotation.from_euler("y", turn) * frame.sensor_to_segment,
            covariance_rad2=covariance,
        )
    return zeroed


def _turns_in_trials(
    prepared: PreparedRecording,
    heading: RelativeHeading | None,
    proximal: SegmentFrame,
    distal: SegmentFrame,
) -> FloatArray:
    """Turn of the distal frame about its long axis in the static trials, shape (k,)."""
    if heading is None or heading.proximal is None:
        return np.empty(0)
    above, below = (prepared.orientations[place] for place in (heading.proximal, heading.distal))
    mask = np.zeros(len(above), dtype=np.bool_)
    for trial in prepared.trials:
        mask[trial.span.slice] = True
    mask &= above.is_known & below.is_known
    if not mask.any():
        return np.empty(0)
    proximal_to_earth = compose(above.to_earth[mask], proximal.sensor_to_segment.inv())
    distal_to_earth = compose(
        about_earth_z(heading.offset_rad[mask]),
        compose(below.to_earth[mask], distal.sensor_to_segment.inv()),
    )
    relative = compose(proximal_to_earth.inv(), distal_to_earth)
    return np.asarray(relative.as_euler(EULER_SEQUENCE)[:, 2])
