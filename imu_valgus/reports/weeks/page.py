"""What the two pages about a person's weeks say: sentences, rows, drawings. No layout, no HTML.

``professional`` and ``participant`` make these values, ``course_html`` and ``course_pdf`` write
them down, so that every word stands once. Texts are plain and are escaped by whoever writes them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from imu_valgus.model import Side
from imu_valgus.plots.pages import Drawing

__all__ = [
    "Advice",
    "ChangeLine",
    "DrawingColumn",
    "DrawingRow",
    "LegPosition",
    "MeasureRow",
    "MovementSummary",
    "PageDrawing",
    "ParticipantPage",
    "Shape",
    "always",
]


class Shape(StrEnum):
    """How wide a drawing wants to be."""

    PANEL = "panel"
    WIDE = "wide"
    BAR = "bar"


@dataclass(frozen=True, slots=True)
class PageDrawing:
    """A drawing that can be made on any axes, on screen or on paper.

    Parameters
    ----------
    name
        Unique within the page; letters, digits and hyphens.
    description
        What it shows, for those who cannot see it.
    draw
        Draws it.
    shape
        How wide it wants to be.
    least_at
        Height that it needs at a width on paper, both in points before the page is shrunk.
    screen_pt
        Its width and height on a screen, where its letters are 8 points too.
    """

    name: str
    description: str
    draw: Drawing
    shape: Shape
    least_at: Callable[[float], float]
    screen_pt: tuple[float, float]


def always(height_pt: float) -> Callable[[float], float]:
    """Need the same height at every width."""
    return lambda _width_pt: height_pt


@dataclass(frozen=True, slots=True)
class DrawingColumn:
    """Drawings below each other; `share` is the column's width beside the others'."""

    drawings: tuple[PageDrawing, ...]
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class DrawingRow:
    """Columns of drawings under a heading, and what is to be known about them."""

    title: str
    columns: tuple[DrawingColumn, ...]
    caption: str = ""

    @property
    def drawings(self) -> tuple[PageDrawing, ...]:
        """All of them, column by column."""
        return tuple(drawing for column in self.columns for drawing in column.drawings)


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """Change of one leg (None: of both) in one measure, ready to be written.

    Parameters
    ----------
    side
        The leg.
    change
        With its 95 % interval; empty where there is no comparison.
    mdc
        Smallest change that stands out.
    verdict
        In words, or why there is none.
    is_beyond
        Whether the change is beyond measurement noise.
    draw
        The same as a mark on a scale that all lines of a page share; None where nothing is known.
    """

    side: Side | None
    change: str
    mdc: str
    verdict: str
    is_beyond: bool = False
    draw: Drawing | None = None


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """One measure of both legs: as it is now, and how it changed.

    Parameters
    ----------
    name, task
        What, with its unit, and during what.
    left, right, difference
        As they are now; a dash where not known.
    changes
        One per leg.
    """

    name: str
    task: str
    left: str
    right: str
    difference: str
    changes: tuple[ChangeLine, ...]


@dataclass(frozen=True, slots=True)
class MovementSummary:
    """The page for a professional.

    Parameters
    ----------
    person
        Pseudonym.
    moment
        Of the latest session; the page's date.
    facts
        Pairs of a name and what belongs to it.
    alerts
        Sentences that lead the page; empty when nothing has to.
    verdict
        Three sentences, the last one on what cannot be concluded.
    rows, table_notes
        The headline measures, and what is to be known about them.
    drawing_rows
        From top to bottom.
    paper_rows
        Drawings that may stand on a sheet of paper, fewer and smaller.
    not_printed
        What a sheet leaves out, in one line; empty where it holds everything.
    session_notes
        Free text written with sessions, the latest first.
    footer
        Intended use, sources, versions.
    raw_sha256
        Of the latest session's raw data, empty when not known.
    """

    person: str
    moment: datetime
    facts: tuple[tuple[str, str], ...]
    alerts: tuple[str, ...]
    verdict: tuple[str, ...]
    rows: tuple[MeasureRow, ...]
    table_notes: tuple[str, ...]
    drawing_rows: tuple[DrawingRow, ...]
    paper_rows: tuple[DrawingRow, ...]
    session_notes: tuple[str, ...]
    footer: tuple[str, ...]
    raw_sha256: str
    not_printed: str = ""


@dataclass(frozen=True, slots=True)
class LegPosition:
    """Where one leg is in its own corridor, as a drawing and in a sentence."""

    side: Side
    sentence: str
    drawing: PageDrawing


@dataclass(frozen=True, slots=True)
class Advice:
    """What matters next time in one exercise."""

    exercise: str
    cue: str


@dataclass(frozen=True, slots=True)
class ParticipantPage:
    """The page for the person who trains.

    Parameters
    ----------
    person
        Pseudonym.
    moment
        Of the latest session; the page's date.
    day
        The same in words.
    alerts
        Sentences that lead the page; with them nothing on it encourages to go on.
    positions
        One per leg, with `position_note` on how to read them.
    timing
        Whether it is too early to speak of a change, and the next date.
    went_well, to_try, cue
        From the data only, fewer where the data hold fewer; empty or None under an alert.
    done
        What was counted.
    see_a_professional
        Ends of the sentence that begins with `see_title`.
    footer
        What the page is and is not.
    """

    person: str
    moment: datetime
    day: str
    alerts: tuple[str, ...]
    positions: tuple[LegPosition, ...]
    position_note: str
    timing: tuple[str, ...]
    went_well: tuple[str, ...]
    to_try: str
    cue: Advice | None
    done: tuple[str, ...]
    see_title: str
    see_a_professional: tuple[str, ...]
    footer: tuple[str, ...]
