"""Both pages as PDF: one A4 sheet each, the same bytes for the same course."""

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
"""Largest first; letters of the drawings, drawn at 8 points, stay above 6.5 on paper."""


def render_course_pdf(pages_input: PagesInput, *, audience: Audience | str) -> bytes:
    """Write a page about a person's weeks as PDF.

    Parameters
    ----------
    pages_input
        The course and what is kept of its sessions.
    audience
        Whom it is for.

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
    wanted = Audience(audience)
    with page_fonts():
        sheet = compose_sheet(pages_input, audience=wanted)
        latest = pages_input.course.sessions[-1]
        title = f"{_TITLES[wanted]} {pages_input.course.person}"
        return sheet.pdf(title=title, moment=latest.recorded_at)


_TITLES: Final = {
    Audience.PROFESSIONAL: "Movement summary",
    Audience.PARTICIPANT: "Your movement page",
}


def compose_sheet(pages_input: PagesInput, *, audience: Audience) -> Sheet:
    """Draw as much as fits, on the largest scale at which it does; inside ``page_fonts`` only."""
    if audience is Audience.PROFESSIONAL:
        editions = paper_editions(movement_summary(pages_input))
        composers = [partial(compose_professional, one) for one in editions]
    else:
        composers = [partial(compose_participant, participant_page(pages_input))]
    return _fitting(composers, _SHRINKS[audience])


def _fitting(composers: Sequence[Callable[[Sheet], bool]], shrinks: Sequence[float]) -> Sheet:
    """Take the first composer that fits on any scale."""
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
