"""Progress charts as files: one drawing per measure, as SVG and PNG."""

import io
from collections.abc import Iterable

from matplotlib.figure import Figure

from imu_valgus.model.programme import Programme
from imu_valgus.model.progress import MeasureKey
from imu_valgus.plots.course import plot_course
from imu_valgus.plots.svg import render_svg
from imu_valgus.progress.course_types import MeasureCourse

__all__ = ["draw_course_files"]

_SIZE_INCH = (6.4, 4.0)
_PNG_DPI = 150
_MARGIN = 0.02


def _chart_name(key: MeasureKey) -> str:
    """Return the name of a measure's files, without the ending.

    Examples
    --------
    >>> from imu_valgus.model import Side, Task
    >>> _chart_name(MeasureKey("score", Task.STEP_UP, Side.LEFT))
    'step_up_score_left'
    """
    return "_".join(part for part in (key.task, key.name, key.side) if part)


def draw_course_files(
    courses: Iterable[MeasureCourse], *, programme: Programme | None = None
) -> dict[str, bytes]:
    """Draw the progress chart of every measure.

    Parameters
    ----------
    courses
        Courses of one person's measures.
    programme
        Programme whose phases are shaded.

    Returns
    -------
    dict of str to bytes
        File contents by file name; equal courses give equal bytes.
    """
    files: dict[str, bytes] = {}
    for course in courses:
        name = _chart_name(course.key)
        figure = Figure(figsize=_SIZE_INCH)
        room = 1.0 - 2.0 * _MARGIN
        plot_course(course, figure.add_axes((_MARGIN, _MARGIN, room, room)), programme=programme)
        verdict = course.trend.sentence if course.trend else course.no_trend
        words = f"Progress of {course.key.words}: {verdict}"
        svg = render_svg(figure, name=name.replace("_", "-"), description=words)
        files[f"{name}.svg"] = f"{svg}\n".encode()
        picture = io.BytesIO()
        figure.savefig(picture, format="png", dpi=_PNG_DPI, metadata={"Software": None})
        files[f"{name}.png"] = picture.getvalue()
    return files
