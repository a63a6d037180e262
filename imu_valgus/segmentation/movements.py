"""Find what was done in a recording from tilts alone, before calibration and for any mounting.

The tilt of a sensor is the angle between up now and up in neutral standing, in the sensor's own
frame. It has no direction and depends on neither heading nor mounting. It still separates walking
(the shank swings to 40-70°, the thigh stays below 50°), squats (thigh far, shank less), step-ups
(see ``step_ups``), sitting (the thigh stays far) and the exercises done while sitting.
"""

from collections.abc import Mapping, Sequence

from imu_valgus.model import FloatArray, Placement, Segment, Side, Task, TaskSpan
from imu_valgus.segmentation.seated import SeatedLeg, SittingSettings, find_seated
from imu_valgus.segmentation.spans import merged, overlaps
from imu_valgus.segmentation.squats import find_squats
from imu_valgus.segmentation.step_ups import FoundStepUp, find_step_ups
from imu_valgus.segmentation.walks import find_walks

DEFAULT_SITTING = SittingSettings()

SET_PAUSE_S = 8.0
"""Repetitions with a shorter pause between them belong to one set."""


def find_movements(
    time_s: FloatArray,
    tilts_deg: Mapping[Placement, FloatArray],
    *,
    leans_deg: Mapping[Placement, FloatArray] | None = None,
    step_ups: Sequence[FoundStepUp] | None = None,
    labelled: Sequence[TaskSpan] = (),
    sitting: SittingSettings = DEFAULT_SITTING,
) -> tuple[TaskSpan, ...]:
    """Find walking, step-ups, squats, sitting and seated exercises where nothing is labelled.

    Parameters
    ----------
    time_s
        Uniform sample times, shape (n,).
    tilts_deg
        Tilt of each sensor from neutral standing, shape (n,), NaN where not known.
    leans_deg
        The same tilts with their direction (see ``seated.leans_deg``), shape (n, 2); without them
        seated hip rotations are not found.
    step_ups
        Step-ups that ``find_step_ups`` found in the same tilts; None to find them here.
    labelled
        Spans labelled in the session; found spans that overlap a label are dropped.
    sitting
        Limits of sitting and of seated exercises.

    Returns
    -------
    tuple of TaskSpan
        Labelled and found spans in order of time.
    """
    walks = find_walks(time_s, tilts_deg)
    candidates = find_step_ups(time_s, tilts_deg) if step_ups is None else step_ups
    found = [*walks, *_step_up_spans(time_s, candidates, walks)]
    squats = [
        TaskSpan(Task.SQUAT, float(time_s[squat.start]), float(time_s[squat.stop - 1]))
        for squat in find_squats(time_s, tilts_deg)
    ]
    found += [squat for squat in squats if not overlaps(squat, found)]
    leans = leans_deg or {}
    for side in Side:
        thigh, shank = Placement.of(Segment.THIGH, side), Placement.of(Segment.SHANK, side)
        if {thigh, shank} <= tilts_deg.keys():
            leg = SeatedLeg(
                side, tilts_deg[thigh], tilts_deg[shank], leans.get(thigh), leans.get(shank)
            )
            found += find_seated(time_s, leg, sitting)
    free = [span for span in merged(found) if not overlaps(span, labelled)]
    return tuple(sorted([*labelled, *free], key=lambda span: (span.start_s, span.task)))


def outside_of(
    found: Sequence[FoundStepUp], time_s: FloatArray, walks: Sequence[TaskSpan]
) -> tuple[FoundStepUp, ...]:
    """Return the step-ups that are not part of a walk.

    Parameters
    ----------
    found
        Step-ups of one recording.
    time_s
        Uniform sample times of that recording, shape (n,).
    walks
        Walking bouts of that recording.

    Returns
    -------
    tuple of FoundStepUp
        Step-ups whose top lies outside of all walks, in the same order.
    """
    return tuple(
        step_up
        for step_up in found
        if not any(walk.start_s <= time_s[step_up.top] < walk.end_s for walk in walks)
    )


def _step_up_spans(
    time_s: FloatArray, candidates: Sequence[FoundStepUp], walks: Sequence[TaskSpan]
) -> list[TaskSpan]:
    spans = [
        TaskSpan(
            Task.STEP_UP,
            float(time_s[step_up.start]),
            float(time_s[min(step_up.stop, time_s.size - 1)]),
            step_up.side,
        )
        for step_up in outside_of(candidates, time_s, walks)
    ]
    return merged(spans, pause_s=SET_PAUSE_S)
