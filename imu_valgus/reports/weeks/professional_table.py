"""Table of the professional's page on paper, with every change also drawn on a scale."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal

from imu_valgus.model import Side
from imu_valgus.plots.pages import Sheet
from imu_valgus.plots.style import MUTED, SIDE_STYLES
from imu_valgus.plots.text_flow import TextStyle
from imu_valgus.reports.weeks.page import ChangeLine, MeasureRow, MovementSummary
from imu_valgus.reports.weeks.table import DASH

__all__ = ["draw_table"]

_NAME = TextStyle(8.8, is_bold=True, leading=1.3)
_CELL = TextStyle(8.8, leading=1.3)
_LABEL = TextStyle(8.2, colour=MUTED, leading=1.3)
_MOST_NOTE_LINES: Final = 9
_GAP: Final = 8.0

_MEASURE, _LEFT, _RIGHT, _DIFFERENCE = "Measure", "Left", "Right", "Difference"
_MARK, _CHANGE, _MDC, _NOISE = "← smaller · larger →", "Change (95 % interval)", "MDC", "Noise"
_COLUMNS: Final = {
    _MEASURE: (0.0, 0.28), _LEFT: (0.28, 0.05), _RIGHT: (0.33, 0.05), _DIFFERENCE: (0.38, 0.08),
    _MARK: (0.475, 0.14), _CHANGE: (0.63, 0.225), _MDC: (0.86, 0.06), _NOISE: (0.925, 0.075),
}  # fmt: skip
"""Left edge and width of each column as shares of the text width."""
_OF_CHANGES: Final = frozenset({_MARK, _CHANGE, _MDC, _NOISE})
_NUMBERS: Final = frozenset({_LEFT, _RIGHT, _DIFFERENCE})
_MARKS_NOTE: Final = (
    "Marks: change in units of its own MDC; grey: ± 1 MDC; line: 95 % interval; bold: beyond noise."
)

_Edges = dict[str, tuple[float, float]]


def draw_table(
    page: MovementSummary, sheet: Sheet, corner: tuple[float, float], width: float
) -> float:
    """Draw the table of headline measures and the notes below it.

    Parameters
    ----------
    page
        Page whose `rows` and `table_notes` are drawn.
    sheet
        Sheet to draw on.
    corner
        Position x and y of the upper left corner, in points.
    width
        Width of the table in points.

    Returns
    -------
    float
        Position y below the table and its notes.
    """
    left, y = corner
    if not page.rows:
        return y
    edges = {name: (left + at * width, share * width) for name, (at, share) in _COLUMNS.items()}
    is_compared = any(line.change for row in page.rows for line in row.changes)
    for name, (x, column) in edges.items():
        if is_compared or name not in _OF_CHANGES:
            sheet.write(name, _LABEL, x=x, y=y, width=column, align=_align(name))
    y += _LABEL.pitch_pt + 1.0
    sheet.rule(x=left, y=y, width=width, colour=MUTED)
    y += 2.0
    for before, row in zip((None, *page.rows), page.rows, strict=False):
        if before is None or before.task != row.task:
            y = sheet.write(row.task, _LABEL, x=left, y=y, width=width)
        y = _row(row, sheet, y, edges) + 1.0
        sheet.rule(x=left, y=y, width=width)
        y += 2.0
    notes = " ".join((*((_MARKS_NOTE,) if is_compared else ()), *page.table_notes))
    below = sheet.write(notes, _LABEL, x=left, y=y + 1.0, width=width, most_lines=_MOST_NOTE_LINES)
    return below + _GAP


def _align(name: str) -> Literal["left", "center", "right"]:
    if name == _MARK:
        return "center"
    return "right" if name in _NUMBERS else "left"


def _row(row: MeasureRow, sheet: Sheet, y: float, edges: _Edges) -> float:
    x, column = edges[_MEASURE]
    ends = [sheet.write(row.name, _NAME, x=x, y=y, width=column)]
    values = {_LEFT: row.left, _RIGHT: row.right, _DIFFERENCE: row.difference}
    for name, text in values.items():
        x, column = edges[name]
        ends.append(sheet.write(text, _CELL, x=x, y=y, width=column, align="right"))
    if not any(line.change for line in row.changes):
        x, _ = edges[_MARK]
        end = edges[_NOISE]
        words = row.changes[0].verdict
        return max(*ends, sheet.write(words, _CELL, x=x, y=y, width=sum(end) - x))
    return max(*ends, _changes(row.changes, sheet, y, edges))


def _changes(lines: Sequence[ChangeLine], sheet: Sheet, y: float, edges: _Edges) -> float:
    for line in lines:
        style = _CELL if not line.is_beyond else replace(_CELL, is_bold=True)
        x, column = edges[_CHANGE]
        end = x
        if line.side is not None:
            end = sheet.write_spans(((f"{line.side}  ", _of(line.side)),), x=x, y=y)
        texts = {_MDC: _bare(line.mdc), _NOISE: _beside_noise(line.verdict)}
        change = _bare(line.change) or line.verdict or DASH
        below = [sheet.write(change, style, x=end, y=y, width=x + column - end)]
        for name, text in texts.items() if line.change else ():
            at, room = edges[name]
            below.append(sheet.write(text, style, x=at, y=y, width=room))
        if line.draw is not None:
            at, room = edges[_MARK]
            sheet.draw(line.draw, x=at, y=y, width=room, height=_CELL.pitch_pt)
        y = max(below)
    return y


def _bare(size: str) -> str:
    """Leave out the unit "points", which the name of the measure has already."""
    return size.replace(" points", "")


def _beside_noise(verdict: str) -> str:
    """Shorten a verdict, since the column heading names the noise."""
    noise = "measurement noise"
    return verdict.removesuffix(f" {noise}").removeprefix(f"{noise} ")


def _of(side: Side) -> TextStyle:
    return replace(_CELL, is_bold=True, colour=SIDE_STYLES[side].colour)
