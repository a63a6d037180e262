"""What was done when, completed by what only oriented sensors and found repetitions tell."""

from collections.abc import Sequence
from dataclasses import replace

from imu_valgus.calibration.standing import mean_up
from imu_valgus.model import Repetition, Task, TaskSpan
from imu_valgus.pipeline.prepare import PreparedRecording
from imu_valgus.segmentation.movements import find_movements
from imu_valgus.segmentation.seated import leans_deg
from imu_valgus.segmentation.spans import cut_out, merged, overlaps

SET_PAUSE_S = 8.0
"""Calf raises and squats with a shorter pause between them are one set."""

SHORTEST_STAND_S = 1.0
"""What is left of a stand between two movements, if it is at least as long."""

_COUNTED = (Task.SQUAT, Task.CALF_RAISE)


def with_seated_movements(prepared: Sequence[PreparedRecording]) -> list[PreparedRecording]:
    """Look for movements again, with the directions of the leans: hip rotations in sitting.

    Parameters
    ----------
    prepared
        The recordings of a donning.
    """
    stands = [stand for one in prepared for stand in one.stands]
    neutral = mean_up([stand for stand in stands if stand.is_labelled] or stands)
    return [
        replace(
            one,
            movements=find_movements(
                one.aligned.time_s,
                one.tilts_deg,
                leans_deg={
                    place: leans_deg(up, neutral[place])
                    for place, up in one.ups.items()
                    if place in neutral
                },
                labelled=one.aligned.tasks,
            ),
        )
        for one in prepared
    ]


def tasks_of_recording(
    prepared: PreparedRecording, repetitions: Sequence[Repetition]
) -> tuple[TaskSpan, ...]:
    """Complete the movements of a recording by its stands and by sets that were counted.

    Parameters
    ----------
    prepared
        The recording.
    repetitions
        Found in it.

    Returns
    -------
    tuple of TaskSpan
        In order of time; what is labelled stays as labelled, and nothing that is found overlaps
        a label. Rests within a set are part of the set.
    """
    known = list(prepared.movements)
    for task in _COUNTED:
        own = [
            TaskSpan(task, one.start_s, one.end_s, one.side)
            for one in repetitions
            if one.task is task
        ]
        known += [span for span in merged(own, pause_s=SET_PAUSE_S) if not overlaps(span, known)]
    time_s = prepared.aligned.time_s
    stands = [
        TaskSpan(
            Task.STANDING,
            float(time_s[stand.span.start]),
            float(time_s[min(stand.span.stop, time_s.size - 1)]),
        )
        for stand in prepared.stands
    ]
    stands = merged(stands, pause_s=0.5)
    known += [part for span in stands for part in cut_out(span, known, shortest_s=SHORTEST_STAND_S)]
    return tuple(sorted(known, key=lambda span: (span.start_s, span.task)))
