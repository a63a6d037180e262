"""A figure as inline SVG: small, without network or scripts, the same bytes every time.

Drawings of weeks as SVG: each gets a figure of its own, all of which it may use.
"""

import io
import re
import xml.etree.ElementTree as ET

import matplotlib as mpl
from matplotlib.figure import Figure

from imu_valgus.plots.pages import Drawing, page_fonts
from imu_valgus.plots.style import clean_axes

__all__ = ["drawing_svg", "render_svg"]

_SVG = "http://www.w3.org/2000/svg"

_XLINK = "{http://www.w3.org/1999/xlink}href"

_REFERENCE = re.compile(r"#([\w-]+)")

_NUMBER = re.compile(r"-?\d+\.\d+")

_FONT_FAMILY = re.compile(r"font-family: [^;]*; ?")

_FONT = re.compile(r"font: ([^']*?)(\d+(?:\.\d+)?)px [^;]*")


def render_svg(figure: Figure, *, name: str, description: str) -> str:
    """Draw a figure as an SVG element for the body of an HTML page.

    Letters stay letters (the page chooses the font and may enlarge them), coordinates are rounded
    to a hundredth of a point, identifiers start with `name` so that many drawings share a page.

    Parameters
    ----------
    figure
        What to draw.
    name
        Unique within the page; letters, digits and hyphens.
    description
        What the drawing shows, for those who cannot see it.

    Returns
    -------
    str
        One ``<svg>`` element; equal figures give equal text.
    """
    stream = io.StringIO()
    # The salt makes matplotlib's clip-path names depend on nothing but the drawing.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(stream, format="svg", transparent=True, metadata=nothing)
    root = ET.fromstring(stream.getvalue())
    _drop_what_the_page_holds(root)
    used = {found for element in root.iter() for found in _references(element)}
    for element in root.iter():
        _tidy(element, prefix=f"{name}-", used=used)
    for size in ("width", "height", "version"):
        root.attrib.pop(size, None)
    root.attrib |= {"role": "img", "aria-label": description}
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", _XLINK[1:].partition("}")[0])
    return ET.tostring(root, encoding="unicode").replace("\n", "")


def _drop_what_the_page_holds(root: ET.Element) -> None:
    """Remove metadata, and matplotlib's style sheet, which inline would rule the whole page."""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag == f"{{{_SVG}}}metadata" or child.find(f"{{{_SVG}}}style") is not None:
                parent.remove(child)


def _references(element: ET.Element) -> list[str]:
    return [found for value in element.attrib.values() for found in _REFERENCE.findall(value)]


def _tidy(element: ET.Element, *, prefix: str, used: set[str]) -> None:
    identifier = element.attrib.pop("id", None)
    if identifier in used:
        element.set("id", prefix + identifier)
    for key, value in element.attrib.items():
        text = value
        if key == _XLINK or "url(#" in value:
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
