"""The progress chart: it draws the values of the course, and text never overlaps."""

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import Bbox
from scipy.stats import t as student

from imu_valgus.model import Side, Task
from imu_valgus.model.programme import Programme
from imu_valgus.model.progress import Measure, MeasureKey
from imu_valgus.plots.captions import caption_course
from imu_valgus.plots.course import plot_course
from imu_valgus.plots.course_scale import session_half_width, shared_weeks, value_limits
from imu_valgus.plots.frame import box_pt
from imu_valgus.plots.svg import render_svg
from imu_valgus.plots.weeks import phase_spans, week_limits
from imu_valgus.progress.course_types import WEEK, Course, MeasureCourse

CourseOf = Callable[..., Course]
NewAxes = Callable[..., Axes]
AssertTidy = Callable[[Axes, Bbox], None]

SIZES_MM = [(60.0, 40.0), (86.0, 62.0), (170.0, 65.0)]


def leg(course: Course, side: Side | None = Side.LEFT) -> MeasureCourse:
    return next(measure for measure in course.measures if measure.key.side is side)


def lines(ax: Axes, gid: str) -> list[Line2D]:
    return [line for line in ax.lines if line.get_gid() == gid]


def n_marks(ax: Axes, gid: str) -> int:
    return sum(len(np.asarray(line.get_xdata())) for line in lines(ax, gid))


def words_on(ax: Axes) -> str:
    return "\n".join(text.get_text() for text in ax.texts)


@pytest.mark.parametrize("n", [1, 2, 6, 19, 60])
def test_every_session_has_its_mark_at_its_week(
    n: int, course_of: CourseOf, new_axes: NewAxes
) -> None:
    course = leg(course_of(n))
    ax = plot_course(course, new_axes())
    counted = [point for point in course.points if not point.left_out]
    (marks,) = lines(ax, "counted")
    np.testing.assert_allclose(marks.get_xdata(), [point.weeks for point in counted])
    np.testing.assert_allclose(marks.get_ydata(), [point.measure.value for point in counted])
    assert n_marks(ax, "left out") == n - len(counted)


def test_sessions_that_do_not_count_are_hollow_and_stay_out_of_the_ribbon(
    course_of: CourseOf, new_axes: NewAxes
) -> None:
    course = leg(course_of(19, set_aside=(0, 7, 18)))
    ax = plot_course(course, new_axes())
    (hollow,) = lines(ax, "left out")
    out = [point.weeks for point in course.points if point.left_out]
    assert len(out) >= 3
    np.testing.assert_allclose(hollow.get_xdata(), out)
    assert to_hex(str(hollow.get_markerfacecolor())) == "#ffffff"
    assert to_hex(str(lines(ax, "counted")[0].get_markerfacecolor())) == "#d55e00"
    inside = [point.weeks for point in course.points if not point.left_out]
    drawn = np.asarray(lines(ax, "trend")[0].get_xdata())
    assert (drawn[0], drawn[-1]) == (min(inside), max(inside))
    assert "does not count" in words_on(ax)


def test_the_ribbon_is_the_band_of_the_trend_line(
    course_of: CourseOf, new_axes: NewAxes, programme: Programme
) -> None:
    both_legs = course_of(19, programme=programme)
    course = leg(both_legs, Side.RIGHT)
    assert course.trend is not None
    assert course.trend.line is not None
    line = course.trend.line
    assert line.origin != both_legs.origin
    ax = plot_course(course, new_axes(), programme=programme)
    (trend,) = lines(ax, "trend")
    weeks = np.asarray(trend.get_xdata(), dtype=np.float64)
    centre, low, high = line.band(weeks + (both_legs.origin - line.origin) / WEEK)
    np.testing.assert_allclose(trend.get_ydata(), centre)
    (ribbon,) = (collection for collection in ax.collections if collection.get_gid() == "ribbon")
    edges = ribbon.get_paths()[0].vertices
    for week, below, above in zip(weeks[::20], low[::20], high[::20], strict=True):
        values = edges[np.isclose(edges[:, 0], week), 1]
        assert values.min() == pytest.approx(below)
        assert values.max() == pytest.approx(above)


