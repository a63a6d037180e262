"""A person's whole course: every measure with its spread, trend, comparison and what stands out."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from imu_valgus.errors import InputError
from imu_valgus.model.programme import LogEntry, Programme
from imu_valgus.model.progress import MeasureKey, SessionRecord, all_keys
from imu_valgus.pipeline.course_blocks import choose_blocks, in_order, repeat_groups
from imu_valgus.pipeline.course_measures import course_of_measure
from imu_valgus.pipeline.course_types import Course
from imu_valgus.progress.comparability import check_one_person
from imu_valgus.progress.schedule import measure_adherence


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
