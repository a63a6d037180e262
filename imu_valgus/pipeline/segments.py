"""Segments of a prepared recording, the joints they form, and small conversions."""

from collections.abc import Mapping

import numpy as np

from imu_valgus.model import (
    BoolArray,
    FloatArray,
    Joint,
    OrientationSeries,
    Placement,
    SegmentFrame,
    Side,
    Span,
    Task,
    TaskSpan,
)
from imu_valgus.pipeline.prepare import PreparedRecording
from imu_valgus.rotations import compose

Segments = Mapping[Placement, OrientationSeries]
"""Segment-to-earth orientations by placement, each with a heading of its own."""


UNUSABLE_AXIS_SD_RAD = float(np.radians(30.0))
"""A frame turned about the leg by more than this mixes flexion and adduction beyond use."""


def is_unusable(frame: SegmentFrame) -> bool:
    """Whether no movement showed which way the segment bends."""
    return bool(frame.covariance_rad2[1, 1] > UNUSABLE_AXIS_SD_RAD**2)


def segments_of(prepared: PreparedRecording, frames: Mapping[Placement, SegmentFrame]) -> Segments:
    """Turn sensor orientations into segment orientations.

    A pelvis whose frame is not known is left out, so that the femur's angles take the place of
    the hip's.
    """
    return {
        placement: OrientationSeries(
            series.time_s,
            compose(series.to_earth, frames[placement].sensor_to_segment.inv()),
            series.is_known,
        )
        for placement, series in prepared.orientations.items()
        if placement in frames
        and not (placement is Placement.PELVIS and is_unusable(frames[placement]))
    }


def joints_of(worn: Segments) -> list[tuple[Joint, Side]]:
    """List the joints that the worn sensors allow; the femur only without a pelvis sensor."""
    found: list[tuple[Joint, Side]] = []
    for side in (Side.RIGHT, Side.LEFT):
        for joint in Joint:
            if joint is Joint.FEMUR and Placement.PELVIS in worn:
                continue
            if all(place in worn for place in placements_of(joint, side) if place is not None):
                found.append((joint, side))
    return found


def placements_of(joint: Joint, side: Side) -> tuple[Placement | None, Placement]:
    """Proximal and distal placement of a joint; the femur has no proximal one."""
    proximal, distal = joint.segments
    return (
        None if proximal is None else Placement.of(proximal, side),
        Placement.of(distal, side),
    )


def spans_of_task(
    prepared: PreparedRecording, task: Task, *, side: Side | None = None
) -> list[Span]:
    """Sample runs in which a task was done, by that leg or by both where a side is given."""
    return [
        span_of(movement, prepared.aligned.time_s)
        for movement in prepared.movements
        if movement.task is task and (side is None or movement.side in (None, side))
    ]


def mask_of_task(prepared: PreparedRecording, task: Task, *, side: Side | None = None) -> BoolArray:
    """Mark the samples in which a task was done, shape (n,)."""
    mask = np.zeros(len(prepared.aligned), dtype=np.bool_)
    for span in spans_of_task(prepared, task, side=side):
        mask[span.slice] = True
    return mask


def span_of(movement: TaskSpan, time_s: FloatArray) -> Span:
    """Turn seconds into samples."""
    start, stop = np.searchsorted(time_s, [movement.start_s, movement.end_s])
    return Span(int(start), int(stop))


def turn_rate_rad_s(prepared: PreparedRecording) -> FloatArray:
    """Turn rate of the body about the vertical: pelvis, else the mean of thighs, else of shanks."""
    for segment in ("pelvis", "thigh", "shank"):
        places = [place for place in prepared.ups if place.segment == segment]
        if places:
            rates = [
                np.sum(prepared.aligned.streams[place].gyr * prepared.ups[place], axis=1)
                for place in places
            ]
            return np.asarray(np.nan_to_num(np.array(rates)).mean(axis=0))
    return np.zeros(len(prepared.aligned))
