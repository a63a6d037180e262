"""The step-up section: the score and what it is made of, repetition by repetition, or why not."""

from collections.abc import Sequence

import numpy as np

from imu_valgus.model import Analysis, ScoreComponent, Side, StepUpSummary, Task
from imu_valgus.plots.step_up import (
    RepetitionValues,
    finish_repetition_strip,
    plot_alignment,
    plot_components,
    plot_repetition_values,
)
from imu_valgus.plots.style import new_panel
from imu_valgus.plots.svg import render_svg
from imu_valgus.reports.document import (
    Block,
    Bullets,
    Cell,
    Figure,
    Figures,
    Item,
    Paragraph,
    Section,
    Table,
)
from imu_valgus.reports.session.exercises import exercise_group
from imu_valgus.reports.wording import NOT_KNOWN, Estimate, capitalised, number

__all__ = ["step_up_section"]

_LIMITS = (
    "A training number for comparing one's own sessions, not a test result. Its anchors are "
    "published means of single-leg squats, step-downs and jumps, mostly of young women; a low step "
    "is easier, so scores crowd near the top; it has not been validated against raters. Angles are "
    "changes from the person's own stance, so the shape of the standing leg does not enter. Skin "
    "that moves on the thigh makes hip rotation read too small or too large; in the ± it is what "
    "simulated skin does, and it stays alike for one leg in one session."
)
_COMPONENTS = (
    "Each component's share of the points, and in grey what it could bring. ± in the "
    "table: one standard uncertainty for this leg in this session; it does not shrink with more "
    "repetitions. The score is the median over the repetitions, so it need not be the exact sum."
)
_ALIGNMENT = (
    "Stacked: the four angles that together make a knee go inwards, in degrees and without any "
    "cut: the same sum can be made in different ways."
)


def step_up_section(analysis: Analysis) -> Section | None:
    """Show the step-ups of both leading legs side by side; None where there are none."""
    if not analysis.step_up:
        return None
    legs = [analysis.step_up[side] for side in Side if side in analysis.step_up]
    blocks: list[Block] = [_overview(legs), *_withheld(legs)]
    measured = [one for one in legs if one.components]
    if measured:
        blocks += _parts(measured)
        blocks += _by_repetition(analysis, measured)
    blocks.append(_items(legs))
    group = exercise_group(analysis, Task.STEP_UP)
    if group is not None:
        blocks.append(group)
    blocks.append(Paragraph(_LIMITS, is_small=True))
    return Section("step-ups", "Step-up alignment", tuple(blocks))


def _overview(legs: Sequence[StepUpSummary]) -> Table:
    def row(name: str, cells: Sequence[str]) -> tuple[Cell, ...]:
        return (Cell(name), *(Cell(text) for text in cells))

    height = [
        NOT_KNOWN if one.step_height_m is None else f"{100.0 * one.step_height_m:.0f} cm"
        for one in legs
    ]
    matched = [_degrees(one.matched_knee_flexion_deg, 0) for one in legs]
    rows = (
        row(f"Score {legs[0].score_id} (0 to 100)", [_score_words(one) for one in legs]),
        row("Repetitions used", [f"{one.n_valid} of {one.n_found}" for one in legs]),
        row("Samples known", [f"{number(100.0 * one.known_share, 1)} %" for one in legs]),
        row("Step height", height),
        row("Compared at knee flexion", matched),
        row(
            "Standing rotation, start against end",
            [_degrees(one.heading_difference_deg, 1) for one in legs],
        ),
    )
    headings = (f"{capitalised(one.side)} leg leads" for one in legs)
    return Table("", ("", *headings), rows)


def _score_words(one: StepUpSummary) -> str:
    if one.score is None or one.interval is None:
        return "withheld"
    low, high = one.interval
    return f"{one.score:.0f} (95 % within this session: {low:.0f} to {high:.0f})"


def _degrees(value: float, decimals: int) -> str:
    return f"{number(value, decimals)}°" if np.isfinite(value) else NOT_KNOWN


def _withheld(legs: Sequence[StepUpSummary]) -> tuple[Block, ...]:
    held_back = [one for one in legs if one.withheld]
    if not held_back:
        return ()
    if len(held_back) == 1:
        (leg,) = held_back
        reasons = tuple(Item(capitalised(reason)) for reason in leg.withheld)
        return (Paragraph(f"The {leg.side} leg has no score, because:"), Bullets(reasons))
    items = [
        Item(capitalised(reason), f"{one.side} leg") for one in held_back for reason in one.withheld
    ]
    return (Paragraph("There is no score, because:"), Bullets(tuple(items)))


