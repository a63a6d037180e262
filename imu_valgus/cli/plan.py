"""``imu-valgus plan``: what a person trains, with the days proposed for recording."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Final

import typer

from imu_valgus.cli.console import JsonOption, aligned, counted, examples, print_json, print_lines
from imu_valgus.cli.course import check_names, read_history
from imu_valgus.cli.people import PersonArgument, check_person
from imu_valgus.errors import InputError
from imu_valgus.exercises.catalogue import CATALOGUE, entry_named
from imu_valgus.model.programme import Phase, PlannedExercise, Programme

if TYPE_CHECKING:
    from imu_valgus.progress.schedule import Kept

_PROPOSAL: Final = (
    "How often to exercise and how long the phases last are our proposal, not a tested dose. "
    "Change them as agreed with your physiotherapist. A phase says what to focus on."
)

_HOW: Final = "Give the purpose when you add one: imu-valgus add SESSION --purpose baseline"

_WEEKS: Final = 6

_FIRST_DAY: Final = date(1990, 1, 1)
_MOST_YEARS_AHEAD: Final = 5
"""A day outside of this is a slip of the keyboard, and weeks are counted from it."""


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    epilog = examples(
        "imu-valgus plan P1 --start 2026-03-09 --default",
        "imu-valgus plan P1 --start 2026-03-09 --phase 'Hips:2026-03-09..2026-03-29' "
        "--exercise clam_shell:5 --exercise 'step_up:3:10 per side'",
        "imu-valgus plan P1",
    )
    app.command("plan", epilog=epilog)(plan_command)


def plan_command(
    person: PersonArgument,
    start: Annotated[
        str | None, typer.Option("--start", metavar="DATE", help="First day of training.")
    ] = None,
    weeks: Annotated[
        int, typer.Option("--weeks", min=1, max=104, help="Length, if no --phase is given.")
    ] = _WEEKS,
    phase: Annotated[
        list[str] | None,
        typer.Option(
            "--phase",
            metavar="NAME:FIRST..LAST",
            help="A phase with its first and last day. Repeat for several.",
        ),
    ] = None,
    exercise: Annotated[
        list[str] | None,
        typer.Option(
            "--exercise",
            metavar="NAME:TIMES_PER_WEEK[:DOSE]",
            help="From the catalogue (imu-valgus exercises). Repeat for several.",
        ),
    ] = None,
    is_default: Annotated[
        bool,
        typer.Option("--default", help="All exercises of the proposed programme, in 3 phases."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Store a programme, or show it with the days proposed for recording.

    With --start, the new programme replaces the stored one.
    """
    from imu_valgus.progress.schedule import match_appointments, propose_programme_sessions
    from imu_valgus.store import Store

    if start is not None:
        programme = _programme(start, weeks, phase or [], exercise or [], is_default=is_default)
        with Store() as store:
            check_person(store, person)
            store.set_programme(person, programme)
    elif phase or exercise or is_default:
        raise InputError("A new programme needs --start DATE, its first day.")
    history = read_history(person)
    if history.programme is None:
        raise InputError(
            f"{person} has no programme yet. Store one with: "
            f"imu-valgus plan {person} --start DATE --default"
        )
    n_weeks = _length_weeks(history.programme)
    proposed = propose_programme_sessions(history.programme.start, weeks=n_weeks)
    appointments = match_appointments(proposed, history.sessions)
    if as_json:
        print_json(_document(person, history.programme, appointments))
    else:
        print_lines(_lines(person, history.programme, appointments))


def _programme(
    start: str, weeks: int, phases: list[str], exercises: list[str], *, is_default: bool
) -> Programme:
    from imu_valgus.exercises.proposal import propose_programme

    first_day = parsed_day(start, what="--start")
    given = _phases(phases)
    if given and given[0].first_day < first_day:
        raise InputError(
            f"Phase {given[0].name!r} begins on {given[0].first_day}, before the programme starts "
            f"on {first_day}. Choose an earlier --start or a later phase."
        )
    proposed = propose_programme(first_day, weeks=weeks)
    whole = Phase("Training", first_day, first_day + timedelta(days=7 * weeks - 1))
    chosen = {item.exercise: item for item in proposed.plan} if is_default else {}
    chosen |= {item.exercise: item for item in _exercises(exercises)}
    usual = proposed.phases if is_default else (whole,)
    return Programme(start=first_day, phases=given or usual, plan=tuple(chosen.values()))


