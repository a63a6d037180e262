"""What was done when, completed by what only oriented sensors and found repetitions tell."""

from collections.abc import Sequence

from imu_valgus.model import Repetition, Task, TaskSpan
from imu_valgus.pipeline.prepare import PreparedRecording
from imu_valgus.segmentation.movements import SET_PAUSE_S
from imu_valgus.segmentation.spans import cut_out, merged, overlaps

SHORTEST_TRIAL_S = 1.0
"""What is left of a stand between two movements, if it is at least as long."""

_COUNTED = (Task.SQUAT, Task.CALF_RAISE)


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
    trials = [
        TaskSpan(
            Task.STANDING,
            float(time_s[trial.span.start]),
            float(time_s[min(trial.span.stop, time_s.size - 1)]),
        )
        for trial in prepared.trials
    ]
    trials = merged(trials, pause_s=0.5)
    known += [part for span in trials for part in cut_out(span, known, shortest_s=SHORTEST_TRIAL_S)]
    return tuple(sorted(known, key=lambda span: (span.start_s, span.task)))
