"""Safety words of the pages: when to stop and ask, when to see a professional, intended use.

A page says "stop and ask" if pain was 4 of 10 or more, or 2 more than at the start.
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
"""A flag stays open for two weeks, and after that until lower pain is noted."""

INTENDED_USE: Final = (
    "imu_valgus shows how body segments moved, for exercise training, teaching and research. It is "
    "not a medical device: it does not diagnose, monitor, predict, prevent or treat any disease or "
    "injury, and nobody should base a decision about health or care on its numbers alone."
)

SEE_A_PROFESSIONAL: Final = (
    "your pain is 4 or more out of 10, or 2 more than at the start",
    "you had a fall or a blow, or felt a pop",
    "your knee is swollen, hot or red, or you have a fever",
    "your knee locks or gives way, or you cannot stand on that leg",
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
    """Pain noted on a day, in the log or with a session.

    Parameters
    ----------
    day
        The day.
    pain
        Pain from 0 to 10.
    """

    day: date
    pain: int


@dataclass(frozen=True, slots=True)
class PainFlag:
    """Pain that is a reason to stop and ask.

    Parameters
    ----------
    note
        Latest note of such pain.
    start
        Pain in the first note.
    is_open
        Whether the pages begin with it, because it is recent or no lower pain was noted since.
    """

    note: PainNote
    start: int
    is_open: bool

    @property
    def words(self) -> str:
        """Sentence for the professional on what was noted."""
        rise = self.note.pain - self.start
        above = f", {rise} above the start" if rise >= PAIN_RISE else ""
        return f"Pain {self.note.pain} of 10 was noted on {self.note.day.isoformat()}{above}."


def pain_notes(course: Course) -> tuple[PainNote, ...]:
    """Return every note of pain, in the log or with a session.

    Parameters
    ----------
    course
        Course with its log and sessions.

    Returns
    -------
    tuple of PainNote
        Notes in order of days.
    """
    sessions = ((s.recorded_at.date(), s.pain) for s in course.sessions)
    entries = ((entry.day, entry.pain) for entry in course.log)
    # Sorted by day only: which note of a day came first is not known.
    notes = (PainNote(day, pain) for day, pain in (*sessions, *entries) if pain is not None)
    return tuple(sorted(notes, key=lambda note: note.day))


def last_day(course: Course) -> date:
    """Return the last day with a session or a log entry, the "today" of the pages.

    Parameters
    ----------
    course
        Course with at least one session.

    Returns
    -------
    date
        The day.
    """
    return max([course.sessions[-1].recorded_at.date(), *(entry.day for entry in course.log)])


def find_pain_flag(notes: Iterable[PainNote], *, today: date) -> PainFlag | None:
    """Find the latest pain that is a reason to stop and ask.

    Parameters
    ----------
    notes
        Notes in order of days; the first one is the start.
    today
        Last day with a session or a log entry.

    Returns
    -------
    PainFlag or None
        None if there was no such pain.

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
    high = [note for note in known if note.pain >= PAIN_LIMIT or note.pain - start >= PAIN_RISE]
    if not high:
        return None
    latest = max(high)
    lower_since = any(note.day > latest.day for note in known)
    is_recent = today - latest.day <= LOOK_BACK
    return PainFlag(latest, start, is_open=is_recent or not lower_since)
