"""Page for the person who trains, in plain words and from the person's own data only."""

from datetime import date, timedelta
from functools import partial
from typing import Final

from imu_valgus.model import Side, Task
from imu_valgus.model.progress import MeasureKey
from imu_valgus.plots.position import plot_position
from imu_valgus.progress.course_types import Course, CoursePoint, MeasureCourse
from imu_valgus.progress.headline import HEADLINE
from imu_valgus.progress.schedule import BLOCK_SESSIONS
from imu_valgus.reports.weeks.course_input import PagesInput
from imu_valgus.reports.weeks.page import (
    LegPosition,
    PageDrawing,
    ParticipantPage,
    Shape,
    always,
)
from imu_valgus.reports.weeks.progress_so_far import (
    next_cue,
    repetitions_of,
    what_to_try,
    what_went_well,
)
from imu_valgus.reports.weeks.safety import (
    SEE_A_PROFESSIONAL,
    PainFlag,
    find_pain_flag,
    last_day,
    pain_notes,
)
from imu_valgus.reports.weeks.table import day_words, is_beyond, plain_name, size_words
from imu_valgus.reports.wording import capitalised, counted

__all__ = ["participant_page"]

_POSITION_PT: Final = 62.0

_FIRST_LOOK: Final = timedelta(weeks=3)
_FIRST_VERDICT: Final = timedelta(weeks=6)

_POSITION_NOTE: Final = (
    "The band is your usual range from your first sessions. It is not a grade. Single sessions go "
    "up and down, so one mark says little."
)
_NOT_MEDICAL: Final = (
    "This page is for training. It is made by software that is not a medical device. It cannot "
    "say why you move as you do, or how your knee will feel."
)
_YOUNG: Final = "Are you under 16? Then read this page with a grown-up and a physiotherapist."

# Tilt of the shin needs only one sensor and gravity, so it comes first; a score would be a grade.
_SHOWN: Final = (
    ("shank_medial_tilt_deg", Task.STEP_UP),
    *(place for place in HEADLINE if place[0] not in ("score", "shank_medial_tilt_deg")),
)


def participant_page(pages_input: PagesInput) -> ParticipantPage:
    """Make the content of the participant's page.

    Parameters
    ----------
    pages_input
        Course of the person; curves and summaries are not used.

    Returns
    -------
    ParticipantPage
        The page.
    """
    course = pages_input.course
    today = last_day(course)
    flag = find_pain_flag(pain_notes(course), today=today)
    is_stopped = flag is not None and flag.is_open
    latest = course.sessions[-1]
    return ParticipantPage(
        person=course.person,
        moment=latest.recorded_at,
        day=day_words(today),
        alerts=_alerts(flag) if flag is not None and is_stopped else (),
        positions=_positions(course),
        position_note=_POSITION_NOTE,
        timing=() if is_stopped else _timing(course, today),
        went_well=() if is_stopped else what_went_well(course),
        to_try="" if is_stopped else what_to_try(course),
        cue=None if is_stopped else next_cue(course),
        done=_done(course),
        see_title="See a doctor or a physiotherapist if …",
        see_a_professional=SEE_A_PROFESSIONAL,
        footer=(_NOT_MEDICAL, _YOUNG),
    )


def _alerts(flag: PainFlag) -> tuple[str, ...]:
    noted = f"On {day_words(flag.note.day)} you noted pain of {flag.note.pain} out of 10."
    start = f"At the start it was {flag.start}."
    ask = "Please stop your exercises. Ask a doctor or a physiotherapist before you go on."
    return ("Stop and ask first.", f"{noted} {start} {ask}")


def _positions(course: Course) -> tuple[LegPosition, ...]:
    shown = (_shown_course(course, side) for side in Side)
    return tuple(_position(measure, point) for measure, point in shown if measure and point)


def _shown_course(course: Course, side: Side) -> tuple[MeasureCourse | None, CoursePoint | None]:
    """Return the first measure of a leg that has a usual range, and its latest point."""
    for name, task in _SHOWN:
        measure = course.measure(MeasureKey(name, task, side))
        counted_points = [p for p in measure.points if not p.left_out] if measure else []
        if measure and measure.band and counted_points:
            return measure, counted_points[-1]
    return None, None


