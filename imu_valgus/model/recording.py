"""Recordings: samples per sensor and labelled tasks of one donning."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self

import numpy as np

from imu_valgus.model._check import (
    BoolArray,
    FloatArray,
    check_increasing,
    freeze_floats,
    freeze_mappings,
)
from imu_valgus.model.finding import Finding
from imu_valgus.model.placement import Placement, Side


class Task(StrEnum):
    """What the person does, as labelled or as found in the data."""

    STANDING = "standing"
    SIT = "sit"
    SEATED_KNEE_EXTENSION = "seated_knee_extension"
    SEATED_HIP_ROTATION = "seated_hip_rotation"
    SQUAT = "squat"
    LEG_SWING = "leg_swing"
    TRUNK_BOW = "trunk_bow"
    WALK = "walk"
    STEP_UP = "step_up"
    CALF_RAISE = "calf_raise"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class TaskSpan:
    """A labelled half-open span [start, end) on the recording's clock.

    Parameters
    ----------
    task, side
        The task, and the leg that does it; None where both do.
    start_s, end_s
        Start and end in seconds on the recording's clock.
    exercise
        Key in the exercise catalogue where the label names one; the task is then `OTHER`.
    """

    task: Task
    start_s: float
    end_s: float
    side: Side | None = None
    exercise: str = ""


def samples_inside(time_s: FloatArray, spans: Iterable[TaskSpan]) -> BoolArray:
    """Mark the samples that lie in any of the half-open spans.

    Parameters
    ----------
    time_s
        Sample times in seconds, shape (n,).
    spans
        Spans on the same clock.

    Returns
    -------
    BoolArray
        True inside a span, shape (n,).

    Examples
    --------
    >>> spans = [TaskSpan(Task.WALK, 1.0, 3.0)]
    >>> samples_inside(np.array([0.0, 1.0, 2.0, 3.0]), spans)
    array([False,  True,  True, False])
    """
    inside = np.zeros(time_s.size, dtype=np.bool_)
    for span in spans:
        inside |= (time_s >= span.start_s) & (time_s < span.end_s)
    return inside


def samples_of_task(
    time_s: FloatArray, spans: Iterable[TaskSpan], task: Task, *, side: Side | None = None
) -> BoolArray:
    """Mark the samples of a task.

    Parameters
    ----------
    time_s
        Sample times in seconds, shape (n,).
    spans
        Labelled spans on the same clock.
    task
        Task to mark.
    side
        Leg whose spans count, with those of both legs; None marks all spans of the task.

    Returns
    -------
    BoolArray
        True during the task, shape (n,).
    """
    of_task = (
        span for span in spans if span.task is task and (side is None or span.side in (None, side))
    )
    return samples_inside(time_s, of_task)


@dataclass(frozen=True, slots=True, eq=False)
class SensorStream:
    """Samples of one sensor in its own frame; a row of NaN is a gap, a single NaN is not known.

    Parameters
    ----------
    time_s
        Sample times in seconds on the recording's clock, strictly increasing, shape (n,).
    acc
        Specific force in m/s², shape (n, 3); +9.81 on an axis that points up at rest.
    gyr
        Angular velocity in rad/s, right-hand rule, shape (n, 3).
    mag
        Magnetic flux density in µT, shape (n, 3); None without a magnetometer.
    sensor_id
        The maker's serial number or tag; None where the source does not give one.
    calibration_id
        Sensor calibration that has been applied to the samples; None for none.

    Raises
    ------
    ValueError
        If shapes do not agree or times do not increase.
    """

    time_s: FloatArray
    acc: FloatArray
    gyr: FloatArray
    mag: FloatArray | None = None
    sensor_id: str | None = None
    calibration_id: str | None = None

    def __post_init__(self) -> None:
        freeze_floats(self, time_s=(None,))
        check_increasing(self.time_s)
        n = self.time_s.size
        freeze_floats(self, acc=(n, 3), gyr=(n, 3))
        if self.mag is not None:
            freeze_floats(self, mag=(n, 3))

    def __len__(self) -> int:
        return int(self.time_s.size)

    @property
    def is_known(self) -> BoolArray:
        """True where accelerometer and gyroscope are both known, shape (n,)."""
        finite = np.isfinite(self.acc) & np.isfinite(self.gyr)
        return finite[:, 0] & finite[:, 1] & finite[:, 2]

    @property
    def rate_hz(self) -> float:
        """Median sampling rate in Hz; NaN with fewer than two samples."""
        return float(1.0 / np.median(np.diff(self.time_s))) if len(self) > 1 else float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """One recording: streams that share a clock (not necessarily rate or sample times).

    Parameters
    ----------
    name
        Folder name of the recording; results are written under it.
    streams
        Samples by placement.
    tasks
        Labelled spans; where empty, tasks are found in the data.
    """

    name: str
    streams: Mapping[Placement, SensorStream]
    tasks: tuple[TaskSpan, ...] = ()

    def __post_init__(self) -> None:
        freeze_mappings(self, "streams")


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """What the session folder says about the person and the set-up; None where not given.

    Parameters
    ----------
    subject
        Pseudonym of the person.
    recorded_at
        Start of the recording.
    height_m, sex
        Body height in metres, and sex.
    step_height_m
        Height of the step in metres.
    thigh_length_m, shank_length_m
        Lengths of the segments in metres.
    """

    subject: str | None = None
    recorded_at: datetime | None = None
    height_m: float | None = None
    sex: str | None = None
    step_height_m: float | None = None
    thigh_length_m: float | None = None
    shank_length_m: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """All recordings of one donning: the sensors are not moved between them.

    Parameters
    ----------
    info
        The person and the set-up.
    recordings
        Recordings in the order of the session.
    source_format
        Format it was read from, in words for the report ("plain session", "Movella DOT export").
    findings
        What the reader repaired or doubts.
    """

    info: SessionInfo
    recordings: tuple[Recording, ...]
    source_format: str = "plain session"
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class StreamQuality:
    """How complete and clean the samples of one sensor in one recording are.

    Parameters
    ----------
    rate_hz
        Median sampling rate as recorded.
    received_share
        Samples received over samples expected between the first and last of the recording.
    longest_gap_s
        Longest time without a sample, beyond one period.
    saturated_share
        Share of samples at the end of the sensor's range, 0 to 1.
    """

    rate_hz: float
    received_share: float
    longest_gap_s: float
    saturated_share: float


@dataclass(frozen=True, slots=True, eq=False)
class AlignedRecording:
    """A recording on one uniform clock; every stream has the same sample times, gaps are NaN.

    Parameters
    ----------
    name
        Name of the recording it was made from.
    time_s
        Uniform sample times in seconds on the recording's clock, shape (n,).
    rate_hz
        Sampling rate of `time_s`.
    streams
        Samples by placement, each with exactly `time_s`; rows are NaN where nothing is known.
    tasks
        Labelled spans.
    quality
        Quality of each stream as recorded, by placement.

    Raises
    ------
    ValueError
        If times do not increase or a stream has other sample times.
    """

    name: str
    time_s: FloatArray
    rate_hz: float
    streams: Mapping[Placement, SensorStream]
    tasks: tuple[TaskSpan, ...] = ()
    quality: Mapping[Placement, StreamQuality] = field(default_factory=dict)

    def __post_init__(self) -> None:
        freeze_floats(self, time_s=(None,))
        check_increasing(self.time_s)
        for placement, stream in self.streams.items():
            if not np.array_equal(stream.time_s, self.time_s):
                raise ValueError(
                    f"Expected the stream of {placement} to have the recording's sample times."
                )
        freeze_mappings(self, "streams", "quality")

    def __len__(self) -> int:
        return int(self.time_s.size)

    def with_streams(self, streams: Mapping[Placement, SensorStream]) -> Self:
        """Return the same recording with other samples (for example without gyroscope bias)."""
        return type(self)(self.name, self.time_s, self.rate_hz, streams, self.tasks, self.quality)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open run of samples [start, stop) of an aligned recording.

    Parameters
    ----------
    start, stop
        Index of the first sample, and of the first one after the run.

    Raises
    ------
    ValueError
        If the start is negative or after the stop.
    """

    start: int
    stop: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.stop:
            raise ValueError(f"Expected 0 <= start <= stop, got [{self.start}, {self.stop}).")

    def __len__(self) -> int:
        return self.stop - self.start

    @property
    def slice(self) -> slice:
        """The run as a slice, for indexing arrays."""
        return slice(self.start, self.stop)

    @property
    def middle(self) -> float:
        """Middle of the run in samples, between the first and the last."""
        return 0.5 * (self.start + self.stop - 1)
