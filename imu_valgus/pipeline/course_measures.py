"""The course of one measure: own spread, corridor, trend, comparison, what stands out."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from imu_valgus.errors import InputError, NotComparableError
from imu_valgus.model.progress import MeasureKey, SessionRecord
from imu_valgus.pipeline.course_blocks import Blocks
from imu_valgus.pipeline.course_types import WEEK, Corridor, CoursePoint, MeasureCourse
from imu_valgus.progress.comparability import find_differences, own_reason
from imu_valgus.progress.compare import BlockComparison, compare_blocks
from imu_valgus.progress.flags import find_standing_out
from imu_valgus.progress.repeatability import (
    Repeatability,
    assumed_repeatability,
    estimate_repeatability,
)
from imu_valgus.progress.trend import Trend, estimate_trend


def own_repeatability(
    groups: Sequence[Sequence[SessionRecord]], *, key: MeasureKey
) -> Repeatability | None:
    """Estimate a person's own spread of one measure, None where the repeats do not suffice.

    Of each group only sessions that may stand beside its latest one enter.
    """
    values = [[m.value for s in _alike(group, key) if (m := s.measure(key))] for group in groups]
    try:
        return estimate_repeatability(values)
    except InputError:
        return None


def _alike(group: Sequence[SessionRecord], key: MeasureKey) -> list[SessionRecord]:
    latest = group[-1].conditions
    return [
        s
        for s in group
        if not any(d.forbids for d in find_differences(s.conditions, latest, key=key))
    ]


def course_of_measure(
    key: MeasureKey,
    sessions: Sequence[SessionRecord],
    origin: datetime,
    blocks: Blocks,
    repeats: Sequence[Sequence[SessionRecord]],
) -> MeasureCourse:
    """Put together what the sessions say about one measure.

    Parameters
    ----------
    key
        Which measure.
    sessions
        Of one person, in order of time.
    origin
        Week 0.
    blocks
        Baseline and close.
    repeats
        Groups of repeat sessions for the person's own spread.
    """
    own = own_repeatability(repeats, key=key)
    spread = own or assumed_repeatability(key.unit)
    comparison, not_compared = _comparison(key, blocks, own)
    corridor = _corridor(key, blocks, spread)
    trend = _trend(key, sessions, own)
    reasons = {left.session_id: left.reason for left in trend.left_out} if trend else {}
    outstanding = _standing_out(key, sessions, blocks, spread, reasons)
    return MeasureCourse(
        key=key,
        points=_points(key, sessions, origin, reasons=reasons, outstanding=outstanding),
        repeatability=spread,
        corridor=corridor,
        trend=trend,
        comparison=comparison,
        not_compared=not_compared,
    )


def _comparison(
    key: MeasureKey, blocks: Blocks, own: Repeatability | None
) -> tuple[BlockComparison | None, str]:
    if not blocks.before or not blocks.after:
        return None, "Expected sessions before and after, found only one block."
    try:
        return compare_blocks(blocks.before, blocks.after, key=key, repeatability=own), ""
    except NotComparableError as error:
        return None, str(error)


def _trend(
    key: MeasureKey, sessions: Sequence[SessionRecord], own: Repeatability | None
) -> Trend | None:
    try:
        return estimate_trend(sessions, key=key, repeatability=own)
    except NotComparableError:
        return None


def _corridor(key: MeasureKey, blocks: Blocks, spread: Repeatability | None) -> Corridor | None:
    values = [m.value for s in blocks.before if (m := s.measure(key))]
    if not values or spread is None:
        return None
    return Corridor(sum(values) / len(values), spread.mdc_blocks(1, len(values)))


def _points(
    key: MeasureKey,
    sessions: Sequence[SessionRecord],
    origin: datetime,
    *,
    reasons: Mapping[str, str],
    outstanding: Collection[str],
) -> tuple[CoursePoint, ...]:
    return tuple(
        CoursePoint(
            session=one,
            measure=measure,
            weeks=(one.recorded_at - origin) / WEEK,
            left_out=reasons.get(one.session_id, own_reason(one)),
            stands_out=one.session_id in outstanding,
        )
        for one in sessions
        if (measure := one.measure(key)) is not None and math.isfinite(measure.value)
    )


def _standing_out(
    key: MeasureKey,
    sessions: Sequence[SessionRecord],
    blocks: Blocks,
    spread: Repeatability | None,
    left_out: Iterable[str],
) -> frozenset[str]:
    baseline = [m.value for s in blocks.before if (m := s.measure(key))]
    if not baseline or spread is None:
        return frozenset()
    skipped, since = set(left_out), max(s.recorded_at for s in blocks.before)
    later = [
        (s.session_id, m.value)
        for s in sessions
        if s.recorded_at > since and s.session_id not in skipped and (m := s.measure(key))
    ]
    marks = find_standing_out(
        [value for _, value in later], baseline=baseline, repeatability=spread
    )
    return frozenset(name for (name, _), is_out in zip(later, marks, strict=True) if is_out)
