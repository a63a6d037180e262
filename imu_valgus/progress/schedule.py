"""When to record: repeat sessions without training, baseline and closing blocks.

Which of the proposed sessions have been recorded.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from imu_valgus.errors import InputError
from imu_valgus.model.programme import LogEntry, PlannedExercise
from imu_valgus.model.progress import Purpose, SessionRecord
from imu_valgus.progress.comparability import own_reason


@dataclass(frozen=True, slots=True, order=True)
class Appointment:
    """A session to be recorded."""

    day: date
    purpose: Purpose


BLOCK_SESSIONS = 3
"""Three against three brings the MDC of a 3 degree spread from 8.3 down to 4.8 degrees."""


def propose_repeat_sessions(first_day: date) -> tuple[Appointment, ...]:
    """Propose three re-donnings on one day and three further days without training."""
    same_day = (Appointment(first_day, Purpose.REDONNING),) * 3
    later = tuple(Appointment(first_day + timedelta(days=i), Purpose.REPEAT) for i in (1, 2, 3))
    return same_day + later


def propose_programme_sessions(
    start: date, *, weeks: int = 6, per_week: int = 2
) -> tuple[Appointment, ...]:
    """Propose a baseline before the start, checks on the way and a closing block.

    Parameters
    ----------
    start
        First day of training; the baseline lies on the days before.
    weeks
        Length of the programme.
    per_week
        Checks each week, evenly spread.

    Raises
    ------
    InputError
        If the programme has no whole week or checks are not 1 to 7 a week.
    """
    if weeks < 1 or not 1 <= per_week <= 7:
        raise InputError(
            f"Expected a programme of whole weeks with 1 to 7 checks in each, "
            f"found {weeks} weeks and {per_week} checks."
        )
    end = start + timedelta(weeks=weeks)
    block = range(BLOCK_SESSIONS)
    baseline = [Appointment(start - timedelta(days=i + 1), Purpose.BASELINE) for i in block]
    closing = [Appointment(end + timedelta(days=i), Purpose.CLOSING) for i in block]
    step = 7.0 / per_week
    days = (start + timedelta(days=round(step * (i + 1))) for i in range(weeks * per_week))
    checks = [Appointment(day, Purpose.CHECK) for day in days if day < end]
    return tuple(sorted([*baseline, *checks, *closing]))


@dataclass(frozen=True, slots=True)
class WeekAdherence:
    """How much of one week's plan was done.

    Parameters
    ----------
    week
        Counted from 0 at the programme's start.
    done, planned
        Exercise occasions; more than planned of one exercise do not make up for another.
    """

    week: int
    done: int
    planned: int

    @property
    def share(self) -> float:
        """Done over planned, 0 to 1."""
        return self.done / self.planned


def measure_adherence(
    entries: Iterable[LogEntry],
    *,
    start: date,
    plan: Iterable[PlannedExercise],
    through: date,
) -> tuple[WeekAdherence, ...]:
    """Count done against planned exercises for every whole week until a day.

    Parameters
    ----------
    entries
        The daily log, in any order; an exercise counts once a day.
    start
        First day of week 0.
    plan
        What was planned; an empty plan gives no weeks.
    through
        Last day looked at; a week that is not over by then is not judged.
    """
    planned = {item.exercise: item.times_per_week for item in plan}
    if not planned:
        return ()
    done = {(entry.day, entry.exercise) for entry in entries if entry.exercise in planned}
    weeks = ((through - start).days + 1) // 7
    result = []
    for week in range(weeks):
        first = start + timedelta(weeks=week)
        days = [(day, name) for day, name in done if first <= day < first + timedelta(weeks=1)]
        count = sum(
            min(sum(1 for _, name in days if name == exercise), times)
            for exercise, times in planned.items()
        )
        result.append(WeekAdherence(week, count, sum(planned.values())))
    return tuple(result)


_AT_MOST = {Purpose.CHECK: timedelta(days=2)}
"""Checks lie close together, so that a late one must not pass for the next."""

_AT_MOST_ELSE = timedelta(days=14)

Kept = tuple[tuple[Appointment, SessionRecord | None], ...]


def match_appointments(
    appointments: Iterable[Appointment], sessions: Iterable[SessionRecord]
) -> Kept:
    """Find the session that was recorded for each appointment.

    A session fits an appointment of its purpose, the nearest one first: a check at most two days
    away, others at most two weeks. Of a day one session counts, but for re-donnings. Sessions that
    do not count by themselves fit nothing.

    Parameters
    ----------
    appointments
        As proposed.
    sessions
        Of one person.

    Returns
    -------
    tuple of (Appointment, SessionRecord or None)
        In order of days.
    """
    wanted = sorted(appointments)
    ordered = sorted(
        (s for s in sessions if not own_reason(s)), key=lambda s: (s.recorded_at, s.session_id)
    )
    pairs = sorted(
        (away, place, number)
        for place, appointment in enumerate(wanted)
        for number, session in enumerate(ordered)
        if session.purpose is appointment.purpose
        and (away := abs(session.recorded_at.date() - appointment.day))
        <= _AT_MOST.get(appointment.purpose, _AT_MOST_ELSE)
    )
    found: dict[int, SessionRecord] = {}
    taken: set[object] = set()
    for _, place, number in pairs:
        occasion = _occasion(ordered[number], number)
        if place not in found and occasion not in taken:
            found[place] = ordered[number]
            taken.add(occasion)
    return tuple((one, found.get(place)) for place, one in enumerate(wanted))


def _occasion(session: SessionRecord, number: int) -> tuple[Purpose | None, date | int]:
    is_redonning = session.purpose is Purpose.REDONNING
    return session.purpose, number if is_redonning else session.recorded_at.date()
