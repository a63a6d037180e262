"""A person's whole course: every measure with its spread, trend, comparison and what stands out.

The course of one measure: own spread, corridor, trend, comparison, what stands out.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from imu_valgus.errors import InputError, NotComparableError
from imu_valgus.model.programme import LogEntry, Programme
from imu_valgus.model.progress import Measure, MeasureKey, SessionRecord, all_keys
from imu_valgus.progress.comparability import (
    LeftOut,
    check_comparable,
    check_one_person,
    find_differences,
    own_reason,
)
from imu_valgus.progress.compare import BlockComparison, compare_blocks
from imu_valgus.progress.course_blocks import (
    Blocks,
    CountedSessions,
    Day,
    by_day,
    choose_blocks,
    counted_sessions,
    in_order,
    repeat_groups,
)
from imu_valgus.progress.course_types import WEEK, BaselineBand, Course, CoursePoint, MeasureCourse
from imu_valgus.progress.flags import find_standing_out
from imu_valgus.progress.repeatability import (
    Repeatability,
    assumed_repeatability,
    estimate_repeatability,
)
from imu_valgus.progress.schedule import measure_adherence
from imu_valgus.progress.trend import Trend, estimate_trend

MEAN_OF_DAY = "Several sessions of one day count as their mean."


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
    having = [session for session in group if session.measure(key)]
    return [
        s
        for s in having
        if not any(
            d.forbids for d in find_differences(s.conditions, having[-1].conditions, key=key)
        )
    ]


def compare_days(
    before: Sequence[SessionRecord],
    after: Sequence[SessionRecord],
    *,
    key: MeasureKey,
    repeatability: Repeatability | None = None,
) -> BlockComparison:
    """Compare two blocks of sessions of one person, each day of a block counting once.

    Donnings of one day share what makes the day. Taken as sessions of their own they would make
    the interval and the MDC smaller than they are, so their mean stands for the day.

    Parameters
    ----------
    before, after
        The blocks, in any order.
    key
        Which measure, task and leg.
    repeatability
        The person's own, None for the marked default of the unit.

    Raises
    ------
    NotComparableError
        As :func:`~imu_valgus.progress.compare.compare_blocks` does.
    """
    counted = [s for s in (*before, *after) if _counts(s, key)]
    # Sessions that go into a mean must fit each other, too, and their reservations be told.
    reservations = check_comparable(counted, key=key)
    compared = compare_blocks(
        _one_a_day(before, key), _one_a_day(after, key), key=key, repeatability=repeatability
    )
    added = tuple(words for words in compared.reservations if words not in reservations)
    if len(compared.before) + len(compared.after) < len(counted):
        added = (*added, MEAN_OF_DAY)
    return replace(compared, reservations=reservations + added)


def _counts(session: SessionRecord, key: MeasureKey) -> bool:
    return session.measure(key) is not None and not own_reason(session)


def _one_a_day(sessions: Sequence[SessionRecord], key: MeasureKey) -> list[SessionRecord]:
    """Replace the sessions of a day by their mean; what does not count stays, to be told."""
    days = by_day([s for s in sessions if _counts(s, key)])
    means = [day[0] if len(day) == 1 else _mean_of_day(day, key) for day in days]
    return [*means, *(s for s in sessions if not _counts(s, key))]


def _mean_of_day(day: Day, key: MeasureKey) -> SessionRecord:
    measures = [measure for s in day if (measure := s.measure(key))]
    mean = sum(measure.value for measure in measures) / len(measures)
    n = sum(measure.n for measure in measures)
    return replace(day[-1], measures=(Measure(key, mean, math.nan, (), n),))


def course_of_measure(
    key: MeasureKey,
    sessions: Sequence[SessionRecord],
    *,
    origin: datetime,
    programme: Programme | None,
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
    programme
        Its start ends the baseline; None where there is none.
    repeats
        Groups of repeat sessions for the person's own spread.
    """
    own = own_repeatability(repeats, key=key)
    spread = own or assumed_repeatability(key.unit)
    counted = counted_sessions(key, sessions, programme)
    comparison, not_compared = _comparison(key, counted, own)
    trend, no_trend = _trend(key, counted, own)
    left_out = _in_order(trend.left_out if trend else counted.left_out, sessions)
    reasons = {one.session_id: one.reason for one in left_out}
    outstanding = _standing_out(key, counted, spread, reasons)
    return MeasureCourse(
        key=key,
        points=_points(key, sessions, origin, reasons=reasons, outstanding=outstanding),
        repeatability=spread,
        band=_baseline_band(key, counted.blocks, spread),
        trend=trend,
        comparison=comparison,
        not_compared=not_compared,
        blocks=counted.blocks,
        left_out=left_out,
        no_trend=no_trend,
    )


