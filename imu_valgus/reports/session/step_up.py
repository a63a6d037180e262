"""Step-up section: score with its parts and repetitions, or the reasons why there is none."""

from collections.abc import Iterable, Sequence

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
    "The score is a training number for comparing a person's own sessions, not a test result. Its "
    "limits for full and for no points (anchors) are published means of single-leg squats, "
    "step-downs and jumps, mostly of young women. A low step is easier, so scores crowd near the "
    "top. The score has not been validated against raters. Angles are changes from the person's "
    "own stance, so the shape of the standing leg does not matter. Skin that moves on the thigh "
    "makes hip rotation read too small or too large; the ± includes the effect of simulated skin, "
    "which is alike in all repetitions of one leg in one session."
)
_COMPONENTS = (
    "Coloured: the points of each component; grey: the most it can give. Letters in brackets: its "
    "short name in the definition of the score. Frontal projection angle: the knee angle seen from "
    "the front. Full points to no points: up to the first value a component gives all its points, "
    "from the second value on none. ± in the table: one standard uncertainty for this leg in this "
    "session; it does not shrink with more repetitions. The score is the median over the "
    "repetitions, so it need not be the exact sum."
)
_ALIGNMENT = (
    "Stacked: the four angles that together move a knee inwards, in degrees and without limits; "
    "the same sum can come from different angles."
)


def step_up_section(analysis: Analysis) -> Section | None:
    """Show the step-ups of both leading legs side by side.

    Parameters
    ----------
    analysis
        Result of ``pipeline.analyse``.

    Returns
    -------
    Section or None
        None if there are no step-ups.
    """
    if not analysis.step_up:
        return None
    legs = [analysis.step_up[side] for side in Side if side in analysis.step_up]
    blocks: list[Block] = [_overview(legs), *_withheld(legs)]
    measured = [leg for leg in legs if leg.components]
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
    def row(name: str, cells: Iterable[str]) -> tuple[Cell, ...]:
        return (Cell(name), *(Cell(text) for text in cells))

    height = [
        NOT_KNOWN if leg.step_height_m is None else f"{100.0 * leg.step_height_m:.0f} cm"
        for leg in legs
    ]
    rows = (
        row(f"Score, 0 to 100 (definition {legs[0].score_id})", map(_score_words, legs)),
        row("Repetitions used", [f"{leg.n_valid} of {leg.n_found}" for leg in legs]),
        row(
            "Usable sensor data (known samples)",
            [f"{number(100.0 * leg.known_share, 1)} %" for leg in legs],
        ),
        row("Step height", height),
        row(
            "Knee bend at which angles are compared (knee flexion)",
            [_degrees(leg.matched_knee_flexion_deg, 0) for leg in legs],
        ),
        row(
            "Drift of rotation in standing, start to end",
            [_degrees(leg.heading_difference_deg, 1) for leg in legs],
        ),
    )
    headings = (f"{capitalised(leg.side)} leg leads" for leg in legs)
    return Table("", ("", *headings), rows)


def _score_words(leg: StepUpSummary) -> str:
    if leg.score is None or leg.interval is None:
        return "withheld"
    low, high = leg.interval
    return f"{leg.score:.0f} (95 % within this session: {low:.0f} to {high:.0f})"


def _degrees(value: float, decimals: int) -> str:
    return f"{number(value, decimals)}°" if np.isfinite(value) else NOT_KNOWN


def _withheld(legs: Sequence[StepUpSummary]) -> tuple[Block, ...]:
    held_back = [leg for leg in legs if leg.withheld]
    if not held_back:
        return ()
    if len(held_back) == 1:
        (leg,) = held_back
        reasons = tuple(Item(capitalised(reason)) for reason in leg.withheld)
        return (Paragraph(f"The {leg.side} leg has no score, because:"), Bullets(reasons))
    items = [
        Item(capitalised(reason), f"{leg.side} leg") for leg in held_back for reason in leg.withheld
    ]
    return (Paragraph("There is no score, because:"), Bullets(tuple(items)))


def _parts(legs: Sequence[StepUpSummary]) -> tuple[Block, ...]:
    scored = [leg for leg in legs if leg.score is not None]
    figures = (*(_component_figure(leg) for leg in scored), _alignment_figure(legs))
    caption = f"{_COMPONENTS} {_ALIGNMENT}" if scored else _ALIGNMENT
    return (Figures(figures, columns=2, caption=caption), _component_table(legs))


def _alignment_figure(legs: Sequence[StepUpSummary]) -> Figure:
    figure, ax = new_panel()
    plot_alignment({leg.side: leg.alignment_deg for leg in legs}, ax)
    words = "; ".join(f"{leg.side}: {_alignment_words(leg)}" for leg in legs)
    described = f"Angles that move the knee inwards (valgus). {words}."
    return Figure(render_svg(figure, name="step-up-alignment", description=described))


def _alignment_words(leg: StepUpSummary) -> str:
    angles = leg.alignment_deg.items()
    return ", ".join(f"{name.replace('_', ' ')} {number(value, 1)}°" for name, value in angles)


def _component_figure(leg: StepUpSummary) -> Figure:
    figure, ax = new_panel()
    plot_components(leg.components, leg.side, ax)
    points = ", ".join(
        f"{part.words} {part.share:.1f} of {part.weight:.0f}"
        for part in leg.components
        if part.weight > 0.0
    )
    words = f"Points of the {leg.side} leg's score: {points}."
    return Figure(render_svg(figure, name=f"step-up-points-{leg.side}", description=words))


def _component_table(legs: Sequence[StepUpSummary]) -> Table:
    by_leg = [{part.key: part for part in leg.components} for leg in legs]
    rows = []
    for part in legs[0].components:
        cells = [_component_cell(parts.get(part.key)) for parts in by_leg]
        limits = f"{part.full:.1f} to {part.zero:.1f}" if part.weight > 0.0 else "not scored"
        rows.append((Cell(f"{capitalised(part.words)} ({part.key})"), *cells, Cell(limits)))
    headings = (capitalised(leg.side) for leg in legs)
    return Table(
        "Change from standing at the compared knee bend",
        ("Component", *headings, "Full points to no points"),
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
    measures = [
        ("score", "Score", (0.0, 100.0)),
        (f"{hip}_internal_rotation_matched_deg", f"{title} internal rotation (deg)", (0.0, 15.0)),
        ("frontal_projection_matched_deg", "Frontal projection angle (deg)", (0.0, 20.0)),
    ]
    figures = []
    for name, words, limits in measures:
        sides = [_values(analysis, leg.side, name) for leg in legs]
        if any(np.isfinite(leg.values).any() for leg in sides):
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
    caption = "Marks: repetitions; lines: medians; repetitions that do not count leave a gap."
    return (Figures(tuple(figures), columns=2, caption=caption),)


def _values(analysis: Analysis, side: Side, name: str) -> RepetitionValues:
    values = tuple(
        repetition.measures.get(name, float("nan")) if repetition.is_valid else float("nan")
        for recording in analysis.recordings
        for repetition in recording.repetitions
        if repetition.task is Task.STEP_UP and repetition.side is side
    )
    return RepetitionValues(side, values)


def _items(legs: Sequence[StepUpSummary]) -> Table:
    rows = [
        (Cell(item.name), *(Cell(leg.items[number].finding) for leg in legs if leg.items))
        for number, item in enumerate(legs[0].items)
        if all(len(leg.items) > number for leg in legs)
    ]
    headings = (capitalised(leg.side) for leg in legs)
    return Table(
        "What a rater of a step-down looks at",
        ("Item", *headings),
        tuple(rows),
        holds_sentences=True,
    )
