"""Training log: exercises done and pain noted, on the same axis of weeks as progress charts."""

from collections.abc import Sequence
from itertools import groupby

import numpy as np
from matplotlib.axes import Axes

from imu_valgus.plots.course_scale import LEFT_PT, RIGHT_PT
from imu_valgus.plots.frame import Margins, box_pt, draw_notice, inset, put_text
from imu_valgus.plots.style import INK, MUTED, SMALL_PT, TEXT_PT, clean_axes
from imu_valgus.plots.text_fit import text_width_pt
from imu_valgus.plots.weeks import draw_phases, phase_height_pt, phase_spans, set_weeks, week_limits
from imu_valgus.progress.course_types import Course
from imu_valgus.progress.schedule import WeekAdherence

__all__ = ["pain_by_day", "plot_training_log", "training_limits"]

_DONE = "#6b7782"
_TITLE_PT = 20.0
_LEAST_PHASES_PT = 150.0
_LEAST_WORDS_PT = 24.0
_FOOT_PT = 25.0


def pain_by_day(course: Course) -> tuple[tuple[float, int], ...]:
    """Return the worst pain of every day on which pain was noted, in the log or with a session.

    Parameters
    ----------
    course
        Course with its log and sessions.

    Returns
    -------
    tuple of (float, int)
        Noon of the day in weeks since the origin, and pain from 0 to 10, in order of time.
    """
    noted = [(entry.day, entry.pain) for entry in course.log if entry.pain is not None]
    noted += [(s.recorded_at.date(), s.pain) for s in course.sessions if s.pain is not None]
    days = groupby(sorted(noted), key=lambda pair: pair[0])
    return tuple((course.weeks_of(day), max(pain for _, pain in pairs)) for day, pairs in days)


def training_limits(course: Course) -> tuple[float, float]:
    """Return the first and last week that the log and the sessions need together.

    Parameters
    ----------
    course
        Course with its log and sessions.

    Returns
    -------
    tuple of (float, float)
        First and last week since the origin.
    """
    weeks = [(s.recorded_at - course.origin).total_seconds() / 604800.0 for s in course.sessions]
    weeks += [float(done.week + end) for done in course.adherence for end in (0, 1)]
    weeks += [week for week, _ in pain_by_day(course)]
    return week_limits(weeks, phase_spans(course.programme, course.origin))


def plot_training_log(
    course: Course,
    ax: Axes,
    *,
    x_limits: tuple[float, float] | None = None,
    numbers_phases: bool = False,
) -> Axes:
    """Plot the share of planned exercises that was done, week by week, and pain below it.

    Each bar is a week of the programme: its full height is what was planned, its dark part what
    was done. A week that is not over has no bar. Dots are the worst pain of a day, lines the
    median of each week.

    Parameters
    ----------
    course
        Course with programme and log; a sentence in the drawing says if they are missing.
    ax
        Axes of any size from about 60 × 40 mm; everything is drawn inside their rectangle.
    x_limits
        First and last week of a chart above, so that weeks line up; None to fit the log.
    numbers_phases
        As for :func:`~imu_valgus.plots.course.plot_course`.

    Returns
    -------
    Axes
        `ax`, which holds the pain; the bars are in its child axes.
    """
    clean_axes(ax)
    outer = box_pt(ax)
    x_limits = x_limits or training_limits(course)
    phases = phase_spans(course.programme, course.origin, is_numbered=numbers_phases)
    if outer.height < _LEAST_PHASES_PT and not numbers_phases:
        phases = ()
    phases_pt = phase_height_pt(phases, x_limits, outer.width - LEFT_PT - RIGHT_PT) or 4.0
    data_pt = max(outer.height - 2.0 * _TITLE_PT - phases_pt - _FOOT_PT - 4.0, 24.0)
    pain_pt = 0.5 * data_pt
    bars_pt = data_pt - pain_pt
    top = _TITLE_PT + phases_pt + bars_pt + _TITLE_PT + 4.0
    inset(ax, Margins(LEFT_PT, RIGHT_PT, top, _FOOT_PT))
    pain_pt = box_pt(ax).height
    bars = ax.inset_axes((0.0, 1.0 + _TITLE_PT / pain_pt, 1.0, bars_pt / pain_pt))
    clean_axes(bars)
    _draw_adherence(bars, course.adherence, x_limits)
    draw_phases(bars, phases, x_limits)
    _title(bars, "Planned exercises done", bars_pt + phases_pt)
    _draw_pain(ax, pain_by_day(course), x_limits)
    draw_phases(ax, (), x_limits)
    _title(ax, "Pain, 0 to 10", pain_pt)
    words = "weeks since the programme began" if course.programme else "weeks"
    put_text(ax, box_pt(ax).width, -21.0, words, ha="right")
    return ax


def _title(ax: Axes, text: str, y_pt: float) -> None:
    put_text(ax, -LEFT_PT, y_pt + 4.0, text, size=TEXT_PT, colour=INK, is_bold=True)


def _draw_adherence(ax: Axes, weeks: Sequence[WeekAdherence], limits: tuple[float, float]) -> None:
    set_weeks(ax, limits)
    ax.set_ylim(0.0, 100.0)
    ax.set_yticks([0.0, 100.0], ["none", "all"])
    ax.tick_params(labelbottom=False)
    if not weeks:
        ax.set_axis_off()
        draw_notice(ax, "No full week of a plan yet.")
        return
    start = [week.week + 0.06 for week in weeks]
    shares = [100.0 * week.share for week in weeks]
    ax.bar(
        start, 100.0, width=0.88, align="edge", facecolor="white", edgecolor=_DONE,
        linewidth=0.6, gid="planned",
    )  # fmt: skip
    ax.bar(start, shares, width=0.88, align="edge", color=_DONE, linewidth=0, gid="done")
    scale = box_pt(ax).width / (limits[1] - limits[0])
    texts = [f"{week.done}/{week.planned}" for week in weeks]
    height = box_pt(ax).height
    is_narrow = max(text_width_pt(text, SMALL_PT) for text in texts) > 0.85 * scale
    if is_narrow or height < _LEAST_WORDS_PT:
        return
    for week, text in zip(weeks, texts, strict=True):
        if limits[0] <= week.week and week.week + 1 <= limits[1]:
            top = week.share * height
            is_inside = top > 12.0
            put_text(
                ax, (week.week + 0.5 - limits[0]) * scale, top - 9.5 if is_inside else top + 2.5,
                text, ha="center", colour="white" if is_inside else MUTED,
            )  # fmt: skip


def _draw_pain(ax: Axes, noted: Sequence[tuple[float, int]], limits: tuple[float, float]) -> None:
    set_weeks(ax, limits)
    ax.set_ylim(-0.8, 10.4)
    ax.set_yticks([0.0, 5.0, 10.0], ["0", "5", "10"])
    if not noted:
        draw_notice(ax, "No pain noted.")
        return
    weeks = np.array([week for week, _ in noted])
    pain = np.array([float(value) for _, value in noted])
    ax.plot(
        weeks, pain, linestyle="", marker="o", markersize=2.6, color=MUTED, alpha=0.6,
        markeredgewidth=0.0, zorder=3, gid="pain",
    )  # fmt: skip
    number = np.floor(weeks)
    for week in np.unique(number):
        middle = float(np.median(pain[number == week]))
        ax.plot(
            [week + 0.06, week + 0.94], [middle, middle], color=INK, linewidth=2.0, zorder=2.5,
            solid_capstyle="butt", gid="pain of the week",
        )  # fmt: skip
