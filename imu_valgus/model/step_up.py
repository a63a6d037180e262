"""Step-ups of one leading leg: the score, what it is made of, and why it may be missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from imu_valgus.model.placement import Side


@dataclass(frozen=True, slots=True)
class ScoreComponent:
    """One component of a step-up score over the valid repetitions.

    Parameters
    ----------
    key, words
        Short name as in the specification ("A1"), and what it is.
    value, sd
        Median over the repetitions, and the standard uncertainty of such a value (systematic for
        the leg within one donning, so repetitions do not average it out); NaN where not known.
    unit
        "deg", or "" for a count.
    full, zero
        Value up to which the component gives all its points, and from which it gives none.
    weight
        Of the component, out of 100; 0: shown only.
    points
        Mean over the repetitions of the component's own 0 to 100.
    share
        Points of the score that it brings on average: weight times points over all weights used.
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
    """One item of a visual scale, as far as sensors on the legs can see it.

    Parameters
    ----------
    name
        What a rater looks at.
    finding
        What was measured, in words, or "not measured".
    is_measured
        Whether sensors can tell.
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
        The leg that leads.
    score_id
        Version of the score's definition; scores of different versions are not compared.
    n_found, n_valid
        Repetitions.
    known_share
        Share of the samples inside the found repetitions that are known.
    score
        Median over the valid repetitions, 0 to 100; None where withheld.
    interval
        95 % bootstrap interval of the median, within this session; None where withheld.
    components
        In the order of the specification; empty without a valid repetition.
    alignment_deg
        Hip adduction, hip internal rotation, knee abduction and tibial external rotation at the
        matched knee flexion: medians of the excursions from standing, by name.
    matched_knee_flexion_deg
        Knee flexion at which the repetitions are compared; NaN without a valid repetition.
    heading_difference_deg
        Largest change of a standing rotation from the beginning to the end of a set; NaN where
        not known.
    items
        As a visual scale would list them.
    is_thigh_only
        Without a pelvis sensor the thigh stands in for the hip.
    step_height_m
        None where the session does not tell.
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
        object.__setattr__(self, "alignment_deg", MappingProxyType(dict(self.alignment_deg)))
