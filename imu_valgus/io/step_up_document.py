"""Step-up scores and sets of exercises as plain dictionaries, for JSON."""

from typing import Any

import numpy as np

from imu_valgus.model import Analysis, ExerciseSet, Repetition, ScoreComponent, StepUpSummary

Json = Any

LIMITS = (
    (
        "A training number for comparing one's own sessions, not a test result: it is made of "
        "published means of harder tasks, mostly of young women, and has not been validated "
        "against raters."
    ),
    (
        "The shape of the standing leg does not enter: all angles are changes from the person's "
        "own stance."
    ),
)


def step_up_document(summary: StepUpSummary) -> dict[str, Json]:
    """Explain the score of one leading leg: every number that it is made of.

    Parameters
    ----------
    summary
        Of the analysis.

    Returns
    -------
    dict
        Numbers may be NaN; see ``summary.without_nan``.
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
        "components": {one.key: _component(one) for one in summary.components},
        "alignment_deg": dict(summary.alignment_deg),
        "items": [
            {"item": item.name, "finding": item.finding, "measured": item.is_measured}
            for item in summary.items
        ],
        "how": "Median over the valid repetitions of the weighted mean of the components' points; "
        "values are changes from the standing before each repetition, taken at the matched knee "
        "flexion, up and down averaged. Points fall from 100 at 'full' to 0 at 'zero' (K: 50 in "
        "between).",
        "limits": list(LIMITS),
    }


def exercises_document(analysis: Analysis) -> list[Json]:
    """Give the sets of exercises of a session."""
    return [_set(done) for done in analysis.exercises]


def _component(one: ScoreComponent) -> Json:
    return {
        "what": one.words,
        "value": one.value,
        "standard_uncertainty": one.sd,
        "unit": one.unit,
        "full": one.full,
        "zero": one.zero if np.isfinite(one.zero) else None,
        "weight": one.weight,
        "points": one.points,
        "share_of_score": one.share,
    }


def _set(done: ExerciseSet) -> Json:
    return {
        "exercise": done.exercise,
        "name": done.name,
        "recording": done.recording,
        "side": None if done.side is None else str(done.side),
        "start_s": done.start_s,
        "end_s": done.end_s,
        "repetitions": [_repetition(one) for one in done.repetitions],
        "measures": dict(done.measures),
        "notes": list(done.notes),
    }


def _repetition(one: Repetition) -> Json:
    return {
        "start_s": one.start_s,
        "end_s": one.end_s,
        "valid": one.is_valid,
        "reason": one.reason,
        "measures": dict(one.measures),
    }
