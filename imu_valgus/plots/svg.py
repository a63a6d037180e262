"""Figures as inline SVG elements: small, without network or scripts, reproducible to the byte."""

import io
import re
import xml.etree.ElementTree as ET

import matplotlib as mpl
from matplotlib.figure import Figure

from imu_valgus.plots.pages import Drawing, page_fonts
from imu_valgus.plots.style import clean_axes

__all__ = ["drawing_svg", "render_svg"]

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_REFERENCE = re.compile(r"#([\w-]+)")
_NUMBER = re.compile(r"-?\d+\.\d+")
_FONT_FAMILY = re.compile(r"font-family: [^;]*; ?")
_FONT = re.compile(r"font: ([^']*?)(\d+(?:\.\d+)?)px [^;]*")


def render_svg(figure: Figure, *, name: str, description: str) -> str:
    """Write a figure as an SVG element for the body of an HTML page.

    Text stays text (the page chooses the font and may enlarge it), coordinates are rounded to a
    hundredth of a point, and identifiers start with `name` so that many drawings can share a page.

    Parameters
    ----------
    figure
        Figure to write.
    name
        Name of the drawing, unique within the page: letters, digits and hyphens.
    description
        Text for readers who cannot see the drawing.

    Returns
    -------
    str
        One ``<svg>`` element; equal figures give equal text.
    """
    stream = io.StringIO()
    # With the salt, matplotlib's clip-path names depend on nothing but the drawing.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(stream, format="svg", transparent=True, metadata=nothing)
    root = ET.fromstring(stream.getvalue())
    _drop_metadata_and_style(root)
    values = [value for element in root.iter() for value in element.attrib.values()]
    used = {reference for value in values for reference in _REFERENCE.findall(value)}
    for element in root.iter():
        _tidy(element, prefix=f"{name}-", used=used)
    for size in ("width", "height", "version"):
        root.attrib.pop(size, None)
    root.attrib |= {"role": "img", "aria-label": description}
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", _XLINK)
    return ET.tostring(root, encoding="unicode").replace("\n", "")


def drawing_svg(
    drawing: Drawing, *, name: str, description: str, size_pt: tuple[float, float]
) -> str:
    """Make a drawing of a given size and write it as an SVG element.

    Parameters
    ----------
    drawing
        Function that draws on axes and uses all of their rectangle.
    name, description
        As for :func:`render_svg`.
    size_pt
        Width and height in points; text of the drawing is 8 points or larger at this size.

    Returns
    -------
    str
        One ``<svg>`` element; equal drawings give equal text.
    """
    with page_fonts():
        figure = Figure(figsize=(size_pt[0] / 72.0, size_pt[1] / 72.0), dpi=72.0)
        drawing(clean_axes(figure.add_axes((0.0, 0.0, 1.0, 1.0))))
        return render_svg(figure, name=name, description=description)


def _drop_metadata_and_style(root: ET.Element) -> None:
    """Remove the metadata and matplotlib's style sheet; inline it would style the whole page."""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag == f"{{{_SVG}}}metadata" or child.find(f"{{{_SVG}}}style") is not None:
                parent.remove(child)


def _tidy(element: ET.Element, *, prefix: str, used: set[str]) -> None:
    identifier = element.attrib.pop("id", None)
    if identifier in used:
        element.set("id", prefix + identifier)
    for key, value in element.attrib.items():
        text = value
        if key == f"{{{_XLINK}}}href" or "url(#" in value:
            text = _REFERENCE.sub(rf"#{prefix}\1", text)
        if key in {"d", "transform", "x", "y", "width", "height"}:
            text = " ".join(_NUMBER.sub(_rounded, text).split())
        if key == "style":
            text = _FONT.sub(_font_without_family, _FONT_FAMILY.sub("", text))
        element.set(key, text)
    if element.get("transform", "").startswith("rotate(-0 "):
        del element.attrib["transform"]
    if element.text is not None and not element.text.strip():
        element.text = None
    if element.tail is not None and not element.tail.strip():
        element.tail = None


def _rounded(match: re.Match[str]) -> str:
    return f"{float(match.group()):.2f}".rstrip("0").rstrip(".")


def _font_without_family(match: re.Match[str]) -> str:
    weight, size = match.groups()
    bold = "; font-weight: 700" if "700" in weight or "bold" in weight else ""
    return f"font-size: {size}px{bold}"
