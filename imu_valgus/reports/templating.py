"""The HTML templates that all pages share."""

from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined

__all__ = ["template_environment"]


def template_environment() -> Environment:
    """Return a jinja2 environment that escapes all text and refuses unknown names.

    Returns
    -------
    Environment
        Environment that loads the templates of this package.
    """
    return Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _template(name: str) -> str:
    return files("imu_valgus.reports").joinpath("templates", name).read_text(encoding="utf-8")
