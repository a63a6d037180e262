"""Report of a session as one HTML file: no network, no scripts, the same bytes every time."""

from imu_valgus.model import Analysis
from imu_valgus.reports.document import Document
from imu_valgus.reports.session.exercises import exercises_section
from imu_valgus.reports.session.overview import NOTICE, head_facts, summary_section
from imu_valgus.reports.session.recordings import recordings_section
from imu_valgus.reports.session.remarks import findings_section, reading_section, withheld_section
from imu_valgus.reports.session.step_up import step_up_section
from imu_valgus.reports.session.trust import calibration_section, quality_section
from imu_valgus.reports.session.walk import walk_section
from imu_valgus.reports.templating import template_environment

__all__ = ["build_document", "render_report"]


def render_report(analysis: Analysis) -> str:
    """Write the report of an analysis as one self-contained HTML page.

    Text that came from files (names, notes, reasons) is escaped. Only the drawings, which this
    package makes itself, are inserted as they are.

    Parameters
    ----------
    analysis
        Result of ``pipeline.analyse``.

    Returns
    -------
    str
        The page, to be encoded as UTF-8. Equal analyses give equal text.
    """
    template = template_environment().get_template("report.html")
    return template.render(document=build_document(analysis))


def build_document(analysis: Analysis) -> Document:
    """Put the sections of a report in order; every number in it comes from the analysis.

    Parameters
    ----------
    analysis
        Result of ``pipeline.analyse``.

    Returns
    -------
    Document
        Text, tables and drawings, ready to be written as HTML.
    """
    sections = (
        summary_section(analysis),
        withheld_section(analysis),
        walk_section(analysis),
        step_up_section(analysis),
        exercises_section(analysis),
        recordings_section(analysis),
        calibration_section(analysis),
        quality_section(analysis),
        findings_section(analysis),
        reading_section(),
    )
    return Document(
        title="Movement summary",
        subtitle=analysis.info.subject or "Participant not named",
        facts=head_facts(analysis),
        notice=NOTICE,
        sections=tuple(section for section in sections if section is not None),
    )
