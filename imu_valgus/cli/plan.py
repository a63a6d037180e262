"""``imu-valgus plan``: what a person trains, and when to record.

Reading the options of ``imu-valgus plan``: days, phases and exercises.
"""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated

import typer

from imu_valgus.cli.analyse import JsonOption
from imu_valgus.cli.console import print_json, print_lines
from imu_valgus.cli.course_options import check_names
from imu_valgus.cli.people import PersonArgument
from imu_valgus.errors import InputError
from imu_valgus.exercises.catalogue import CATALOGUE, entry_named
from imu_valgus.model.programme import Phase, PlannedExercise

if TYPE_CHECKING:
    from imu_valgus.model.programme import Programme
    from imu_valgus.model.progress import SessionRecord
    from imu_valgus.progress.schedule import Kept


def parsed_day(text: str, *, what: str) -> date:
    """Read a day written like 2026-03-09.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise InputError(f"Expected {what} as a day like 2026-03-09, found {text!r}.") from error


def parsed_phases(texts: Sequence[str]) -> tuple[Phase, ...]:
    """Read phases written like ``Strengthening:2026-03-23..2026-04-05``, sorted by day.

    Raises
    ------
    InputError
        If one is written otherwise, ends before it starts, or two share a day.
    """
    phases = sorted((_phase(text) for text in texts), key=lambda phase: phase.first_day)
    for one, other in pairwise(phases):
        if other.first_day <= one.last_day:
            raise InputError(
                f"Expected phases one after the other, but {one.name!r} and {other.name!r} "
                f"share {other.first_day}."
            )
    return tuple(phases)


def _phase(text: str) -> Phase:
    name, colon, days = text.rpartition(":")
    first, dots, last = days.partition("..")
    if not (colon and dots and name.strip()):
        raise InputError(f"Expected a phase as NAME:FIRST..LAST, found {text!r}.")
    try:
        return Phase(
            name.strip(),
            parsed_day(first, what="the first day of a phase"),
            parsed_day(last, what="the last day of a phase"),
        )
    except ValueError as error:
        raise InputError(str(error)) from error


def parsed_exercises(texts: Sequence[str]) -> tuple[PlannedExercise, ...]:
    """Read exercises written like ``clam_shell:5`` or ``clam_shell:5:20 per side``.

    Raises
    ------
    InputError
        If one is not in the catalogue, is named twice, or has no count from 1 to 21.
    """
    planned = [_planned(text) for text in texts]
    names = [one.exercise for one in planned]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise InputError(f"Expected every exercise once, found {twice} more often.")
    return tuple(planned)


def _planned(text: str) -> PlannedExercise:
    name, _, rest = text.partition(":")
    times, _, dose = rest.partition(":")
    key = exercise_key(name)
    if not times.strip().isdecimal():
        raise InputError(
            f"Expected an exercise as NAME:TIMES_PER_WEEK, say {key}:5, found {text!r}."
        )
    usual = next(entry.exercise.dose for entry in CATALOGUE if entry.exercise.key == key)
    try:
        return PlannedExercise(key, int(times), dose.strip() or usual)
    except ValueError as error:
        raise InputError(f"{error} See {text!r}.") from error


def exercise_key(name: str) -> str:
    """Return the key of an exercise of the catalogue.

    Raises
    ------
    InputError
        If there is none, with the one that is most like it.
    """
    entry = entry_named(name)
    if entry is None:
        keys = [one.exercise.key for one in CATALOGUE]
        check_names([name.strip()], keys, what="an exercise of the catalogue")
        raise InputError(f"Expected an exercise of the catalogue, found {name!r}.")
    return entry.exercise.key


PROPOSAL = (
    "How often and the length of the phases are our proposal, not a tested dose; change them as "
    "agreed with your physiotherapist. Phases say where the weight lies."
)

_WEEKS = 6


def register(app: typer.Typer) -> None:
    """Add the command."""
    examples = (
        "Examples:\n\n"
        "imu-valgus plan P1 --start 2026-03-09 --default\n\n"
        "imu-valgus plan P1 --start 2026-03-09 --phase 'Hips:2026-03-09..2026-03-29' "
        "--exercise clam_shell:5 --exercise 'step_up:3:10 per side'\n\n"
        "imu-valgus plan P1"
    )
    app.command("plan", epilog=examples)(plan_command)


def plan_command(
    person: PersonArgument,
    start: Annotated[
        str | None,
        typer.Option("--start", metavar="DATE", help="First day of training.", show_default=False),
    ] = None,
    weeks: Annotated[
        int, typer.Option("--weeks", min=1, max=104, help="Length without --phase.")
    ] = _WEEKS,
    phase: Annotated[
        list[str] | None,
        typer.Option(
            "--phase", metavar="NAME:FIRST..LAST", help="Repeat for several.", show_default=False
        ),
    ] = None,
    exercise: Annotated[
        list[str] | None,
        typer.Option(
            "--exercise",
            metavar="NAME:TIMES_PER_WEEK[:DOSE]",
            help="Of the catalogue (imu-valgus exercises). Repeat for several.",
            show_default=False,
        ),
    ] = None,
    is_default: Annotated[
        bool,
        typer.Option("--default", help="All exercises of the catalogue's programme, 3 phases."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Store a programme, or show it with the days proposed for recording.

    With --start a programme is stored in place of the one there was.
    """
    from imu_valgus.cli.course_options import kept_weeks
    from imu_valgus.cli.people import check_person
    from imu_valgus.store import Store

    if start is None and (phase or exercise or is_default):
        raise InputError("Expected --start DATE with a new programme, found none: say since when.")
    if start is not None:
        programme = _programme(start, weeks, phase or [], exercise or [], is_default=is_default)
        with Store() as store:
            check_person(store, person)
            store.set_programme(person, programme)
    kept = kept_weeks(person)
    if kept.programme is None:
        raise InputError(
            f"Expected a programme of {person}, found none: store one with  "
            f"imu-valgus plan {person} --start DATE --default"
        )
    appointments = _appointments(kept.programme, kept.sessions)
    if as_json:
        print_json(_document(person, kept.programme, appointments))
        return
    print_lines(_lines(person, kept.programme, appointments))


