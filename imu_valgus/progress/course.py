"""A person's whole course: for every measure its spread, baseline band, trend and comparison."""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from imu_valgus.errors import InputError, NotComparableError
from imu_valgus.model import BoolArray
from imu_valgus.model.programme import LogEntry, Programme
from imu_valgus.model.progress import Measure, MeasureKey, SessionRecord, all_keys
from imu_valgus.progress.comparability import (
    check_comparable,
    check_one_person,
    reason_not_comparable,
    reason_not_counted,
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
from imu_valgus.progress.repeatability import (
    Repeatability,
    assumed_repeatability,
    estimate_repeatability,
)
from imu_valgus.progress.schedule import WeekAdherence, measure_adherence
from imu_valgus.progress.trend import Trend, estimate_trend

MEAN_OF_DAY: Final = "Sessions of the same day count as their mean."


def review_course(
    sessions: Sequence[SessionRecord],
    *,
    programme: Programme | None = None,
    log: Iterable[LogEntry] = (),
    through: date | None = None,
    keys: Iterable[MeasureKey] | None = None,
) -> Course:
    """Put together what the sessions of one person show.

    Parameters
    ----------
    sessions
        Sessions of one person, in any order.
    programme, log
        What was planned, and what was done.
    through
        Last day for adherence; None for that of the last session or log entry, whichever is
        later.
    keys
        Measures to follow; None for all that at least one session has.

    Returns
    -------
    Course
        Everything that plots, reports and commands show of these weeks.

    Raises
    ------
    InputError
        If there is no session.
    NotComparableError
        If the sessions are of several people.
    """
    if not sessions:
        raise InputError("The person has no sessions yet. Add at least one session first.")
    check_one_person(sessions)
    ordered = in_order(sessions)
    entries = tuple(sorted(log, key=lambda entry: entry.day))
    repeats = repeat_groups(ordered)
    last = through or max([ordered[-1].recorded_at.date(), *(entry.day for entry in entries)])
    origin = ordered[0].recorded_at
    adherence: tuple[WeekAdherence, ...] = ()
    if programme is not None:
        origin = datetime.combine(programme.start, datetime.min.time(), origin.tzinfo)
        adherence = measure_adherence(
            entries, start=programme.start, plan=programme.plan, through=last
        )
    return Course(
        person=ordered[0].person,
        sessions=ordered,
        origin=origin,
        programme=programme,
        log=entries,
        adherence=adherence,
        blocks=choose_blocks(ordered, programme),
        repeats=repeats,
        measures=tuple(
            _course_of_measure(key, ordered, origin=origin, programme=programme, repeats=repeats)
            for key in (all_keys(ordered) if keys is None else keys)
        ),
    )


def own_repeatability(
    groups: Sequence[Sequence[SessionRecord]], *, key: MeasureKey
) -> Repeatability | None:
    """Estimate a person's own spread of one measure.

    Parameters
    ----------
    groups
        Groups of repeat sessions in order of time. Of each group only the sessions that may be
        compared with its latest one enter.
    key
        Measure, task and leg.

    Returns
    -------
    Repeatability or None
        The spread; None where there are not enough repeat sessions.
    """
    values = []
    for group in groups:
        having = [(s, measure.value) for s in group if (measure := s.measure(key))]
        values.append(
            [
                value
                for s, value in having
                if not reason_not_comparable(s.conditions, having[-1][0].conditions, key=key)
            ]
        )
    try:
        return estimate_repeatability(values)
    except InputError:
        return None


def compare_days(
    before: Sequence[SessionRecord],
    after: Sequence[SessionRecord],
    *,
    key: MeasureKey,
    repeatability: Repeatability | None = None,
) -> BlockComparison:
    """Compare two blocks of sessions of one person, each day of a block counting once.

    Donnings of one day share the effects of that day. Counted as separate sessions they would
    make the interval and the MDC smaller than they are, so their mean stands for the day.

    Parameters
    ----------
    before, after
        Sessions of the two blocks, in any order.
    key
        Measure, task and leg.
    repeatability
        The person's own repeatability; None for the default of the unit, which is marked as
        assumed.

    Returns
    -------
    BlockComparison
        The change with its interval, MDC and verdict.

    Raises
    ------
    NotComparableError
        As :func:`~imu_valgus.progress.compare.compare_blocks` does.
    """
    counted = [s for s in (*before, *after) if not reason_not_counted(s, key)]
    # Sessions that enter a mean must be comparable too, and their reservations are reported.
    reservations = check_comparable(counted, key=key)
    compared = compare_blocks(
        _one_a_day(before, key), _one_a_day(after, key), key=key, repeatability=repeatability
    )
    added = tuple(words for words in compared.reservations if words not in reservations)
    if len(compared.before) + len(compared.after) < len(counted):
        added = (*added, MEAN_OF_DAY)
    return replace(compared, reservations=reservations + added)


def find_standing_out(
    values: npt.ArrayLike, *, baseline: npt.ArrayLike, repeatability: Repeatability
) -> BoolArray:
    """Mark sessions outside the baseline band, where at least two in a row are on one side.

    Among twenty sessions of an unchanged person one or more lies outside a 95 % band more often
    than not, so a single one shows nothing.

    Parameters
    ----------
    values
        Values of the sessions after the baseline in order of time, shape (..., n).
    baseline
        Values of the baseline sessions, shape (..., m).
    repeatability
        Spread that the band follows from: baseline mean ± t SEM √(1 + 1/m), with Student's t for
        the degrees of freedom of the SEM (1.96 where it is assumed).

    Returns
    -------
    BoolArray
        True for every session of such a run, shape (..., n).
    """
    before = np.asarray(baseline, dtype=np.float64)
    half = repeatability.t95 * repeatability.sem * math.sqrt(1.0 + 1.0 / before.shape[-1])
    away = np.asarray(values, dtype=np.float64) - before.mean(axis=-1, keepdims=True)
    marked = np.zeros(away.shape, dtype=np.bool_)
    for outside in (away > half, away < -half):
        pairs = outside[..., 1:] & outside[..., :-1]
        marked[..., 1:] |= pairs
        marked[..., :-1] |= pairs
    return marked


def _course_of_measure(
    key: MeasureKey,
    sessions: Sequence[SessionRecord],
    *,
    origin: datetime,
    programme: Programme | None,
    repeats: Sequence[Sequence[SessionRecord]],
) -> MeasureCourse:
    """Put together what sessions in order of time show about one measure."""
    own = own_repeatability(repeats, key=key)
    spread = own or assumed_repeatability(key.unit)
    counted = counted_sessions(key, sessions, programme)
    comparison, not_compared = _comparison(key, counted, own)
    trend, no_trend = _trend(key, counted, own)
    place = {session.session_id: index for index, session in enumerate(sessions)}
    left_out = sorted(
        trend.left_out if trend else counted.left_out, key=lambda left: place[left.session_id]
    )
    reasons = {left.session_id: left.reason for left in left_out}
    outside = _outside_baseline(key, counted, spread, reasons)
    return MeasureCourse(
        key=key,
        points=tuple(
            CoursePoint(
                session=session,
                measure=measure,
                weeks=(session.recorded_at - origin) / WEEK,
                left_out=reasons.get(session.session_id, ""),
                stands_out=session.session_id in outside,
            )
            for session in sessions
            if (measure := session.measure(key)) is not None
        ),
        repeatability=spread,
        band=_baseline_band(key, counted.blocks, spread),
        trend=trend,
        comparison=comparison,
        not_compared=not_compared,
        blocks=counted.blocks,
        left_out=tuple(left_out),
        no_trend=no_trend,
    )


def _comparison(
    key: MeasureKey, counted: CountedSessions, own: Repeatability | None
) -> tuple[BlockComparison | None, str]:
    """Compare baseline and close, or return why not."""
    blocks = counted.blocks
    if not blocks.before or not blocks.after:
        n = len(blocks.before)
        found = f"{n} count{'s' if n == 1 else ''} before and none after" if n else "none counts"
        why = " ".join(dict.fromkeys(left.reason for left in counted.left_out))
        return None, (
            f"A comparison needs sessions with {key.words} before and after, but {found}. "
            f"{why or 'Record more sessions.'}"
        )
    try:
        compared = compare_days(blocks.before, blocks.after, key=key, repeatability=own)
    except NotComparableError as error:
        return None, str(error)
    return replace(compared, left_out=counted.left_out), ""


def _trend(
    key: MeasureKey, counted: CountedSessions, own: Repeatability | None
) -> tuple[Trend | None, str]:
    """Estimate the trend, or return why there is none."""
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


def _outside_baseline(
    key: MeasureKey,
    counted: CountedSessions,
    spread: Repeatability | None,
    left_out: Collection[str],
) -> frozenset[str]:
    """Name the sessions of two days in a row outside the band; donnings of a day count once."""
    baseline = _values_of_days(counted.blocks.before, key)
    if not baseline or spread is None:
        return frozenset()
    since = counted.blocks.before[-1].recorded_at
    later = [s for s in counted.sessions if s.recorded_at > since and s.session_id not in left_out]
    marks = find_standing_out(_values_of_days(later, key), baseline=baseline, repeatability=spread)
    days = zip(by_day(later), marks, strict=True)
    return frozenset(s.session_id for day, is_outside in days if is_outside for s in day)


def _values_of_days(sessions: Sequence[SessionRecord], key: MeasureKey) -> list[float]:
    return [m.value for s in _one_a_day(sessions, key) if (m := s.measure(key))]


def _one_a_day(sessions: Sequence[SessionRecord], key: MeasureKey) -> list[SessionRecord]:
    """Replace the sessions of a day by their mean; those that do not count stay as they are."""
    left_out = [s for s in sessions if reason_not_counted(s, key)]
    days = by_day([s for s in sessions if not reason_not_counted(s, key)])
    means = [day[0] if len(day) == 1 else _mean_of_day(day, key) for day in days]
    return [*means, *left_out]


def _mean_of_day(day: Day, key: MeasureKey) -> SessionRecord:
    measures = [measure for s in day if (measure := s.measure(key))]
    mean = sum(measure.value for measure in measures) / len(measures)
    n = sum(measure.n for measure in measures)
    return replace(day[-1], measures=(Measure(key, mean, math.nan, (), n),))
