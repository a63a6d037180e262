"""What was true in a simulated programme, beside what was found."""

import os
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from imu_valgus.cli import course_words as say
from imu_valgus.cli.adding import why_not_counted
from imu_valgus.cli.course_options import kept_weeks
from imu_valgus.cli.demo.session import PERSON, TRUE_MEASURES
from imu_valgus.cli.demo.weeks import START, DemoWeeks, store_at
from imu_valgus.cli.kept_words import aligned
from imu_valgus.model import Side, Task
from imu_valgus.model.progress import MeasureKey
from imu_valgus.progress.compare import BlockComparison
from imu_valgus.simulate.habits import BothLegs

_HEAD = ("MEASURE", "HABIT", "MOVED", "FOUND", "95 % INTERVAL", "MDC", "VERDICT")


@dataclass(frozen=True, slots=True)
class TrueChange:
    """One measure of one leg, baseline to close.

    Parameters
    ----------
    key
        The measure.
    habit
        Change of what the person habitually does: what the interval should hold.
    moved
        Change of how the bones moved in the very sessions compared; differs from the habit by
        what single days brought.
    found
        The comparison of the reports, None where it was refused.
    refused
        Why.
    """

    key: MeasureKey
    habit: float
    moved: float
    found: BlockComparison | None
    refused: str = ""


def true_changes(run: DemoWeeks) -> tuple[TrueChange, ...]:
    """Put truth and finding of the step-up excursions beside each other, left leg first."""
    keys = [MeasureKey(name, Task.STEP_UP, side) for side in Side for name in TRUE_MEASURES]
    with store_at(run.store):
        course = kept_weeks(PERSON).course(keys)
    habits = {
        kept.record.recorded_at: planned.habit
        for kept, planned in zip(run.kept, run.sessions, strict=True)
    }
    moved = {kept.record.recorded_at: kept.moved for kept in run.kept}
    changes = []
    for one in course.measures:
        before = [session.recorded_at for session in one.blocks.before]
        after = [session.recorded_at for session in one.blocks.after]
        if not before or not after:
            continue
        habit = fmean(_habit(habits[when], one.key) for when in after)
        habit -= fmean(_habit(habits[when], one.key) for when in before)
        bones = fmean(moved[when][one.key] for when in after)
        bones -= fmean(moved[when][one.key] for when in before)
        changes.append(TrueChange(one.key, habit, bones, one.comparison, one.not_compared))
    return tuple(changes)


def _habit(habit: BothLegs, key: MeasureKey) -> float:
    leg = habit.of(Side.LEFT if key.side is None else key.side)
    return float(getattr(leg, key.name.replace("_excursion", "")))


def demo_lines(run: DemoWeeks) -> list[str]:
    """Say what was made, where it lies, what was true and what was found."""
    records = [one.record for one in run.kept]
    aside = [f"{one.session_id}: {why}" for one in records if (why := why_not_counted(one))]
    files = sorted(path for path in run.reports.iterdir() if path.suffix in {".pdf", ".html"})
    days = [f"{one.recorded_at:%Y-%m-%d}" for one in records]
    return [
        f"{PERSON}: {len(records)} simulated sessions from {days[0]} to {days[-1]}.",
        f"Programme of {run.weeks} week{'' if run.weeks == 1 else 's'} from {START} on.",
        *(f"Does not count: {words}" for words in aside),
        *(f"Page:    {path}" for path in files),
        f"Charts:  {run.reports / 'charts'}",
        f"Tables:  {run.reports / 'compare.json'}, {run.reports / 'progress.json'}",
        "",
        *truth_lines(true_changes(run)),
        "",
        "Go on from here, for instance:",
        f"  {home_words(run.store)} imu-valgus progress {PERSON}",
    ]


def home_words(store: Path, *, is_windows: bool = os.name == "nt") -> str:
    """Say before a command which store it is to use, as the usual shell understands it.

    Examples
    --------
    >>> home_words(Path("my demo") / "store", is_windows=False)
    "IMU_VALGUS_HOME='my demo/store'"
    """
    if is_windows:
        return f"$env:IMU_VALGUS_HOME='{store}';"
    return f"IMU_VALGUS_HOME={shlex.quote(store.as_posix())}"


def demo_document(run: DemoWeeks) -> dict[str, object]:
    """Say the same as JSON."""
    return {
        "person": PERSON,
        "store": str(run.store),
        "reports": str(run.reports),
        "sessions": [
            {
                "session": one.record.session_id,
                "purpose": one.record.purpose,
                "why_not_counted": why_not_counted(one.record),
            }
            for one in run.kept
        ],
        "step_up_changes": truth_document(true_changes(run)),
    }


def truth_lines(changes: Iterable[TrueChange]) -> list[str]:
    """Say what was true and what was found, for people."""
    listed = list(changes)
    compared = [one for one in listed if one.found is not None]
    held = sum(one.found.low <= one.habit <= one.found.high for one in compared if one.found)
    lines = ["True and found change from baseline to close:", ""]
    lines += aligned([_HEAD, *(_row(one) for one in listed)])
    lines += [
        "",
        "HABIT: the true change of what the simulated person habitually does.",
        "MOVED: how the bones moved on the days compared; days differ from the habit.",
        "FOUND: what the reports say from the sensors alone. 95 % INTERVAL and MDC belong to it.",
    ]
    if compared:
        lines.append(
            f"{held} of {len(compared)} intervals hold the true change of the habit; over many "
            "courses 19 of 20 should."
        )
    return lines


def _row(one: TrueChange) -> tuple[str, ...]:

    unit = one.key.unit
    true = (say.change_number(one.habit, unit), say.change_number(one.moved, unit))
    if one.found is None:
        return (say.name_words(one.key), *true, "–", "–", "–", "not compared")
    return (
        say.name_words(one.key),
        *true,
        say.change_number(one.found.change, unit),
        say.interval_words(one.found.low, one.found.high, unit),
        say.mdc_words(one.found.mdc, unit, is_assumed=one.found.is_mdc_assumed),
        say.SHORT_VERDICTS[one.found.verdict],
    )


def truth_document(changes: Iterable[TrueChange]) -> list[dict[str, object]]:
    """Say the same as JSON."""
    return [
        {
            **say.key_document(one.key),
            "true_change_of_habit": one.habit,
            "true_change_in_these_sessions": one.moved,
            "found_change": one.found and one.found.change,
            "interval_95": one.found and [one.found.low, one.found.high],
            "mdc": one.found and one.found.mdc,
            "verdict": one.found and one.found.verdict,
            "not_compared": one.refused,
        }
        for one in changes
    ]
