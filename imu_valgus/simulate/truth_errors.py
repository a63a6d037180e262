"""How far an analysis is from the truth of a simulated session."""

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
from imu_valgus.simulate import RecordingTruth

LONGEST_EVENT_ERROR_S = 0.1
"""A found event further from a true one is an extra, the true one is missed."""


@dataclass(frozen=True, slots=True)
class AngleError:
    """Error of one angle in one task, in degrees.

    Parameters
    ----------
    joint, motion, side, task
        Which angle, where.
    rmse_deg
        Root mean square error.
    demeaned_deg
        The same after removing the mean error: the waveform.
    sd_deg
        Root mean square of the standard uncertainty that the analysis claims.
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
    """Error of one kind of event over all recordings and feet.

    Parameters
    ----------
    kind
        Which event.
    n_true, n_missed, n_extra
        How many there are, were not found, were found but are none.
    median_abs_s
        Median absolute error of those found.
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
        Of the simulated session.
    truth
        By recording.
    tasks
        Tasks to compare in; samples of other tasks are left out.
    """
    errors: list[AngleError] = []
    for recording in analysis.recordings:
        true = truth[recording.name]
        for joint in recording.angles:
            reference = _matching(true.angles, joint)
            if reference is None:
                continue
            expected = angles_at(reference, joint.time_s)
            for task in tasks:
                inside = _inside(joint.time_s, true.tasks, task, joint.side)
                errors += _errors_in(joint, expected, inside, task)
    return tuple(errors)


def event_errors(
    analysis: Analysis, truth: Mapping[str, RecordingTruth]
) -> tuple[EventErrors, ...]:
    """Compare the events of both feet with the truth."""
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


def _matching(true: Sequence[JointAngles], joint: JointAngles) -> JointAngles | None:
    for reference in true:
        if reference.joint is joint.joint and reference.side is joint.side:
            return reference
    return None


def angles_at(reference: JointAngles, time_s: FloatArray) -> FloatArray:
    """Interpolate the three angles at other times, degrees, shape (n, 3)."""
    columns = [np.interp(time_s, reference.time_s, reference.angles_deg[:, i]) for i in range(3)]
    return np.stack(columns, axis=-1)


def _inside(time_s: FloatArray, spans: Sequence[TaskSpan], task: Task, side: Side) -> BoolArray:
    own = (span for span in spans if span.task is task and span.side in (None, side))
    return samples_inside(time_s, own)


def _errors_in(
    joint: JointAngles, expected: FloatArray, inside: BoolArray, task: Task
) -> list[AngleError]:
    usable = inside & np.isfinite(joint.angles_deg[:, 0])
    if not usable.any():
        return []
    error = (joint.angles_deg - expected)[usable]
    rmse = np.sqrt(np.mean(error**2, axis=0))
    demeaned = error.std(axis=0)
    sd = np.sqrt(np.mean(joint.sd_deg[usable] ** 2, axis=0))
    return [
        AngleError(
            joint.joint, motion, joint.side, task, float(rmse[i]), float(demeaned[i]), float(sd[i])
        )
        for i, motion in enumerate(MOTIONS)
    ]


def _times(events: Sequence[GaitEvent], kind: EventKind, side: Side) -> FloatArray:
    return np.array([e.time_s for e in events if e.kind is kind and e.side is side])


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
