"""A script played: movements joined into one track of poses, with tasks, events and repetitions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from imu_valgus.errors import InputError
from imu_valgus.model import FloatArray, GaitEvent, Repetition, Side, Task, TaskSpan
from imu_valgus.simulate.body import Person, standing_pose
from imu_valgus.simulate.clip import Clip, ClipRepetition, Movement, Performer
from imu_valgus.simulate.pose import (
    INTERNAL_RATE_HZ,
    N_CHANNELS,
    SIDES,
    Keyframes,
    column,
    joint_columns,
    mirrored_rows,
    smooth_noise,
)
from imu_valgus.simulate.repetitions import LEAD_IN_S

_CHANGE_POSE_S: Final = 1.8
"""Time to stand up, sit down or lie down: our choice."""

_HAND_OVER_S: Final = 0.25
"""Time in which a seat takes over the weight, or hands it back to the feet: our choice."""

_LEFT_REST_DEG: Final = 2.0
"""A repetition lasts while any joint of its leg is further than this from rest."""

_FLEXION_SWAY: Final = 0.4

_SWAY_PERIODS_S: Final = ((60.0, 1.0), (1.2, 0.12))
"""Spacing of the knots of slow changes of posture and of sway, and their shares: our choice. Slow
enough that the mean of the gyroscope over a static trial of 5 to 10 s gives its bias to a few
degrees per minute, as in recordings of people who stand quietly."""


@dataclass(frozen=True, slots=True, eq=False)
class PlayedScript:
    """Movement of a recording, before bones, skin and sensors.

    Parameters
    ----------
    rows
        Poses on the internal clock, shape (n, c).
    rest
        Neutral standing, shape (c,).
    tasks, events, repetitions
        What happens when, on the recording's clock, which starts at 0.
    """

    rows: FloatArray
    rest: FloatArray
    tasks: tuple[TaskSpan, ...]
    events: tuple[GaitEvent, ...]
    repetitions: tuple[Repetition, ...]

    def mirrored(self) -> "PlayedScript":
        """Exchange left and right."""
        return PlayedScript(
            rows=mirrored_rows(self.rows),
            rest=mirrored_rows(self.rest),
            tasks=tuple(replace(task, side=_other(task.side)) for task in self.tasks),
            events=tuple(replace(event, side=event.side.other) for event in self.events),
            repetitions=tuple(replace(rep, side=_other(rep.side)) for rep in self.repetitions),
        )


def _other(side: Side | None) -> Side | None:
    return None if side is None else side.other


def play_script(
    script: Sequence[Movement], person: Person, rng: np.random.Generator
) -> PlayedScript:
    """Perform movements one after another, with changes of pose between them.

    Parameters
    ----------
    script
        Movements in order.
    person
        Person who performs them.
    rng
        Random numbers for the variation of movements, and for sway.

    Returns
    -------
    PlayedScript
        The whole recording.

    Raises
    ------
    InputError
        If the script is empty.
    """
    if not script:
        raise InputError("The script is empty. Give it at least one movement.")
    performer = Performer(person, rng)
    pieces: list[FloatArray] = []
    tasks: list[TaskSpan] = []
    events: list[GaitEvent] = []
    repetitions: list[Repetition] = []
    counts: dict[tuple[Task, Side | None], int] = {}
    now, last = 0, None
    for movement in script:
        clip = movement.perform(performer)
        rows = clip.rows
        if last is not None:
            rows = rows.copy()
            rows[:, column("heading")] += last[column("heading")]
            change = _change_of_pose(last, rows[0])
            pieces.append(change)
            now += len(change)
        start_s = now / INTERNAL_RATE_HZ
        tasks += _task_spans(clip, start_s)
        events += [
            GaitEvent(start_s + event.time_s, event.side, event.kind) for event in clip.events
        ]
        repetitions += [_repetition(clip, planned, start_s, counts) for planned in clip.repetitions]
        pieces.append(rows)
        now += len(rows)
        last = rows[-1]
    rows = np.concatenate(pieces)
    return PlayedScript(
        rows=rows + _sway(rows.shape, person, rng),
        rest=standing_pose(person).as_row(),
        tasks=tuple(tasks),
        events=tuple(sorted(events)),
        repetitions=tuple(repetitions),
    )


def _change_of_pose(before: FloatArray, after: FloatArray) -> FloatArray:
    if np.allclose(before, after, atol=1e-6):
        return np.empty((0, before.size))
    keys = Keyframes(rest=before)
    end_s = LEAD_IN_S + _CHANGE_POSE_S
    # Chair or floor take over only when the body is down, or the feet would leave the ground.
    seats = before[column("seat_support")], after[column("seat_support")]
    handing_over = {
        -1.0: (LEAD_IN_S, LEAD_IN_S + _HAND_OVER_S),
        0.0: (LEAD_IN_S, end_s),
        1.0: (end_s - _HAND_OVER_S, end_s),
    }[float(np.sign(seats[1] - seats[0]))]
    contacts = {column("seat_support"), *(column("support", side) for side in SIDES)}
    for index in np.flatnonzero(np.abs(after - before) > 1e-9).tolist():
        begin_s, stop_s = handing_over if index in contacts else (LEAD_IN_S, end_s)
        if index == column("seat_height_m"):
            begin_s, stop_s = _seat_height_span(seats, LEAD_IN_S, end_s)
        keys.set_column(index, begin_s, float(before[index]))
        keys.set_column(index, stop_s, float(after[index]))
    return keys.rows(_CHANGE_POSE_S + 2.0 * LEAD_IN_S)


def _seat_height_span(
    seats: tuple[float, float], begin_s: float, end_s: float
) -> tuple[float, float]:
    """Change the height of the seat while it is empty, or all the way between two seats."""
    if seats[0] == 0.0:
        return begin_s, begin_s + _HAND_OVER_S
    if seats[1] == 0.0:
        return end_s - _HAND_OVER_S, end_s
    return begin_s, end_s


def _task_spans(clip: Clip, start_s: float) -> list[TaskSpan]:
    if clip.task is None:
        return []
    begin = 0.0 if clip.start_s is None else clip.start_s
    end = clip.duration_s if clip.end_s is None else clip.end_s
    return [TaskSpan(clip.task, start_s + begin, start_s + end, clip.side)]


def _repetition(
    clip: Clip,
    planned: ClipRepetition,
    start_s: float,
    counts: dict[tuple[Task, Side | None], int],
) -> Repetition:
    task = clip.task or Task.OTHER
    counts[task, planned.side] = counts.get((task, planned.side), 0) + 1
    first, stop = (round(t * INTERNAL_RATE_HZ) for t in (planned.start_s, planned.end_s))
    columns = _moving_columns(planned.side)
    change = np.abs(clip.rows[first:stop, columns] - clip.rows[0, columns])
    away = np.flatnonzero(change.max(axis=1) > _LEFT_REST_DEG)
    return Repetition(
        task=task,
        side=planned.side,
        number=counts[task, planned.side],
        start_s=start_s + (first + away[0]) / INTERNAL_RATE_HZ,
        top_s=start_s + planned.top_s,
        end_s=start_s + (first + away[-1] + 1) / INTERNAL_RATE_HZ,
        measures={} if planned.hold_s is None else {"hold_s": planned.hold_s},
    )


def _moving_columns(side: Side | None) -> list[int]:
    """Return the columns that show whether a leg (or the whole body) has left rest."""
    columns = [column("anterior_tilt")] if side is None else []
    for leg in SIDES if side is None else (side,):
        for joint in ("hip", "knee"):
            columns += range(*joint_columns(joint, leg).indices(N_CHANNELS))
        columns.append(column("foot_pitch", leg))
    return columns


def _sway(shape: tuple[int, ...], person: Person, rng: np.random.Generator) -> FloatArray:
    """Draw small changes of posture: nobody stands the same way twice."""
    sway = np.zeros(shape)
    joints = [(joint, side) for side in SIDES for joint in ("hip", "knee")]
    legs = np.concatenate([np.r_[joint_columns(*joint)] for joint in joints])
    pelvis = [column(name) for name in ("anterior_tilt", "obliquity", "rotation")]
    moving = np.concatenate([legs, pelvis])
    # Flexion changes less, because hip and knee have to go together in standing.
    flexion = [column(f"{joint}_flexion", side) for joint, side in joints]
    weights = np.where(np.isin(moving, flexion), _FLEXION_SWAY, 1.0) * person.sway_sd_deg
    for knot_s, share in _SWAY_PERIODS_S:
        noise = smooth_noise(rng, shape[0], columns=moving.size, sd=share, knot_s=knot_s)
        sway[:, moving] += weights * noise
    return sway
