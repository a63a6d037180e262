"""Page for a professional: facts, verdict, table and drawings of the weeks of a person."""

from typing import Final

from imu_valgus.conventions import SOFTWARE_NAME
from imu_valgus.model import Side
from imu_valgus.model.progress import Footwear, SessionRecord
from imu_valgus.model.session_results import SessionTrust
from imu_valgus.plots.labels import measure_label, signed
from imu_valgus.progress.comparability import own_reason
from imu_valgus.progress.course_types import Course, MeasureCourse
from imu_valgus.progress.schedule import BLOCK_SESSIONS
from imu_valgus.reports.weeks.course_input import PagesInput
from imu_valgus.reports.weeks.drawings import drawing_rows, paper_rows
from imu_valgus.reports.weeks.page import MovementSummary
from imu_valgus.reports.weeks.safety import INTENDED_USE, find_pain_flag, last_day, pain_notes
from imu_valgus.reports.weeks.table import (
    headline_courses,
    is_beyond,
    measure_rows,
    size_words,
    table_notes,
)
from imu_valgus.reports.wording import (
    NOT_KNOWN,
    capitalised,
    counted,
    enumerated,
    fusion_words,
    number,
    task_words,
)

__all__ = ["movement_summary"]

_MOST_NAMED: Final = 3
_NOTES_SHOWN: Final = 3
_NO_NORMS: Final = "No values of other people are shown; every leg is compared only with itself."


def movement_summary(pages_input: PagesInput) -> MovementSummary:
    """Make the content of the professional's page.

    Parameters
    ----------
    pages_input
        Course of the person, with curves and summaries of its sessions.

    Returns
    -------
    MovementSummary
        The page.
    """
    course = pages_input.course
    latest = course.sessions[-1]
    shown = headline_courses(course)
    return MovementSummary(
        person=course.person,
        moment=latest.recorded_at,
        facts=_facts(course, pages_input.trust.get(latest.session_id, SessionTrust())),
        alerts=_alerts(course),
        verdict=(_found(shown), _how_sure(course, shown), _not_concluded(course, shown)),
        rows=measure_rows(shown),
        table_notes=table_notes(course, shown),
        drawing_rows=drawing_rows(pages_input, shown),
        paper_rows=paper_rows(pages_input, shown),
        session_notes=_session_notes(course),
        footer=(INTENDED_USE, _NO_NORMS, _versions(latest)),
        raw_sha256=latest.raw_sha256,
    )


def _facts(course: Course, trust: SessionTrust) -> tuple[tuple[str, str], ...]:
    latest = course.sessions[-1]
    conditions = latest.conditions
    keys = [measure.key for measure in latest.measures]
    legs = [str(side) for side in Side if any(key.side is side for key in keys)]
    tasks = [task_words(task, 2) for task in dict.fromkeys(key.task for key in keys)]
    height = conditions.step_height_m
    footwear = conditions.footwear
    return (
        ("Latest session", f"{latest.recorded_at:%Y-%m-%d, %H:%M}"),
        ("Sessions", _sessions_words(course)),
        ("Legs", enumerated(legs) or NOT_KNOWN),
        ("Tasks", enumerated(tasks) or NOT_KNOWN),
        ("Step height", NOT_KNOWN if height is None else f"{100.0 * height:.0f} cm"),
        ("Footwear", NOT_KNOWN if footwear is Footwear.UNKNOWN else str(footwear)),
        ("Sensors", str(len(conditions.sensors)) if conditions.sensors else NOT_KNOWN),
        ("Calibration", str(conditions.calibration)),
        ("Feedback", conditions.feedback.replace("_", " ")),
        ("Clock error", _scaled(trust.sync_error_s, 1000.0, " ms")),
        ("Samples lost", _scaled(trust.lost_share, 100.0, " %")),
        ("Heading drift", _scaled(trust.drift_deg, 1.0, "°")),
    )


def _scaled(value: float | None, factor: float, unit: str) -> str:
    return NOT_KNOWN if value is None else f"{number(factor * value, 1)}{unit}"