def test_without_enough_sessions_there_is_no_trend(course_of: CourseOf, new_axes: NewAxes) -> None:
    for n in (1, 2):
        ax = plot_course(leg(course_of(n)), new_axes())
        assert not lines(ax, "trend")
        assert not [collection for collection in ax.collections if collection.get_gid() == "ribbon"]


def test_the_baseline_band_has_its_half_width_and_is_named(
    course_of: CourseOf, new_axes: NewAxes
) -> None:
    course = leg(course_of(19))
    assert course.band is not None
    ax = plot_course(course, new_axes())
    (band,) = (patch for patch in ax.patches if patch.get_gid() == "baseline band")
    box = band.get_path().transformed(band.get_patch_transform()).get_extents()
    assert box.y0 == pytest.approx(course.band.centre - course.band.half)
    assert box.y1 == pytest.approx(course.band.centre + course.band.half)
    assert f"baseline ± MDC ({course.band.half:.1f}°, assumed)" in words_on(ax)
    assert ax.get_ylim()[0] < box.y0 < box.y1 < ax.get_ylim()[1]


def test_without_a_baseline_there_is_no_band_and_the_caption_says_so(
    course_of: CourseOf, new_axes: NewAxes
) -> None:
    course = leg(course_of(6, set_aside=range(6)))
    ax = plot_course(course, new_axes())
    assert not [patch for patch in ax.patches if patch.get_gid() == "baseline band"]
    assert n_marks(ax, "left out") == 6
    assert "No usual range" in caption_course(course)


def test_sessions_that_differ_from_the_baseline_have_a_ring(
    course_of: CourseOf, new_axes: NewAxes
) -> None:
    course = leg(course_of(60))
    ax = plot_course(course, new_axes())
    out = [point.weeks for point in course.points if point.stands_out]
    assert len(out) > 10
    (rings,) = lines(ax, "differs from baseline")
    np.testing.assert_allclose(rings.get_xdata(), out)
    assert rings.get_markerfacecolor() == "none"
    assert "differs from baseline" in words_on(ax)
    assert "Ringed marks" in caption_course(course)


def test_repetitions_are_dots_beside_their_session(course_of: CourseOf, new_axes: NewAxes) -> None:
    course = leg(course_of(6))
    ax = plot_course(course, new_axes())
    (dots,) = lines(ax, "repetitions")
    values = [value for point in course.points for value in point.measure.repetitions]
    np.testing.assert_allclose(dots.get_ydata(), values)
    weeks = np.repeat([point.weeks for point in course.points], 8)
    away = np.abs(np.asarray(dots.get_xdata()) - weeks)
    assert 0.0 < away.max() < 0.5 * np.diff([point.weeks for point in course.points]).min()


def test_the_bar_is_students_interval_and_wider_for_a_median() -> None:
    key = MeasureKey("score", Task.STEP_UP, Side.LEFT)
    values = (1.0, 2.0, 4.0, 9.0)
    sd = float(np.std(values, ddof=1))
    mean = Measure(key, 3.0, sd, (), 4)
    expected = student.interval(0.95, 3, loc=0.0, scale=sd / 2.0)[1]
    assert session_half_width(mean) == pytest.approx(expected)
    median = Measure(key, 3.0, sd, values, 4)
    assert session_half_width(median) == pytest.approx(expected * math.sqrt(math.pi / 2.0))


def test_no_bar_where_the_spread_is_not_known() -> None:
    key = MeasureKey("score", Task.STEP_UP, Side.LEFT)
    for measure in (Measure(key, 3.0, math.nan, (), 9), Measure(key, 3.0, 0.0, (3.0, 3.0), 2)):
        assert math.isnan(session_half_width(measure))
    assert math.isnan(session_half_width(Measure(key, 3.0, 1.0, (3.0,), 1)))


