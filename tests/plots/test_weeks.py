"""Phases of a programme above the weeks: named, or numbered if names have no room."""

from collections.abc import Callable

from matplotlib.axes import Axes

from imu_valgus.model.programme import Programme
from imu_valgus.plots.course import plot_course
from imu_valgus.plots.training_log import plot_training_log
from imu_valgus.plots.weeks import phase_key
from imu_valgus.progress.course_types import Course

CourseOf = Callable[..., Course]
NewAxes = Callable[..., Axes]


def test_numbered_phases_stand_in_a_narrow_drawing_and_the_key_names_them(
    course_of: CourseOf, new_axes: NewAxes, programme: Programme
) -> None:
    course = course_of(19, programme=programme)
    narrow = plot_course(
        course.measures[0], new_axes(60.0, 50.0), programme=programme, numbers_phases=True
    )
    words = {text.get_text() for text in narrow.texts}
    assert {"1", "2", "3"} <= words
    assert not [word for word in words if "…" in word]
    log = plot_training_log(course, new_axes(60.0, 50.0), numbers_phases=True)
    assert {"1", "2", "3"} <= {text.get_text() for text in log.child_axes[0].texts}
    assert phase_key(programme, course.origin) == (
        "Phases: 1 Learn the movement, 2 Strength, 3 Load and speed."
    )
    assert phase_key(None, course.origin) == ""
