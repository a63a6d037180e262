"""Turn measured step-ups into a score with its parts, or into the reasons why there is none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imu_valgus.model import (
    FloatArray,
    Grade,
    ObservedItem,
    Placement,
    ScoreComponent,
    SegmentFrame,
    Side,
    StepUpSummary,
)
from imu_valgus.scores.sas1 import (
    KNEE_OVER_FOOT_BORDER_DEG,
    LEAST_REPETITIONS,
    SCORE_ID,
    anchors_for,
    component_points,
    median_interval,
    repetition_scores,
)
from imu_valgus.scores.step_up_measures import StepUpMeasures, mean_of_known

LARGEST_HEADING_DIFFERENCE_DEG = 3.0
"""Part of the score's definition; heading drift looks exactly like a knee that moves inwards."""

_ALIGNMENT = (
    "hip_adduction",
    "hip_internal_rotation",
    "knee_abduction",
    "tibial_external_rotation",
)


@dataclass(frozen=True, slots=True, eq=False)
class StepUpEvidence:
    """Measures of the step-ups of one leading leg, and what else the score depends on.

    Parameters
    ----------
    side
        The leg that leads.
    n_found
        Number of repetitions found, valid or not.
    known_share
        Share of known samples inside them.
    matched_deg
        Knee flexion at which they were compared.
    frames
        Calibration of the sensors that the angles rest on.
    step_height_m, sex
        Step height in metres and sex from the session; None where not given.
    is_thigh_only
        Whether the femur's angles replace the hip's.
    sets
        Measures of the valid repetitions, one sequence for each uninterrupted set.
    """

    side: Side
    n_found: int
    known_share: float
    matched_deg: float
    frames: Mapping[Placement, SegmentFrame]
    step_height_m: float | None
    sex: str | None
    is_thigh_only: bool
    sets: Sequence[Sequence[StepUpMeasures]]


def score_step_ups(evidence: StepUpEvidence) -> tuple[StepUpSummary, FloatArray]:
    """Score the step-ups of one leading leg with ``sas-1``.

    The heading is checked where it matters. Static trials have already removed most of the drift
    of the whole recording, and every repetition is compared with the standing just before it. So
    the check compares the standing rotation of hip and knee, after all corrections, between the
    first and the last two repetitions of each set. A difference of more than 3 degrees is drift or
    another stance, and no score is given.

    Parameters
    ----------
    evidence
        Measures of the step-ups, and what else the score depends on.

    Returns
    -------
    StepUpSummary
        The score and its parts, or the reasons why it is withheld.
    ndarray, shape (k,)
        Score of each valid repetition in the order of the sets; NaN where the score is withheld.
    """
    measured = [rep for repetitions in evidence.sets for rep in repetitions]
    names = measured[0].matched if measured else ()
    values = {name: np.array([rep.matched[name] for rep in measured]) for name in names}
    difference = heading_difference_deg(evidence.sets)
    withheld = _reasons(evidence, len(measured), difference)
    points = component_points(values, sex=evidence.sex) if measured else {}
    scores = repetition_scores(points, sex=evidence.sex) if measured else np.empty(0)
    known = scores[np.isfinite(scores)]
    if not withheld and known.size < LEAST_REPETITIONS:
        reason = f"only {known.size} repetitions have known angles at the matched knee flexion"
        withheld = (f"{reason}, but {LEAST_REPETITIONS} are needed. Record more repetitions.",)
    summary = StepUpSummary(
        side=evidence.side,
        score_id=SCORE_ID,
        n_found=evidence.n_found,
        n_valid=len(measured),
        known_share=evidence.known_share,
        score=None if withheld else float(np.median(known)),
        interval=None if withheld else median_interval(known),
        components=_components(values, points, measured, evidence),
        alignment_deg={
            name.replace("hip", "femur") if evidence.is_thigh_only else name: _median(values[name])
            for name in _ALIGNMENT
            if name in values
        },
        matched_knee_flexion_deg=evidence.matched_deg,
        heading_difference_deg=difference,
        items=_items(values, measured),
        is_thigh_only=evidence.is_thigh_only,
        step_height_m=evidence.step_height_m,
        withheld=withheld,
    )
    return summary, np.full(len(measured), np.nan) if withheld else scores


def heading_difference_deg(sets: Sequence[Sequence[StepUpMeasures]]) -> float:
    """Return the largest change of standing rotation from the start to the end of a set.

    Parameters
    ----------
    sets
        Measures of the repetitions, set by set.

    Returns
    -------
    float
        Degrees between the means of the first two and the last two repetitions, the largest of hip
        and knee; NaN where no set has three repetitions.
    """
    changes = []
    for repetitions in sets:
        standing = np.array([rep.standing_rotation_deg for rep in repetitions])
        if len(standing) >= 3:
            changes.append(standing[-2:].mean(axis=0) - standing[:2].mean(axis=0))
    known = np.abs([change for change in changes if np.isfinite(change).all()])
    return float(known.max()) if known.size else float("nan")


