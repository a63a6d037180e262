"""The schedule of a programme: proposed sessions, which were recorded, and training done."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from imu_valgus.errors import InputError
from imu_valgus.model.programme import LogEntry, PlannedExercise
from imu_valgus.model.progress import Purpose, SessionRecord
from imu_valgus.progress.comparability import own_reason

BLOCK_SESSIONS: Final = 3
"""Three against three brings the MDC of a 3 degree spread from 8.3 down to 4.8 degrees."""

_CHECK_WITHIN: Final = timedelta(days=2)
"""Checks lie close together, so a late one must not pass for the next."""
_OTHERS_WITHIN: Final = timedelta(days=14)


@dataclass(frozen=True, slots=True, order=True)
class Appointment:
    """A session to be recorded.

    Parameters
    ----------
    day
        Day of the session.
    purpose
        Purpose of the session.
    """

    day: date
    purpose: Purpose


Kept = tuple[tuple[Appointment, SessionRecord | None], ...]


@dataclass(frozen=True, slots=True)
class WeekAdherence:
    """How much of one week's plan was done.

    Parameters
    ----------
    week
        Number of the week, counted from 0 at the programme's start.
    done, planned
        Number of exercise occasions. Doing more of one exercise than planned does not make up for
        another.
    """

    week: int
    done: int
    planned: int

    @property
    def share(self) -> float:
        """Done over planned, 0 to 1."""
        return self.done / self.planned


def propose_repeat_sessions(first_day: date) -> tuple[Appointment, ...]:
    """Propose three re-donnings on one day and one session on each of three further days.

    Parameters
    ----------
    first_day
        Day of the re-donnings; there is no training on this and the next three days.

    Returns
    -------
    tuple of Appointment
        Six appointments in order.
    """
    same_day = (Appointment(first_day, Purpose.REDONNING),) * 3
    later = tuple(Appointment(first_day + timedelta(days=i), Purpose.REPEAT) for i in (1, 2, 3))
    return same_day + later


def propose_programme_sessions(
    start: date, *, weeks: int = 6, per_week: int = 2
) -> tuple[Appointment, ...]:
    """Propose a baseline before a programme, checks during it and a closing block after it.

    Parameters
    ----------
    start
        First day of training; the baseline lies on the days before.
    weeks
        Length of the programme in weeks.
    per_week
        Number of checks each week, evenly spread.

    Returns
    -------
    tuple of Appointment
        Appointments in order.

    Raises
    ------
    InputError
        If the programme has no whole week or checks are not 1 to 7 a week.
    """
    if weeks < 1 or not 1 <= per_week <= 7:
        raise InputError(
            f"A programme of {weeks} weeks with {per_week} checks a week cannot be planned. Choose "
            "one or more whole weeks, with 1 to 7 checks in each."
        )
    end = start + timedelta(weeks=weeks)
    block = range(BLOCK_SESSIONS)
    baseline = [Appointment(start - timedelta(days=i + 1), Purpose.BASELINE) for i in block]
    closing = [Appointment(end + timedelta(days=i), Purpose.CLOSING) for i in block]
    step = 7.0 / per_week
    days = (start + timedelta(days=round(step * (i + 1))) for i in range(weeks * per_week))
    checks = [Appointment(day, Purpose.CHECK) for day in days if day < end]
    return tuple(sorted([*baseline, *checks, *closing]))


def match_appointments(
    appointments: Iterable[Appointment], sessions: Iterable[SessionRecord]
) -> Kept:
    """Find the session that was recorded for each appointment.

    A session fits an appointment of its purpose, the nearest one first: a check at most two days
    away, others at most two weeks. Only one session of a day counts, except for re-donnings.
    Sessions that were set aside or poorly calibrated fit none.

    Parameters
    ----------
    appointments
        Proposed appointments, in any order.
    sessions
        Sessions of one person, in any order.

    Returns
    -------
    tuple of (Appointment, SessionRecord or None)
        Appointments in order of days, each with its session.
    """
    proposed = sorted(appointments)
    recorded = sorted(
        (s for s in sessions if not own_reason(s)), key=lambda s: (s.recorded_at, s.session_id)
    )
    pairs = sorted(
        (away, place, number)
        for place, appointment in enumerate(proposed)
        for number, session in enumerate(recorded)
        if session.purpose is appointment.purpose
        and (away := abs(session.recorded_at.date() - appointment.day))
        <= (_CHECK_WITHIN if appointment.purpose is Purpose.CHECK else _OTHERS_WITHIN)
    )
    found: dict[int, SessionRecord] = {}
    taken: set[tuple[Purpose | None, date | int]] = set()
    for _, place, number in pairs:
        session = recorded[number]
        is_redonning = session.purpose is Purpose.REDONNING
        occasion = (session.purpose, number if is_redonning else session.recorded_at.date())
        if place not in found and occasion not in taken:
            found[place] = session
            taken.add(occasion)
    return tuple((appointment, found.get(place)) for place, appointment in enumerate(proposed))


def measure_adherence(
    entries: Iterable[LogEntry], *, start: date, plan: Iterable[PlannedExercise], through: date
) -> tuple[WeekAdherence, ...]:
    """Count done against planned exercises for every whole week up to a day.

    Parameters
    ----------
    entries
        Entries of the daily log, in any order; an exercise counts once a day.
    start
        First day of week 0.
    plan
        Planned exercises; an empty plan gives no weeks.
    through
        Last day to consider; a week that is not over by then is left out.

    Returns
    -------
    tuple of WeekAdherence
        Weeks in order.
    """
    planned = {item.exercise: item.times_per_week for item in plan}
    if not planned:
        return ()
    done = {(entry.day, entry.exercise) for entry in entries if entry.exercise in planned}
    result = []
    for week in range(((through - start).days + 1) // 7):
        first = start + timedelta(weeks=week)
        times = Counter(
            exercise for day, exercise in done if first <= day < first + timedelta(weeks=1)
        )
        count = sum(min(times[exercise], at_most) for exercise, at_most in planned.items())
        result.append(WeekAdherence(week, count, sum(planned.values())))
    return tuple(result)
