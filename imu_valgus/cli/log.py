"""``imu-valgus log``: exercises, pain, notes, day by day."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from imu_valgus.cli.console import JsonOption, examples, print_json, print_lines
from imu_valgus.cli.course import History, adherence_document, adherence_lines, read_history
from imu_valgus.cli.people import PersonArgument
from imu_valgus.cli.plan import exercise_key, last_day, parsed_day
from imu_valgus.errors import InputError
from imu_valgus.model.programme import LogEntry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from imu_valgus.progress.schedule import WeekAdherence

STOP_AND_ASK: Final = (
    "Stop these exercises for now, and ask a doctor or a physiotherapist before you go on. Pain of "
    "4 or more out of 10, or 2 more than at the start, is a reason to ask. imu_valgus only shows "
    "movement. It cannot say where the pain comes from, and this is no diagnosis."
)


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    epilog = examples(
        "imu-valgus log P1 --done clam_shell --done step_up --pain 1",
        "imu-valgus log P1 --day 2026-03-10 --note 'Long walk before.'",
        "imu-valgus log P1",
    )
    app.command("log", epilog=epilog)(log_command)


def log_command(
    person: PersonArgument,
    day: Annotated[
        str | None, typer.Option("--day", metavar="DATE", help="Default: today.")
    ] = None,
    done: Annotated[
        list[str] | None,
        typer.Option(
            "--done", metavar="EXERCISE", help="An exercise done that day. Repeat for several."
        ),
    ] = None,
    pain: Annotated[
        int | None, typer.Option("--pain", min=0, max=10, help="From 0 (none) to 10 (worst).")
    ] = None,
    note: Annotated[
        str | None, typer.Option("--note", metavar="TEXT", help="Free text; it stays in the store.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Note what was done and how much it hurt; without options, show the log."""
    from imu_valgus.store import Store

    added = _entries(day, done or [], pain, note)
    before = read_history(person)
    if added:
        with Store() as store:
            store.add_log(person, added)
    history = read_history(person)
    is_high = pain is not None and _asks_to_stop(pain, before)
    weeks = _adherence(history)
    if as_json:
        print_json(_document(history, weeks, n_added=len(added), stop=is_high))
        return
    if added:
        lines = [f"Noted for {person} on {added[0].day}: {_day_words(added)}"]
    else:
        lines = _log_lines(history.log)
    stop = ["", STOP_AND_ASK] if is_high else []
    print_lines([*lines, "", *_adherence_words(history, weeks), *stop])


def _entries(
    day: str | None, done: list[str], pain: int | None, note: str | None
) -> list[LogEntry]:
    text = " ".join((note or "").split())
    if not done and pain is None and not text:
        if day is not None:
            raise InputError("There is nothing to note for --day. Add --done, --pain or --note.")
        return []
    today = _today()
    when = today if day is None else parsed_day(day, what="--day")
    if when > today:
        raise InputError(f"{when} is in the future. Log only what has been done.")
    entries = [LogEntry(when, key) for key in dict.fromkeys(map(exercise_key, done))]
    if pain is not None or text:
        entries.append(LogEntry(when, pain=pain, notes=text))
    return entries


def _today() -> "date":
    return datetime.now().astimezone().date()


def _asks_to_stop(pain: int, before: History) -> bool:
    """Whether pain is high, or has risen since it was first noted."""
    from imu_valgus.reports.weeks.safety import PAIN_LIMIT, PAIN_RISE

    sessions = ((session.recorded_at.date(), session.pain) for session in before.sessions)
    entries = ((entry.day, entry.pain) for entry in before.log)
    noted = sorted((day, level) for day, level in (*sessions, *entries) if level is not None)
    start = noted[0][1] if noted else pain
    return pain >= PAIN_LIMIT or pain - start >= PAIN_RISE


def _adherence(history: History) -> "tuple[WeekAdherence, ...]":
    from imu_valgus.progress.schedule import measure_adherence

    programme = history.programme
    if programme is None:
        return ()
    # Weeks without an entry count until the programme ends, but no longer.
    until = min(_today(), last_day(programme))
    through = max([until, *(entry.day for entry in history.log)])
    return measure_adherence(
        history.log, start=programme.start, plan=programme.plan, through=through
    )


def _log_lines(log: "Sequence[LogEntry]") -> list[str]:
    if not log:
        return ["Nothing noted yet. Note what was done with --done EXERCISE and --pain 0."]
    days = dict.fromkeys(entry.day for entry in log)
    return [f"{day}  {_day_words([e for e in log if e.day == day])}" for day in days]


def _day_words(entries: "Sequence[LogEntry]") -> str:
    done = ", ".join(dict.fromkeys(entry.exercise for entry in entries if entry.exercise))
    pain = [f"pain {entry.pain} of 10" for entry in entries if entry.pain is not None]
    notes = [entry.notes for entry in entries if entry.notes]
    return "; ".join([*([done] if done else []), *pain, *notes])


def _adherence_words(history: History, weeks: "Sequence[WeekAdherence]") -> list[str]:
    if history.programme is None or not history.programme.plan:
        command = f"imu-valgus plan {history.person} --start DATE"
        return [f"No exercises are planned yet. Plan some with: {command}"]
    return adherence_lines(weeks) or ["The first week is not over yet."]


def _document(
    history: History, weeks: "Sequence[WeekAdherence]", *, n_added: int, stop: bool
) -> dict[str, object]:
    return {
        "person": history.person,
        "added": n_added,
        "log": [
            {
                "day": entry.day.isoformat(),
                "exercise": entry.exercise,
                "pain": entry.pain,
                "note": entry.notes,
            }
            for entry in history.log
        ],
        "adherence": adherence_document(weeks),
        "stop_and_ask": STOP_AND_ASK if stop else None,
    }