def _reasons(evidence: StepUpEvidence, n_valid: int, difference: float) -> tuple[str, ...]:
    reasons = []
    if evidence.step_height_m is None:
        reasons.append("the step height is not known. Give step_height_m in session.toml.")
    reasons += [
        f"the calibration of the {place.words} sensor is poor. "
        + (frame.reasons[0] if frame.reasons else "Repeat the calibration movements.")
        for place, frame in evidence.frames.items()
        if frame.grade is Grade.POOR
    ]
    if n_valid < LEAST_REPETITIONS:
        reasons.append(
            f"{n_valid} of {evidence.n_found} repetitions count, but {LEAST_REPETITIONS} are "
            "needed. Record at least 10, and stand still for a second between them."
        )
    if difference > LARGEST_HEADING_DIFFERENCE_DEG:
        reasons.append(
            f"standing rotation differs by {difference:.1f}° between the start and the end of a "
            f"set, which is more than {LARGEST_HEADING_DIFFERENCE_DEG:g}°. Return to the same "
            "stance between repetitions, or record the set again."
        )
    return tuple(reasons)


def _components(
    values: Mapping[str, FloatArray],
    points: Mapping[str, FloatArray],
    measured: Sequence[StepUpMeasures],
    evidence: StepUpEvidence,
) -> tuple[ScoreComponent, ...]:
    anchors = [anchor for anchor in anchors_for(evidence.sex) if anchor.measure in values]
    total = sum(anchor.weight for anchor in anchors if np.isfinite(points.get(anchor.key, 0)).any())
    components = []
    for anchor in anchors:
        mean_points = mean_of_known(points[anchor.key]) if anchor.key in points else float("nan")
        words = anchor.words
        if evidence.is_thigh_only and words.startswith("hip "):
            words = words.replace("hip ", "thigh ") + " (thigh only)"
        components.append(
            ScoreComponent(
                key=anchor.key,
                words=words,
                value=_median(values[anchor.measure]),
                sd=_median(np.array([rep.matched_sd[anchor.measure] for rep in measured])),
                unit=anchor.unit,
                full=anchor.full,
                zero=anchor.zero,
                weight=anchor.weight,
                points=mean_points,
                share=anchor.weight * mean_points / total if anchor.weight and total else 0.0,
            )
        )
    return tuple(components)


def _items(
    values: Mapping[str, FloatArray], measured: Sequence[StepUpMeasures]
) -> tuple[ObservedItem, ...]:
    """List the items of the lateral step-down scale (Piva et al. 2006) that leg sensors show."""
    items = [
        ObservedItem("Arms used for balance", "not measured", is_measured=False),
        ObservedItem("Trunk leans to a side", "not measured", is_measured=False),
        _pelvis_item(measured),
    ]
    tilt = values.get("shank_medial_tilt", np.empty(0))
    tilt = tilt[np.isfinite(tilt)]
    if tilt.size:
        border = KNEE_OVER_FOOT_BORDER_DEG
        over = int(np.count_nonzero(tilt > 0.0))
        beyond = int(np.count_nonzero(tilt > border))
        items += [
            ObservedItem(
                "Knee inside the second toe", f"{over} of {tilt.size} repetitions", is_measured=True
            ),
            ObservedItem(
                "Knee inside the inner border of the foot",
                f"{beyond} of {tilt.size} repetitions (more than {border:.1f}°)",
                is_measured=True,
            ),
        ]
    turns = values.get("reversals", np.empty(0))
    turns = turns[np.isfinite(turns)]
    if turns.size:
        count = _median(turns)
        noun = "reversal" if count == 1 else "reversals"
        words = f"{count:g} sideways {noun} of more than 1.5° (median)"
        items.append(ObservedItem("Unsteady stance", words, is_measured=True))
    return tuple(items)


def _pelvis_item(measured: Sequence[StepUpMeasures]) -> ObservedItem:
    """State drop and turn in degrees, without a verdict, because no source gives a limit."""
    name = "Pelvis not level or turned"
    drop, turn = (
        _median(np.array([rep.columns.get(key, np.nan) for rep in measured]))
        for key in ("pelvis_drop_peak_deg", "pelvis_turn_peak_deg")
    )
    if not np.isfinite([drop, turn]).all():
        return ObservedItem(name, "not measured", is_measured=False)
    falls = f"{drop:.1f}° lower on the free side" if drop >= 0.05 else "not lower on the free side"
    words = f"{falls}, turned by {abs(turn):.1f}° (median of the largest changes; no limit known)"
    return ObservedItem(name, words, is_measured=True)


def _median(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else float("nan")
