"""Layout of the professional's page on paper."""

from collections.abc import Sequence
from typing import Final

from imu_valgus.plots.pages import Sheet
from imu_valgus.plots.style import MUTED
from imu_valgus.plots.text_flow import TextStyle, text_width_pt
from imu_valgus.reports.weeks.page import DrawingRow, MovementSummary
from imu_valgus.reports.weeks.professional_table import draw_table

__all__ = ["compose_professional"]

_MARGIN: Final = 36.0
_GAP: Final = 8.0
_BETWEEN: Final = 20.0

_TITLE: Final = "MOVEMENT SUMMARY"
_KICKER = TextStyle(9.0, is_bold=True, colour=MUTED)
_PERSON = TextStyle(21.0, is_bold=True, leading=1.2)
_HEADING = TextStyle(11.0, is_bold=True)
_BODY = TextStyle(10.2)
_STRONG = TextStyle(10.2, is_bold=True)
_CELL = TextStyle(9.2, leading=1.3)
_LABEL = TextStyle(8.4, colour=MUTED, leading=1.3)

_WASH = "#f5f7f9"
_ALERT_WASH = "#f1e6ef"
_ALERT = TextStyle(10.6, is_bold=True, colour="#6b1d5f")

_MOST_STRETCH: Final = 1.8
_ABOVE: Final = 4.0


def compose_professional(page: MovementSummary, sheet: Sheet) -> bool:
    """Draw the professional's page on a sheet.

    Parameters
    ----------
    page
        Content of the page.
    sheet
        Empty sheet; a draft only measures.

    Returns
    -------
    bool
        Whether everything fits.
    """
    width = sheet.width_pt - 2.0 * _MARGIN
    y = _head(page, sheet, width)
    y = _alerts(page.alerts, sheet, y, width)
    y = _verdict(page.verdict, sheet, y, width)
    y = draw_table(page, sheet, (_MARGIN, y), width)
    foot = sheet.height_pt - 0.75 * _MARGIN - _footer_height(page, sheet, width)
    _footer(page, sheet, foot, width)
    return _drawings(page.paper_rows, sheet, (y, foot - _GAP), width)


def _head(page: MovementSummary, sheet: Sheet, width: float) -> float:
    top = 0.75 * _MARGIN
    name = width - text_width_pt(_TITLE, _KICKER) - _BETWEEN
    sheet.write(_TITLE, _KICKER, x=_MARGIN, y=top + 10.0, width=width, align="right")
    y = sheet.write(page.person, _PERSON, x=_MARGIN, y=top, width=name, most_lines=2) + 4.0
    sheet.rule(x=_MARGIN, y=y, width=width, colour=MUTED)
    return _facts(page.facts, sheet, y + 6.0, width) + 4.0


def _facts(facts: Sequence[tuple[str, str]], sheet: Sheet, y: float, width: float) -> float:
    n_columns = 6
    column = width / n_columns
    for first in range(0, len(facts), n_columns):
        ends = [y]
        for place, (name, text) in enumerate(facts[first : first + n_columns]):
            x = _MARGIN + place * column
            below = sheet.write(name, _LABEL, x=x, y=y, width=column - 8.0)
            ends.append(sheet.write(text, _CELL, x=x, y=below, width=column - 8.0, most_lines=2))
        y = max(ends) + 3.0
    return y


def _alerts(alerts: Sequence[str], sheet: Sheet, y: float, width: float) -> float:
    for text in alerts:
        height = sheet.height_of(text, _ALERT, width=width - 20.0) + 10.0
        sheet.fill(x=_MARGIN, y=y, width=width, height=height, colour=_ALERT_WASH)
        sheet.fill(x=_MARGIN, y=y, width=3.5, height=height, colour=_ALERT.colour)
        sheet.write(text, _ALERT, x=_MARGIN + 12.0, y=y + 5.0, width=width - 20.0)
        y += height + 6.0
    return y


