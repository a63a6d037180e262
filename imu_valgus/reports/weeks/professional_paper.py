"""Editions of the professional's page for paper, each shorter than the one before."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from imu_valgus.reports.weeks.page import DrawingColumn, DrawingRow, MovementSummary, PageDrawing
from imu_valgus.reports.wording import counted, enumerated

__all__ = ["paper_editions"]

_ROTATIONS: Final = "rotation"
_FEWEST_ROWS: Final = 4

_Keep = Callable[[PageDrawing], bool]


def paper_editions(page: MovementSummary) -> Iterator[MovementSummary]:
    """Yield shorter and shorter editions of the page; the first that fits is printed.

    What is left out depends on its kind, never on its results. Rows of the table are left out
    last, because the verdict counts them.

    Parameters
    ----------
    page
        The whole page.

    Yields
    ------
    MovementSummary
        The page with fewer `paper_rows` and `rows`, and a line that says what is missing.
    """
    yield page
    gone: dict[str, str] = {}
    for what, words, keep in _STEPS:
        kept = _kept(page, keep)
        if kept != page.paper_rows:
            gone[what] = words
            page = replace(page, paper_rows=kept, not_printed=_line(gone))
            yield page
    for n_rows in range(len(page.rows) - 1, _FEWEST_ROWS - 1, -1):
        gone["rows"] = f"{counted(len(page.rows) - n_rows, 'measure')} of the table"
        yield replace(page, rows=page.rows[:n_rows], not_printed=_line(gone))


def _is_of_walk(drawing: PageDrawing) -> bool:
    return drawing.name.startswith("walking")


def _is_of_step_up(drawing: PageDrawing) -> bool:
    return drawing.name.startswith("step-up")


_STEPS: Final[tuple[tuple[str, str, _Keep], ...]] = (
    ("alignment", "the degrees inwards in step-ups", lambda one: one.name != "alignment"),
    (
        "walking",
        "the other angles of walking",
        lambda one: not _is_of_walk(one) or _ROTATIONS in one.name,
    ),
    ("walking", "the curves of walking", lambda one: not _is_of_walk(one)),
    ("step-ups", "the curves of step-ups", lambda one: not _is_of_step_up(one)),
)


def _kept(page: MovementSummary, keep: _Keep) -> tuple[DrawingRow, ...]:
    rows = []
    for row in page.paper_rows:
        drawings = [one for one in row.drawings if keep(one)]
        if len(drawings) == len(row.drawings):
            rows.append(row)
        elif drawings:
            # Fewer drawings stand beside each other in one row.
            columns = tuple(DrawingColumn((one,)) for one in drawings)
            rows.append(replace(row, columns=columns))
    return tuple(rows)


def _line(gone: Mapping[str, str]) -> str:
    return f"Not on this sheet, but on the HTML page: {enumerated(tuple(gone.values()))}."
