"""The forest plot: every measure in units of its own noise, with its numbers beside it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

from imu_valgus.model import Side, Task
from imu_valgus.plots.captions import caption_forest
from imu_valgus.plots.forest import (
    change_text,
    forest_height_pt,
    forest_limit,
    plot_change,
    plot_forest,
)
from imu_valgus.plots.frame import box_pt
from imu_valgus.progress.course_types import Course, MeasureCourse
from imu_valgus.progress.verdict import Verdict

CourseOf = Callable[..., Course]
NewAxes = Callable[..., Axes]
NAMES = (
    "hip_internal_rotation_excursion_deg",
    "score",
    "sideways_reversals",
    "tibial_external_rotation_excursion_deg",
)


@pytest.fixture
def measures(course_of: CourseOf) -> tuple[MeasureCourse, ...]:
    return course_of(19, names=NAMES).measures


def needed(measures: tuple[MeasureCourse, ...], width_mm: float) -> float:
    return forest_height_pt(measures, width_mm / 25.4 * 72.0) / 72.0 * 25.4


def written(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_marks_stand_where_change_over_mdc_is(
    measures: tuple[MeasureCourse, ...], new_axes: NewAxes
) -> None:
    ax = plot_forest(measures, new_axes(170.0, needed(measures, 170.0)))
    bars = [patch.get_extents() for patch in ax.patches if patch.get_gid() == "mdc"]
    marks = [line for line in ax.lines if line.get_gid() == "change"]
    drawn = [
        measure.comparison for measure in measures if measure.comparison and measure.comparison.mdc
    ]
    assert len(marks) == len(bars) == len(drawn) == 6
    by_side = sorted(drawn, key=lambda pair: pair.key.side is Side.RIGHT)
    for pair, mark, bar in zip(by_side, marks, bars, strict=True):
        x = mark.get_transform().transform(np.column_stack(mark.get_data()))[0, 0]
        middle, half = 0.5 * (bar.x0 + bar.x1), 0.5 * bar.width
        assert pair.mdc is not None
        assert (x - middle) / half == pytest.approx(pair.change / pair.mdc, abs=1e-6)


def test_figures_stand_in_the_measures_own_unit(measures: tuple[MeasureCourse, ...]) -> None:
    measure = measures[0]
    assert measure.comparison is not None
    changed = replace(
        measure, comparison=replace(measure.comparison, change=-4.2, low=-6.1, high=-2.3)
    )
    assert change_text(changed) == "−4.2° (−6.1 to −2.3)"
    unknown = replace(measure, comparison=replace(measure.comparison, low=np.nan, high=np.nan))
    assert change_text(unknown).endswith("(interval unknown)")


def test_only_what_is_beyond_the_noise_is_bold(
    measures: tuple[MeasureCourse, ...], new_axes: NewAxes
) -> None:
    ax = plot_forest(measures, new_axes(170.0, needed(measures, 170.0)))
    beyond = {
        change_text(measure)
        for measure in measures
        if measure.comparison and measure.comparison.verdict is Verdict.BEYOND
    }
    figures = {change_text(measure) for measure in measures}
    bold = {t.get_text() for t in ax.texts if t.get_fontweight() == "bold"} & figures
    assert beyond
    assert bold == beyond != figures


def test_refused_comparisons_are_listed_without_a_mark(
    measures: tuple[MeasureCourse, ...], new_axes: NewAxes
) -> None:
    refused = replace(measures[0], comparison=None, not_compared="The steps differed.")
    some = (refused, *measures[1:])
    ax = plot_forest(some, new_axes(170.0, needed(some, 170.0)))
    assert written(ax).count("not compared") == 1
    assert len([line for line in ax.lines if line.get_gid() == "change"]) == 5
    alone = plot_forest([refused], new_axes(86.0, 40.0))
    assert "The steps differed." in written(alone)
    assert caption_forest([refused]) == "Change since the baseline: nothing can be compared."


def test_a_measure_without_known_noise_has_figures_and_no_bar(
    measures: tuple[MeasureCourse, ...], new_axes: NewAxes
) -> None:
    only = [measure for measure in measures if measure.key.name == "sideways_reversals"]
    ax = plot_forest(only, new_axes(86.0, 60.0))
    assert not [patch for patch in ax.patches if patch.get_gid() == "mdc"]
    assert set(map(change_text, only)) < set(written(ax))


def test_a_change_that_leaves_the_scale_has_an_arrow(
    measures: tuple[MeasureCourse, ...], new_axes: NewAxes
) -> None:
    measure = measures[0]
    assert measure.comparison is not None
    far = replace(measure, comparison=replace(measure.comparison, change=-1e4, low=-2e4, high=-3.0))
    ax = plot_forest([far], new_axes(170.0, 40.0))
    arrows = [line.get_marker() for line in ax.lines if line.get_gid() == "goes on"]
    assert arrows == ["<"]
    assert not [line for line in ax.lines if line.get_gid() == "change"]


def test_what_has_no_room_is_counted(
    measures: tuple[MeasureCourse, ...], new_axes: NewAxes
) -> None:
    ax = plot_forest(measures, new_axes(60.0, 40.0))
    shown = sum(change_text(measure) in written(ax) for measure in measures)
    assert 0 < shown < len(measures)
    assert f"and {len(measures) - shown} more" in written(ax)


@pytest.mark.parametrize("n", [1, 2, 60])
@pytest.mark.parametrize("width_mm", [60.0, 86.0, 170.0])
def test_no_letters_overlap_or_leave_the_rectangle(
    *,
    n: int,
    width_mm: float,
    course_of: CourseOf,
    new_axes: NewAxes,
    assert_tidy: Callable[[Axes, Bbox], None],
) -> None:
    some = course_of(n, names=NAMES).measures
    for height in (40.0, needed(some, width_mm)):
        ax = new_axes(width_mm, height)
        given = box_pt(ax)
        assert_tidy(plot_forest(some, ax), given)


def test_nothing_at_all_says_so(new_axes: NewAxes) -> None:
    assert any("Nothing to compare" in text for text in written(plot_forest([], new_axes())))


def moved_by(measure: MeasureCourse, in_mdc: float) -> MeasureCourse:
    pair = measure.comparison
    assert pair is not None
    assert pair.mdc
    middle = in_mdc * pair.mdc
    moved = replace(pair, change=middle, low=middle - pair.mdc, high=middle + pair.mdc)
    return replace(measure, comparison=moved)


def test_the_scale_grows_until_a_change_of_ten_mdc_has_its_mark(
    measures: tuple[MeasureCourse, ...], new_axes: NewAxes
) -> None:
    some = (moved_by(measures[0], 5.2), *measures[1:])
    assert forest_limit(some) == pytest.approx(1.15 * 5.2)
    ax = plot_forest(some, new_axes(170.0, needed(some, 170.0)))
    assert len([line for line in ax.lines if line.get_gid() == "change"]) == 6


def test_no_name_is_cut_and_both_directions_are_named(
    measures: tuple[MeasureCourse, ...], new_axes: NewAxes
) -> None:
    walking = replace(measures[0], key=replace(measures[0].key, task=Task.WALK))
    for width in (86.0, 110.0, 140.0, 170.0):
        some = (walking, *measures[1:])
        words = written(plot_forest(some, new_axes(width, needed(some, width))))
        assert not [word for word in words if "…" in word]
        assert {"← smaller", "larger →"} <= set(words)


def test_a_single_change_stands_where_its_row_of_the_forest_would(
    measures: tuple[MeasureCourse, ...], new_axes: NewAxes
) -> None:
    ax = plot_change(moved_by(measures[0], 2.0), new_axes(30.0, 5.0), limit=4.0)
    (mark,) = [line for line in ax.lines if line.get_gid() == "change"]
    (bar,) = [patch.get_extents() for patch in ax.patches if patch.get_gid() == "mdc"]
    x = mark.get_transform().transform(np.column_stack(mark.get_data()))[0, 0]
    assert (x - 0.5 * (bar.x0 + bar.x1)) / (0.5 * bar.width) == pytest.approx(2.0)
    unknown = replace(measures[0], comparison=None, not_compared="One session.")
    assert not plot_change(unknown, new_axes(30.0, 5.0), limit=4.0).lines