def _position(measure: MeasureCourse, point: CoursePoint) -> LegPosition:
    side, band = measure.key.side, measure.band
    if side is None or band is None:
        raise ValueError("A position needs the course of one leg with a baseline band.")
    value = point.measure.value
    name, day = plain_name(measure.key), day_words(point.session.recorded_at.date())
    size = size_words(value, measure.key.unit)
    sentence = f"{capitalised(name)}: {size} on {day}. {_place_words(measure, point)}"
    drawing = PageDrawing(
        name=f"position-{side}",
        description=f"{capitalised(side)} leg. {sentence}",
        draw=partial(plot_position, band, value, side),
        shape=Shape.BAR,
        least_at=always(_POSITION_PT),
        screen_pt=(280.0, 66.0),
    )
    return LegPosition(side, sentence, drawing)


def _place_words(measure: MeasureCourse, point: CoursePoint) -> str:
    band = measure.band
    if band is None or sum(not p.left_out for p in measure.points) < 2:
        return "This is your start."
    away = point.measure.value - band.centre
    if abs(away) <= band.half:
        return "That is in your usual range."
    way = "more" if away > 0.0 else "less"
    if point.stands_out:
        return f"That is {way} than your usual range, two times or more in a row."
    return f"That is {way} than your usual range. Once may be chance, so wait for the next time."


def _timing(course: Course, today: date) -> tuple[str, ...]:
    start = course.origin.date()
    first_look, first_verdict = start + _FIRST_LOOK, start + _FIRST_VERDICT
    if today < first_look:
        day = day_words(first_look)
        return (f"It is too soon to look for a change. The first look is on {day}, after 3 weeks.",)
    if today < first_verdict:
        day = day_words(first_verdict)
        return (f"This is a first look only. We speak of a change from {day} on, after 6 weeks.",)
    return _changes(course)


def _changes(course: Course) -> tuple[str, ...]:
    shown = [measure for side in Side if (measure := _shown_course(course, side)[0])]
    compared = [measure for measure in shown if _has_enough_sessions(measure)]
    if not compared:
        days = f"{BLOCK_SESSIONS} days at the start and {BLOCK_SESSIONS} at the end"
        return (
            "There are too few sessions to speak of a change.",
            f"It takes {days} that can be set side by side.",
        )
    beyond = [measure for measure in compared if is_beyond(measure)]
    if not beyond:
        # Other measures may have changed, so the sentence names the ones shown here.
        names = capitalised(" and ".join(dict.fromkeys(plain_name(m.key) for m in compared)))
        return (
            f"{names}: so far the numbers go up and down no more than they do from day to day.",
            "More numbers are on the page for your physiotherapist.",
        )
    return (
        "This is more than day to day ups and downs.",
        *(_change_words(measure) for measure in beyond),
    )


def _has_enough_sessions(measure: MeasureCourse) -> bool:
    pair = measure.comparison
    return pair is not None and min(len(pair.before), len(pair.after)) >= BLOCK_SESSIONS


def _change_words(measure: MeasureCourse) -> str:
    change = measure.comparison.change if measure.comparison else 0.0
    way, key = "more" if change > 0.0 else "less", measure.key
    return (
        f"{capitalised(key.side or 'both')} leg, {plain_name(key)}: "
        f"{size_words(abs(change), key.unit)} {way} than at the start."
    )


def _done(course: Course) -> tuple[str, ...]:
    lines = [f"{capitalised(counted(len(course.sessions), 'session'))} on record."]
    totals: dict[Side, int] = {}
    for session in course.sessions:
        for repeated in repetitions_of(session):
            if repeated.task is Task.STEP_UP and repeated.side:
                totals[repeated.side] = totals.get(repeated.side, 0) + repeated.count
    if totals:
        words = " and ".join(f"{totals[side]} {side}" for side in Side if side in totals)
        lines.append(f"Step-ups measured so far: {words}.")
    days = {entry.day for entry in course.log if entry.exercise}
    if days:
        lines.append(f"Exercises in your log on {counted(len(days), 'day')}.")
    return tuple(lines)