def test_name_leg_unit_and_direction_are_written(course_of: CourseOf, new_axes: NewAxes) -> None:
    ax = plot_course(leg(course_of(6), Side.RIGHT), new_axes())
    written = words_on(ax)
    for words in ("Hip internal rotation, excursion", "right leg", "(°)", "↑ more inward"):
        assert words in written


def test_left_is_solid_right_is_dashed(course_of: CourseOf, new_axes: NewAxes) -> None:
    course = course_of(19)
    strokes = [lines(plot_course(leg(course, s), new_axes()), "trend")[0] for s in Side]
    by_side = dict(zip(Side, strokes, strict=True))
    assert not by_side[Side.LEFT].is_dashed()
    assert by_side[Side.RIGHT].is_dashed()
    assert to_hex(str(by_side[Side.RIGHT].get_color())) == "#0072b2"


@pytest.mark.parametrize("size", SIZES_MM)
@pytest.mark.parametrize("n", [1, 2, 60])
def test_no_letters_overlap_or_leave_the_rectangle(
    *,
    size: tuple[float, float],
    n: int,
    course_of: CourseOf,
    new_axes: NewAxes,
    assert_tidy: AssertTidy,
    long_programme: Programme,
) -> None:
    course = leg(course_of(n, programme=long_programme, set_aside=(1,) if n > 1 else ()))
    ax = new_axes(*size)
    given = box_pt(ax)
    assert_tidy(plot_course(course, ax, programme=long_programme), given)


@pytest.mark.parametrize("kind", [{"scale": 1e6}, {"scale": 1e-5}, {"noise": 0.0}])
def test_odd_values_are_drawn_as_tidily(
    kind: dict[str, float], course_of: CourseOf, new_axes: NewAxes, assert_tidy: AssertTidy
) -> None:
    for size in SIZES_MM:
        ax = new_axes(*size)
        given = box_pt(ax)
        assert_tidy(plot_course(leg(course_of(19, per_day=0.0, **kind)), ax), given)


def test_a_measure_without_sessions_says_so(
    course_of: CourseOf, new_axes: NewAxes, assert_tidy: AssertTidy
) -> None:
    course = replace(leg(course_of(6)), points=(), band=None, trend=None)
    ax = new_axes()
    given = box_pt(ax)
    plot_course(course, ax)
    assert "No session with this measure yet." in words_on(ax)
    assert_tidy(ax, given)


def test_phases_are_named_and_only_as_far_as_they_are_near(programme: Programme) -> None:
    origin = datetime.combine(programme.start, time(), UTC)
    spans = phase_spans(programme, origin)
    assert [round(span.start * 7) for span in spans] == [0, 14, 28]
    assert spans[0].stop == spans[1].start
    low, high = week_limits([-0.4, 0.0], spans)
    assert low < -0.4
    assert high <= 2.3
    assert week_limits([-0.4, 5.0], spans)[1] > spans[-1].stop


def test_left_and_right_share_their_scales(
    course_of: CourseOf, new_axes: NewAxes, programme: Programme
) -> None:
    both_legs = course_of(19, programme=programme)
    axes = (new_axes(), new_axes())
    weeks, limits = shared_weeks(both_legs.measures, programme), value_limits(both_legs.measures)
    for course, ax in zip(both_legs.measures, axes, strict=True):
        plot_course(course, ax, programme=programme, x_limits=weeks, y_limits=limits)
    assert axes[0].get_ylim() == axes[1].get_ylim()
    assert axes[0].get_xlim() == axes[1].get_xlim() == weeks
    values = [
        v for measure in both_legs.measures for p in measure.points for v in p.measure.repetitions
    ]
    assert axes[0].get_ylim()[0] < min(values) < max(values) < axes[0].get_ylim()[1]


def test_equal_courses_give_equal_bytes(course_of: CourseOf, programme: Programme) -> None:
    def drawn() -> str:
        figure = Figure(figsize=(3.4, 2.6))
        plot_course(
            leg(course_of(19, programme=programme)), figure.add_axes((0, 0, 1, 1)),
            programme=programme,
        )  # fmt: skip
        return render_svg(figure, name="course", description="x")

    assert drawn() == drawn()
