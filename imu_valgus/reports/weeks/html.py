"""Pages about the weeks as HTML: no network, no scripts, the same text for the same course."""

from enum import StrEnum

from imu_valgus.plots.svg import drawing_svg
from imu_valgus.reports.templating import template_environment
from imu_valgus.reports.weeks import participant_sheet as participant_headings
from imu_valgus.reports.weeks.course_input import PagesInput
from imu_valgus.reports.weeks.page import PageDrawing
from imu_valgus.reports.weeks.participant import participant_page
from imu_valgus.reports.weeks.professional import movement_summary

__all__ = ["Audience", "render_course_html"]


class Audience(StrEnum):
    """Reader of a page."""

    PROFESSIONAL = "professional"
    PARTICIPANT = "participant"


def render_course_html(pages_input: PagesInput, *, audience: Audience | str) -> str:
    """Write a page about the weeks of a person as one self-contained HTML page.

    Text that people wrote is escaped. Only the drawings, which this package makes itself, are
    inserted as they are.

    Parameters
    ----------
    pages_input
        Course of the person, with curves and summaries of its sessions.
    audience
        Reader of the page.

    Returns
    -------
    str
        The page, to be encoded as UTF-8. Equal input gives equal text.

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
