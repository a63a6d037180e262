"""Both pages as self-contained HTML: no network, no scripts, the same text for the same course.

Whom a page is for.
"""

from enum import StrEnum

from imu_valgus.plots.svg import drawing_svg
from imu_valgus.reports.session.html import template_environment
from imu_valgus.reports.weeks import participant_sheet as participant_headings
from imu_valgus.reports.weeks.course_input import PagesInput
from imu_valgus.reports.weeks.page import PageDrawing
from imu_valgus.reports.weeks.participant import participant_page
from imu_valgus.reports.weeks.professional import movement_summary

__all__ = ["Audience", "render_course_html"]


class Audience(StrEnum):
    """Whom a page is for."""

    PROFESSIONAL = "professional"
    PARTICIPANT = "participant"


def render_course_html(pages_input: PagesInput, *, audience: Audience | str) -> str:
    """Write a page about a person's weeks as one HTML file.

    Everything that people wrote is escaped; only the drawings, which this package makes, are put
    in as they are.

    Parameters
    ----------
    pages_input
        The course and what is kept of its sessions.
    audience
        Whom it is for.

    Returns
    -------
    str
        The page; encode it as UTF-8. Equal input gives equal text.

    Raises
    ------
    ValueError
        If there is no such audience.
    """
    environment = template_environment()
    environment.globals["svg"] = _svg
    if Audience(audience) is Audience.PROFESSIONAL:
        template = environment.get_template("professional.html")
        return template.render(page=movement_summary(pages_input))
    template = environment.get_template("participant.html")
    return template.render(page=participant_page(pages_input), words=participant_headings)


def _svg(drawing: PageDrawing) -> str:
    return drawing_svg(
        drawing.draw,
        name=drawing.name,
        description=drawing.description,
        size_pt=drawing.screen_pt,
    )
