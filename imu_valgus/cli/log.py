"""``imu-valgus log``: exercises done, pain and notes, day by day."""

from typing import TYPE_CHECKING, Annotated

import typer

from imu_valgus.cli.analyse import JsonOption
from imu_valgus.cli.console import print_json, print_lines
from imu_valgus.cli.people import PersonArgument
from imu_valgus.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from imu_valgus.cli.course_options import KeptWeeks
    from imu_valgus.model.programme import LogEntry
    from imu_valgus.progress.schedule import WeekAdherence

STOP_AND_ASK = (
    "Stop these exercises for now and ask a doctor or a physiotherapist before you go on: pain of "
    "4 or more out of 10, or 2 more than at the start, is a reason to. imu_valgus only shows "
    "movement; what the pain comes from it cannot tell, and this is no diagnosis."
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    examples = (
        "Examples:\n\n"
        "imu-valgus log P1 --done clam_shell --done step_up --pain 1\n\n"
        "imu-valgus log P1 --day 2026-03-10 --note 'Long walk before.'\n\n"
        "imu-valgus log P1"
    )
    app.command("log", epilog=examples)(log_command)


def log_command(
    person: PersonArgument,
    day: Annotated[
        str | None,
        typer.Option("--day", metavar="DATE", help="Today if not said.", show_default=False),
    ] = None,
    done: Annotated[
        list[str] | None,
        typer.Option(
            "--done",
            metavar="EXERCISE",
            help="Done that day. Repeat for several.",
            show_default=False,
        ),
    ] = None,
    pain: Annotated[
        int | None,
        typer.Option("--pain", min=0, max=10, help="0 none to 10 worst.", show_default=False),
    ] = None,
    note: Annotated[
        str | None,
        typer.Option("--note", metavar="TEXT", help="Stays in the store.", show_default=False),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write down what was done and how much it hurt; without options show the log."""
    from imu_valgus.cli.course_options import kept_weeks
    from imu_valgus.store import Store

    added = _entries(day, done or [], pain, note)
    before = kept_weeks(person)
    if added:
        with Store() as store:
            store.add_log(person, added)
    kept = kept_weeks(person)
    is_high = pain is not None and _asks_to_stop(pain, before)
    weeks = _adherence(kept)
    if as_json:
        print_json(_document(kept, weeks, n_added=len(added), stop=is_high))
        return
    lines = [] if added else _log_lines(kept.log)
    if added:
        lines = [f"Noted for {person} on {added[0].day}: {_day_words(added)}"]
    lines += _adherence_words(kept, weeks)
    print_lines([*lines, *(["", STOP_AND_ASK] if is_high else [])])


def _entries(
    day: str | None, done: list[str], pain: int | None, note: str | None
) -> "list[LogEntry]":
    from imu_valgus.cli.plan import exercise_key, parsed_day
    from imu_valgus.model.programme import LogEntry

    text = " ".join((note or "").split())
    if not done and pain is None and not text:
        if day is not None:
            raise InputError("Expected --done, --pain or --note with --day, found none of them.")
        return []
    today = _today()
    when = today if day is None else parsed_day(day, what="--day")
    if when > today:
        raise InputError(f"Expected a day until today, found {when}: log what has been done.")
    keys = dict.fromkeys(exercise_key(name) for name in done)
    entries = [LogEntry(when, key) for key in keys]
    if pain is not None or text:
        entries.append(LogEntry(when, pain=pain, notes=text))
    return entries


def _today() -> "date":
    from datetime import datetime

    return datetime.now().astimezone().date()


def _asks_to_stop(pain: int, before: "KeptWeeks") -> bool:
    """Whether pain is high by itself, or has risen since it was first noted."""
    from imu_valgus.reports.weeks.safety import PAIN_LIMIT, PAIN_RISE

    sessions = ((s.recorded_at.date(), s.pain) for s in before.sessions)
    entries = ((entry.day, entry.pain) for entry in before.log)
    known = sorted((when, noted) for when, noted in (*sessions, *entries) if noted is not None)
    start = known[0][1] if known else pain
    return pain >= PAIN_LIMIT or pain - start >= PAIN_RISE


def _adherence(kept: "KeptWeeks") -> "tuple[WeekAdherence, ...]":
    from imu_valgus.cli.plan import last_day
    from imu_valgus.progress.schedule import measure_adherence

    if kept.programme is None:
        return ()
    # Weeks without any entry count until the programme's end, and no longer.
    until = min(_today(), last_day(kept.programme))
    through = max([until, *(entry.day for entry in kept.log)])
    return measure_adherence(
        kept.log, start=kept.programme.start, plan=kept.programme.plan, through=through
    )


def _log_lines(log: "Sequence[LogEntry]") -> list[str]:
    if not log:
        return ["Nothing noted yet: add what was done with  --done EXERCISE  and  --pain 0"]
    days = dict.fromkeys(entry.day for entry in log)
    return [f"{day}  {_day_words([e for e in log if e.day == day])}" for day in days]


def _day_words(entries: "Sequence[LogEntry]") -> str:
    done = ", ".join(dict.fromkeys(entry.exercise for entry in entries if entry.exercise))
    pain = [f"pain {entry.pain} of 10" for entry in entries if entry.pain is not None]
    notes = [entry.notes for entry in entries if entry.notes]
    return "; ".join([*([done] if done else []), *pain, *notes])


def _adherence_words(kept: "KeptWeeks", weeks: "Sequence[WeekAdherence]") -> list[str]:
    from imu_valgus.cli.progress import adherence_lines

    if kept.programme is None or not kept.programme.plan:
        return ["", f"No plan of exercises yet: imu-valgus plan {kept.person} --start DATE"]
    return ["", *(adherence_lines(weeks) or ["The first week is not over yet."])]


def _document(
    kept: "KeptWeeks", weeks: "Sequence[WeekAdherence]", *, n_added: int, stop: bool
) -> dict[str, object]:
    return {
        "person": kept.person,
        "added": n_added,
        "log": [
            {
                "day": entry.day.isoformat(),
                "exercise": entry.exercise,
                "pain": entry.pain,
                "note": entry.notes,
            }
            for entry in kept.log
        ],
        "adherence": [
            {"week": one.week + 1, "done": one.done, "planned": one.planned} for one in weeks
        ],
        "stop_and_ask": STOP_AND_ASK if stop else None,
    }
