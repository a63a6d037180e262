"""Find what was done in a recording from tilts alone: before calibration, whatever the mounting.

The tilt of a sensor is the angle between up now and up in neutral standing, in the sensor's own
frame: it knows no direction, no heading and no mounting, and still tells a walk (shank swings to
40-70°, thigh stays below 50°), a squat (thigh far, shank less), a step-up (see ``step_ups``),
sitting (thigh stays far) and what is done in sitting from each other.
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
"""Repetitions with a shorter pause between them are one set."""


def find_movements(
    time_s: FloatArray,
    tilts_deg: Mapping[Placement, FloatArray],
    *,
    leans_deg: Mapping[Placement, FloatArray] | None = None,
    step_ups: Sequence[FoundStepUp] | None = None,
    labelled: Sequence[TaskSpan] = (),
    sitting: SittingSettings = DEFAULT_SITTING,
) -> tuple[TaskSpan, ...]:
    """Find walking, step-ups, squats, sitting and what is done in it where nothing is labelled.

    Parameters
    ----------
    time_s
        Uniform sample times, shape (n,).
    tilts_deg
        Tilt from neutral standing of each sensor, shape (n,), NaN where not known.
    leans_deg
        The same tilts with their direction (see ``seated.leans_deg``), shape (n, 2); without them
        hip rotations in sitting are not found.
    step_ups
        What ``find_step_ups`` says of the same tilts; None: it is asked here.
    labelled
        What the session says; found spans that overlap a label are dropped.
    sitting
        See `SittingSettings`.

    Returns
    -------
    tuple of TaskSpan
        Labelled and found spans in order of time.
    """
    walks = find_walks(time_s, tilts_deg)
    candidates = find_step_ups(time_s, tilts_deg) if step_ups is None else step_ups
    found = [*walks, *_step_up_spans(time_s, candidates, walks)]
    found += [squat for squat in _squat_spans(time_s, tilts_deg) if not overlaps(squat, found)]
    for side in Side:
        thigh = tilts_deg.get(Placement.of(Segment.THIGH, side))
        shank = tilts_deg.get(Placement.of(Segment.SHANK, side))
        if thigh is not None and shank is not None:
            leans = leans_deg or {}
            leg = SeatedLeg(
                side,
                thigh,
                shank,
                leans.get(Placement.of(Segment.THIGH, side)),
                leans.get(Placement.of(Segment.SHANK, side)),
            )
            found += find_seated(time_s, leg, sitting)
    free = [span for span in merged(found) if not overlaps(span, labelled)]
    return tuple(sorted([*labelled, *free], key=lambda span: (span.start_s, span.task)))


def outside_of(
    found: Sequence[FoundStepUp], time_s: FloatArray, walks: Sequence[TaskSpan]
) -> tuple[FoundStepUp, ...]:
    """Keep the step-ups whose stand on the step is not part of a walk."""
    return tuple(
        one
        for one in found
        if not any(walk.start_s <= time_s[one.top] < walk.end_s for walk in walks)
    )


def _step_up_spans(
    time_s: FloatArray, candidates: Sequence[FoundStepUp], walks: Sequence[TaskSpan]
) -> list[TaskSpan]:
    found = outside_of(candidates, time_s, walks)
    spans = [
        TaskSpan(
            Task.STEP_UP,
            float(time_s[one.start]),
            float(time_s[min(one.stop, time_s.size - 1)]),
            one.side,
        )
        for one in found
    ]
    return merged(spans, pause_s=SET_PAUSE_S)


def _squat_spans(time_s: FloatArray, tilts_deg: Mapping[Placement, FloatArray]) -> list[TaskSpan]:
    return [
        TaskSpan(Task.SQUAT, float(time_s[one.start]), float(time_s[one.stop - 1]))
        for one in find_squats(time_s, tilts_deg)
    ]
