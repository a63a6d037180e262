"""Invented courses for the drawings of weeks, and a check of where their text lies."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from imu_valgus.model import Grade, Side, Task
from imu_valgus.model.programme import LogEntry, Phase, PlannedExercise, Programme
from imu_valgus.model.progress import Conditions, Measure, MeasureKey, SessionRecord
from imu_valgus.progress.course import review_course
from imu_valgus.progress.course_types import Course

START = date(2026, 9, 4)
FIRST = datetime(2026, 9, 1, 10, tzinfo=UTC)
DAYS = {
    1: [0],
    2: [0, 2],
    6: [0, 1, 2, 7, 14, 21],
    19: [0, 1, 2, *range(5, 45, 3), 45, 46],
    60: list(range(0, 180, 3)),
}
LONG_NAMES = (
    "Learning the movement slowly, with feedback",
    "$\\calf$ 力 strength of the rotators",
    "Load",
)


def make_programme(
    names: Sequence[str] = ("Learn the movement", "Strength", "Load and speed"),
) -> Programme:
    phases = tuple(
        Phase(name, START + timedelta(weeks=2 * i), START + timedelta(weeks=2 * i, days=13))
        for i, name in enumerate(names)
    )
    plan = (PlannedExercise("clam_shell", 4), PlannedExercise("wall_slide", 3))
    return Programme(START, phases, plan)


def make_sessions(
    n: int,
    *,
    names: Sequence[str] = ("hip_internal_rotation_excursion_deg",),
    sides: Sequence[Side | None] = (Side.LEFT, Side.RIGHT),
    per_day: float = -0.1,
    scale: float = 1.0,
    noise: float = 1.5,
) -> list[SessionRecord]:
    rng = np.random.default_rng(n)
    sessions = []
    for number, day in enumerate(DAYS[n]):
        measures = []
        for name in names:
            for side in sides:
                middle = 14.0 + per_day * day + rng.normal(0.0, noise)
                values = scale * (middle + rng.normal(0.0, noise, 8))
                measures.append(
                    Measure(
                        MeasureKey(name, Task.STEP_UP, side), float(np.median(values)),
                        float(np.std(values, ddof=1)), tuple(values.tolist()), 8,
                    )
                )  # fmt: skip
        sessions.append(
            SessionRecord(
                f"s{number}", "P1", FIRST + timedelta(days=day),
                Conditions(Grade.GOOD, "0.1", score_version="sas-1"), tuple(measures),
            )
        )  # fmt: skip
    return sessions


def make_log(weeks: int) -> list[LogEntry]:
    days = [START + timedelta(days=i) for i in range(7 * weeks)]
    done = [LogEntry(day, "clam_shell") for day in days[::2]]
    return done + [LogEntry(day, None, i % 6) for i, day in enumerate(days)]


@pytest.fixture
def programme() -> Programme:
    return make_programme()


@pytest.fixture
def long_programme() -> Programme:
    return make_programme(LONG_NAMES)


@pytest.fixture
def sessions_of() -> Callable[..., list[SessionRecord]]:
    return make_sessions


@pytest.fixture
def course_of() -> Callable[..., Course]:
    def build(
        n: int, *, programme: Programme | None = None, set_aside: Iterable[int] = (), **kind: object
    ) -> Course:
        aside = set(set_aside)
        sessions = [
            replace(one, set_aside="The sensor slipped.") if i in aside else one
            for i, one in enumerate(make_sessions(n, **kind))  # type: ignore[arg-type]
        ]
        log = make_log(DAYS[n][-1] // 7) if programme else []
        return review_course(sessions, programme=programme, log=log)

    return build


@pytest.fixture
def new_axes() -> Callable[..., Axes]:
    """Make axes of a size in millimetres, with room around them so that text can leave them."""

    def build(width_mm: float = 86.0, height_mm: float = 62.0) -> Axes:
        figure = Figure(figsize=((width_mm + 40.0) / 25.4, (height_mm + 40.0) / 25.4))
        FigureCanvasAgg(figure)
        across, up = width_mm + 40.0, height_mm + 40.0
        return figure.add_axes((20.0 / across, 20.0 / up, width_mm / across, height_mm / up))

    return build


def _texts(figure: Figure) -> list[tuple[str, Bbox]]:
    """Return the visible texts and their boxes in points."""
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    figure.draw(renderer)
    found = []
    for ax in [*figure.axes, *(child for parent in figure.axes for child in parent.child_axes)]:
        written = list(ax.texts)
        if ax.axison:
            low, high = sorted(ax.get_xlim())
            ticks = [t for t in ax.xaxis.get_major_ticks() if low <= t.get_loc() <= high]
            low, high = sorted(ax.get_ylim())
            ticks += [t for t in ax.yaxis.get_major_ticks() if low <= t.get_loc() <= high]
            written += [tick.label1 for tick in ticks]
        found += [text for text in written if text.get_visible() and text.get_text().strip()]
    scale = 72.0 / figure.dpi
    return [(text.get_text(), _box(text, renderer, scale)) for text in found]


def _box(text: Text, renderer: object, scale: float) -> Bbox:
    return Bbox(text.get_window_extent(renderer).get_points() * scale)  # type: ignore[arg-type]


@pytest.fixture
def assert_tidy() -> Callable[[Axes, Bbox], None]:
    """Check that no text lies on another or outside the given rectangle, within one point."""

    def check(ax: Axes, given: Bbox) -> None:
        texts = _texts(ax.get_figure(root=True))  # type: ignore[arg-type]
        assert texts
        for (one, here), (other, there) in combinations(texts, 2):
            common = Bbox.intersection(here, there)
            # Boxes include the full ascent and descent, so they may overlap slightly.
            is_clear = common is None or min(common.width, common.height) < 1.0
            assert is_clear, f"{one!r} lies on {other!r}"
        for text, box in texts:
            assert box.x0 > given.x0 - 1.0, text
            assert box.x1 < given.x1 + 1.0, text
            assert box.y0 > given.y0 - 1.0, text
            assert box.y1 < given.y1 + 1.0, text

    return check
