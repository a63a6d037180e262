"""Progress charts of the left and the right leg beside each other, on the same scales."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from imu_valgus.model.programme import Programme
from imu_valgus.plots.course import plot_course
from imu_valgus.plots.course_scale import course_limits, value_limits
from imu_valgus.progress.course_types import MeasureCourse

__all__ = ["plot_course_pair", "shared_weeks"]


def shared_weeks(
    courses: Sequence[MeasureCourse], programme: Programme | None = None
) -> tuple[float, float] | None:
    """First and last week that charts of several measures show together, None without points."""
    found = [limits for one in courses if (limits := course_limits(one, programme)) is not None]
    if not found:
        return None
    return min(low for low, _ in found), max(high for _, high in found)


def plot_course_pair(
    courses: Sequence[MeasureCourse],
    axes: Sequence[Axes],
    *,
    programme: Programme | None = None,
    x_limits: tuple[float, float] | None = None,
) -> tuple[Axes, ...]:
    """Plot the same measure of both legs as small multiples.

    Parameters
    ----------
    courses
        Of one measure, one per leg, in the order of the axes.
    axes
        As many; beside or below each other.
    programme, x_limits
        As for :func:`plot_course`; None for limits that hold both courses.

    Returns
    -------
    tuple of Axes
        `axes`.

    Raises
    ------
    ValueError
        If the measures differ, or there are not as many axes as courses.
    """
    if len({(one.key.name, one.key.task) for one in courses}) != 1:
        raise ValueError("Expected courses of exactly one measure and task.")
    if len(courses) != len(axes):
        msg = f"Expected axes for {len(courses)} courses, got {len(axes)}."
        raise ValueError(msg)
    weeks = x_limits or shared_weeks(courses, programme)
    values = value_limits(courses)
    for course, ax in zip(courses, axes, strict=True):
        plot_course(course, ax, programme=programme, x_limits=weeks, y_limits=values)
    return tuple(axes)
