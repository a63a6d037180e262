"""Step-ups of one recording, inside its labels where it has any; doubts about labels."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from imu_valgus.conventions import GRAVITY_M_S2
from imu_valgus.model import (
    Finding,
    FloatArray,
    Placement,
    Segment,
    Severity,
    Task,
    TaskSpan,
)
from imu_valgus.pipeline.prepare import PreparedRecording
from imu_valgus.segmentation.heights import net_rise_m
from imu_valgus.segmentation.movements import outside_of
from imu_valgus.segmentation.step_ups import FoundStepUp

_LABEL_MARGIN_S = 1.0
"""A repetition may begin or end this far outside of a labelled span."""


LEAST_RISE_M = 0.01
"""A shank that is not higher by this at the top than at the start did not go up: simulated steps of
10 cm gave 2.7 cm at least, and 5 cm taken for down and up again at most -0.8 cm: own choice."""

LEAST_STEP_M = 0.08
"""On a lower step lift and straightening tip the shank alike, and repetitions are missed."""


def found_step_ups(prepared: PreparedRecording) -> tuple[FoundStepUp, ...]:
    """Find the step-ups of one recording, inside its labels where it has any.

    A label tells which leg leads, too; it is believed unless no step-up of that leg is there.
    """
    time_s = prepared.aligned.time_s
    walks = [span for span in prepared.movements if span.task is Task.WALK]
    found = tuple(
        _checked(one, prepared) for one in outside_of(prepared.step_up_candidates, time_s, walks)
    )
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


def _checked(one: FoundStepUp, prepared: PreparedRecording) -> FoundStepUp:
    """Ask whether the leg is higher on the step than before: tilts do not tell up from down."""
    shank = Placement.of(Segment.SHANK, one.side)
    if not one.is_valid or shank not in prepared.ups:
        return one
    way_up = slice(one.start, one.top + 1)
    acc = prepared.aligned.streams[shank].acc[way_up]
    lift = np.sum(acc * prepared.ups[shank][way_up], axis=1) - GRAVITY_M_S2
    if not net_rise_m(lift, prepared.aligned.rate_hz) < LEAST_RISE_M:
        return one
    reason = "too shallow to tell: the leg was no higher at the top than at the start"
    return replace(one, is_valid=False, reason=reason)


def height_doubts(step_height_m: float | None) -> Iterator[Finding]:
    """Tell that a step is too low for its step-ups to be counted reliably."""
    if step_height_m is not None and step_height_m < LEAST_STEP_M:
        message = (
            f"Expected a step of at least {100.0 * LEAST_STEP_M:.0f} cm, got "
            f"{100.0 * step_height_m:.0f} cm: some repetitions are not told from standing and are "
            "missing; use a step of 10 cm."
        )
        yield Finding(Severity.WARNING, "step_too_low", message)


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
