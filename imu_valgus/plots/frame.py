"""Title, key and margins of a drawing, all inside the rectangle that its axes were given.

The drawings of weeks stand on pages of many sizes. Each one treats the rectangle of its axes as
all the room there is, and shrinks the axes by what title, tick labels, names and key need.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, Bbox, ScaledTranslation, Transform

from imu_valgus.plots.style import INK, MUTED, SMALL_PT, TEXT_PT, TITLE_PT
from imu_valgus.plots.text_fit import shortened, text_width_pt, wrapped

__all__ = [
    "Header",
    "Key",
    "KeyItem",
    "Margins",
    "box_pt",
    "draw_header",
    "draw_key",
    "draw_notice",
    "fit_header",
    "fit_key",
    "inset",
    "points",
    "put_text",
]

_TITLE_LINE_PT = 13.5
_DETAIL_LINE_PT = 11.5
_KEY_LINE_PT = 11.5
_HANDLE_PT = 15.0
_SPACE_PT = 4.0
_BETWEEN_PT = 12.0


@dataclass(frozen=True, slots=True)
class Margins:
    """Room kept free around the data.

    Parameters
    ----------
    left, right, top, bottom
        Width of each margin in points.
    """

    left: float
    right: float
    top: float
    bottom: float


def box_pt(ax: Axes) -> Bbox:
    """Return the rectangle of the axes in their figure.

    Parameters
    ----------
    ax
        Axes of a figure.

    Returns
    -------
    Bbox
        Rectangle in points from the lower left corner of the figure.
    """
    inches = ax.bbox.transformed(ax.figure.dpi_scale_trans.inverted())
    return Bbox(72.0 * inches.get_points())


def inset(ax: Axes, margins: Margins) -> Bbox:
    """Shrink axes by the margins.

    Parameters
    ----------
    ax
        Axes to shrink; at least a tenth of their width and height is kept for the data.
    margins
        Room to keep free around the data.

    Returns
    -------
    Bbox
        New rectangle of the axes in their figure, in points.
    """
    box, place = box_pt(ax), ax.get_position()
    across, up = place.width / box.width, place.height / box.height
    width = max(box.width - margins.left - margins.right, 0.1 * box.width)
    height = max(box.height - margins.top - margins.bottom, 0.1 * box.height)
    left, bottom = place.x0 + across * margins.left, place.y0 + up * margins.bottom
    ax.set_position((left, bottom, across * width, up * height))
    return box_pt(ax)


def points(ax: Axes) -> Transform:
    """Return the transform of positions given in points.

    Parameters
    ----------
    ax
        Axes whose lower left corner is the origin.

    Returns
    -------
    Transform
        Transform from points to pixels.
    """
    to_pixels = Affine2D().scale(1.0 / 72.0) + ax.figure.dpi_scale_trans
    return to_pixels + ScaledTranslation(0.0, 0.0, ax.transAxes)  # type: ignore[arg-type]


def put_text(
    ax: Axes,
    x_pt: float,
    y_pt: float,
    text: str,
    *,
    size: float = SMALL_PT,
    colour: str = MUTED,
    is_bold: bool = False,
    ha: Literal["left", "center", "right"] = "left",
    va: Literal["baseline", "center", "top", "bottom"] = "baseline",
) -> Text:
    """Write a text; a dollar sign in it stays a dollar sign.

    Parameters
    ----------
    ax
        Axes to write on; the text may lie outside their rectangle.
    x_pt, y_pt
        Position in points from the lower left corner of the axes.
    text
        Text to write, possibly typed in by a user.
    size, colour, is_bold
        Font size in points, colour and weight.
    ha, va
        Which part of the text stands at the position.

    Returns
    -------
    Text
        The text as matplotlib's object.
    """
    return ax.text(
        x_pt, y_pt, text, transform=points(ax), fontsize=size, color=colour, ha=ha, va=va,
        fontweight="bold" if is_bold else "regular", clip_on=False, parse_math=False, zorder=6,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Header:
    """Lines of text above a drawing.

    Parameters
    ----------
    title
        Lines of the title.
    details
        Lines below the title, such as the leg and the direction.
    title_size
        Font size of the title in points.
    """

    title: tuple[str, ...]
    details: tuple[str, ...]
    title_size: float = TITLE_PT

    @property
    def height_pt(self) -> float:
        """Height of the header in points."""
        return _TITLE_LINE_PT * len(self.title) + _DETAIL_LINE_PT * len(self.details) + 2.0


def fit_header(title: str, details: Sequence[str], width_pt: float, *, is_low: bool) -> Header:
    """Break title and details into lines that fit a width.

    Parameters
    ----------
    title
        Title; it may take two lines unless the drawing is low.
    details
        Pieces of text that share a line if they fit beside each other.
    width_pt
        Width of the drawing in points.
    is_low
        Whether height is scarce; the title is then smaller and takes one line.

    Returns
    -------
    Header
        The lines, ready for :func:`draw_header`.
    """
    size = TEXT_PT if is_low else TITLE_PT
    lines = wrapped(title, width_pt, size, n_lines=1 if is_low else 2, is_bold=True)
    joined = "  ·  ".join(details)
    if text_width_pt(joined, SMALL_PT) <= width_pt:
        return Header(lines, (joined,) if joined else (), size)
    return Header(lines, tuple(shortened(detail, width_pt, SMALL_PT) for detail in details), size)


def draw_header(ax: Axes, header: Header, *, left_pt: float, above_pt: float) -> None:
    """Write a header above the axes.

    Parameters
    ----------
    ax
        Axes to write above.
    header
        Lines to write, as from :func:`fit_header`.
    left_pt
        Distance in points by which the lines begin left of the axes.
    above_pt
        Distance in points from the axes up to the lowest line.
    """
    y = box_pt(ax).height + above_pt + 3.0
    for line in reversed(header.details):
        put_text(ax, -left_pt, y, line)
        y += _DETAIL_LINE_PT
    for line in reversed(header.title):
        put_text(ax, -left_pt, y, line, size=header.title_size, colour=INK, is_bold=True)
        y += _TITLE_LINE_PT


@dataclass(frozen=True, slots=True)
class KeyItem:
    """One mark of the key and its meaning.

    Parameters
    ----------
    text
        Meaning of the mark.
    stroke
        Properties of the line or marker, as for ``matplotlib.lines.Line2D``.
    is_point
        Whether the mark is a single marker instead of a line.
    """

    text: str
    stroke: Mapping[str, Any]
    is_point: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "stroke", MappingProxyType(dict(self.stroke)))

    @property
    def width_pt(self) -> float:
        """Width of mark, space and text in points."""
        return _HANDLE_PT + _SPACE_PT + text_width_pt(self.text, SMALL_PT)


@dataclass(frozen=True, slots=True)
class Key:
    """Key of a drawing.

    Parameters
    ----------
    rows
        Marks with their meanings, row by row from the top.
    """

    rows: tuple[tuple[KeyItem, ...], ...]

    @property
    def height_pt(self) -> float:
        """Height of the key in points."""
        return _KEY_LINE_PT * len(self.rows)


def fit_key(items: Sequence[KeyItem], width_pt: float) -> Key:
    """Arrange the items of a key in as few rows as its width allows, in their order.

    Parameters
    ----------
    items
        Marks with their meanings; a text wider than a row is cut off.
    width_pt
        Width of the key in points.

    Returns
    -------
    Key
        The rows, ready for :func:`draw_key`.
    """
    rows: list[list[KeyItem]] = []
    used = width_pt
    for item in items:
        room = width_pt - _HANDLE_PT - _SPACE_PT
        fitting = KeyItem(shortened(item.text, room, SMALL_PT), item.stroke, item.is_point)
        if not rows or used + _BETWEEN_PT + fitting.width_pt > width_pt:
            rows.append([])
            used = -_BETWEEN_PT
        rows[-1].append(fitting)
        used += _BETWEEN_PT + fitting.width_pt
    return Key(tuple(tuple(row) for row in rows))


def draw_key(ax: Axes, key: Key, *, left_pt: float, below_pt: float) -> None:
    """Draw a key below the axes.

    Parameters
    ----------
    ax
        Axes to draw below.
    key
        Rows to draw, as from :func:`fit_key`.
    left_pt
        Distance in points by which the rows begin left of the axes.
    below_pt
        Distance in points from the axes down to the first row.
    """
    y = -below_pt - 0.5 * _KEY_LINE_PT
    for row in key.rows:
        x = -left_pt
        for item in row:
            ends = [x + 1.0, x + 0.5 * _HANDLE_PT, x + _HANDLE_PT - 1.0]
            at = ends[1:2] if item.is_point else ends
            middle = None if item.is_point else [1]
            mark = Line2D(
                at, [y] * len(at), markevery=middle, transform=points(ax), clip_on=False,
                **item.stroke,
            )  # fmt: skip
            ax.add_artist(mark)
            put_text(ax, x + _HANDLE_PT + _SPACE_PT, y - 2.9, item.text)
            x += item.width_pt + _BETWEEN_PT
        y -= _KEY_LINE_PT


def draw_notice(ax: Axes, sentence: str) -> None:
    """Write in the middle of empty axes why nothing is drawn.

    Parameters
    ----------
    ax
        Axes without data; their grid and scale are hidden.
    sentence
        The reason; it wraps to the width of the axes.
    """
    ax.grid(visible=False)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    box = box_pt(ax)
    n_lines = max(int(box.height // 12.0), 1)
    lines = wrapped(sentence, box.width - 8.0, SMALL_PT, n_lines=n_lines)
    for row, line in enumerate(lines):
        y = 0.5 * box.height + 11.0 * (0.5 * (len(lines) - 1) - row)
        put_text(ax, 0.5 * box.width, y, line, ha="center", va="center")