def _programme(
    start: str, weeks: int, phases: list[str], exercises: list[str], *, is_default: bool
) -> "Programme":
    from datetime import timedelta

    from imu_valgus.exercises.proposal import propose_programme
    from imu_valgus.model.programme import Phase, Programme

    first = parsed_day(start, what="--start")
    given = parsed_phases(phases)
    if given and given[0].first_day < first:
        raise InputError(
            f"Expected phases from the start on, but {given[0].name!r} begins on "
            f"{given[0].first_day}, before {first}."
        )
    proposed = propose_programme(first, weeks=weeks)
    whole = Phase("Training", first, first + timedelta(days=7 * weeks - 1))
    chosen = {one.exercise: one for one in proposed.plan} if is_default else {}
    chosen |= {one.exercise: one for one in parsed_exercises(exercises)}
    usual = proposed.phases if is_default else (whole,)
    return Programme(start=first, phases=given or usual, plan=tuple(chosen.values()))


def last_day(programme: "Programme") -> "date":
    """Return the last day of the last phase, that of the sixth week without phases."""
    from datetime import timedelta

    usual = programme.start + timedelta(weeks=_WEEKS, days=-1)
    return max((phase.last_day for phase in programme.phases), default=usual)


def length_weeks(programme: "Programme") -> int:
    """Return the whole weeks from the start until every phase has ended."""
    return max(1, -(-((last_day(programme) - programme.start).days + 1) // 7))


def _appointments(programme: "Programme", sessions: "Sequence[SessionRecord]") -> "Kept":
    from imu_valgus.progress.schedule import match_appointments, propose_programme_sessions

    proposed = propose_programme_sessions(programme.start, weeks=length_weeks(programme))
    return match_appointments(proposed, sessions)


def _lines(person: str, programme: "Programme", appointments: "Kept") -> list[str]:
    from imu_valgus.cli.kept_words import aligned

    n = length_weeks(programme)
    lines = [f"{person} trains from {programme.start} on, {n} week{'' if n == 1 else 's'}.", ""]
    phases = [(p.name, _span(p.first_day, p.last_day)) for p in programme.phases]
    lines += [*aligned([("PHASE", "DAYS"), *phases]), ""] if phases else []
    plan = [(p.exercise, f"{p.times_per_week} a week", p.dose) for p in programme.plan]
    if plan:
        lines += [*aligned([("EXERCISE", "HOW OFTEN", "DOSE"), *plan]), "", PROPOSAL, ""]
    else:
        lines += ["No exercises in the plan: adherence is not counted.", ""]
    days = [
        (str(one.day), str(one.purpose), session.session_id if session else "–")
        for one, session in appointments
    ]
    done = sum(session is not None for _, session in appointments)
    lines += aligned([("RECORD ON", "PURPOSE", "RECORDED"), *days])
    return [*lines, "", f"{done} of {len(days)} proposed sessions are recorded. {_HOW}"]


_HOW = "Say the purpose when adding one:  imu-valgus add SESSION --purpose baseline"


def _span(first: "date", last: "date") -> str:
    return f"{first} to {last}"


def _document(person: str, programme: "Programme", appointments: "Kept") -> dict[str, object]:
    return {
        "person": person,
        "start": programme.start.isoformat(),
        "weeks": length_weeks(programme),
        "phases": [
            {
                "name": phase.name,
                "first_day": phase.first_day.isoformat(),
                "last_day": phase.last_day.isoformat(),
            }
            for phase in programme.phases
        ],
        "plan": [
            {"exercise": one.exercise, "times_per_week": one.times_per_week, "dose": one.dose}
            for one in programme.plan
        ],
        "sessions_proposed": [
            {
                "day": one.day.isoformat(),
                "purpose": one.purpose,
                "recorded": session.session_id if session else None,
            }
            for one, session in appointments
        ],
    }
