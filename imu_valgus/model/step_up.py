"""Step-ups of one leading leg: the score, its components, and why it may be missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from imu_valgus.model._check import freeze_mappings
from imu_valgus.model.placement import Side


@dataclass(frozen=True, slots=True)
class ScoreComponent:
    """One component of a step-up score over the valid repetitions.

    Parameters
    ----------
    key, words
        Short name as in the specification ("A1"), and its meaning.
    value, sd
        Median over the repetitions, and the standard uncertainty of one value (systematic for
        the leg within one donning, so repetitions do not average it out); NaN where not known.
    unit
        "deg", or "" for a count.
    full, zero
        Value up to which the component gives all its points, and from which it gives none.
    weight
        Weight of the component out of 100; 0 for one that is only shown.
    points
        Mean over the repetitions of the component's points, 0 to 100.
    share
        Points it adds to the score on average: weight times points over all weights used.
    """

    key: str
    words: str
    value: float
    sd: float
    unit: str
    full: float
    zero: float
    weight: float
    points: float
    share: float


@dataclass(frozen=True, slots=True)
class ObservedItem:
    """One item of a visual rating scale, as far as sensors on the legs can measure it.

    Parameters
    ----------
    name
        What a rater looks at.
    finding
        What was measured, in words, or "not measured".
    is_measured
        Whether sensors can measure it.
    """

    name: str
    finding: str
    is_measured: bool


@dataclass(frozen=True, slots=True)
class StepUpSummary:
    """All step-ups of a session with one leading leg.

    Parameters
    ----------
    side
        The leading leg.
    score_id
        Version of the score's definition; scores of different versions are not compared.
    n_found, n_valid
        Number of repetitions found, and of those that count.
    known_share
        Share of known samples inside the found repetitions, 0 to 1.
    score
        Median over the valid repetitions, 0 to 100; None where withheld.
    interval
        95 % bootstrap interval of the median, within this session; None where withheld.
    components
        Components in the order of the specification; empty without a valid repetition.
    alignment_deg
        Hip adduction, hip internal rotation, knee abduction and tibial external rotation at the
        matched knee flexion: medians of the excursions from standing, by name.
    matched_knee_flexion_deg
        Knee flexion at which the repetitions are compared; NaN without a valid repetition.
    heading_difference_deg
        Largest change of a rotation in standing from the beginning to the end of a set; NaN where
        not known.
    items
        Items of a visual rating scale.
    is_thigh_only
        Whether the thigh stands in for the hip because no pelvis sensor was worn.
    step_height_m
        Height of the step; None where not known.
    withheld
        Why there is no score, one sentence each; empty where there is one.
    """

    side: Side
    score_id: str
    n_found: int
    n_valid: int
    known_share: float
    score: float | None
    interval: tuple[float, float] | None
    components: tuple[ScoreComponent, ...]
    alignment_deg: Mapping[str, float] = field(default_factory=dict)
    matched_knee_flexion_deg: float = float("nan")
    heading_difference_deg: float = float("nan")
    items: tuple[ObservedItem, ...] = ()
    is_thigh_only: bool = False
    step_height_m: float | None = None
    withheld: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        freeze_mappings(self, "alignment_deg")
