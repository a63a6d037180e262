"""The report as a document: which sections stand in it, and in which order."""

from imu_valgus.model import Analysis
from imu_valgus.reports.document import Document
from imu_valgus.reports.session.exercises import exercises_section
from imu_valgus.reports.session.overview import NOTICE, head_facts, summary_section
from imu_valgus.reports.session.recordings import recordings_section
from imu_valgus.reports.session.remarks import findings_section, reading_section, withheld_section
from imu_valgus.reports.session.step_up import step_up_section
from imu_valgus.reports.session.trust import calibration_section, quality_section
from imu_valgus.reports.session.walk import walk_section

__all__ = ["build_document"]


def build_document(analysis: Analysis) -> Document:
    """Put a report together; every figure in it comes from `analysis`.

    Parameters
    ----------
    analysis
        The result of ``pipeline.analyse``.

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