def _sessions_words(course: Course) -> str:
    n = len(course.sessions)
    return "1" if n == 1 else f"{n} since {course.sessions[0].recorded_at:%Y-%m-%d}"


def _alerts(course: Course) -> tuple[str, ...]:
    flag = find_pain_flag(pain_notes(course), today=last_day(course))
    if flag is None:
        return ()
    if not flag.is_open:
        return (f"Earlier in the course: {flag.words} Lower pain has been noted since.",)
    advice = "The participant's page asks to stop and to ask a professional before going on."
    return (f"{flag.words} {advice}",)


def _found(shown: tuple[MeasureCourse, ...]) -> str:
    compared = [course for course in shown if course.comparison]
    if not compared:
        return "No change can be stated yet, because no two blocks of sessions could be compared."
    beyond = [course for course in compared if is_beyond(course)]
    n = counted(len(compared), "figure")
    if not beyond:
        return f"None of the {n} changed beyond measurement noise."
    named = [_change_of(course) for course in beyond[:_MOST_NAMED]]
    more = len(beyond) - len(named)
    named += [f"{more} more in the table"] if more else []
    return f"{len(beyond)} of {n} changed beyond measurement noise: {enumerated(named)}."


def _change_of(course: MeasureCourse) -> str:
    pair, key = course.comparison, course.key
    change = signed(pair.change, key.unit) if pair else NOT_KNOWN
    side = f"{key.side} " if key.side else ""
    return f"{side}{measure_label(key).name.lower()} ({change})"


def _how_sure(course: Course, shown: tuple[MeasureCourse, ...]) -> str:
    spreads = [measure.repeatability for measure in shown if measure.repeatability]
    n_measured = sum(not spread.is_assumed for spread in spreads)
    if n_measured and n_measured == len(spreads):
        noise = "The noise limits rest on this person's own repeat sessions"
    elif n_measured:
        noise = (
            f"The noise limits of {n_measured} of {len(spreads)} figures rest on this person's own "
            "repeat sessions"
        )
    elif spreads:
        in_degrees = (course.repeatability for course in shown if course.key.unit == "deg")
        degrees = next(filter(None, in_degrees), None)
        size = f" of {size_words(degrees.sem, 'deg')}" if degrees else ""
        noise = f"The noise limits rest on an assumed session-to-session spread{size}"
    else:
        noise = "No noise limits are known"
    out = sum(bool(own_reason(session)) for session in course.sessions)
    gone = f"; {out} of {counted(len(course.sessions), 'session')} did not count" if out else ""
    grade = course.sessions[-1].conditions.calibration
    return f"{noise}{gone}; the latest session's calibration is graded {grade}."


def _not_concluded(course: Course, shown: tuple[MeasureCourse, ...]) -> str:
    pairs = [measure.comparison for measure in shown]
    n = sum(pair is not None for pair in pairs)
    chance = (
        f"with {n} figures side by side one in twenty may pass its limit by chance, "
        if n > 1
        else "a change over weeks needs several sessions before and after, "
    )
    alone = "" if len(course.sessions) > 1 else "one session shows no change, "
    if any(pair and min(len(pair.before), len(pair.after)) < BLOCK_SESSIONS for pair in pairs):
        alone = f"with fewer than {BLOCK_SESSIONS} days on a side only large changes show, "
    return (
        f"What cannot be concluded: {alone}{chance}the figures cannot say why somebody moves this "
        "way or how it feels, and absolute levels of rotation do not compare between days or "
        "people."
    )


def _session_notes(course: Course) -> tuple[str, ...]:
    noted = [session for session in reversed(course.sessions) if session.notes.strip()]
    return tuple(
        f"{session.recorded_at:%Y-%m-%d}: {capitalised(session.notes.strip())}"
        for session in noted[:_NOTES_SHOWN]
    )


def _versions(latest: SessionRecord) -> str:
    conditions = latest.conditions
    parts = [
        f"{SOFTWARE_NAME} {conditions.software_version}",
        f"science version {conditions.science_version}",
        f"score definition {conditions.score_version}" if conditions.score_version else "",
        fusion_words(conditions.fusion) if conditions.fusion else "",
    ]
    return f"Made with {enumerated([part for part in parts if part])}."
