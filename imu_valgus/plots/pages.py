"""One A4 sheet as PDF with text, lines and drawings; equal sheets give equal bytes.

Everything on a sheet is measured in points from its upper left corner. A sheet may be drawn larger
than A4 and is shrunk as a whole when it is written, so that drawings made for a screen keep their
proportions on paper.
"""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import Op, PdfFile, RendererPdf
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from imu_valgus.plots.style import RULE, clean_axes
from imu_valgus.plots.text_flow import FONT_FAMILY, TextStyle, printable, text_width_pt, wrap

__all__ = ["A4_PT", "Drawing", "Sheet", "page_fonts"]

Drawing = Callable[[Axes], object]
"""Function that draws something on axes; a page needs to know no more about a drawing."""

A4_PT: Final = (595.276, 841.89)
_POINTS_PER_INCH: Final = 72.0
_ASCENT: Final = 0.93
"""Distance from the top of a line to its baseline, over the font size; 0.93 for DejaVu."""

_Align = Literal["left", "center", "right"]


@contextmanager
def page_fonts() -> Iterator[None]:
    """Draw with the font of the sheet, whatever matplotlib is configured to use.

    Yields
    ------
    None
        Nothing; matplotlib's own settings return when the block ends.
    """
    with mpl.rc_context():
        mpl.rcdefaults()
        # 42: letters are embedded as TrueType and can be searched; names may hold a dollar sign.
        with mpl.rc_context(
            {"font.family": [FONT_FAMILY], "pdf.fonttype": 42, "text.parse_math": False}
        ):
            yield


class Sheet:
    """One A4 sheet; use it inside :func:`page_fonts`.

    Parameters
    ----------
    shrink
        Size on paper over size as drawn: 0.7 gives room for drawings 1.4 times the size. Sizes
        and positions in the methods are those before shrinking.
    is_draft
        Whether to measure only: nothing is drawn.
    """

    def __init__(self, *, shrink: float = 1.0, is_draft: bool = False) -> None:
        self.is_draft = is_draft
        self.width_pt, self.height_pt = (side / shrink for side in A4_PT)
        self._shrink = shrink
        self.figure = Figure(
            figsize=(self.width_pt / _POINTS_PER_INCH, self.height_pt / _POINTS_PER_INCH),
            dpi=_POINTS_PER_INCH,
        )

    def write(
        self,
        text: str,
        style: TextStyle,
        *,
        x: float,
        y: float,
        width: float,
        align: _Align = "left",
        most_lines: int | None = None,
    ) -> float:
        """Write a text that wraps.

        Parameters
        ----------
        text
            Text to write.
        style
            Size, weight and colour of the text.
        x, y
            Upper left corner of the column.
        width
            Width of the column.
        align
            Alignment of the lines in the column.
        most_lines
            As for :func:`~imu_valgus.plots.text_flow.wrap`.

        Returns
        -------
        float
            Position `y` where the next line would begin.
        """
        at = x + {"left": 0.0, "center": 0.5, "right": 1.0}[align] * width
        for line in wrap(text, style, width_pt=width, most_lines=most_lines):
            self._letters(line, style, at, y, align)
            y += style.pitch_pt
        return y

    def height_of(
        self, text: str, style: TextStyle, *, width: float, most_lines: int | None = None
    ) -> float:
        """Return the height of a text, without writing it."""
        return len(wrap(text, style, width_pt=width, most_lines=most_lines)) * style.pitch_pt

    def write_spans(self, spans: tuple[tuple[str, TextStyle], ...], *, x: float, y: float) -> float:
        """Write pieces of different styles on one line; return the position `x` where they end."""
        for text, style in spans:
            self._letters(printable(text), style, x, y, "left")
            x += text_width_pt(text, style)
        return x

    def _letters(self, line: str, style: TextStyle, x: float, y: float, align: _Align) -> None:
        if self.is_draft:
            return
        self.figure.text(
            x / self.width_pt,
            1.0 - (y + _ASCENT * style.size_pt) / self.height_pt,
            line,
            fontproperties=style.font,
            color=style.colour,
            ha=align,
            va="baseline",
        )

    def rule(self, *, x: float, y: float, width: float, colour: str = RULE) -> None:
        """Draw a thin horizontal line."""
        self._rectangle(x, y, width, 0.7, colour)

    def fill(self, *, x: float, y: float, width: float, height: float, colour: str) -> None:
        """Fill a rectangle in the background."""
        self._rectangle(x, y, width, height, colour)

    def _rectangle(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        if self.is_draft:
            return
        self.figure.add_artist(
            Rectangle(
                (x / self.width_pt, 1.0 - (y + height) / self.height_pt),
                width / self.width_pt,
                height / self.height_pt,
                facecolor=colour,
                linewidth=0.0,
                zorder=-1.0,
            )
        )

    def draw(self, drawing: Drawing, *, x: float, y: float, width: float, height: float) -> None:
        """Make a drawing that fills a rectangle."""
        if self.is_draft:
            return
        box = (
            x / self.width_pt,
            1.0 - (y + height) / self.height_pt,
            width / self.width_pt,
            height / self.height_pt,
        )
        drawing(clean_axes(self.figure.add_axes(box)))

    def pdf(self, *, title: str, moment: datetime) -> bytes:
        """Write the sheet as a PDF of one page with embedded fonts.

        Parameters
        ----------
        title
            Title of the document.
        moment
            Date written into the file; the clock is never used.

        Returns
        -------
        bytes
            The file; equal sheets give equal bytes.
        """
        stream = io.BytesIO()
        metadata = {"Title": title, "Creator": "imu_valgus", "Producer": "imu_valgus"}
        file = PdfFile(stream, metadata | {"CreationDate": moment})  # type: ignore[no-untyped-call]
        file.newPage(A4_PT[0] / _POINTS_PER_INCH, A4_PT[1] / _POINTS_PER_INCH)  # type: ignore[no-untyped-call]
        file.output(self._shrink, 0, 0, self._shrink, 0, 0, Op.concat_matrix)  # type: ignore[no-untyped-call]
        width, height = self.figure.get_size_inches()
        # The writer clips lines at the size of the file, measured before shrinking.
        file.width, file.height = width, height
        renderer = RendererPdf(file, _POINTS_PER_INCH, height, width)  # type: ignore[no-untyped-call]
        self.figure.draw(renderer)
        renderer.finalize()  # type: ignore[no-untyped-call]
        file.finalize()  # type: ignore[no-untyped-call]
        file.close()  # type: ignore[no-untyped-call]
        return stream.getvalue()