def _in_order(
    left_out: Sequence[LeftOut], sessions: Sequence[SessionRecord]
) -> tuple[LeftOut, ...]:
    place = {session.session_id: index for index, session in enumerate(sessions)}
    return tuple(sorted(left_out, key=lambda one: place[one.session_id]))


def _comparison(
    key: MeasureKey, counted: CountedSessions, own: Repeatability | None
) -> tuple[BlockComparison | None, str]:
    blocks = counted.blocks
    if not blocks.before or not blocks.after:
        why = " ".join(dict.fromkeys(one.reason for one in counted.left_out))
        n = len(blocks.before)
        found = f"{n} that count{'s' if n == 1 else ''} before and none after" if n else "none"
        return None, (
            f"Expected sessions with {key.words} before and after, found {found}: "
            f"{why or 'record more sessions.'}"
        )
    try:
        compared = compare_days(blocks.before, blocks.after, key=key, repeatability=own)
    except NotComparableError as error:
        return None, str(error)
    return replace(compared, left_out=counted.left_out), ""


def _trend(
    key: MeasureKey, counted: CountedSessions, own: Repeatability | None
) -> tuple[Trend | None, str]:
    try:
        trend = estimate_trend(counted.sessions, key=key, repeatability=own)
    except (NotComparableError, InputError) as error:
        return None, str(error)
    return replace(trend, left_out=counted.left_out + trend.left_out), ""


def _baseline_band(
    key: MeasureKey, blocks: Blocks, spread: Repeatability | None
) -> BaselineBand | None:
    values = _values_of_days(blocks.before, key)
    if not values or spread is None:
        return None
    return BaselineBand(sum(values) / len(values), spread.mdc_blocks(1, len(values)))


def _values_of_days(sessions: Sequence[SessionRecord], key: MeasureKey) -> list[float]:
    return [m.value for s in _one_a_day(sessions, key) if (m := s.measure(key))]


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
            left_out=reasons.get(one.session_id, ""),
            stands_out=one.session_id in outstanding,
        )
        for one in sessions
        if (measure := one.measure(key)) is not None
    )


def _standing_out(
    key: MeasureKey,
    counted: CountedSessions,
    spread: Repeatability | None,
    left_out: Collection[str],
) -> frozenset[str]:
    """Name the sessions of two days in a row outside the corridor: donnings of a day are one."""
    baseline = _values_of_days(counted.blocks.before, key)
    if not baseline or spread is None:
        return frozenset()
    since = counted.blocks.before[-1].recorded_at
    later = [s for s in counted.sessions if s.recorded_at > since and s.session_id not in left_out]
    marks = find_standing_out(_values_of_days(later, key), baseline=baseline, repeatability=spread)
    days = zip(by_day(later), marks, strict=True)
    return frozenset(s.session_id for day, is_out in days if is_out for s in day)


def review_course(
    sessions: Sequence[SessionRecord],
    *,
    programme: Programme | None = None,
    log: Iterable[LogEntry] = (),
    through: date | None = None,
    keys: Iterable[MeasureKey] | None = None,
) -> Course:
    """Put together what the sessions of one person say.

    Parameters
    ----------
    sessions
        Of one person, in any order.
    programme, log
        What was planned and done.
    through
        Last day for adherence; None: the last session's or log entry's, whichever is later.
    keys
        Which measures; None: all that at least one session has.

    Raises
    ------
    InputError
        If there is no session.
    NotComparableError
        If the sessions are of several people.
    """
    if not sessions:
        raise InputError("Expected at least one session of the person, found none: add one first.")
    check_one_person(sessions)
    ordered = in_order(sessions)
    entries = tuple(sorted(log, key=lambda entry: entry.day))
    repeats = repeat_groups(ordered)
    origin = _origin(ordered[0], programme)
    wanted = all_keys(ordered) if keys is None else tuple(keys)
    last = through or max([ordered[-1].recorded_at.date(), *(entry.day for entry in entries)])
    return Course(
        person=ordered[0].person,
        sessions=ordered,
        origin=origin,
        programme=programme,
        log=entries,
        adherence=(
            measure_adherence(entries, start=programme.start, plan=programme.plan, through=last)
            if programme
            else ()
        ),
        blocks=choose_blocks(ordered, programme),
        repeats=repeats,
        measures=tuple(
            course_of_measure(key, ordered, origin=origin, programme=programme, repeats=repeats)
            for key in wanted
        ),
    )


def _origin(first: SessionRecord, programme: Programme | None) -> datetime:
    if programme is None:
        return first.recorded_at
    return datetime.combine(programme.start, datetime.min.time(), first.recorded_at.tzinfo)
