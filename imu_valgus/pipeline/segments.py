"""Segments of a prepared recording, the joints they form, and the samples of each task."""

from collections.abc import Mapping

import numpy as np

from imu_valgus.model import (
    BoolArray,
    FloatArray,
    Joint,
    OrientationSeries,
    Placement,
    Segment,
    SegmentFrame,
    Side,
    Span,
    Task,
)
from imu_valgus.pipeline.prepare import PreparedRecording
from imu_valgus.rotations import compose

Segments = Mapping[Placement, OrientationSeries]
"""Segment-to-earth orientations by placement, each with a heading of its own."""

UNUSABLE_AXIS_SD_RAD = float(np.radians(30.0))
"""A frame turned about the leg by more than this mixes flexion and adduction beyond use."""


def is_unusable(frame: SegmentFrame) -> bool:
    """Return whether no movement showed which way the segment bends.

    Parameters
    ----------
    frame
        Frame of a segment.

    Returns
    -------
    bool
        True if the uncertainty about the long axis exceeds `UNUSABLE_AXIS_SD_RAD`.
    """
    return bool(frame.covariance_rad2[1, 1] > UNUSABLE_AXIS_SD_RAD**2)


def segment_of(series: OrientationSeries, frame: SegmentFrame) -> OrientationSeries:
    """Turn the sensor-to-earth orientation of a sensor into that of its segment.

    Parameters
    ----------
    series
        Sensor-to-earth orientation.
    frame
        Frame of the segment that carries the sensor.

    Returns
    -------
    OrientationSeries
        Segment-to-earth orientation, with the same heading.
    """
    to_earth = compose(series.to_earth, frame.sensor_to_segment.inv())
    return OrientationSeries(series.time_s, to_earth, series.is_known)


def segments_of(prepared: PreparedRecording, frames: Mapping[Placement, SegmentFrame]) -> Segments:
    """Turn sensor orientations into segment orientations.

    A pelvis with an unusable frame is left out, so that the femur's angles replace the hip's.

    Parameters
    ----------
    prepared
        The recording.
    frames
        Sensor-to-segment calibration.

    Returns
    -------
    Segments
        Orientation of each calibrated segment.
    """
    return {
        placement: segment_of(series, frames[placement])
        for placement, series in prepared.orientations.items()
        if placement in frames
        and not (placement is Placement.PELVIS and is_unusable(frames[placement]))
    }


def joints_of(segments: Segments) -> list[tuple[Joint, Side]]:
    """List the joints that the segments form.

    Parameters
    ----------
    segments
        Segments of one recording.

    Returns
    -------
    list of (Joint, Side)
        Joints whose segments all carry a sensor; the femur only without a pelvis.
    """
    return [
        (joint, side)
        for side in (Side.RIGHT, Side.LEFT)
        for joint in Joint
        if not (joint is Joint.FEMUR and Placement.PELVIS in segments)
        and all(place is None or place in segments for place in placements_of(joint, side))
    ]


def placements_of(joint: Joint, side: Side) -> tuple[Placement | None, Placement]:
    """Return the proximal and distal placement of a joint.

    Parameters
    ----------
    joint
        The joint.
    side
        Side of the joint.

    Returns
    -------
    tuple of (Placement or None, Placement)
        Proximal and distal placement; None for the femur, which has no proximal one.
    """
    proximal, distal = joint.segments
    return (
        None if proximal is None else Placement.of(proximal, side),
        Placement.of(distal, side),
    )


def spans_of_task(
    prepared: PreparedRecording, task: Task, *, side: Side | None = None
) -> list[Span]:
    """Return the spans of a task, in samples.

    Parameters
    ----------
    prepared
        The recording.
    task
        The task to look for.
    side
        Leave out spans of the other leg; None keeps the spans of either leg.

    Returns
    -------
    list of Span
        Half-open spans of sample numbers.
    """
    time_s = prepared.aligned.time_s
    return [
        Span(*(int(at) for at in np.searchsorted(time_s, [movement.start_s, movement.end_s])))
        for movement in prepared.movements
        if movement.task is task and (side is None or movement.side in (None, side))
    ]


def mask_of_task(prepared: PreparedRecording, task: Task, *, side: Side | None = None) -> BoolArray:
    """Mark the samples of a task.

    Parameters
    ----------
    prepared
        The recording.
    task
        The task to look for.
    side
        Leave out spans of the other leg; None keeps the spans of either leg.

    Returns
    -------
    BoolArray
        True during the task, shape (n,).
    """
    mask = np.zeros(len(prepared.aligned), dtype=np.bool_)
    for span in spans_of_task(prepared, task, side=side):
        mask[span.slice] = True
    return mask


def turn_rate_rad_s(prepared: PreparedRecording) -> FloatArray:
    """Return the turn rate of the body about the vertical.

    Parameters
    ----------
    prepared
        The recording.

    Returns
    -------
    FloatArray
        Rate of the pelvis, else the mean of the thighs, else the mean of the shanks, shape (n,),
        positive counter-clockwise seen from above; zero without any of them and where no sample
        is known.
    """
    for segment in (Segment.PELVIS, Segment.THIGH, Segment.SHANK):
        places = [place for place in prepared.ups if place.segment is segment]
        if places:
            rates = [
                np.sum(prepared.aligned.streams[place].gyr * prepared.ups[place], axis=1)
                for place in places
            ]
            return np.asarray(np.nan_to_num(np.array(rates)).mean(axis=0))
    return np.zeros(len(prepared.aligned))
