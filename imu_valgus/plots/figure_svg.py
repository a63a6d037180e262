"""Drawings of weeks as SVG: each gets a figure of its own, all of which it may use."""

from matplotlib.figure import Figure

from imu_valgus.plots.pages import Drawing, page_fonts
from imu_valgus.plots.style import clean_axes
from imu_valgus.plots.svg import render_svg

__all__ = ["drawing_svg"]


def drawing_svg(
    drawing: Drawing, *, name: str, description: str, size_pt: tuple[float, float]
) -> str:
    """Make a drawing of a size and write it as an SVG element.

    Parameters
    ----------
    drawing
        Takes axes and uses all of their rectangle.
    name, description
        As for :func:`~imu_valgus.plots.svg.render_svg`.
    size_pt
        Width and height of the drawing, where its letters are 8 points and more.

    Returns
    -------
    str
        One ``<svg>`` element; equal drawings give equal text.
    """
    with page_fonts():
        figure = Figure(figsize=(size_pt[0] / 72.0, size_pt[1] / 72.0), dpi=72.0)
        drawing(clean_axes(figure.add_axes((0.0, 0.0, 1.0, 1.0))))
        return render_svg(figure, name=name, description=description)
