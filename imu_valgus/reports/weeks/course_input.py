"""What the two pages about a person's weeks are made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from imu_valgus.model import Side, StepUpSummary
from imu_valgus.model.session_results import SessionCurves, SessionTrust
from imu_valgus.progress.course_types import Course

__all__ = ["PagesInput"]


@dataclass(frozen=True, slots=True, eq=False)
class PagesInput:
    """A course, and what is kept of its sessions beside their measures.

    Parameters
    ----------
    course
        From ``pipeline.course.review_course``.
    curves, step_ups, trust
        By session; sessions without are left out.
    """

    course: Course
    curves: Mapping[str, SessionCurves] = field(default_factory=dict)
    step_ups: Mapping[str, Mapping[Side, StepUpSummary]] = field(default_factory=dict)
    trust: Mapping[str, SessionTrust] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("curves", "step_ups", "trust"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
