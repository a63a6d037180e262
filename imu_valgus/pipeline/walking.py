"""Find events and strides in each recording, and sum up the walking of all recordings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imu_valgus.model import (
    Finding,
    GaitCurve,
    GaitEvent,
    Joint,
    JointAngles,
    Placement,
    Segment,
    SegmentFrame,
    Severity,
    Side,
    SideGait,
    Stride,
    Task,
    TaskSpan,
    WalkSummary,
)
from imu_valgus.pipeline.prepare import PreparedRecording
from imu_valgus.pipeline.segments import turn_rate_rad_s
from imu_valgus.rotations import rotate
from imu_valgus.segmentation.curves import mean_curves
from imu_valgus.segmentation.gait import find_gait_events, find_thigh_events
from imu_valgus.segmentation.strides import (
    count_walking_turns,
    find_strides,
    pooled_gait,
    side_gait,
)

FEW_STRIDES = 10
"""With fewer valid strides per side, a warning says that the mean curve is not settled."""


@dataclass(frozen=True, slots=True, eq=False)
class RecordingGait:
    """Gait of one recording.

    Parameters
    ----------
    events, strides
        Events and strides of both feet, in order of time.
    sides
        Figures of each side with a valid stride.
    walking_s
        Duration of all walking bouts.
    n_turns
        Number of turns in them.
    """

    events: tuple[GaitEvent, ...]
    strides: tuple[Stride, ...]
    sides: Mapping[Side, SideGait]
    walking_s: float
    n_turns: int


def gait_of_recording(
    prepared: PreparedRecording, frames: Mapping[Placement, SegmentFrame]
) -> RecordingGait:
    """Find events and strides of each foot whose shank or thigh carries a sensor.

    Parameters
    ----------
    prepared
        The recording.
    frames
        Sensor-to-segment calibration.

    Returns
    -------
    RecordingGait
        Events and strides in order of time, and figures of each side with a valid stride.
    """
    time_s = prepared.aligned.time_s
    walks = [movement for movement in prepared.movements if movement.task is Task.WALK]
    turn_rate = turn_rate_rad_s(prepared)
    events: list[GaitEvent] = []
    strides: list[Stride] = []
    for side in Side:
        events_of_foot = _events_of_foot(prepared, frames, side, walks)
        events += events_of_foot
        strides += find_strides(
            events_of_foot, side=side, walks=walks, time_s=time_s, turn_rate_rad_s=turn_rate
        )
    sides = {
        side: side_gait(
            strides,
            side=side,
            events=events,
            is_toe_off_reliable=Placement.of(Segment.SHANK, side) in frames,
        )
        for side in Side
    }
    return RecordingGait(
        tuple(sorted(events)),
        tuple(sorted(strides, key=lambda stride: stride.start_s)),
        {side: gait for side, gait in sides.items() if gait is not None},
        sum(walk.end_s - walk.start_s for walk in walks),
        count_walking_turns(time_s, turn_rate, walks),
    )


def _events_of_foot(
    prepared: PreparedRecording,
    frames: Mapping[Placement, SegmentFrame],
    side: Side,
    walks: Sequence[TaskSpan],
) -> tuple[GaitEvent, ...]:
    """Find the events of a foot from its shank or, less accurately, from its thigh alone."""
    time_s, streams = prepared.aligned.time_s, prepared.aligned.streams
    shank, thigh = Placement.of(Segment.SHANK, side), Placement.of(Segment.THIGH, side)
    if shank in frames and shank in streams:
        turn = frames[shank].sensor_to_segment
        rate, acc = rotate(turn, streams[shank].gyr)[:, 2], rotate(turn, streams[shank].acc)
        return find_gait_events(time_s, rate, acc, side=side, walks=walks)
    if thigh in frames and thigh in prepared.ups:
        up = rotate(frames[thigh].sensor_to_segment, prepared.ups[thigh])
        inclination = np.arctan2(up[:, 0], up[:, 1])
        return find_thigh_events(time_s, inclination, side=side, walks=walks)
    return ()


def summarise_walk(
    gaits: Sequence[RecordingGait], angles: Sequence[Sequence[JointAngles]]
) -> tuple[WalkSummary | None, tuple[Finding, ...]]:
    """Sum up the walking of all recordings.

    Parameters
    ----------
    gaits
        Gait of each recording.
    angles
        Joint angles of the same recordings.

    Returns
    -------
    WalkSummary or None
        None without a valid stride.
    tuple of Finding
        Code ``no_valid_stride`` where walking has no valid stride, ``few_strides`` where a side
        has only a few.
    """
    sides = pooled_gait([gait.sides for gait in gaits])
    walking_s = sum(gait.walking_s for gait in gaits)
    if not sides:
        if walking_s == 0.0:
            return None, ()
        reason = (
            f"{walking_s:.0f} s of walking were found, but no valid stride. Walk straight ahead "
            "for at least 10 strides."
        )
        return None, (Finding(Severity.WITHHELD, "no_valid_stride", reason),)
    findings = tuple(
        Finding(
            Severity.WARNING,
            "few_strides",
            f"Only {gait.stride_time_s.n} strides of the {side} leg are valid. Mean curves settle "
            f"from about {FEW_STRIDES} strides.",
        )
        for side, gait in sides.items()
        if gait.stride_time_s.n < FEW_STRIDES
    )
    right, left = (
        sides[side].step_time_s if side in sides else None for side in (Side.RIGHT, Side.LEFT)
    )
    mean_stride_s = np.mean([gait.stride_time_s.mean for gait in sides.values()])
    summary = WalkSummary(
        cadence_per_min=float(120.0 / mean_stride_s),
        sides=sides,
        step_time_ratio=right.mean / left.mean if right and left else None,
        curves=_curves(gaits, angles),
        walking_s=walking_s,
        n_turns=sum(gait.n_turns for gait in gaits),
    )
    return summary, findings


def _curves(
    gaits: Sequence[RecordingGait], angles: Sequence[Sequence[JointAngles]]
) -> tuple[GaitCurve, ...]:
    curves: list[GaitCurve] = []
    for joint in Joint:
        for side in Side:
            pairs = [
                (joint_angles, gait.strides)
                for gait, joints in zip(gaits, angles, strict=True)
                for joint_angles in joints
                if (joint_angles.joint, joint_angles.side) == (joint, side)
            ]
            if pairs:
                curves += mean_curves(*zip(*pairs, strict=True), side=side)
    return tuple(curves)
