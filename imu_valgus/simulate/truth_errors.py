"""Errors of an analysis against the truth of a simulated session."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imu_valgus.conventions import MOTIONS
from imu_valgus.model import (
    Analysis,
    BoolArray,
    EventKind,
    FloatArray,
    GaitEvent,
    Joint,
    JointAngles,
    Side,
    Task,
    TaskSpan,
    samples_inside,
)
from imu_valgus.simulate.truth import RecordingTruth

LONGEST_EVENT_ERROR_S = 0.1
"""A found event without a true one this near is extra; a true one without a found one this near is
missed."""


@dataclass(frozen=True, slots=True)
class AngleError:
    """Error of one angle in one task, in degrees.

    Parameters
    ----------
    joint, motion, side, task
        Angle and task.
    rmse_deg
        Root mean square error.
    demeaned_deg
        The same after removing the mean error, which leaves the error of the waveform.
    sd_deg
        Root mean square of the standard uncertainty that the analysis states.
    """

    joint: Joint
    motion: str
    side: Side
    task: Task
    rmse_deg: float
    demeaned_deg: float
    sd_deg: float


@dataclass(frozen=True, slots=True)
class EventErrors:
    """Error of one kind of event over all recordings and both feet.

    Parameters
    ----------
    kind
        Kind of the event.
    n_true, n_missed, n_extra
        Number of true events, of those not found, and of found events that are not true.
    median_abs_s
        Median absolute error of the true events that were found; NaN if there are none.
    """

    kind: EventKind
    n_true: int
    n_missed: int
    n_extra: int
    median_abs_s: float


def angle_errors(
    analysis: Analysis, truth: Mapping[str, RecordingTruth], *, tasks: Sequence[Task]
) -> tuple[AngleError, ...]:
    """Compare every angle with the truth, task by task.

    Parameters
    ----------
    analysis
        Analysis of the simulated session.
    truth
        Truth by name of the recording.
    tasks
        Tasks to compare in; samples of other tasks are left out.

    Returns
    -------
    tuple of AngleError
        Errors of each joint, task and motion with samples to compare.
    """
    errors: list[AngleError] = []
    for recording in analysis.recordings:
        true = truth[recording.name]
        for found in recording.angles:
            reference = _matching(true.angles, found)
            if reference is None:
                continue
            expected = angles_at(reference, found.time_s)
            for task in tasks:
                inside = _inside(found.time_s, true.tasks, task, found.side)
                errors += _errors_in(found, expected, inside, task)
    return tuple(errors)


def event_errors(
    analysis: Analysis, truth: Mapping[str, RecordingTruth]
) -> tuple[EventErrors, ...]:
    """Compare the events of both feet with the truth.

    Parameters
    ----------
    analysis
        Analysis of the simulated session.
    truth
        Truth by name of the recording.

    Returns
    -------
    tuple of EventErrors
        One for each kind of event, over the feet with found events.
    """
    return tuple(
        _event_errors(
            kind,
            [
                (
                    _times(recording.events, kind, side),
                    _times(truth[recording.name].events, kind, side),
                )
                for recording in analysis.recordings
                for side in Side
                if any(event.side is side for event in recording.events)
            ],
        )
        for kind in EventKind
    )


def angles_at(reference: JointAngles, time_s: FloatArray) -> FloatArray:
    """Interpolate the three angles at other times.

    Parameters
    ----------
    reference
        Angles to interpolate.
    time_s
        Times in seconds, shape (n,).

    Returns
    -------
    ndarray, shape (n, 3)
        Angles in degrees, constant beyond the ends of the reference.
    """
    columns = [np.interp(time_s, reference.time_s, reference.angles_deg[:, i]) for i in range(3)]
    return np.stack(columns, axis=-1)


def _matching(true: Sequence[JointAngles], found: JointAngles) -> JointAngles | None:
    same = (angles for angles in true if (angles.joint, angles.side) == (found.joint, found.side))
    return next(same, None)


def _inside(time_s: FloatArray, spans: Sequence[TaskSpan], task: Task, side: Side) -> BoolArray:
    of_task = (span for span in spans if span.task is task and span.side in (None, side))
    return samples_inside(time_s, of_task)


def _errors_in(
    found: JointAngles, expected: FloatArray, inside: BoolArray, task: Task
) -> list[AngleError]:
    usable = inside & np.isfinite(found.angles_deg[:, 0])
    if not usable.any():
        return []
    error = (found.angles_deg - expected)[usable]
    rmse = np.sqrt(np.mean(error**2, axis=0))
    demeaned = error.std(axis=0)
    sd = np.sqrt(np.mean(found.sd_deg[usable] ** 2, axis=0))
    return [
        AngleError(
            found.joint, motion, found.side, task, float(rmse[i]), float(demeaned[i]), float(sd[i])
        )
        for i, motion in enumerate(MOTIONS)
    ]


def _times(events: Sequence[GaitEvent], kind: EventKind, side: Side) -> FloatArray:
    return np.array([event.time_s for event in events if (event.kind, event.side) == (kind, side)])


def _event_errors(kind: EventKind, pairs: Sequence[tuple[FloatArray, FloatArray]]) -> EventErrors:
    n_true = n_missed = n_extra = 0
    found_errors: list[FloatArray] = []
    for found, true in pairs:
        n_true += true.size
        if found.size == 0 or true.size == 0:
            n_missed += true.size
            n_extra += found.size
            continue
        apart = np.abs(found[:, None] - true[None, :])
        nearest = apart.min(axis=0)
        n_missed += int(np.count_nonzero(nearest > LONGEST_EVENT_ERROR_S))
        n_extra += int(np.count_nonzero(apart.min(axis=1) > LONGEST_EVENT_ERROR_S))
        found_errors.append(nearest[nearest <= LONGEST_EVENT_ERROR_S])
    errors = np.concatenate(found_errors) if found_errors else np.array([np.nan])
    return EventErrors(kind, n_true, n_missed, n_extra, float(np.median(errors)))
