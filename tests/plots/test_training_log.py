"""The training log: exercises planned and done, and pain, on one axis of weeks."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

from imu_valgus.model.programme import Programme
from imu_valgus.plots.course import plot_course
from imu_valgus.plots.course_scale import course_limits
from imu_valgus.plots.frame import box_pt
from imu_valgus.plots.training_log import pain_by_day, plot_training_log, training_limits
from imu_valgus.progress.course_types import Course

CourseOf = Callable[..., Course]
NewAxes = Callable[..., Axes]


def heights(ax: Axes, gid: str) -> list[float]:
    return [p.get_height() for p in ax.child_axes[0].patches if p.get_gid() == gid]


def words_on(ax: Axes) -> str:
    return "\n".join(text.get_text() for axes in (ax, *ax.child_axes) for text in axes.texts)


def test_bars_are_the_shares_of_the_weeks_that_are_over(
    course_of: CourseOf, new_axes: NewAxes, programme: Programme
) -> None:
    course = course_of(19, programme=programme)
    ax = plot_training_log(course, new_axes())
    assert len(course.adherence) == 6
    assert heights(ax, "done") == [100.0 * week.share for week in course.adherence]
    assert heights(ax, "planned") == [100.0] * 6
    assert f"{course.adherence[0].done}/{course.adherence[0].planned}" in words_on(ax)


def test_pain_is_the_worst_of_each_day_wherever_it_was_noted(
    course_of: CourseOf, new_axes: NewAxes, programme: Programme
) -> None:
    course = course_of(19, programme=programme)
    sessions = tuple(replace(session, pain=9) for session in course.sessions)
    course = replace(course, sessions=sessions)
    noted = dict(pain_by_day(course))
    assert max(noted.values()) == 9
    assert len(noted) == len({e.day for e in course.log} | {s.recorded_at.date() for s in sessions})
    ax = plot_training_log(course, new_axes())
    (dots,) = (line for line in ax.lines if line.get_gid() == "pain")
    np.testing.assert_allclose(dots.get_xdata(), list(noted))
    np.testing.assert_allclose(dots.get_ydata(), list(noted.values()))


def test_the_strokes_are_weekly_medians(
    course_of: CourseOf, new_axes: NewAxes, programme: Programme
) -> None:
    course = course_of(19, programme=programme)
    ax = plot_training_log(course, new_axes())
    strokes = [line for line in ax.lines if line.get_gid() == "pain of the week"]
    week = [pain for at, pain in pain_by_day(course) if 1.0 <= at < 2.0]
    (second,) = (s for s in strokes if 1.0 < float(np.asarray(s.get_xdata())[0]) < 2.0)
    assert np.asarray(second.get_ydata())[0] == np.median(week)


def test_weeks_stand_below_the_weeks_of_the_chart_above(
    course_of: CourseOf, new_axes: NewAxes, programme: Programme
) -> None:
    course = course_of(19, programme=programme)
    chart, log = new_axes(), new_axes()
    limits = course_limits(course.measures[0], programme)
    assert limits is not None
    plot_course(course.measures[0], chart, programme=programme)
    plot_training_log(course, log, x_limits=limits)
    assert chart.get_xlim() == log.get_xlim() == log.child_axes[0].get_xlim()
    above, below = box_pt(chart), box_pt(log)
    assert (above.x0, above.x1) == (pytest.approx(below.x0), pytest.approx(below.x1))


def test_the_scale_holds_all_that_was_noted(course_of: CourseOf, programme: Programme) -> None:
    course = course_of(19, programme=programme)
    low, high = training_limits(course)
    weeks = [week for week, _ in pain_by_day(course)]
    assert low < min(weeks) < max(weeks) < high


def test_missing_plan_and_pain_are_said(course_of: CourseOf, new_axes: NewAxes) -> None:
    course = course_of(2)
    assert "No full week of a plan yet." in words_on(plot_training_log(course, new_axes()))
    assert "No pain noted." in words_on(plot_training_log(course, new_axes()))


@pytest.mark.parametrize("n", [1, 2, 60])
@pytest.mark.parametrize("size", [(60.0, 40.0), (86.0, 62.0), (170.0, 65.0)])
def test_no_letters_overlap_or_leave_the_rectangle(
    *,
    n: int,
    size: tuple[float, float],
    course_of: CourseOf,
    new_axes: NewAxes,
    assert_tidy: Callable[[Axes, Bbox], None],
    long_programme: Programme,
) -> None:
    ax = new_axes(*size)
    given = box_pt(ax)
    course = course_of(n, programme=long_programme if n > 1 else None)
    assert_tidy(plot_training_log(course, ax), given)
