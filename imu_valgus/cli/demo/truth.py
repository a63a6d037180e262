"""The truth of a simulated programme beside what was found."""

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Final

from imu_valgus.cli import course as words
from imu_valgus.cli.console import aligned, counted
from imu_valgus.cli.course import read_history
from imu_valgus.cli.demo.session import PERSON, TRUE_MEASURES
from imu_valgus.cli.demo.weeks import START, DemoWeeks, store_at
from imu_valgus.cli.sessions import why_not_counted
from imu_valgus.model import Side, Task
from imu_valgus.model.progress import MeasureKey
from imu_valgus.progress.compare import BlockComparison
from imu_valgus.simulate.habits import BothLegs

_HEAD: Final = ("MEASURE", "HABIT", "MOVED", "FOUND", "95 % INTERVAL", "MDC", "VERDICT")


@dataclass(frozen=True, slots=True)
class TrueChange:
    """The true change of one measure of one leg from baseline to close, with the change found.

    Parameters
    ----------
    key
        The measure.
    habit
        True change of what the person habitually does, which the interval should contain.
    moved
        True change of how the bones moved in the sessions compared; it differs from the habit by
        what single days brought.
    found
        The comparison as in the reports, None where it was refused.
    refused
        Why it was refused, empty otherwise.
    """

    key: MeasureKey
    habit: float
    moved: float
    found: BlockComparison | None
    refused: str = ""


def true_changes(run: DemoWeeks) -> tuple[TrueChange, ...]:
    """Compare the truth with the finding for each step-up excursion.

    Parameters
    ----------
    run
        A simulated programme.

    Returns
    -------
    tuple of TrueChange
        Left leg first; without measures that lack a baseline or a close.
    """
    keys = [MeasureKey(name, Task.STEP_UP, side) for side in Side for name in TRUE_MEASURES]
    with store_at(run.store):
        course = read_history(PERSON).course(keys)
    habits = {
        kept.record.recorded_at: planned.habit
        for kept, planned in zip(run.kept, run.sessions, strict=True)
    }
    moved = {kept.record.recorded_at: kept.moved for kept in run.kept}
    changes = []
    for measure in course.measures:
        key = measure.key
        before = [session.recorded_at for session in measure.blocks.before]
        after = [session.recorded_at for session in measure.blocks.after]
        if not before or not after:
            continue
        habit = fmean(_habit(habits[when], key) for when in after)
        habit -= fmean(_habit(habits[when], key) for when in before)
        bones = fmean(moved[when][key] for when in after)
        bones -= fmean(moved[when][key] for when in before)
        changes.append(TrueChange(key, habit, bones, measure.comparison, measure.not_compared))
    return tuple(changes)


def _habit(habit: BothLegs, key: MeasureKey) -> float:
    leg = habit.of(Side.LEFT if key.side is None else key.side)
    return float(getattr(leg, key.name.replace("_excursion", "")))


def demo_lines(run: DemoWeeks) -> list[str]:
    """Say for people what was made, where it is, what was true and what was found.

    Parameters
    ----------
    run
        A simulated programme.

    Returns
    -------
    list of str
        Lines to print.
    """
    records = [kept.record for kept in run.kept]
    aside = [
        f"Does not count: {record.session_id}: {reason}"
        for record in records
        if (reason := why_not_counted(record))
    ]
    pages = sorted(path for path in run.reports.iterdir() if path.suffix in {".pdf", ".html"})
    first, last = (f"{record.recorded_at:%Y-%m-%d}" for record in (records[0], records[-1]))
    return [
        f"{PERSON}: {len(records)} simulated sessions from {first} to {last}.",
        f"Programme of {counted(run.weeks, 'week')} from {START} on.",
        *aside,
        *(f"Page:    {path}" for path in pages),
        f"Charts:  {run.reports / 'charts'}",
        f"Tables:  {run.reports / 'compare.json'}, {run.reports / 'progress.json'}",
        "",
        *_truth_lines(true_changes(run)),
        "",
        "Go on from here, for example with:",
        f"  {home_words(run.store)} imu-valgus progress {PERSON}",
    ]


def home_words(store: Path, *, is_windows: bool = os.name == "nt") -> str:
    """Write what to put before a command to make it use a store, in the usual shell.

    Parameters
    ----------
    store
        Folder of the store.
    is_windows
        Whether to write for PowerShell instead of a POSIX shell.

    Returns
    -------
    str
        The assignment of ``IMU_VALGUS_HOME``.

    Examples
    --------
    >>> home_words(Path("my demo") / "store", is_windows=False)
    "IMU_VALGUS_HOME='my demo/store'"
    """
    if is_windows:
        return f"$env:IMU_VALGUS_HOME='{store}';"
    return f"IMU_VALGUS_HOME={shlex.quote(store.as_posix())}"


def _truth_lines(changes: Sequence[TrueChange]) -> list[str]:
    found = [(change.habit, change.found) for change in changes if change.found is not None]
    n_held = sum(comparison.low <= habit <= comparison.high for habit, comparison in found)
    lines = [
        "True and found change from baseline to close:",
        "",
        *aligned([_HEAD, *map(_row, changes)]),
        "",
        "HABIT: the true change of what the simulated person habitually does.",
        "MOVED: how the bones moved on the days compared; single days differ from the habit.",
        "FOUND: what the reports show from the sensors alone, with 95 % INTERVAL and MDC.",
    ]
    if found:
        lines.append(
            f"{n_held} of {len(found)} intervals hold the true change of the habit; over many "
            "courses, 19 of 20 should."
        )
    return lines


def _row(change: TrueChange) -> tuple[str, ...]:
    unit, found = change.key.unit, change.found
    truth = (
        words.name_words(change.key),
        words.change_number(change.habit, unit),
        words.change_number(change.moved, unit),
    )
    if found is None:
        return (*truth, "–", "–", "–", "not compared")
    return (
        *truth,
        words.change_number(found.change, unit),
        words.interval_words(found.low, found.high, unit),
        words.mdc_words(found.mdc, unit, is_assumed=found.is_mdc_assumed),
        words.SHORT_VERDICTS[found.verdict],
    )


def demo_document(run: DemoWeeks) -> dict[str, object]:
    """Give what `demo_lines` says as JSON.

    Parameters
    ----------
    run
        The simulated weeks.

    Returns
    -------
    dict
        Sessions, and the true change of each step-up measure beside the one found.
    """
    return {
        "person": PERSON,
        "store": str(run.store),
        "reports": str(run.reports),
        "sessions": [
            {
                "session": kept.record.session_id,
                "purpose": kept.record.purpose,
                "why_not_counted": why_not_counted(kept.record),
            }
            for kept in run.kept
        ],
        "step_up_changes": [
            {
                **words.key_document(change.key),
                "true_change_of_habit": change.habit,
                "true_change_in_these_sessions": change.moved,
                "found_change": change.found and change.found.change,
                "interval_95": change.found and [change.found.low, change.found.high],
                "mdc": change.found and change.found.mdc,
                "verdict": change.found and change.found.verdict,
                "not_compared": change.refused,
            }
            for change in true_changes(run)
        ],
    }
