"""A report as one HTML file: no network, no scripts, the same bytes for the same analysis."""

from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined

from imu_valgus.model import Analysis
from imu_valgus.reports.session.contents import build_document

__all__ = ["render_report", "template_environment"]


def render_report(analysis: Analysis) -> str:
    """Write the report of an analysis as one self-contained HTML page.

    Everything that came from files (names, notes, reasons) is escaped; only the drawings, which
    this package makes, are put in as they are.

    Parameters
    ----------
    analysis
        The result of ``pipeline.analyse``.

    Returns
    -------
    str
        The page; encode it as UTF-8. Equal analyses give equal text.
    """
    template = template_environment().get_template("report.html")
    return template.render(document=build_document(analysis))


def template_environment() -> Environment:
    """Read templates of this package; texts are escaped, a name that is not there is an error."""
    return Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _template(name: str) -> str:
    return files("imu_valgus.reports").joinpath("templates", name).read_text(encoding="utf-8")
