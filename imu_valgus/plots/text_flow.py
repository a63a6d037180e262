"""Text on paper: its width, its line breaks, and letters that the font does not have."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.textpath import TextToPath

from imu_valgus.plots.style import INK

__all__ = ["FONT_FAMILY", "TextStyle", "printable", "text_width_pt", "wrap"]

FONT_FAMILY: Final = "DejaVu Sans"
"""Font that comes with matplotlib, so that a page looks the same on every machine."""

_MISSING: Final = "\N{REPLACEMENT CHARACTER}"
_ELLIPSIS: Final = "…"


@dataclass(frozen=True, slots=True)
class TextStyle:
    """Look of a text.

    Parameters
    ----------
    size_pt
        Font size in points.
    is_bold
        Whether the text is bold.
    colour
        Hexadecimal colour.
    leading
        Line spacing over font size.
    """

    size_pt: float
    is_bold: bool = False
    colour: str = INK
    leading: float = 1.36

    @property
    def pitch_pt(self) -> float:
        """Distance from one line to the next, in points."""
        return self.size_pt * self.leading

    @property
    def font(self) -> FontProperties:
        """Font as matplotlib's object."""
        weight = "bold" if self.is_bold else "normal"
        return FontProperties(family=FONT_FAMILY, weight=weight, size=self.size_pt)


def printable(text: str) -> str:
    """Make a text printable in the font of the page.

    Parameters
    ----------
    text
        Text, possibly typed in by a user.

    Returns
    -------
    str
        Text with a replacement sign for each missing letter and one space for each run of white
        space.

    Examples
    --------
    >>> printable("knee   over foot")
    'knee over foot'
    """
    known = _known_letters()
    joined = " ".join(text.split())
    return "".join(letter if ord(letter) in known else _MISSING for letter in joined)


@lru_cache(maxsize=1)
def _known_letters() -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties(family=FONT_FAMILY))).get_charmap())


def text_width_pt(text: str, style: TextStyle) -> float:
    """Return the width of a text on one line.

    Parameters
    ----------
    text
        Text without line breaks.
    style
        Font size and weight.

    Returns
    -------
    float
        Width in points.
    """
    # Width is proportional to size, so one measurement serves every size.
    return _width_at_100(text, is_bold=style.is_bold) * style.size_pt / 100.0


@lru_cache(maxsize=20_000)
def _width_at_100(text: str, *, is_bold: bool) -> float:
    font = TextStyle(100.0, is_bold=is_bold).font
    width, _, _ = TextToPath().get_text_width_height_descent(text, font, ismath=False)
    return float(width)


def wrap(
    text: str, style: TextStyle, *, width_pt: float, most_lines: int | None = None
) -> tuple[str, ...]:
    """Break a text into lines; words that are too long are broken between letters.

    Parameters
    ----------
    text
        Text to break; see :func:`printable`.
    style
        Size and weight of the text.
    width_pt
        Width of the column in points.
    most_lines
        Largest number of lines; longer text is cut and ends with an ellipsis. None for no limit.

    Returns
    -------
    tuple of str
        The lines.

    Examples
    --------
    >>> wrap("one two three", TextStyle(10.0), width_pt=50.0)
    ('one two', 'three')
    """
    lines: list[str] = []
    line = ""
    for word in printable(text).split(" "):
        joined = f"{line} {word}" if line else word
        if text_width_pt(joined, style) <= width_pt:
            line = joined
            continue
        if line:
            lines.append(line)
        *broken, line = _broken(word, style, width_pt)
        lines += broken
    lines.append(line)
    if most_lines is None or len(lines) <= most_lines:
        return tuple(lines)
    last = _shortened(" ".join(lines[most_lines - 1 :]), style, width_pt)
    return (*lines[: most_lines - 1], last)


def _broken(word: str, style: TextStyle, width_pt: float) -> list[str]:
    parts = [""]
    for letter in word:
        if parts[-1] and text_width_pt(parts[-1] + letter, style) > width_pt:
            parts.append("")
        parts[-1] += letter
    return parts


def _shortened(text: str, style: TextStyle, width_pt: float) -> str:
    while text and text_width_pt(text + _ELLIPSIS, style) > width_pt:
        text = text[:-1].rstrip()
    return text + _ELLIPSIS
