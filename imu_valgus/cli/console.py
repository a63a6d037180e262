"""How the command line talks: progress on stderr, results on stdout, JSON on request."""

import io
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

EXIT_WITHHELD: Final = 3
"""The analysis ran, but had to withhold a result."""

JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]

out = Console(highlight=False)
_err = Console(stderr=True, highlight=False)

_UNPRINTABLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
"""Control characters, invisible ones, those that turn the direction of text, lone surrogates.

Names of files, recordings and radios come from others: a terminal would obey what is in them.
"""


def printable(text: object) -> str:
    r"""Make text safe for a terminal: what must not be printed is written as its code.

    Parameters
    ----------
    text
        Text from outside.

    Returns
    -------
    str
        The text with codes in the place of what a terminal would obey.

    Examples
    --------
    >>> printable("knee\x1b[31m")
    'knee\\x1b[31m'
    """
    return _UNPRINTABLE.sub(lambda found: ascii(found.group())[1:-1], str(text))


def say(text: str) -> None:
    """Print a line on stderr.

    Parameters
    ----------
    text
        What to print; made safe for the terminal.
    """
    typer.echo(printable(text), err=True)


def open_streams() -> None:
    """Let no letter stop a command: one that the terminal cannot show is written as its code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def progress_steps() -> Iterator[Callable[[str], None]]:
    """Show the current step on stderr; silent without a terminal.

    Yields
    ------
    callable
        Call it with the name of each step as the step begins.
    """
    if not sys.stderr.isatty():
        yield lambda _step: None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=_err, transient=True) as progress:
        bar = progress.add_task("Starting", total=None)
        yield lambda step: progress.update(bar, description=printable(step))


def print_json(document: Mapping[str, object] | Sequence[object]) -> None:
    """Print a document as JSON on stdout; NaN and infinity become null.

    Parameters
    ----------
    document
        Mapping or sequence that JSON can hold.
    """
    from imu_valgus.io.summary import without_nan

    cleaned = without_nan(document)
    text = json.dumps(cleaned, indent=2, ensure_ascii=False, allow_nan=False)
    # JSON itself escapes only some of them.
    typer.echo(_UNPRINTABLE.sub(lambda found: f"\\u{ord(found.group()):04x}", text))


def print_lines(lines: Sequence[str]) -> None:
    """Print plain lines, without wrapping or colours.

    Parameters
    ----------
    lines
        Lines without line ends.
    """
    for line in lines:
        out.print(printable(line), soft_wrap=True, markup=False)


def examples(*commands: str) -> str:
    """Write the examples below a command's help.

    Parameters
    ----------
    *commands
        Commands as they are typed.

    Returns
    -------
    str
        One line for a single command, otherwise a heading and a paragraph for each.

    Examples
    --------
    >>> examples("imu-valgus doctor")
    'Example:  imu-valgus doctor'
    """
    if len(commands) == 1:
        return f"Example:  {commands[0]}"
    return "\n\n".join(["Examples:", *commands])


def counted(n: int, noun: str) -> str:
    """Write a count with its noun.

    Parameters
    ----------
    n
        The count.
    noun
        Its noun in the singular, with a regular plural.

    Returns
    -------
    str
        Count and noun.

    Examples
    --------
    >>> counted(1, "week"), counted(6, "week")
    ('1 week', '6 weeks')
    """
    return f"{n} {noun}{'' if n == 1 else 's'}"


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Align the cells of a table in columns, two spaces apart.

    Parameters
    ----------
    rows
        Cells of each row; all rows have the same number of cells.

    Returns
    -------
    list of str
        One line for each row, without trailing spaces.

    Examples
    --------
    >>> aligned([("a", "bcd", "e"), ("long", "b", "")])
    ['a     bcd  e', 'long  b']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
