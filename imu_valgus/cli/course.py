"""What the commands about a person's course over weeks share."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Final

import typer

from imu_valgus.cli.people import check_person
from imu_valgus.errors import InputError
from imu_valgus.model import Side
from imu_valgus.model.programme import LogEntry, Programme
from imu_valgus.model.progress import MeasureKey, SessionRecord, all_keys
from imu_valgus.plots.labels import measure_label, signed, task_words
from imu_valgus.progress.comparability import LeftOut
from imu_valgus.progress.repeatability import Repeatability
from imu_valgus.progress.verdict import Verdict

if TYPE_CHECKING:
    from imu_valgus.progress.course_types import Course
    from imu_valgus.progress.schedule import WeekAdherence

MeasureOption = Annotated[
    list[str] | None,
    typer.Option(
        "--measure",
        metavar="NAME",
        help="Only this measure, for example shank_medial_tilt_deg. Repeat for several.",
    ),
]
SideOption = Annotated[Side | None, typer.Option("--side", help="Only this leg.")]
AllOption = Annotated[
    bool, typer.Option("--all", help="Every measure, not only the headline ones.")
]

LIMITS: Final = (
    "This shows how measured movement differs. It does not say why, and it is not a diagnosis."
)

SHORT_VERDICTS: Final = {
    Verdict.TOO_FEW: "too few sessions",
    Verdict.NOISE_UNKNOWN: "noise not known",
    Verdict.BELOW: "below noise",
    Verdict.WITHIN: "within noise",
    Verdict.BEYOND: "beyond noise",
}
"""For the last column of a table; the full sentences follow below it."""

_NOT_KNOWN: Final = "not known"


@dataclass(frozen=True, slots=True)
class History:
    """What the store holds about a person's weeks.

    Parameters
    ----------
    person
        Pseudonym of the person.
    sessions
        All sessions in order of time.
    programme
        The programme, None if none was stored.
    log
        The daily log in order of days.
    """

    person: str
    sessions: tuple[SessionRecord, ...]
    programme: Programme | None
    log: tuple[LogEntry, ...]

    def course(self, keys: Iterable[MeasureKey]) -> "Course":
        """Review the course of the given measures."""
        from imu_valgus.progress.course import review_course

        return review_course(
            self.sessions, programme=self.programme, log=self.log, keys=tuple(keys)
        )


def read_history(person: str, *, needs_sessions: bool = False) -> History:
    """Read a person's sessions, programme and log from the store.

    Parameters
    ----------
    person
        Pseudonym of the person.
    needs_sessions
        Whether a person without sessions is an error.

    Returns
    -------
    History
        What the store holds.

    Raises
    ------
    InputError
        If the person is not in the store, or has no sessions although they are needed.
    """
    from imu_valgus.store import Store

    with Store() as store:
        check_person(store, person)
        sessions = store.sessions(person)
        if needs_sessions and not sessions:
            raise InputError(
                f"{person} has no sessions in the store. Add one with: "
                f"imu-valgus add SESSION --person {person}"
            )
        return History(person, sessions, store.programme(person), store.log(person))


def chosen_keys(
    sessions: Sequence[SessionRecord],
    *,
    names: Sequence[str] | None,
    side: Side | None,
    is_all: bool,
) -> tuple[MeasureKey, ...]:
    """Choose measures as the options say.

    Parameters
    ----------
    sessions
        The sessions whose measures there are to choose from.
    names
        Names of measures; without names, the headline measures are chosen.
    side
        Only this leg; None for both.
    is_all
        Whether to take every measure where no names are given.

    Returns
    -------
    tuple of MeasureKey
        At least one measure.

    Raises
    ------
    InputError
        If no session has a measure of that name, or no measure is left.
    """
    from imu_valgus.progress.headline import headline_keys

    known = all_keys(sessions)
    is_headline = not (names or is_all)
    keys = headline_keys(known) if is_headline else known
    if names:
        check_names(names, {key.name for key in known}, what="a measure of these sessions")
        keys = tuple(key for key in known if key.name in names)
    chosen = tuple(key for key in keys if side is None or key.side is side)
    if not chosen:
        leg = f" of the {side} leg" if side else ""
        advice = " See them with --all." if known and is_headline else ""
        raise InputError(
            f"There are no {'headline ' if is_headline else ''}measures{leg} among the "
            f"{len(known)} measures of these sessions.{advice}"
        )
    return chosen


def check_names(names: Iterable[str], known: Iterable[str], *, what: str) -> None:
    """Check names from the command line.

    Parameters
    ----------
    names
        The names to check.
    known
        The names that exist.
    what
        What such a name stands for, with its article ("a session of P1").

    Raises
    ------
    InputError
        For the first unknown name; the message suggests the most similar one.
    """
    existing = sorted(set(known))
    for name in names:
        if name not in existing:
            similar = get_close_matches(name, existing, n=1, cutoff=0.5)
            advice = (
                f"Did you mean {similar[0]}?" if similar else f"Choose from {', '.join(existing)}."
            )
            raise InputError(f"{name!r} is not {what}. {advice}")


def name_words(key: MeasureKey) -> str:
    """Name a measure with its leg, task and unit.

    Parameters
    ----------
    key
        Key of the measure.

    Returns
    -------
    str
        For example "Right: Step-up alignment score, step-up (points)".
    """
    label = measure_label(key)
    leg = str(key.side).capitalize() if key.side else "Both"
    unit = f" ({label.unit})" if label.unit else ""
    return f"{leg}: {label.name}, {task_words(key.task)}{unit}"


def number(value: float, unit: str) -> str:
    """Write a value without its unit, with a true minus sign.

    Parameters
    ----------
    value
        The value.
    unit
        Its unit, which sets the number of decimals.

    Returns
    -------
    str
        The number, or that it is not known if it is not finite.

    Examples
    --------
    >>> number(-4.21, "deg"), number(float("nan"), "deg")
    ('−4.2', 'not known')
    """
    return change_number(value, unit).removeprefix("+")


def change_number(value: float, unit: str) -> str:
    """Write a change with its sign and without its unit.

    Parameters
    ----------
    value
        The change.
    unit
        Its unit, which sets the number of decimals.

    Returns
    -------
    str
        The number, with no sign if it rounds to zero.

    Examples
    --------
    >>> change_number(1.46, "points"), change_number(0.01, "deg")
    ('+1.5', '0.0')
    """
    if not math.isfinite(value):
        return _NOT_KNOWN
    return "".join(letter for letter in signed(value, unit) if letter in "+−.0123456789")


def interval_words(low: float, high: float, unit: str) -> str:
    """Write an interval with signs and without its unit.

    Parameters
    ----------
    low, high
        Limits of the interval.
    unit
        Their unit.

    Returns
    -------
    str
        Both limits, or that they are not known.
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return _NOT_KNOWN
    return f"{change_number(low, unit)} to {change_number(high, unit)}"


