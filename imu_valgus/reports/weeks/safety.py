"""When a page has to say "stop and ask" first, what to look out for, and what the software is for.

The gate: pain of 4 of 10 or more, or 2 more than where the person started.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from imu_valgus.progress.course_types import Course

__all__ = [
    "INTENDED_USE",
    "SEE_A_PROFESSIONAL",
    "PainFlag",
    "PainNote",
    "find_pain_flag",
    "last_day",
    "pain_notes",
]

PAIN_LIMIT: Final = 4
PAIN_RISE: Final = 2
LOOK_BACK: Final = timedelta(days=14)
"""A flag stays open for two weeks, and longer until lower pain has been noted."""

INTENDED_USE: Final = (
    "imu_valgus shows how body segments moved, for exercise training, teaching and research. It is "
    "not a medical device: it does not diagnose, monitor, predict, prevent or treat any disease or "
    "injury, and nobody should base a decision about health or care on its numbers alone."
)

SEE_A_PROFESSIONAL: Final = (
    "your pain is 4 or more out of 10, or 2 more than at the start",
    "you had a fall or a blow, or felt a pop",
    "your knee is swollen, hot or red, or you have a fever",
    "your knee locks or gives way, or you can not stand on that leg",
    "it hurts at night or at rest, or you lose weight and do not know why",
    "your calf swells up, or you are short of breath: get help at once",
    "your leg feels numb or weak",
    "the shape of a leg is new, changes fast, or is there on one side only",
    "a child's legs change shape while the child grows",
    "you had knee or hip surgery, have weak bones, are pregnant, or your kneecap slipped out",
)
"""Ends of the sentence "See a doctor or a physiotherapist if …", in plain words."""


@dataclass(frozen=True, slots=True, order=True)
class PainNote:
    """Pain of 0 to 10 that was noted on a day, in the log or with a session."""

    day: date
    pain: int


@dataclass(frozen=True, slots=True)
class PainFlag:
    """Pain that calls for stopping and asking.

    Parameters
    ----------
    note
        The latest such note.
    start
        Pain as first noted.
    is_open
        Whether the pages have to lead with it: it is recent, or nothing lower was noted since.
    """

    note: PainNote
    start: int
    is_open: bool

    @property
    def words(self) -> str:
        """What was noted, for the professional."""
        rise = f", {self.note.pain - self.start} above the start" if self._is_rise else ""
        return f"Pain {self.note.pain} of 10 was noted on {self.note.day.isoformat()}{rise}."

    @property
    def _is_rise(self) -> bool:
        return self.note.pain - self.start >= PAIN_RISE


def pain_notes(course: Course) -> tuple[PainNote, ...]:
    """List every pain that was noted, in order of days."""
    sessions = ((s.recorded_at.date(), s.pain) for s in course.sessions)
    entries = ((entry.day, entry.pain) for entry in course.log)
    # A stable order by day alone, since what was noted first on a day is not known.
    return tuple(
        sorted(
            (PainNote(day, pain) for day, pain in (*sessions, *entries) if pain is not None),
            key=lambda note: note.day,
        )
    )


def last_day(course: Course) -> date:
    """Return the last day that anything is known of: the "today" of the pages."""
    days = [course.sessions[-1].recorded_at.date(), *(entry.day for entry in course.log)]
    return max(days)


def find_pain_flag(notes: Iterable[PainNote], *, today: date) -> PainFlag | None:
    """Look for pain that calls for stopping and asking; None where there was none.

    Parameters
    ----------
    notes
        In order of days; the first one is where the person started.
    today
        Last day that anything is known of.

    Examples
    --------
    >>> notes = [PainNote(date(2026, 3, 2), 1), PainNote(date(2026, 3, 9), 3)]
    >>> find_pain_flag(notes, today=date(2026, 3, 9)).is_open
    True
    """
    known = tuple(notes)
    if not known:
        return None
    start = known[0].pain
    high = [note for note in known if _is_high(note, start)]
    if not high:
        return None
    latest = max(high)
    lower_since = any(note.day > latest.day for note in known)
    is_recent = today - latest.day <= LOOK_BACK
    return PainFlag(latest, start, is_open=is_recent or not lower_since)


def _is_high(note: PainNote, start: int) -> bool:
    return note.pain >= PAIN_LIMIT or note.pain - start >= PAIN_RISE
