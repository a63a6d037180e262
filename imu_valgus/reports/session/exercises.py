"""Repetitions of exercises: figures per side, curves laid over each other, what was left out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imu_valgus.model import (
    Analysis,
    Joint,
    MeanSd,
    RecordingAnalysis,
    Repetition,
    RepetitionCurves,
    Side,
    Task,
)
from imu_valgus.model.session_curves import OVERLAID_ANGLES
from imu_valgus.plots.labels import angle_label
from imu_valgus.plots.curves import plot_repetitions
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
from imu_valgus.reports.session.programme import programme_blocks
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
    "± of a column: one standard deviation between the repetitions that count; between days "
    "figures differ by more than this."
)
_DIFFERENCE_REMARK = (
    "± of the difference, which is right minus left: one standard error within this session."
)


@dataclass(frozen=True, slots=True)
class _Done:
    """A repetition and the recording it is in."""

    recording: RecordingAnalysis
    one: Repetition


def exercises_section(analysis: Analysis) -> Section | None:
    """Show the repetitions of each exercise, and sets of the programme; None without any.

    Step-ups have a section of their own.
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
    blocks += programme_blocks(analysis.exercises)
    if not blocks:
        return None
    return Section("exercises", "Repetitions", tuple(blocks))


def exercise_group(analysis: Analysis, task: Task) -> Group | None:
    """Show the repetitions of one exercise: figures, overlays, what was left out; None without."""
    done = [
        _Done(recording, one)
        for recording in analysis.recordings
        for one in recording.repetitions
        if one.task is task
    ]
    return _exercise(task, done) if done else None


def _exercise(task: Task, done: Sequence[_Done]) -> Group:
    table = _figures_table(task, done)
    blocks: list[Block] = [table]
    if "Difference" in table.columns:
        blocks.append(Paragraph(_DIFFERENCE_REMARK, is_small=True))
    # No joint above the ankle moves in a calf raise: its curves would be flat.
    if task is not Task.CALF_RAISE:
        overlays = _overlays(task, done)
        blocks += [overlays] if overlays.figures else []
    blocks += _left_out(done)
    blocks.append(_list_of_all(done))
    return Group(capitalised(task_words(task, 2)), tuple(blocks))


def _figures_table(task: Task, done: Sequence[_Done]) -> Table:
    """One row per measure; a column per leading leg, or one for both legs together."""
    legs = [leg for leg in (None, *Side) if any(found.one.side is leg for found in done)]
    has_difference = legs == list(Side)
    headings = ["Both legs" if leg is None else capitalised(leg) for leg in legs]
    columns = ("Measure", *headings, *(("Difference",) if has_difference else ()))
    counts = [
        Cell(f"{sum(f.one.is_valid for f in mine)} of {len(mine)}")
        for mine in ([found for found in done if found.one.side is leg] for leg in legs)
    ]
    rows = [(Cell("Repetitions used"), *counts, *((Cell(),) if has_difference else ()))]
    valid = [found.one for found in done if found.one.is_valid]
    for name, values in _measures(valid):
        cells = tuple(_measure_cells(values, legs))
        rows.append((Cell(name), *cells))
    return Table(f"Figures of the {task_words(task, 2)}", columns, tuple(rows))


def _measures(valid: Sequence[Repetition]) -> Iterator[tuple[str, dict[Side | None, list[float]]]]:
    """Walk through duration and all measures, values by leading leg."""
    if not valid:
        return
    # Values at the compared knee flexion stand with the score they are made for.
    names = dict.fromkeys(
        name for one in valid for name in one.measures if not name.endswith("_matched_deg")
    )
    yield "Duration (s)", _by_leg([(one.side, one.end_s - one.start_s) for one in valid])
    for name in names:
        pairs = [(one.side, one.measures[name]) for one in valid if name in one.measures]
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
        # With three columns a difference would need a fourth: the sides speak for themselves.
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
        "Thin: each repetition that counts; strong: their mean; dashed vertical line: mean turning "
        "point. The absolute level of adduction and rotation depends on calibration."
    )
    return Figures(tuple(figures), columns=3, caption=caption)


def _overlay_sides(done: Sequence[_Done], joint: Joint, motion: str) -> list[RepetitionCurves]:
    """Take both legs where both do it together, and only the leading leg where one leads."""
    sides = []
    for side in Side:
        pairs = [
            (angles, found.one)
            for found in done
            if found.one.side in {None, side}
            for angles in found.recording.angles
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
    seen = [f"{one.side} {range_words(one.curves_deg)}" for one in sides]
    name = f"{task}-{joint}-{motion}".replace("_", "-")
    words = f"{angle_label(joint, motion).name} in {task_words(task, 2)}: {enumerated(seen)}."
    return Figure(render_svg(figure, name=name, description=words))


def _left_out(done: Sequence[_Done]) -> tuple[Block, ...]:
    items = [
        Item(found.one.reason or "no reason told", f"{found.recording.name}, {_which(found.one)}")
        for found in done
        if not found.one.is_valid
    ]
    if not items:
        return ()
    words = f"{capitalised(counted(len(items), 'repetition'))} left out of the figures:"
    return (Paragraph(words), Bullets(tuple(items)))


def _which(one: Repetition) -> str:
    return f"{one.side + ' ' if one.side else ''}number {one.number}"


def _list_of_all(done: Sequence[_Done]) -> FoldOut:
    rows = [
        (
            Cell(found.recording.name),
            Cell(_which(found.one)),
            Cell(number(found.one.start_s, 1)),
            Cell(number(found.one.end_s - found.one.start_s, 1)),
            Cell("yes" if found.one.is_valid else "no"),
        )
        for found in done
    ]
    columns = ("Recording", "Repetition", "Start (s)", "Duration (s)", "Used")
    table = Table("", columns, tuple(rows))
    return FoldOut("List of all repetitions", (table,), is_printed=False)