def mdc_words(mdc: float | None, unit: str, *, is_assumed: bool) -> str:
    """Write the minimal detectable change, with a star if it rests on an assumed spread.

    Parameters
    ----------
    mdc
        Minimal detectable change; None if not known.
    unit
        Its unit.
    is_assumed
        Whether it rests on an assumed spread.

    Returns
    -------
    str
        The number, or that it is not known.
    """
    return _NOT_KNOWN if mdc is None else number(mdc, unit) + ("*" if is_assumed else "")


def assumed_line(person: str) -> str:
    """Explain the star at an assumed minimal detectable change.

    Parameters
    ----------
    person
        Pseudonym of the person.

    Returns
    -------
    str
        The explanation, with the command that measures the spread.
    """
    return (
        "* Assumed: this person's own spread has not been measured yet. Measure it: "
        f"imu-valgus repeatability {person}"
    )


def left_out_lines(left_out: Mapping[MeasureKey, Iterable[LeftOut]]) -> list[str]:
    """List each left-out session and reason once, with the number of measures if not all.

    Parameters
    ----------
    left_out
        Sessions left out, by measure.

    Returns
    -------
    list of str
        Lines with a heading; empty if no session is left out.
    """
    keys_of: dict[LeftOut, list[MeasureKey]] = {}
    for key, sessions in left_out.items():
        for session in sessions:
            keys_of.setdefault(session, []).append(key)
    lines = []
    for session, keys in keys_of.items():
        only = f" ({len(keys)} of {len(left_out)} measures)" if len(keys) < len(left_out) else ""
        lines.append(f"  {session.session_id}: {session.reason}{only}")
    return ["Left out:", *lines] if lines else []


