"""The page for the person who trains: plain words, one position per leg, nothing but own data."""

from datetime import date, timedelta
from functools import partial
from typing import Final

from imu_valgus.model import Side, Task
from imu_valgus.model.progress import MeasureKey
from imu_valgus.plots.position import plot_position
from imu_valgus.progress.course_types import Course, CoursePoint, MeasureCourse
from imu_valgus.progress.headline import HEADLINE
from imu_valgus.progress.schedule import BLOCK_SESSIONS
from imu_valgus.progress.verdict import Verdict
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
from imu_valgus.reports.weeks.table import day_words, plain_name, size_words
from imu_valgus.reports.wording import capitalised, counted

__all__ = ["participant_page"]

_POSITION_PT: Final = 62.0

_FIRST_LOOK: Final = timedelta(weeks=3)
_FIRST_VERDICT: Final = timedelta(weeks=6)

_POSITION_NOTE: Final = (
    "The band is your own range from your first sessions. It is not a grade. Single sessions go "
    "up and down, so one mark says little."
)
_NOT_MEDICAL: Final = (
    "This page is for training. It is made by software that is not a medical device. It can not "
    "say why you move as you do, or how your knee will feel."
)
_YOUNG: Final = "Are you under 16? Then read this page with a grown-up and a physiotherapist."

# The tilt of the shin needs one sensor and gravity only, so it leads; a score would be a grade.
_SHOWN: Final = (
    ("shank_medial_tilt_deg", Task.STEP_UP),
    *(place for place in HEADLINE if place[0] not in ("score", "shank_medial_tilt_deg")),
)


def participant_page(pages_input: PagesInput) -> ParticipantPage:
    """Put the participant's page together.

    Parameters
    ----------
    pages_input
        The course; curves are not used.
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
    found = (_shown_course(course, side) for side in Side)
    return tuple(_position(one, point) for one, point in found if one and point)


def _shown_course(course: Course, side: Side) -> tuple[MeasureCourse | None, CoursePoint | None]:
    for name, task in _SHOWN:
        one = course.measure(MeasureKey(name, task, side))
        counted_points = [p for p in one.points if not p.left_out] if one else []
        if one and one.band and counted_points:
            return one, counted_points[-1]
    return None, None


def _position(one: MeasureCourse, point: CoursePoint) -> LegPosition:
    side, band = one.key.side, one.band
    if side is None or band is None:
        raise ValueError("Expected the course of one leg with a corridor.")
    value = point.measure.value
    what, day = plain_name(one.key), day_words(point.session.recorded_at.date())
    size = size_words(value, one.key.unit)
    sentence = f"{capitalised(what)}: {size} on {day}. {_place_words(one, point)}"
    drawing = PageDrawing(
        name=f"position-{side}",
        description=f"{capitalised(side)} leg. {sentence}",
        draw=partial(plot_position, band, value, side),
        shape=Shape.BAR,
        least_at=always(_POSITION_PT),
        screen_pt=(280.0, 66.0),
    )
    return LegPosition(side, sentence, drawing)


def _place_words(one: MeasureCourse, point: CoursePoint) -> str:
    band = one.band
    if band is None or sum(not p.left_out for p in one.points) < 2:
        return "This is your start."
    away = point.measure.value - band.centre
    if abs(away) <= band.half:
        return "That is in your own range."
    way = "more" if away > 0.0 else "less"
    if point.stands_out:
        return f"That is {way} than your own range, two times or more in a row."
    return f"That is {way} than your own range. Once may be chance, so wait for the next time."


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
    shown = [one for side in Side if (one := _shown_course(course, side)[0])]
    compared = [one for one in shown if one.comparison and _is_enough(one)]
    if not compared:
        days = f"{BLOCK_SESSIONS} days at the start and {BLOCK_SESSIONS} at the end"
        return (
            "There are too few sessions to speak of a change.",
            f"It takes {days} that can be set side by side.",
        )
    beyond = [one for one in compared if one.comparison and _is_beyond(one)]
    if not beyond:
        # Other measures may well have changed: only what is shown here is spoken of.
        names = capitalised(" and ".join(dict.fromkeys(plain_name(one.key) for one in compared)))
        return (
            f"{names}: so far the numbers go up and down no more than they do from day to day.",
            "More numbers are on the page for your physiotherapist.",
        )
    return ("This is more than day to day ups and downs.", *(_change_words(b) for b in beyond))


def _is_enough(one: MeasureCourse) -> bool:
    pair = one.comparison
    return pair is not None and min(len(pair.before), len(pair.after)) >= BLOCK_SESSIONS


def _is_beyond(one: MeasureCourse) -> bool:
    return one.comparison is not None and one.comparison.verdict is Verdict.BEYOND


def _change_words(one: MeasureCourse) -> str:
    change = one.comparison.change if one.comparison else 0.0
    way = "more" if change > 0.0 else "less"
    return (
        f"{capitalised(one.key.side or 'both')} leg, {plain_name(one.key)}: "
        f"{size_words(abs(change), one.key.unit)} {way} than at the start."
    )


def _done(course: Course) -> tuple[str, ...]:
    lines = [f"{capitalised(counted(len(course.sessions), 'session'))} on record."]
    totals: dict[Side, int] = {}
    for session in course.sessions:
        for one in repetitions_of(session):
            if one.task is Task.STEP_UP and one.side:
                totals[one.side] = totals.get(one.side, 0) + one.count
    if totals:
        words = " and ".join(f"{totals[side]} {side}" for side in Side if side in totals)
        lines.append(f"Step-ups measured so far: {words}.")
    days = {entry.day for entry in course.log if entry.exercise}
    if days:
        lines.append(f"Exercises in your log on {counted(len(days), 'day')}.")
    return tuple(lines)