def _parts(legs: Sequence[StepUpSummary]) -> tuple[Block, ...]:
    scored = [one for one in legs if one.score is not None]
    figures = (*(_component_figure(one) for one in scored), _alignment_figure(legs))
    caption = f"{_COMPONENTS} {_ALIGNMENT}" if scored else _ALIGNMENT
    return (Figures(figures, columns=2, caption=caption), _component_table(legs))


def _alignment_figure(legs: Sequence[StepUpSummary]) -> Figure:
    figure, ax = new_panel()
    plot_alignment({one.side: one.alignment_deg for one in legs}, ax)
    words = "; ".join(f"{one.side}: {_alignment_words(one)}" for one in legs)
    described = f"Angles of valgus. {words}."
    return Figure(render_svg(figure, name="step-up-alignment", description=described))


def _alignment_words(one: StepUpSummary) -> str:
    angles = one.alignment_deg.items()
    return ", ".join(f"{name.replace('_', ' ')} {number(value, 1)}°" for name, value in angles)


def _component_figure(one: StepUpSummary) -> Figure:
    figure, ax = new_panel()
    plot_components(one.components, one.side, ax)
    seen = ", ".join(
        f"{part.words} {part.share:.1f} of {part.weight:.0f}"
        for part in one.components
        if part.weight > 0.0
    )
    words = f"Points of the {one.side} leg's score: {seen}."
    return Figure(render_svg(figure, name=f"step-up-points-{one.side}", description=words))


def _component_table(legs: Sequence[StepUpSummary]) -> Table:
    by_leg = [{part.key: part for part in one.components} for one in legs]
    rows = []
    for part in legs[0].components:
        cells = [_component_cell(parts.get(part.key)) for parts in by_leg]
        limits = f"{part.full:.1f} to {part.zero:.1f}" if part.weight > 0.0 else "shown only"
        rows.append((Cell(f"{part.key}  {part.words}"), *cells, Cell(limits)))
    headings = (capitalised(one.side) for one in legs)
    return Table(
        "Change from standing at the compared knee flexion",
        ("Component", *headings, "All to no points"),
        tuple(rows),
    )


def _component_cell(part: ScoreComponent | None) -> Cell:
    if part is None or not np.isfinite(part.value):
        return Cell(NOT_KNOWN)
    if part.unit != "deg":
        return Cell(f"{part.value:g}")
    return Cell(f"{Estimate(part.value, part.sd, 1).text}°")


def _by_repetition(analysis: Analysis, legs: Sequence[StepUpSummary]) -> tuple[Block, ...]:
    hip = "femur" if legs[0].is_thigh_only else "hip"
    title = "Thigh" if legs[0].is_thigh_only else "Hip"
    wanted = [
        ("score", "Score", (0.0, 100.0)),
        (f"{hip}_internal_rotation_matched_deg", f"{title} internal rotation (deg)", (0.0, 15.0)),
        ("frontal_projection_matched_deg", "Frontal projection angle (deg)", (0.0, 20.0)),
    ]
    figures = []
    for name, words, limits in wanted:
        sides = [_values(analysis, one.side, name) for one in legs]
        if any(np.isfinite(one.values).any() for one in sides):
            figure, ax = new_panel()
            plot_repetition_values(sides, ax, title=words, limits=limits)
            finish_repetition_strip([ax], sides)
            svg = render_svg(
                figure,
                name=f"step-up-each-{name.replace('_', '-')}",
                description=f"{words}, repetition by repetition.",
            )
            figures.append(Figure(svg))
    if not figures:
        return ()
    caption = "Repetition by repetition; lines: medians; those that do not count leave a gap."
    return (Figures(tuple(figures), columns=2, caption=caption),)


def _values(analysis: Analysis, side: Side, name: str) -> RepetitionValues:
    values = tuple(
        one.measures.get(name, float("nan")) if one.is_valid else float("nan")
        for recording in analysis.recordings
        for one in recording.repetitions
        if one.task is Task.STEP_UP and one.side is side
    )
    return RepetitionValues(side, values)


def _items(legs: Sequence[StepUpSummary]) -> Table:
    rows = [
        (Cell(item.name), *(Cell(one.items[number].finding) for one in legs if one.items))
        for number, item in enumerate(legs[0].items)
        if all(len(one.items) > number for one in legs)
    ]
    headings = (capitalised(one.side) for one in legs)
    return Table(
        "What a rater of a step-down looks at",
        ("Item", *headings),
        tuple(rows),
        holds_sentences=True,
    )
