"""Building blocks of a report: sections of text, tables and figures, without any HTML.

The modules of ``reports.session`` turn an ``Analysis`` into these types, and ``html`` writes them.
Every text is plain text; the writer escapes it.
"""

from dataclasses import dataclass
from typing import ClassVar

from imu_valgus.model import Grade

__all__ = [
    "Block",
    "Bullets",
    "Cell",
    "Document",
    "Facts",
    "Figure",
    "Figures",
    "FoldOut",
    "Group",
    "Item",
    "Paragraph",
    "Section",
    "Table",
]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Paragraph of text.

    Parameters
    ----------
    text
        Text of the paragraph.
    is_small
        Whether it is a remark below a table or figure, in small type.
    """

    kind: ClassVar[str] = "paragraph"
    text: str
    is_small: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One point of a list.

    Parameters
    ----------
    text
        Text of the point.
    where
        Recordings and sensors to which it applies; empty for all of them.
    """

    text: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Bullets:
    """List of points.

    Parameters
    ----------
    items
        Points from top to bottom.
    """

    kind: ClassVar[str] = "bullets"
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """List of facts.

    Parameters
    ----------
    pairs
        Names with short texts, such as "Software" and its version.
    """

    kind: ClassVar[str] = "facts"
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table.

    Parameters
    ----------
    text
        Text of the cell.
    grade
        Grade shown by shape, word and colour before the text; None for no grade.
    """

    text: str = ""
    grade: Grade | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Table whose first column names the rows.

    Parameters
    ----------
    caption
        What the table shows; empty if a heading just above says it.
    columns
        Column headings, as many as cells in a row.
    rows
        Rows of cells from left to right.
    holds_sentences
        Whether cells hold sentences rather than numbers. Such a table becomes a list of cards on
        a narrow screen.
    """

    kind: ClassVar[str] = "table"
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    holds_sentences: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """Drawing with its caption.

    Parameters
    ----------
    svg
        One SVG element from ``plots.svg``, which holds its own description.
    caption
        Text below the drawing; empty for none.
    """

    svg: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """Drawings that belong together.

    Parameters
    ----------
    figures
        Drawings in reading order.
    columns
        Number of drawings side by side.
    caption
        Text below all of them; empty for none.
    """

    kind: ClassVar[str] = "figures"
    figures: tuple[Figure, ...]
    columns: int
    caption: str = ""


@dataclass(frozen=True, slots=True)
class FoldOut:
    """Details that are folded away on a screen.

    Parameters
    ----------
    title
        Line that opens the details.
    blocks
        Details from top to bottom.
    is_printed
        Whether paper shows them, unfolded; otherwise it leaves them out.
    """

    kind: ClassVar[str] = "foldout"
    title: str
    blocks: "tuple[Block, ...]"
    is_printed: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """Part of a section under a subheading.

    Parameters
    ----------
    title
        Subheading.
    blocks
        Blocks from top to bottom.
    """

    kind: ClassVar[str] = "group"
    title: str
    blocks: "tuple[Block, ...]"


Block = Paragraph | Bullets | Facts | Table | Figures | FoldOut | Group


@dataclass(frozen=True, slots=True)
class Section:
    """Chapter of a report.

    Parameters
    ----------
    anchor
        Name of the chapter in links, unique within the report.
    title
        Heading.
    blocks
        Blocks from top to bottom.
    """

    anchor: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """Whole report.

    Parameters
    ----------
    title, subtitle
        Kind of report, and name of the person.
    facts
        Facts of the head: when, with which sensors, by which software.
    notice
        What the report may and may not be used for.
    sections
        Sections in the order of the report.
    """

    title: str
    subtitle: str
    facts: Facts
    notice: str
    sections: tuple[Section, ...]
