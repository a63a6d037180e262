"""Sentences on what went well and what to try next, each backed by a number in the data.

Nothing is invented or praised. If the data support fewer sentences, the page has fewer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Final

from imu_valgus.exercises import CATALOGUE
from imu_valgus.model import Grade, Side, Task
from imu_valgus.model.progress import SessionRecord
from imu_valgus.progress.comparability import own_reason
from imu_valgus.progress.course_types import Course
from imu_valgus.progress.schedule import BLOCK_SESSIONS
from imu_valgus.reports.weeks.page import Advice
from imu_valgus.reports.weeks.safety import last_day, pain_notes
from imu_valgus.reports.wording import counted

__all__ = ["Repeated", "next_cue", "repetitions_of", "what_to_try", "what_went_well"]

MOST_WELL: Final = 3
KEPT_SHARE: Final = 0.8
"""Share of a week's plan that counts as kept, four of five planned times; our choice."""
_WEEK: Final = timedelta(days=7)
_ENOUGH_REPETITIONS: Final = 8
"""Number of valid repetitions that the step-up score needs."""
_FIRST_VERDICT_SESSIONS: Final = 2 * BLOCK_SESSIONS


@dataclass(frozen=True, slots=True)
class Repeated:
    """Number of repetitions that were measured in a session.

    Parameters
    ----------
    task
        The exercise.
    side
        The leg, None for both legs together.
    count
        Number of repetitions.
    """

    task: Task
    side: Side | None
    count: int


def repetitions_of(session: SessionRecord) -> tuple[Repeated, ...]:
    """Count the repetitions that were measured in a session.

    Parameters
    ----------
    session
        Session with its measures.

    Returns
    -------
    tuple of Repeated
        Counts by task and leg, without walking and standing.
    """
    counts: dict[tuple[Task, Side | None], int] = {}
    for measure in session.measures:
        place = (measure.key.task, measure.key.side)
        if measure.key.task not in (Task.WALK, Task.STANDING):
            counts[place] = max(counts.get(place, 0), measure.n)
    order = sorted(counts, key=lambda place: (place[0], place[1] or ""))
    return tuple(Repeated(task, side, counts[task, side]) for task, side in order)


def what_went_well(course: Course) -> tuple[str, ...]:
    """Say what went well.

    Parameters
    ----------
    course
        Course with at least one session.

    Returns
    -------
    tuple of str
        At most three sentences.
    """
    sentences = (sentence for make in _WELL for sentence in make(course))
    return tuple(islice(sentences, MOST_WELL))


def _kept_plan(course: Course) -> Iterator[str]:
    if course.adherence and course.adherence[-1].share >= KEPT_SHARE:
        week = course.adherence[-1]
        yield (
            f"Your log for week {week.week + 1} shows {week.done} of {week.planned} planned "
            "exercises."
        )


def _measured_repetitions(course: Course) -> Iterator[str]:
    latest = course.sessions[-1]
    if own_reason(latest):
        return
    legs = [leg for leg in repetitions_of(latest) if leg.task is Task.STEP_UP and leg.side]
    if legs and all(leg.count >= _ENOUGH_REPETITIONS for leg in legs):
        words = " and ".join(f"{leg.count} {leg.side}" for leg in legs)
        yield f"We could measure enough step-ups last time: {words}."


def _finished_start(course: Course) -> Iterator[str]:
    n = len(course.blocks.before)
    if n >= BLOCK_SESSIONS:
        yield f"Your start is on record with {n} sessions."


def _knows_own_spread(course: Course) -> Iterator[str]:
    n = sum(len(group) for group in course.repeats)
    if any(m.repeatability and not m.repeatability.is_assumed for m in course.measures):
        yield f"You did {n} repeat sessions, so we know how much your numbers vary by day."


def _low_pain(course: Course) -> Iterator[str]:
    since = last_day(course) - _WEEK
    recent = [note for note in pain_notes(course) if note.day > since]
    if recent and not any(note.pain for note in recent):
        yield f"You noted pain {counted(len(recent), 'time')} in the last week: 0 each time."


def _sat_firmly(course: Course) -> Iterator[str]:
    latest = course.sessions[-1]
    if latest.conditions.calibration is Grade.GOOD and not latest.set_aside:
        yield "Your sensors sat well last time."


def _came_back(course: Course) -> Iterator[str]:
    n = sum(not own_reason(session) for session in course.sessions)
    if n > 1:
        yield f"You have done {n} sessions that count."


_WELL: Final = (
    _kept_plan, _measured_repetitions, _knows_own_spread, _finished_start, _low_pain, _came_back,
    _sat_firmly,
)  # fmt: skip


def what_to_try(course: Course) -> str:
    """Say one thing to try next.

    Parameters
    ----------
    course
        Course with at least one session.

    Returns
    -------
    str
        One point in a sentence or two; empty if the data suggest none.
    """
    return next((sentence for make in _TO_TRY for sentence in make(course)), "")


def _fit_sensors(course: Course) -> Iterator[str]:
    latest = course.sessions[-1]
    if latest.conditions.calibration is not Grade.GOOD:
        yield (
            "Put the straps on firmly next time. Then stand still and do the bends slowly, so the "
            "sensors can find your leg."
        )


def _do_enough(course: Course) -> Iterator[str]:
    legs = [leg for leg in repetitions_of(course.sessions[-1]) if leg.task is Task.STEP_UP]
    few = [leg for leg in legs if leg.count < _ENOUGH_REPETITIONS]
    if few:
        yield (
            f"Do 10 step-ups with each leg next time. Last time we could use {few[0].count} on "
            f"the {few[0].side or 'same'} side."
        )


def _keep_plan(course: Course) -> Iterator[str]:
    is_logged = any(entry.exercise for entry in course.log)
    if is_logged and course.adherence and course.adherence[-1].share < KEPT_SHARE:
        week = course.adherence[-1]
        yield (
            f"Pick a fixed time of day for your exercises. Your log for week {week.week + 1} shows "
            f"{week.done} of {week.planned}."
        )


def _record_more(course: Course) -> Iterator[str]:
    missing = _FIRST_VERDICT_SESSIONS - sum(not own_reason(session) for session in course.sessions)
    if missing > 0:
        yield (
            f"Plan {counted(missing, 'more session')}. It takes {_FIRST_VERDICT_SESSIONS} that "
            "count to speak of a change."
        )


def _write_log(course: Course) -> Iterator[str]:
    since = last_day(course) - _WEEK
    if course.programme is not None and not any(entry.day > since for entry in course.log):
        yield "Write down each day what you did and if it hurt."


_TO_TRY: Final = (_fit_sensors, _do_enough, _keep_plan, _record_more, _write_log)


def next_cue(course: Course) -> Advice:
    """Pick the planned exercise that was done least in the last week, with its cue.

    Parameters
    ----------
    course
        Course with its programme and log; without a plan the step-up is chosen, because all
        other exercises lead up to it.

    Returns
    -------
    Advice
        Name and cue of the exercise.
    """
    known = {entry.exercise.key: entry.exercise for entry in CATALOGUE}
    plan = course.programme.plan if course.programme else ()
    since = last_day(course) - _WEEK
    shares = {
        planned.exercise: _n_days(course, planned.exercise, since) / planned.times_per_week
        for planned in plan
        if planned.exercise in known
    }
    exercise = known[min(shares, key=lambda name: shares[name], default="step_up")]
    return Advice(exercise.name, exercise.cue)


def _n_days(course: Course, exercise: str, since: date) -> int:
    """Count the days after `since` on which an exercise was done."""
    return len({e.day for e in course.log if e.exercise == exercise and e.day > since})
