"""Repetitions section: values per leg, overlaid curves, and repetitions left out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imu_valgus.model import (
    Analysis,
    ExerciseSet,
    Joint,
    MeanSd,
    RecordingAnalysis,
    Repetition,
    RepetitionCurves,
    Side,
    Task,
)
from imu_valgus.model.session_results import OVERLAID_ANGLES
from imu_valgus.plots.curves import plot_repetitions
from imu_valgus.plots.labels import angle_label
from imu_valgus.plots.style import new_panel
from imu_valgus.plots.svg import render_svg
from imu_valgus.reports.document import (
    Block,
    Bullets,
    Cell,
    Figure,
    Figures,
    FoldOut,
    Group,
    Item,
    Paragraph,
    Section,
    Table,
)
from imu_valgus.reports.session.curves import range_words
from imu_valgus.reports.session.walk import mean_of
from imu_valgus.reports.wording import (
    Estimate,
    capitalised,
    counted,
    enumerated,
    measure_words,
    number,
    task_words,
)
from imu_valgus.segmentation.curves import repetition_curves

__all__ = ["exercise_group", "exercises_section"]

_REMARK = (
    "± of a column: one standard deviation between the repetitions that count; from day to day "
    "the values differ by more than this."
)
_DIFFERENCE_REMARK = (
    "± of the difference, which is right minus left: one standard error within this session."
)

_ELSEWHERE = frozenset({"step_up", "squat", "calf_raise"})
"""Exercises of the programme that are shown with their repetitions."""


@dataclass(frozen=True, slots=True)
class _Done:
    """A repetition with its recording."""

    recording: RecordingAnalysis
    repetition: Repetition


def exercises_section(analysis: Analysis) -> Section | None:
    """Show the repetitions of each exercise and the sets of the programme.

    Parameters
    ----------
    analysis
        Result of ``pipeline.analyse``; if it has scored step-ups, they are shown elsewhere.

    Returns
    -------
    Section or None
        None if there is nothing to show.
    """
    groups = [
        group
        for task in Task
        if task is not Task.STEP_UP or not analysis.step_up
        for group in [exercise_group(analysis, task)]
        if group is not None
    ]
    blocks: list[Block] = list(groups)
    if groups:
        blocks.append(Paragraph(_REMARK, is_small=True))
    blocks += _programme_blocks(analysis.exercises)
    if not blocks:
        return None
    return Section("exercises", "Repetitions", tuple(blocks))


def exercise_group(analysis: Analysis, task: Task) -> Group | None:
    """Show the repetitions of one exercise: values, curves and what was left out.

    Parameters
    ----------
    analysis
        Result of ``pipeline.analyse``.
    task
        Exercise to show.

    Returns
    -------
    Group or None
        None if the exercise was not done.
    """
    done = [
        _Done(recording, repetition)
        for recording in analysis.recordings
        for repetition in recording.repetitions
        if repetition.task is task
    ]
    if not done:
        return None
    table = _values_table(task, done)
    blocks: list[Block] = [table]
    if "Difference" in table.columns:
        blocks.append(Paragraph(_DIFFERENCE_REMARK, is_small=True))
    # No joint above the ankle moves in a calf raise, so its curves would be flat.
    if task is not Task.CALF_RAISE:
        overlays = _overlays(task, done)
        blocks += [overlays] if overlays.figures else []
    blocks += _left_out(done)
    blocks.append(_list_of_all(done))
    return Group(capitalised(task_words(task, 2)), tuple(blocks))


def _values_table(task: Task, done: Sequence[_Done]) -> Table:
    """Make a table with a row per measure and a column per leading leg, or one for both legs."""
    legs = [leg for leg in (None, *Side) if any(each.repetition.side is leg for each in done)]
    has_difference = legs == list(Side)
    headings = ["Both legs" if leg is None else capitalised(leg) for leg in legs]
    columns = ("Measure", *headings, *(("Difference",) if has_difference else ()))
    by_leg = [[each.repetition for each in done if each.repetition.side is leg] for leg in legs]
    counts = [
        Cell(f"{sum(repetition.is_valid for repetition in of_leg)} of {len(of_leg)}")
        for of_leg in by_leg
    ]
    rows = [(Cell("Repetitions used"), *counts, *((Cell(),) if has_difference else ()))]
    valid = [each.repetition for each in done if each.repetition.is_valid]
    for name, values in _measures(valid):
        cells = tuple(_measure_cells(values, legs))
        rows.append((Cell(name), *cells))
    return Table(f"Values of the {task_words(task, 2)}", columns, tuple(rows))


def _measures(valid: Sequence[Repetition]) -> Iterator[tuple[str, dict[Side | None, list[float]]]]:
    """Yield duration and all measures in words, with their values by leading leg."""
    if not valid:
        return
    # Values at the compared knee flexion are shown with the score that they are made for.
    names = dict.fromkeys(
        name for each in valid for name in each.measures if not name.endswith("_matched_deg")
    )
    yield "Duration (s)", _by_leg([(each.side, each.end_s - each.start_s) for each in valid])
    for name in names:
        pairs = [(each.side, each.measures[name]) for each in valid if name in each.measures]
        yield measure_words(name), _by_leg(pairs)


def _by_leg(pairs: Sequence[tuple[Side | None, float]]) -> dict[Side | None, list[float]]:
    values: dict[Side | None, list[float]] = {}
    for leg, value in pairs:
        if np.isfinite(value):
            values.setdefault(leg, []).append(value)
    return values


def _measure_cells(
    values: Mapping[Side | None, list[float]], legs: Sequence[Side | None]
) -> Iterator[Cell]:
    spreads = {leg: _mean_sd(values.get(leg, [])) for leg in legs}
    sided = {leg: spread for leg, spread in spreads.items() if leg is not None}
    if None in spreads:
        both = spreads[None]
        yield Cell(Estimate(both.mean, both.sd, 1).text)
    if None in spreads and len(sided) == 2:
        # With columns for both legs, left and right there is no room for a difference.
        for side in Side:
            yield from mean_of({side: sided[side]}, 1)
        return
    yield from mean_of(sided, 1)


def _mean_sd(values: Sequence[float]) -> MeanSd:
    n = len(values)
    mean = float(np.mean(values)) if n else float("nan")
    sd = float(np.std(values, ddof=1)) if n > 1 else float("nan")
    return MeanSd(mean, sd, n)


def _overlays(task: Task, done: Sequence[_Done]) -> Figures:
    figures = [
        _overlay_figure(task, sides)
        for joint, motion in OVERLAID_ANGLES
        if (sides := _overlay_sides(done, joint, motion))
    ]
    caption = (
        "Thin: each repetition that counts; thick: their mean; dashed vertical line: mean turning "
        "point. The absolute level of adduction and rotation depends on calibration."
    )
    return Figures(tuple(figures), columns=3, caption=caption)


def _overlay_sides(done: Sequence[_Done], joint: Joint, motion: str) -> list[RepetitionCurves]:
    """Return the curves of the leading leg, or of both legs if they move together."""
    sides = []
    for side in Side:
        pairs = [
            (angles, each.repetition)
            for each in done
            if each.repetition.side in {None, side}
            for angles in each.recording.angles
            if angles.joint is joint and angles.side is side
        ]
        curves = repetition_curves(pairs, motion=motion) if pairs else None
        if curves is not None and np.isfinite(curves.curves_deg).any():
            sides.append(curves)
    return sides


def _overlay_figure(task: Task, sides: Sequence[RepetitionCurves]) -> Figure:
    joint, motion = sides[0].joint, sides[0].motion
    figure, ax = new_panel()
    plot_repetitions(sides, ax)
    ranges = [f"{curves.side} {range_words(curves.curves_deg)}" for curves in sides]
    name = f"{task}-{joint}-{motion}".replace("_", "-")
    words = f"{angle_label(joint, motion).name} in {task_words(task, 2)}: {enumerated(ranges)}."
    return Figure(render_svg(figure, name=name, description=words))


def _left_out(done: Sequence[_Done]) -> tuple[Block, ...]:
    items = [
        Item(
            each.repetition.reason or "no reason given",
            f"{each.recording.name}, {_which(each.repetition)}",
        )
        for each in done
        if not each.repetition.is_valid
    ]
    if not items:
        return ()
    words = f"{capitalised(counted(len(items), 'repetition'))} left out:"
    return (Paragraph(words), Bullets(tuple(items)))


def _which(repetition: Repetition) -> str:
    leg = f"{repetition.side} " if repetition.side else ""
    return f"{leg}number {repetition.number}"


def _list_of_all(done: Sequence[_Done]) -> FoldOut:
    rows = [
        (
            Cell(each.recording.name),
            Cell(_which(each.repetition)),
            Cell(number(each.repetition.start_s, 1)),
            Cell(number(each.repetition.end_s - each.repetition.start_s, 1)),
            Cell("yes" if each.repetition.is_valid else "no"),
        )
        for each in done
    ]
    columns = ("Recording", "Repetition", "Start (s)", "Duration (s)", "Used")
    table = Table("", columns, tuple(rows))
    return FoldOut("List of all repetitions", (table,), is_printed=False)


def _programme_blocks(sets: Sequence[ExerciseSet]) -> tuple[Block, ...]:
    """Show the sets of the programme's other exercises and mobility checks; empty without any."""
    shown = [each for each in sets if each.exercise not in _ELSEWHERE]
    if not shown:
        return ()
    rows = tuple(
        (
            Cell(each.name),
            Cell(capitalised(each.side) if each.side else "–"),
            Cell(str(len(each.repetitions)) if each.repetitions else "–"),
            Cell("; ".join(f"{measure_words(k)} {number(v, 1)}" for k, v in each.measures.items())),
        )
        for each in shown
    )
    columns = ("Exercise", "Side", "Repetitions", "Mean values")
    table = Table("", columns, rows, holds_sentences=True)
    notes = dict.fromkeys((each.name, note) for each in shown for note in each.notes)
    bullets = tuple(Item(note, name) for name, note in notes)
    return (Group("Exercises and checks", (table, *((Bullets(bullets),) if bullets else ()))),)
