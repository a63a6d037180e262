"""Participant's page on paper in large type; its headings are used on screen too."""

from collections.abc import Sequence
from typing import Final

from imu_valgus.plots.pages import Sheet
from imu_valgus.plots.style import MUTED, SIDE_STYLES
from imu_valgus.plots.text_flow import TextStyle
from imu_valgus.reports.weeks.page import LegPosition, ParticipantPage
from imu_valgus.reports.wording import capitalised

__all__ = ["compose_participant"]

TITLE: Final = "Your movement page"

POSITIONS: Final = "Where you are in your usual range"

TIMING: Final = "Has something changed?"

WENT_WELL: Final = "What went well"

TO_TRY: Final = "One thing to try"

CUE: Final = "Think of this next time"

DONE: Final = "Done so far"

_MARGIN: Final = 48.0

_GAP: Final = 15.0

_BETWEEN: Final = 30.0

_ACCENT: Final = "#24506e"

_WASH: Final = "#f2f5f8"

_ALERT_WASH: Final = "#f1e6ef"

_ALERT_INK: Final = "#6b1d5f"

_TITLE = TextStyle(23.0, is_bold=True, leading=1.2)

_META = TextStyle(11.0, colour=MUTED)

_HEADING = TextStyle(13.5, is_bold=True, colour=_ACCENT, leading=1.45)

_BODY = TextStyle(12.0, leading=1.38)

_SMALL = TextStyle(9.6, colour=MUTED, leading=1.36)

_ALERT_TITLE = TextStyle(20.0, is_bold=True, colour=_ALERT_INK)

_ALERT_BODY = TextStyle(13.5, leading=1.4)

_LIST = TextStyle(10.6, leading=1.34)


def compose_participant(page: ParticipantPage, sheet: Sheet) -> bool:
    """Draw the participant's page on a sheet.

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
    y = sheet.write(TITLE, _TITLE, x=_MARGIN, y=_MARGIN, width=width)
    meta = f"{page.person}  ·  {page.day}"
    y = sheet.write(meta, _META, x=_MARGIN, y=y + 2.0, width=width, most_lines=2) + _GAP
    y = _alert(page.alerts, sheet, y, width)
    y = _positions(page, sheet, y, width)
    y = _paragraphs(TIMING, page.timing, sheet, y, width)
    y = _columns(page, sheet, y, width)
    y = _see_a_professional(page, sheet, y, width)
    return _footer(page.footer, sheet, y, width)


def _alert(alerts: Sequence[str], sheet: Sheet, y: float, width: float) -> float:
    if not alerts:
        return y
    inner = width - 36.0
    title, *rest = alerts
    height = 24.0 + _ALERT_TITLE.pitch_pt
    height += sum(sheet.height_of(text, _ALERT_BODY, width=inner) for text in rest)
    sheet.fill(x=_MARGIN, y=y, width=width, height=height, colour=_ALERT_WASH)
    sheet.fill(x=_MARGIN, y=y, width=5.0, height=height, colour=_ALERT_INK)
    below = sheet.write(title, _ALERT_TITLE, x=_MARGIN + 20.0, y=y + 10.0, width=inner)
    for text in rest:
        below = sheet.write(text, _ALERT_BODY, x=_MARGIN + 20.0, y=below, width=inner)
    return y + height + _GAP


def _positions(page: ParticipantPage, sheet: Sheet, y: float, width: float) -> float:
    if not page.positions:
        return y
    y = sheet.write(POSITIONS, _HEADING, x=_MARGIN, y=y, width=width) + 2.0
    column = (width - _BETWEEN) / 2.0
    ends = [
        _position(one, sheet, (_MARGIN + place * (column + _BETWEEN), y), column)
        for place, one in enumerate(page.positions)
    ]
    y = max(ends) + 2.0
    return sheet.write(page.position_note, _SMALL, x=_MARGIN, y=y, width=width) + _GAP


def _position(one: LegPosition, sheet: Sheet, at: tuple[float, float], column: float) -> float:
    x, y = at
    style = TextStyle(12.0, is_bold=True, colour=SIDE_STYLES[one.side].colour)
    y = sheet.write(f"{capitalised(one.side)} leg", style, x=x, y=y, width=column) + 4.0
    height = one.drawing.least_at(column)
    sheet.draw(one.drawing.draw, x=x, y=y, width=column, height=height)
    return sheet.write(one.sentence, _LIST, x=x, y=y + height + 2.0, width=column)


def _paragraphs(
    title: str, texts: Sequence[str], sheet: Sheet, y: float, width: float, *, x: float = _MARGIN
) -> float:
    if not texts:
        return y
    y = sheet.write(title, _HEADING, x=x, y=y, width=width)
    for text in texts:
        y = sheet.write(text, _BODY, x=x, y=y, width=width)
    return y + _GAP


def _points(
    title: str, texts: Sequence[str], sheet: Sheet, at: tuple[float, float], width: float
) -> float:
    x, y = at
    if not texts:
        return y
    y = sheet.write(title, _HEADING, x=x, y=y, width=width)
    for text in texts:
        sheet.write("•", _BODY, x=x, y=y, width=12.0)
        y = sheet.write(text, _BODY, x=x + 13.0, y=y, width=width - 13.0) + 3.0
    return y + _GAP - 3.0


def _columns(page: ParticipantPage, sheet: Sheet, y: float, width: float) -> float:
    if not (page.went_well or page.to_try or page.cue):
        return _points(DONE, page.done, sheet, (_MARGIN, y), width)
    column = (width - _BETWEEN) / 2.0
    right = _MARGIN + column + _BETWEEN
    left_end = _points(WENT_WELL, page.went_well, sheet, (_MARGIN, y), column)
    left_end = _paragraphs(TO_TRY, [page.to_try] if page.to_try else [], sheet, left_end, column)
    right_end = y
    if page.cue is not None:
        cue = f"{page.cue.exercise}: {page.cue.cue}."
        right_end = _paragraphs(CUE, [cue], sheet, right_end, column, x=right)
    right_end = _points(DONE, page.done, sheet, (right, right_end), column)
    return max(left_end, right_end)


def _see_a_professional(page: ParticipantPage, sheet: Sheet, y: float, width: float) -> float:
    inner, pad = width - 32.0, 16.0
    column = (inner - 20.0) / 2.0
    half = (len(page.see_a_professional) + 1) // 2
    halves = (page.see_a_professional[:half], page.see_a_professional[half:])
    heights = [
        sum(sheet.height_of(text, _LIST, width=column - 12.0) + 2.0 for text in texts)
        for texts in halves
    ]
    height = max(heights) + _HEADING.pitch_pt + 22.0
    sheet.fill(x=_MARGIN, y=y, width=width, height=height, colour=_WASH)
    top = sheet.write(page.see_title, _HEADING, x=_MARGIN + pad, y=y + 9.0, width=inner) + 2.0
    for place, texts in enumerate(halves):
        x, below = _MARGIN + pad + place * (column + 20.0), top
        for text in texts:
            sheet.write("•", _LIST, x=x, y=below, width=12.0)
            below = sheet.write(text, _LIST, x=x + 12.0, y=below, width=column - 12.0) + 2.0
    return y + height + _GAP


def _footer(texts: Sequence[str], sheet: Sheet, y: float, width: float) -> bool:
    height = sum(sheet.height_of(text, _SMALL, width=width) for text in texts)
    bottom = sheet.height_pt - 0.75 * _MARGIN
    at = max(y, bottom - height)
    for text in texts:
        at = sheet.write(text, _SMALL, x=_MARGIN, y=at, width=width)
    return at <= bottom + 0.1