def reservation_lines(reservations: Mapping[MeasureKey, Iterable[str]]) -> list[str]:
    """List each reservation once.

    Parameters
    ----------
    reservations
        Reservations as sentences, by measure.

    Returns
    -------
    list of str
        Lines with a heading; empty without reservations.
    """
    sentences = dict.fromkeys(text for texts in reservations.values() for text in texts)
    return ["Keep in mind:", *(f"  {text}" for text in sentences)] if sentences else []


def many_measures_line(n: int) -> list[str]:
    """Warn against looking at many measures at once.

    Parameters
    ----------
    n
        Number of measures shown.

    Returns
    -------
    list of str
        One line; none for fewer than four measures.
    """
    if n < 4:
        return []
    chance = "Of 20 that have not changed, about one looks changed by chance."
    return [f"{n} measures are shown. {chance} Choose beforehand the one or two that matter."]


def adherence_lines(weeks: "Sequence[WeekAdherence]") -> list[str]:
    """Say how much of the plan was done in each week.

    Parameters
    ----------
    weeks
        Adherence of each whole week.

    Returns
    -------
    list of str
        One line; none before a whole week has passed.
    """
    if not weeks:
        return []
    done = ", ".join(
        f"week {week.week + 1} {100 * week.share:.0f} % ({week.done} of {week.planned})"
        for week in weeks
    )
    return [f"Exercises done as planned: {done}."]


def adherence_document(weeks: "Sequence[WeekAdherence]") -> list[dict[str, int]]:
    """Give the adherence of each week as JSON.

    Parameters
    ----------
    weeks
        Adherence of each whole week.

    Returns
    -------
    list of dict
        Number of the week from 1 on, and how many exercise occasions were done and planned.
    """
    return [{"week": week.week + 1, "done": week.done, "planned": week.planned} for week in weeks]


def key_document(key: MeasureKey) -> dict[str, object]:
    """Give a measure's key as JSON.

    Parameters
    ----------
    key
        Key of the measure.

    Returns
    -------
    dict
        Measure, task, side and unit.
    """
    return {"measure": key.name, "task": key.task, "side": key.side, "unit": key.unit}


def left_out_document(left_out: Sequence[LeftOut]) -> list[dict[str, str]]:
    """Give the left-out sessions as JSON.

    Parameters
    ----------
    left_out
        Sessions left out.

    Returns
    -------
    list of dict
        Session and reason.
    """
    return [{"session": session.session_id, "reason": session.reason} for session in left_out]


def repeatability_document(spread: Repeatability | None) -> dict[str, object] | None:
    """Give the spread of a measure, measured or assumed, as JSON.

    Parameters
    ----------
    spread
        Spread between repeat sessions; None if not known.

    Returns
    -------
    dict or None
        Standard error, its interval, and the minimal detectable changes; None without a spread.
    """
    if spread is None:
        return None
    return {
        "sem": spread.sem,
        "interval_95": None if spread.is_assumed else [spread.low, spread.high],
        "df": spread.df,
        "is_assumed": spread.is_assumed,
        "mdc_single": spread.mdc_single,
        "mdc_3_against_3": spread.mdc_blocks(3, 3),
    }
