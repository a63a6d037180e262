"""What a report consists of: sections of text, tables and figures. No HTML, no science.

Builders (``overview``, ``trust``, ``walk``, ...) turn an ``Analysis`` into these types; ``html``
writes them down. Every text is plain text and is escaped by whoever writes it.
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
    """Running text; `is_small` for a remark below a table or figure."""

    kind: ClassVar[str] = "paragraph"
    text: str
    is_small: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One point of a list, and where it applies (empty: everywhere)."""

    text: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of points."""

    kind: ClassVar[str] = "bullets"
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Short pairs of a name and what belongs to it."""

    kind: ClassVar[str] = "facts"
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table: text, and a grade that is shown by shape, word and colour."""

    text: str = ""
    grade: Grade | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose first column names the rows.

    Parameters
    ----------
    caption
        What it shows; empty where a heading just above says it.
    columns
        Headings, as many as cells in a row.
    rows
        Cells from left to right.
    holds_sentences
        Whether cells hold sentences rather than figures: such a table becomes a list of cards on
        a narrow screen.
    """

    kind: ClassVar[str] = "table"
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    holds_sentences: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing as one SVG element (from ``plots.svg``, which carries its own description)."""

    svg: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """Drawings that belong together; small ones stand side by side in `columns` columns."""

    kind: ClassVar[str] = "figures"
    figures: tuple[Figure, ...]
    columns: int
    caption: str = ""


@dataclass(frozen=True, slots=True)
class FoldOut:
    """Details that are closed on a screen; open on paper, or left out where `is_printed` is not."""

    kind: ClassVar[str] = "foldout"
    title: str
    blocks: "tuple[Block, ...]"
    is_printed: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """Blocks under a heading of their own within a section."""

    kind: ClassVar[str] = "group"
    title: str
    blocks: "tuple[Block, ...]"


Block = Paragraph | Bullets | Facts | Table | Figures | FoldOut | Group


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter; `anchor` names it in the table of contents and in links."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report.

    Parameters
    ----------
    title, subtitle
        What it is, and of whom.
    facts
        Of the head: when, with what, by which software.
    notice
        What the report is and is not for.
    sections
        In order.
    """

    title: str
    subtitle: str
    facts: Facts
    notice: str
    sections: tuple[Section, ...]
