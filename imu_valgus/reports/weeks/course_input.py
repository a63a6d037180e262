"""Input of the two pages about the weeks of a person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from imu_valgus.model import Side, StepUpSummary
from imu_valgus.model.session_results import SessionCurves, SessionTrust
from imu_valgus.progress.course_types import Course

__all__ = ["PagesInput"]


@dataclass(frozen=True, slots=True, eq=False)
class PagesInput:
    """Course of a person, and what was stored with its sessions besides their measures.

    Parameters
    ----------
    course
        Result of ``progress.course.review_course``.
    curves, step_ups, trust
        Curves, step-up summaries by leg, and trust values, by session identifier; sessions without
        them are left out.
    """

    course: Course
    curves: Mapping[str, SessionCurves] = field(default_factory=dict)
    step_ups: Mapping[str, Mapping[Side, StepUpSummary]] = field(default_factory=dict)
    trust: Mapping[str, SessionTrust] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("curves", "step_ups", "trust"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
