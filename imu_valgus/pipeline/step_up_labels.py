"""Step-ups of one recording, inside its labels where it has any; doubts about labels."""

from collections.abc import Iterator

from imu_valgus.model import Finding, FloatArray, Severity, Task, TaskSpan
from imu_valgus.pipeline.prepare import PreparedRecording
from imu_valgus.segmentation.movements import outside_of
from imu_valgus.segmentation.step_ups import FoundStepUp, find_step_ups

_LABEL_MARGIN_S = 1.0
"""A repetition may begin or end this far outside of a labelled span."""


def found_step_ups(prepared: PreparedRecording) -> tuple[FoundStepUp, ...]:
    """Find the step-ups of one recording, inside its labels where it has any.

    A label tells which leg leads, too; it is believed unless no step-up of that leg is there.
    """
    time_s = prepared.aligned.time_s
    walks = [span for span in prepared.movements if span.task is Task.WALK]
    found = outside_of(find_step_ups(time_s, prepared.tilts_deg), time_s, walks)
    labels = [span for span in prepared.aligned.tasks if span.task is Task.STEP_UP]
    if not prepared.aligned.tasks:
        return found
    others = [span for span in prepared.aligned.tasks if span.task is not Task.STEP_UP]
    inside: list[FoundStepUp] = []
    for label in labels:
        mine = [one for one in found if _is_in(one, label, time_s, margin_s=_LABEL_MARGIN_S)]
        of_side = [one for one in mine if label.side in {None, one.side}]
        inside += of_side or mine
    free = [
        one
        for one in found
        if not any(
            _is_in(one, span, time_s, margin_s=_LABEL_MARGIN_S) for span in (*labels, *others)
        )
    ]
    return tuple(sorted({*inside, *free}, key=lambda one: one.start))


def label_doubts(prepared: PreparedRecording) -> Iterator[Finding]:
    """Tell where a label speaks of step-ups and none, or only of the other leg, are there."""
    time_s, found = prepared.aligned.time_s, found_step_ups(prepared)
    for label in prepared.aligned.tasks:
        if label.task is not Task.STEP_UP:
            continue
        sides = {one.side for one in found if _is_in(one, label, time_s, margin_s=_LABEL_MARGIN_S)}
        when = f"The span from {label.start_s:.0f} to {label.end_s:.0f} s is labelled as step-ups"
        if not sides:
            message = (
                f"{when}, but none was found in it: sensors on thigh and shank of the leading leg "
                "are needed, and that leg also lowers the body."
            )
            yield Finding(Severity.WARNING, "no_step_up_found", message, prepared.aligned.name)
        elif label.side is not None and label.side not in sides:
            message = f"{when} of the {label.side} leg, but the {label.side.other} one leads."
            yield Finding(Severity.WARNING, "other_leg_leads", message, prepared.aligned.name)


def _is_in(one: FoundStepUp, span: TaskSpan, time_s: FloatArray, *, margin_s: float) -> bool:
    return bool(
        span.start_s - margin_s <= time_s[one.start]
        and time_s[min(one.stop, time_s.size - 1)] <= span.end_s + margin_s
    )