def _verdict(sentences: Sequence[str], sheet: Sheet, y: float, width: float) -> float:
    inner = width - 24.0
    styles = [_STRONG, *[_BODY] * (len(sentences) - 1)]
    heights = [
        sheet.height_of(text, style, width=inner)
        for text, style in zip(sentences, styles, strict=True)
    ]
    height = sum(heights) + 3.0 * (len(heights) - 1) + 13.0
    sheet.fill(x=_MARGIN, y=y, width=width, height=height, colour=_WASH)
    below = y + 6.0
    for text, style in zip(sentences, styles, strict=True):
        below = sheet.write(text, style, x=_MARGIN + 12.0, y=below, width=inner) + 3.0
    return y + height + _GAP


def _drawings(
    rows: Sequence[DrawingRow], sheet: Sheet, room: tuple[float, float], width: float
) -> bool:
    top, bottom = room
    least = [_least_height(row, width) for row in rows]
    spare = bottom - top - sum(_overhead(row, sheet, width) for row in rows) - sum(least)
    if not rows:
        return spare >= 0.0
    # Where a page is empty drawings grow, but not to posters.
    stretch = min(1.0 + spare / sum(least), _MOST_STRETCH)
    y = top
    for row, height in zip(rows, least, strict=True):
        y = _drawing_row(row, sheet, y, (width, max(stretch * height, 20.0)))
    return spare >= 0.0


def _least_height(row: DrawingRow, width: float) -> float:
    return max(
        sum(one.least_at(across) for one in column.drawings) + _ABOVE * (len(column.drawings) - 1)
        for column, across in zip(row.columns, _column_widths(row, width), strict=True)
    )


def _column_widths(row: DrawingRow, width: float) -> tuple[float, ...]:
    usable = width - _BETWEEN * (len(row.columns) - 1)
    shares = sum(column.share for column in row.columns)
    return tuple(usable * column.share / shares for column in row.columns)


def _overhead(row: DrawingRow, sheet: Sheet, width: float) -> float:
    beside = sheet.height_of(row.caption, _LABEL, width=_caption_width(row, width))
    return max(_HEADING.pitch_pt, beside) + 4.0 + _GAP


def _caption_width(row: DrawingRow, width: float) -> float:
    """Return the width left beside the heading of a row."""
    return width - text_width_pt(row.title, _HEADING) - _BETWEEN


def _drawing_row(row: DrawingRow, sheet: Sheet, y: float, size: tuple[float, float]) -> float:
    width, height = size
    beside = _caption_width(row, width)
    y = 4.0 + max(
        sheet.write(row.title, _HEADING, x=_MARGIN, y=y, width=width),
        sheet.write(
            row.caption, _LABEL, x=_MARGIN + width - beside, y=y + 3.0, width=beside, align="right"
        )
        - 3.0,
    )
    x = _MARGIN
    for column, across in zip(row.columns, _column_widths(row, width), strict=True):
        n = len(column.drawings)
        each = (height - _ABOVE * (n - 1)) / n
        for place, drawing in enumerate(column.drawings):
            at = y + place * (each + _ABOVE)
            sheet.draw(drawing.draw, x=x, y=at, width=across, height=each)
        x += across + _BETWEEN
    return y + height + _GAP


def _footer_lines(page: MovementSummary) -> tuple[str, ...]:
    digest = page.raw_sha256
    shown = f"{digest[:16]}…{digest[-8:]}" if digest else "not known"
    notes = " · ".join(page.session_notes)
    return (
        *((page.not_printed,) if page.not_printed else ()),
        *((f"Notes. {notes}",) if notes else ()),
        " ".join(page.footer[:-1]),
        f"{page.footer[-1]} SHA-256 of the latest session's raw data: {shown}.",
    )


def _footer_height(page: MovementSummary, sheet: Sheet, width: float) -> float:
    lines = _footer_lines(page)
    return 6.0 + sum(sheet.height_of(one, _LABEL, width=width, most_lines=4) for one in lines)


def _footer(page: MovementSummary, sheet: Sheet, y: float, width: float) -> None:
    sheet.rule(x=_MARGIN, y=y, width=width, colour=MUTED)
    y += 4.0
    for line in _footer_lines(page):
        y = sheet.write(line, _LABEL, x=_MARGIN, y=y, width=width, most_lines=4)
