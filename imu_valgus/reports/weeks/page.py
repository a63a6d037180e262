"""Content of the two pages about the weeks of a person, without layout or HTML.

``professional`` and ``participant`` make these values; ``html`` and ``pdf`` write them, so that
every text exists once. All texts are plain; the writer escapes them.
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
    """Width of a drawing on a page."""

    PANEL = "panel"
    WIDE = "wide"
    BAR = "bar"


@dataclass(frozen=True, slots=True)
class PageDrawing:
    """Drawing that can be made on any axes, on screen or on paper.

    Parameters
    ----------
    name
        Name, unique within the page: letters, digits and hyphens.
    description
        Text for readers who cannot see the drawing.
    draw
        Function that draws it.
    shape
        Width on the page.
    least_at
        Function from width to least height on paper, both in points before the page is shrunk.
    screen_pt
        Width and height on a screen in points, at which its text is 8 points too.
    """

    name: str
    description: str
    draw: Drawing
    shape: Shape
    least_at: Callable[[float], float]
    screen_pt: tuple[float, float]


def always(height_pt: float) -> Callable[[float], float]:
    """Make a function that gives the same height for every width.

    Parameters
    ----------
    height_pt
        Height in points.

    Returns
    -------
    callable
        Function for ``PageDrawing.least_at``.
    """
    return lambda _width_pt: height_pt


@dataclass(frozen=True, slots=True)
class DrawingColumn:
    """Drawings below each other.

    Parameters
    ----------
    drawings
        Drawings from top to bottom.
    share
        Width of the column relative to the others in its row.
    """

    drawings: tuple[PageDrawing, ...]
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class DrawingRow:
    """Columns of drawings under a heading.

    Parameters
    ----------
    title
        Heading of the row.
    columns
        Columns from left to right.
    caption
        Text that explains the drawings; empty for none.
    """

    title: str
    columns: tuple[DrawingColumn, ...]
    caption: str = ""

    @property
    def drawings(self) -> tuple[PageDrawing, ...]:
        """All drawings, column by column."""
        return tuple(drawing for column in self.columns for drawing in column.drawings)


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """Change of one leg in one measure, as text.

    Parameters
    ----------
    side
        The leg, None for both legs together.
    change
        Change with its 95 % interval; empty if there is no comparison.
    mdc
        Minimal detectable change: the smallest change that is more than measurement noise.
    verdict
        Verdict in words, or why there is none.
    is_beyond
        Whether the change is beyond measurement noise.
    draw
        Function that draws the change on a scale shared by the page; None if it is not known.
    """

    side: Side | None
    change: str
    mdc: str
    verdict: str
    is_beyond: bool = False
    draw: Drawing | None = None


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """One measure of both legs: its values now, and its change.

    Parameters
    ----------
    name, task
        Name of the measure with its unit, and of the task.
    left, right, difference
        Values now; a dash if not known.
    changes
        One line per leg.
    """

    name: str
    task: str
    left: str
    right: str
    difference: str
    changes: tuple[ChangeLine, ...]


@dataclass(frozen=True, slots=True)
class MovementSummary:
    """Page for a professional.

    Parameters
    ----------
    person
        Pseudonym.
    moment
        Time of the latest session, used as the date of the page.
    facts
        Pairs of a name and a short text.
    alerts
        Sentences at the top of the page; empty if there is nothing to warn of.
    verdict
        Three sentences, the last one on what cannot be concluded.
    rows, table_notes
        Rows of the table of headline measures, and notes below it.
    drawing_rows
        Rows of drawings from top to bottom.
    paper_rows
        Rows of drawings for a sheet of paper.
    session_notes
        Notes written with sessions, the latest first.
    footer
        Sentences on intended use, sources and versions.
    raw_sha256
        Hash of the latest session's raw data; empty if not known.
    not_printed
        What a sheet of paper leaves out, in one line; empty if it holds everything.
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
    """Position of one leg in its usual range.

    Parameters
    ----------
    side
        The leg.
    sentence
        Position in words.
    drawing
        Drawing of the position.
    """

    side: Side
    sentence: str
    drawing: PageDrawing


@dataclass(frozen=True, slots=True)
class Advice:
    """Cue for one exercise.

    Parameters
    ----------
    exercise
        Name of the exercise.
    cue
        What to think of, in a few words.
    """

    exercise: str
    cue: str


@dataclass(frozen=True, slots=True)
class ParticipantPage:
    """Page for the person who trains.

    Parameters
    ----------
    person
        Pseudonym.
    moment
        Time of the latest session, used as the date of the page.
    day
        Date of the page in words.
    alerts
        Sentences at the top of the page; with an alert nothing on the page encourages to go on.
    positions, position_note
        Position of each leg, and how to read it.
    timing
        Sentences on whether a change can be judged already, and when.
    went_well, to_try, cue
        Sentences that follow from the data; empty or None under an alert or without such data.
    done
        What was counted so far.
    see_title, see_a_professional
        Beginning of a sentence, and its possible ends.
    footer
        Sentences on what the page is and is not.
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
