"""Pages about the weeks as PDF: one A4 sheet each, the same bytes for the same course."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from imu_valgus.plots.pages import Sheet, page_fonts
from imu_valgus.reports.weeks.course_input import PagesInput
from imu_valgus.reports.weeks.html import Audience
from imu_valgus.reports.weeks.participant import participant_page
from imu_valgus.reports.weeks.participant_sheet import compose_participant
from imu_valgus.reports.weeks.professional import movement_summary
from imu_valgus.reports.weeks.professional_paper import paper_editions
from imu_valgus.reports.weeks.professional_sheet import compose_professional

__all__ = ["compose_sheet", "render_course_pdf"]

_SHRINKS: Final = {
    Audience.PROFESSIONAL: (0.95, 0.9, 0.86, 0.82),
    Audience.PARTICIPANT: (1.12, 1.06, 1.0, 0.95, 0.9, 0.86, 0.82),
}
"""Scales to try, largest first; text of drawings, 8 points as drawn, stays above 6.5 on paper."""


def render_course_pdf(pages_input: PagesInput, *, audience: Audience | str) -> bytes:
    """Write a page about the weeks of a person as PDF.

    Parameters
    ----------
    pages_input
        Course of the person, with curves and summaries of its sessions.
    audience
        Reader of the page.

    Returns
    -------
    bytes
        One A4 page with embedded fonts; its date is that of the latest session, so that equal
        input gives equal bytes.

    Raises
    ------
    ValueError
        If there is no such audience.
    """
    reader = Audience(audience)
    with page_fonts():
        sheet = compose_sheet(pages_input, audience=reader)
        latest = pages_input.course.sessions[-1]
        title = f"{_TITLES[reader]} {pages_input.course.person}"
        return sheet.pdf(title=title, moment=latest.recorded_at)


_TITLES: Final = {
    Audience.PROFESSIONAL: "Movement summary",
    Audience.PARTICIPANT: "Your movement page",
}


def compose_sheet(pages_input: PagesInput, *, audience: Audience) -> Sheet:
    """Draw a page with as much content as fits, at the largest scale at which it fits.

    Parameters
    ----------
    pages_input, audience
        As for :func:`render_course_pdf`.

    Returns
    -------
    Sheet
        The sheet; call this function and write the sheet inside ``page_fonts``.
    """
    if audience is Audience.PROFESSIONAL:
        editions = paper_editions(movement_summary(pages_input))
        composers = [partial(compose_professional, edition) for edition in editions]
    else:
        composers = [partial(compose_participant, participant_page(pages_input))]
    return _fitting(composers, _SHRINKS[audience])


def _fitting(composers: Sequence[Callable[[Sheet], bool]], shrinks: Sequence[float]) -> Sheet:
    """Use the first composer that fits at any scale."""
    fitting = (
        (compose, shrink)
        for compose in composers
        for shrink in shrinks
        if compose(Sheet(shrink=shrink, is_draft=True))
    )
    compose, shrink = next(fitting, (composers[-1], shrinks[-1]))
    sheet = Sheet(shrink=shrink)
    compose(sheet)
    return sheet
