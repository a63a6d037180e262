"""Which of the proposed sessions have been recorded."""

from collections.abc import Iterable
from datetime import date, timedelta

from imu_valgus.model.progress import Purpose, SessionRecord
from imu_valgus.progress.comparability import own_reason
from imu_valgus.progress.schedule import Appointment

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
