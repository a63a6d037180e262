"""Step-up summaries as they were kept in ``summary.json``."""

import json
import math
from collections.abc import Mapping
from typing import Any

from imu_valgus.errors import InputError
from imu_valgus.model import ObservedItem, ScoreComponent, Side, StepUpSummary

Json = Any


def decode_step_ups(content: bytes, *, name: str) -> Mapping[Side, StepUpSummary]:
    """Read the step-up summaries of a session from its ``summary.json``.

    Parameters
    ----------
    content
        Of the file.
    name
        For the error's sentence.

    Returns
    -------
    mapping of Side to StepUpSummary
        By leading leg, exactly as analysed; empty where there were no step-ups.

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
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        found = " ".join(str(error).split())[:120]
        raise InputError(
            f"{name}: expected the summary of a session, found something else ({found}); add the "
            "session again from its recording."
        ) from error


def _summary(side: Side, document: Json) -> StepUpSummary:
    interval = document["interval_95"]
    low, high = interval or (None, None)
    return StepUpSummary(
        side=side,
        score_id=_text(document["score_id"]),
        n_found=_count(document["repetitions"]),
        n_valid=_count(document["valid"]),
        known_share=_number(document["known_share"]),
        score=_optional(document["score"]),
        interval=None if interval is None else (_number(low), _number(high)),
        components=tuple(_component(key, one) for key, one in document["components"].items()),
        alignment_deg={key: _number(one) for key, one in document["alignment_deg"].items()},
        matched_knee_flexion_deg=_number(document["matched_knee_flexion_deg"]),
        heading_difference_deg=_number(document["heading_difference_deg"]),
        items=tuple(
            ObservedItem(_text(one["item"]), _text(one["finding"]), _flag(one["measured"]))
            for one in document["items"]
        ),
        is_thigh_only=_flag(document["thigh_only"]),
        step_height_m=_optional(document["step_height_m"]),
        withheld=tuple(_text(reason) for reason in document["withheld"]),
    )


def _component(key: str, document: Json) -> ScoreComponent:
    return ScoreComponent(
        key=key,
        words=_text(document["what"]),
        value=_number(document["value"]),
        sd=_number(document["standard_uncertainty"]),
        unit=_text(document["unit"]),
        full=_number(document["full"]),
        # JSON has no infinity: a component that is only shown never gives no points.
        zero=math.inf if document["zero"] is None else _number(document["zero"]),
        weight=_number(document["weight"]),
        points=_number(document["points"]),
        share=_number(document["share_of_score"]),
    )


def _number(value: Json) -> float:
    """Take a number; what was not known comes back as NaN."""
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} instead of a number")
    return float(value)


def _optional(value: Json) -> float | None:
    return None if value is None else _number(value)


def _count(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{value!r} instead of a count")
    return value


def _flag(value: Json) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} instead of true or false")
    return value


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} instead of a text")
    return value
