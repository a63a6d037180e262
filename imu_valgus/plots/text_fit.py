"""Text that has to fit a width: measured, shortened or broken into lines.

Widths are those of the font that matplotlib draws with; the fonts of web pages are narrower.
"""

from imu_valgus.plots import text_flow

__all__ = ["shortened", "text_width_pt", "wrapped"]

_ELLIPSIS = "…"
_PIXELS = 1.02


def text_width_pt(text: str, size_pt: float, *, is_bold: bool = False) -> float:
    """Return the width of a line of text, plus 2 % for rounding to pixels.

    Parameters
    ----------
    text
        Text on one line.
    size_pt, is_bold
        Font size in points and weight.

    Returns
    -------
    float
        Width in points.
    """
    return _PIXELS * text_flow.text_width_pt(text, text_flow.TextStyle(size_pt, is_bold=is_bold))


def shortened(text: str, width_pt: float, size_pt: float, *, is_bold: bool = False) -> str:
    """Cut text that is too wide and end it with an ellipsis.

    Parameters
    ----------
    text
        Text on one line.
    width_pt
        Width that is available in points.
    size_pt, is_bold
        Font size in points and weight.

    Returns
    -------
    str
        The text or its beginning; empty if nothing fits.

    Examples
    --------
    >>> shortened("Strength", 100.0, 8.0), shortened("Strength", 30.0, 8.0)
    ('Strength', 'Stren…')
    >>> shortened("Strength", 3.0, 8.0)
    ''
    """
    if text_width_pt(text, size_pt, is_bold=is_bold) <= width_pt:
        return text
    for n_kept in range(len(text) - 1, 0, -1):
        candidate = text[:n_kept].rstrip(" ,;:-") + _ELLIPSIS
        if text_width_pt(candidate, size_pt, is_bold=is_bold) <= width_pt:
            return candidate
    return ""


def wrapped(
    text: str, width_pt: float, size_pt: float, *, n_lines: int, is_bold: bool = False
) -> tuple[str, ...]:
    """Break text between words into at most `n_lines` lines; the rest is cut off.

    Parameters
    ----------
    text
        Text; runs of white space count as one space.
    width_pt
        Width of a line in points.
    size_pt, is_bold
        Font size in points and weight.
    n_lines
        Largest number of lines.

    Returns
    -------
    tuple of str
        The lines, without empty ones.

    Examples
    --------
    >>> wrapped("Hip rotation, excursion", 70.0, 9.0, n_lines=2)
    ('Hip rotation,', 'excursion')
    >>> wrapped("Strengthening again", 30.0, 8.0, n_lines=2)
    ('Stren…',)
    """

    def fits(words: list[str]) -> bool:
        return text_width_pt(" ".join(words), size_pt, is_bold=is_bold) <= width_pt

    lines: list[str] = []
    words = text.split()
    while words and len(lines) < n_lines:
        n_words = len(words) if len(lines) == n_lines - 1 else 1
        while n_words < len(words) and fits(words[: n_words + 1]):
            n_words += 1
        whole = " ".join(words[:n_words])
        lines.append(shortened(whole, width_pt, size_pt, is_bold=is_bold))
        # What follows a word that had to be cut would be read as a word of its own.
        words = words[n_words:] if lines[-1] == whole else []
    return tuple(line for line in lines if line)
