"""Segment frames to joint angles: heading per joint, then Grood-Suntay angles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from imu_valgus.heading import estimate_relative_heading, estimate_thigh_heading
from imu_valgus.kinematics import OrientationErrors, estimate_joint_angles
from imu_valgus.model import (
    BoolArray,
    FloatArray,
    Joint,
    JointAngles,
    OrientationSeries,
    Placement,
    RelativeHeading,
    SegmentFrame,
    Side,
    Span,
    Task,
    TaskSpan,
)
from imu_valgus.pipeline.prepare import PreparedRecording
from imu_valgus.rotations import about_earth_z, compose

INCLINATION_SD_RAD = float(np.radians(1.0))
"""Standard uncertainty of a segment's inclination from fusion in motion (docs/fusion.md)."""

UNUSABLE_AXIS_SD_RAD = float(np.radians(30.0))
"""A frame turned about the leg by more than this mixes flexion and adduction beyond use."""

_FACING_X = Rotation.from_matrix([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""Upright segment frame to earth: x along earth x, y up, z to the right."""

_NO_ERROR = np.zeros((3, 3))


@dataclass(frozen=True, slots=True, eq=False)
class RecordingAngles:
    """Joint angles of one recording, and the headings they rest on."""

    angles: tuple[JointAngles, ...]
    headings: tuple[RelativeHeading, ...]


def angles_of_recording(
    prepared: PreparedRecording, frames: Mapping[Placement, SegmentFrame]
) -> RecordingAngles:
    """Estimate all joints that the worn sensors allow.

    Parameters
    ----------
    prepared
        Oriented sensors.
    frames
        Sensor-to-segment calibration.
    """
    segments = {
        placement: OrientationSeries(
            series.time_s,
            compose(series.to_earth, frames[placement].sensor_to_segment.inv()),
            series.is_known,
        )
        for placement, series in prepared.orientations.items()
        if placement in frames
    }
    angles: list[JointAngles] = []
    headings: list[RelativeHeading] = []
    for joint, side in _joints_of(segments):
        one, heading = _joint(joint, side, prepared, segments, frames)
        angles.append(one)
        headings.append(heading)
    return RecordingAngles(tuple(angles), tuple(headings))


def _joints_of(worn: Mapping[Placement, OrientationSeries]) -> list[tuple[Joint, Side]]:
    found: list[tuple[Joint, Side]] = []
    for side in (Side.RIGHT, Side.LEFT):
        for joint in Joint:
            proximal, distal = joint.segments
            if joint is Joint.FEMUR and Placement.PELVIS in worn:
                continue
            needs = [Placement.of(distal, side)]
            if proximal is not None:
                needs.append(Placement.of(proximal, side))
            if all(placement in worn for placement in needs):
                found.append((joint, side))
    return found


def _joint(
    joint: Joint,
    side: Side,
    prepared: PreparedRecording,
    segments: Mapping[Placement, OrientationSeries],
    frames: Mapping[Placement, SegmentFrame],
) -> tuple[JointAngles, RelativeHeading]:
    proximal_segment, distal_segment = joint.segments
    distal_place = Placement.of(distal_segment, side)
    distal = segments[distal_place]
    stands = [stand.span for stand in prepared.stands]
    if proximal_segment is None:
        heading = estimate_thigh_heading(
            distal,
            placement=distal_place,
            stands=stands,
            walks=_spans(prepared, Task.WALK),
            rate_hz=prepared.aligned.rate_hz,
        )
        proximal = _upright(distal)
        proximal_frame = None
    else:
        proximal_place = Placement.of(proximal_segment, side)
        proximal = segments[proximal_place]
        proximal_frame = frames[proximal_place]
        heading = estimate_relative_heading(
            proximal,
            distal,
            placements=(proximal_place, distal_place),
            stands=stands,
            moving=_mask(prepared, Task.WALK),
        )
    turned = replace(distal, to_earth=compose(about_earth_z(heading.offset_rad), distal.to_earth))
    angles = estimate_joint_angles(
        proximal,
        turned,
        joint=joint,
        side=side,
        errors=_errors(proximal_frame, frames[distal_place], heading),
    )
    if _is_unusable(proximal_frame) or _is_unusable(frames[distal_place]):
        angles = replace(
            angles,
            angles_deg=np.full_like(angles.angles_deg, np.nan),
            sd_deg=np.full_like(angles.sd_deg, np.nan),
        )
    return angles, heading


def _errors(
    proximal: SegmentFrame | None, distal: SegmentFrame, heading: RelativeHeading
) -> OrientationErrors:
    return OrientationErrors(
        proximal_frame_rad2=_NO_ERROR if proximal is None else proximal.covariance_rad2,
        distal_frame_rad2=distal.covariance_rad2,
        heading_sd_rad=heading.sd_rad,
        inclination_sd_rad=INCLINATION_SD_RAD,
        is_zeroed_in_standing=True,
    )


def _is_unusable(frame: SegmentFrame | None) -> bool:
    return frame is not None and frame.covariance_rad2[1, 1] > UNUSABLE_AXIS_SD_RAD**2


def _upright(like: OrientationSeries) -> OrientationSeries:
    everywhere = Rotation.from_quat(np.tile(_FACING_X.as_quat(), (len(like), 1)))
    return OrientationSeries(like.time_s, everywhere, np.ones(len(like), dtype=np.bool_))


def _spans(prepared: PreparedRecording, task: Task) -> list[Span]:
    return [span_of(movement, prepared.aligned.time_s) for movement in _only(prepared, task)]


def _only(prepared: PreparedRecording, task: Task) -> Sequence[TaskSpan]:
    return [movement for movement in prepared.movements if movement.task is task]


def _mask(prepared: PreparedRecording, task: Task) -> BoolArray:
    mask = np.zeros(len(prepared.aligned), dtype=np.bool_)
    for span in _spans(prepared, task):
        mask[span.slice] = True
    return mask


def span_of(movement: TaskSpan, time_s: FloatArray) -> Span:
    """Turn seconds into samples."""
    start, stop = np.searchsorted(time_s, [movement.start_s, movement.end_s])
    return Span(int(start), int(stop))
