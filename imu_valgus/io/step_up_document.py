"""Step-up scores and sets of exercises in ``summary.json``: how they are written and read back."""

import json
import math
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

from imu_valgus.errors import InputError
from imu_valgus.io.regular_file import brief, printable
from imu_valgus.model import (
    Analysis,
    ExerciseSet,
    ObservedItem,
    Repetition,
    ScoreComponent,
    Side,
    StepUpSummary,
)

Json = Any

T = TypeVar("T", str, int, bool)

LIMITS = (
    (
        "A training number for comparing your own sessions, not a test result. It is based on "
        "published means of harder tasks, mostly of young women, and has not been validated "
        "against raters."
    ),
    ("The shape of the leg in standing does not count: all angles are changes from standing."),
)


def step_up_document(summary: StepUpSummary) -> dict[str, Json]:
    """Describe the score of one leading leg with every number that it is made of.

    Parameters
    ----------
    summary
        Step-up summary of one leg.

    Returns
    -------
    dict
        For JSON, except that numbers may be NaN; see ``summary.without_nan``.
    """
    return {
        "score_id": summary.score_id,
        "score": summary.score,
        "interval_95": None if summary.interval is None else list(summary.interval),
        "withheld": list(summary.withheld),
        "repetitions": summary.n_found,
        "valid": summary.n_valid,
        "known_share": summary.known_share,
        "step_height_m": summary.step_height_m,
        "matched_knee_flexion_deg": summary.matched_knee_flexion_deg,
        "heading_difference_deg": summary.heading_difference_deg,
        "thigh_only": summary.is_thigh_only,
        "components": {part.key: _component(part) for part in summary.components},
        "alignment_deg": dict(summary.alignment_deg),
        "items": [
            {"item": item.name, "finding": item.finding, "measured": item.is_measured}
            for item in summary.items
        ],
        "how": "Median over the valid repetitions of the weighted mean of the components' points. "
        "Values are changes from standing before each repetition, at the matched knee flexion, "
        "averaged over the way up and down. Points fall from 100 at 'full' to 0 at 'zero' (K: 50 "
        "in between).",
        "limits": list(LIMITS),
    }


def exercises_document(analysis: Analysis) -> list[Json]:
    """Describe the sets of exercises of a session.

    Parameters
    ----------
    analysis
        Analysis of the session.

    Returns
    -------
    list
        One dictionary per set, for JSON, except that numbers may be NaN.
    """
    return [_set(exercise) for exercise in analysis.exercises]


def _component(component: ScoreComponent) -> Json:
    return {
        "what": component.words,
        "value": component.value,
        "standard_uncertainty": component.sd,
        "unit": component.unit,
        "full": component.full,
        "zero": component.zero if np.isfinite(component.zero) else None,
        "weight": component.weight,
        "points": component.points,
        "share_of_score": component.share,
    }


def _set(exercise: ExerciseSet) -> Json:
    return {
        "exercise": exercise.exercise,
        "name": exercise.name,
        "recording": exercise.recording,
        "side": None if exercise.side is None else str(exercise.side),
        "start_s": exercise.start_s,
        "end_s": exercise.end_s,
        "repetitions": [_repetition(repetition) for repetition in exercise.repetitions],
        "measures": dict(exercise.measures),
        "notes": list(exercise.notes),
    }


def _repetition(repetition: Repetition) -> Json:
    return {
        "start_s": repetition.start_s,
        "end_s": repetition.end_s,
        "valid": repetition.is_valid,
        "reason": repetition.reason,
        "measures": dict(repetition.measures),
    }


def decode_step_ups(content: bytes, *, name: str) -> Mapping[Side, StepUpSummary]:
    """Read the step-up summaries of a session from its ``summary.json``.

    Parameters
    ----------
    content
        Content of the file.
    name
        Name of the file, for the message of an error.

    Returns
    -------
    mapping of Side to StepUpSummary
        Summary by leading leg, exactly as analysed; empty if there were no step-ups.

    Raises
    ------
    InputError
        If the file is damaged or something else.
    """
    try:
        legs = json.loads(content)["step_up"] or {}
        return {
            side: _summary(side, leg["alignment_score"])
            for side, leg in ((Side(name), leg) for name, leg in legs.items())
            if "alignment_score" in leg
        }
    except (
        AttributeError, KeyError, OverflowError, RecursionError, TypeError, ValueError
    ) as error:  # fmt: skip
        found = printable(" ".join(str(error).split()), most=120)
        raise InputError(
            f"{name}: this is no summary of a session, or it is damaged ({found}). Add the session "
            "again from its recording."
        ) from error


def _summary(side: Side, document: Json) -> StepUpSummary:
    interval = document["interval_95"]
    low, high = interval or (None, None)
    return StepUpSummary(
        side=side,
        score_id=_exactly(str, document["score_id"]),
        n_found=_exactly(int, document["repetitions"]),
        n_valid=_exactly(int, document["valid"]),
        known_share=_number(document["known_share"]),
        score=_optional(document["score"]),
        interval=None if interval is None else (_number(low), _number(high)),
        components=tuple(
            _read_component(key, part) for key, part in document["components"].items()
        ),
        alignment_deg={key: _number(deg) for key, deg in document["alignment_deg"].items()},
        matched_knee_flexion_deg=_number(document["matched_knee_flexion_deg"]),
        heading_difference_deg=_number(document["heading_difference_deg"]),
        items=tuple(
            ObservedItem(
                _exactly(str, item["item"]),
                _exactly(str, item["finding"]),
                _exactly(bool, item["measured"]),
            )
            for item in document["items"]
        ),
        is_thigh_only=_exactly(bool, document["thigh_only"]),
        step_height_m=_optional(document["step_height_m"]),
        withheld=tuple(_exactly(str, reason) for reason in document["withheld"]),
    )


def _read_component(key: str, document: Json) -> ScoreComponent:
    return ScoreComponent(
        key=key,
        words=_exactly(str, document["what"]),
        value=_number(document["value"]),
        sd=_number(document["standard_uncertainty"]),
        unit=_exactly(str, document["unit"]),
        full=_number(document["full"]),
        # JSON has no infinity; a component without a zero point always gives points.
        zero=math.inf if document["zero"] is None else _number(document["zero"]),
        weight=_number(document["weight"]),
        points=_number(document["points"]),
        share=_number(document["share_of_score"]),
    )


def _number(value: Json) -> float:
    """Read a number; unknown ones come back as NaN."""
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{brief(value)} instead of a number")
    return float(value)


def _optional(value: Json) -> float | None:
    return None if value is None else _number(value)


def _exactly(kind: type[T], value: Json) -> T:
    """Return a value of exactly this type: true is no count, although a bool is an int."""
    if type(value) is not kind:
        raise TypeError(f"{brief(value)} instead of {kind.__name__}")
    return value
