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
    """Paragraph of text; `is_small` for a remark below a table or figure."""

    kind: ClassVar[str] = "paragraph"
    text: str
    is_small: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One point of a list, and where it applies (empty for everywhere)."""

    text: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Bullets:
    """List of points."""

    kind: ClassVar[str] = "bullets"
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Pairs of a name and a short text, such as "Software" and its version."""

    kind: ClassVar[str] = "facts"
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table: a text, or a grade that is shown by shape, word and colour."""

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
    """Drawing as one SVG element from ``plots.svg``, which holds its own description."""

    svg: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """Drawings that belong together, in `columns` columns side by side."""

    kind: ClassVar[str] = "figures"
    figures: tuple[Figure, ...]
    columns: int
    caption: str = ""


@dataclass(frozen=True, slots=True)
class FoldOut:
    """Details folded away on a screen; open on paper, or left out if not `is_printed`."""

    kind: ClassVar[str] = "foldout"
    title: str
    blocks: "tuple[Block, ...]"
    is_printed: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """Blocks under a subheading of a section."""

    kind: ClassVar[str] = "group"
    title: str
    blocks: "tuple[Block, ...]"


Block = Paragraph | Bullets | Facts | Table | Figures | FoldOut | Group


@dataclass(frozen=True, slots=True)
class Section:
    """Chapter of a report; `anchor` names it in links."""

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