def parsed_day(text: str, *, what: str) -> date:
    """Read a day from the command line.

    Parameters
    ----------
    text
        A day in ISO form, such as 2026-03-09.
    what
        The option it belongs to, for the error message.

    Returns
    -------
    date
        The day.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        day = date.fromisoformat(text.strip())
    except ValueError as error:
        raise InputError(f"Cannot read {what} {text!r}. Write a day like 2026-03-09.") from error
    last = datetime.now(UTC).date() + timedelta(days=_MOST_YEARS_AHEAD * 365)
    if not _FIRST_DAY <= day <= last:
        raise InputError(f"{what} {day} cannot be right. Give a day from {_FIRST_DAY} to {last}.")
    return day


def _phases(texts: Sequence[str]) -> tuple[Phase, ...]:
    """Read phases written like ``Strengthening:2026-03-23..2026-04-05``, sorted by day."""
    phases = sorted((_phase(text) for text in texts), key=lambda phase: phase.first_day)
    for earlier, later in pairwise(phases):
        if later.first_day <= earlier.last_day:
            raise InputError(
                f"Phases {earlier.name!r} and {later.name!r} share {later.first_day}. Let one end "
                "before the next begins."
            )
    return tuple(phases)


def _phase(text: str) -> Phase:
    name, colon, days = text.rpartition(":")
    first, dots, last = days.partition("..")
    if not (colon and dots and name.strip()):
        raise InputError(
            f"Cannot read the phase {text!r}. Write NAME:FIRST..LAST, for example "
            "Hips:2026-03-09..2026-03-29."
        )
    try:
        return Phase(
            name.strip(),
            parsed_day(first, what="the first day of a phase"),
            parsed_day(last, what="the last day of a phase"),
        )
    except ValueError as error:
        raise InputError(str(error)) from error


def _exercises(texts: Sequence[str]) -> tuple[PlannedExercise, ...]:
    """Read exercises written like ``clam_shell:5`` or ``clam_shell:5:20 per side``."""
    planned = tuple(_planned(text) for text in texts)
    names = [item.exercise for item in planned]
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated:
        raise InputError(f"{repeated} is planned more than once. Name every exercise only once.")
    return planned


def _planned(text: str) -> PlannedExercise:
    name, _, rest = text.partition(":")
    times, _, dose = rest.partition(":")
    key = exercise_key(name)
    if not times.strip().isdecimal():
        raise InputError(
            f"Cannot read the exercise {text!r}. Write NAME:TIMES_PER_WEEK, for example {key}:5."
        )
    usual = next(entry.exercise.dose for entry in CATALOGUE if entry.exercise.key == key)
    try:
        return PlannedExercise(key, int(times), dose.strip() or usual)
    except ValueError as error:
        raise InputError(f"Cannot use the exercise {text!r}. {error}") from error


def exercise_key(name: str) -> str:
    """Find an exercise of the catalogue.

    Parameters
    ----------
    name
        Name of the exercise, as in `entry_named`.

    Returns
    -------
    str
        Key of the exercise.

    Raises
    ------
    InputError
        If there is none; the message suggests the most similar one.
    """
    entry = entry_named(name)
    key = name.strip() if entry is None else entry.exercise.key
    keys = [entry.exercise.key for entry in CATALOGUE]
    check_names([key], keys, what="an exercise of the catalogue")
    return key


def last_day(programme: Programme) -> date:
    """Return the last day of a programme.

    Parameters
    ----------
    programme
        The programme.

    Returns
    -------
    date
        Last day of the last phase; without phases, the end of the sixth week.
    """
    usual = programme.start + timedelta(weeks=_WEEKS, days=-1)
    return max((phase.last_day for phase in programme.phases), default=usual)


def _length_weeks(programme: Programme) -> int:
    """Count the weeks from the start to the last day, rounded up."""
    return max(1, -(-((last_day(programme) - programme.start).days + 1) // 7))


def _lines(person: str, programme: Programme, appointments: "Kept") -> list[str]:
    weeks = counted(_length_weeks(programme), "week")
    lines = [f"{person} trains for {weeks} from {programme.start} on.", ""]
    phases = [(p.name, f"{p.first_day} to {p.last_day}") for p in programme.phases]
    lines += [*aligned([("PHASE", "DAYS"), *phases]), ""] if phases else []
    plan = [(p.exercise, f"{p.times_per_week} a week", p.dose) for p in programme.plan]
    if plan:
        lines += [*aligned([("EXERCISE", "HOW OFTEN", "DOSE"), *plan]), "", _PROPOSAL, ""]
    else:
        lines += ["The plan has no exercises, so adherence is not counted.", ""]
    days = [
        (str(appointment.day), str(appointment.purpose), session.session_id if session else "–")
        for appointment, session in appointments
    ]
    n_recorded = sum(session is not None for _, session in appointments)
    return [
        *lines,
        *aligned([("RECORD ON", "PURPOSE", "RECORDED"), *days]),
        "",
        f"{n_recorded} of {len(days)} proposed sessions are recorded. {_HOW}",
    ]


def _document(person: str, programme: Programme, appointments: "Kept") -> dict[str, object]:
    return {
        "person": person,
        "start": programme.start.isoformat(),
        "weeks": _length_weeks(programme),
        "phases": [
            {
                "name": phase.name,
                "first_day": phase.first_day.isoformat(),
                "last_day": phase.last_day.isoformat(),
            }
            for phase in programme.phases
        ],
        "plan": [
            {"exercise": item.exercise, "times_per_week": item.times_per_week, "dose": item.dose}
            for item in programme.plan
        ],
        "sessions_proposed": [
            {
                "day": appointment.day.isoformat(),
                "purpose": appointment.purpose,
                "recorded": session.session_id if session else None,
            }
            for appointment, session in appointments
        ],
    }
