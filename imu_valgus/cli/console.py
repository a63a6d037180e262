"""How the command line talks: progress on stderr, results on stdout, JSON when asked."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

EXIT_WITHHELD = 3

out = Console(highlight=False)
_err = Console(stderr=True, highlight=False)


@contextmanager
def progress_steps() -> Iterator[Callable[[str], None]]:
    """Show what is being done while it is done; silent when nobody watches.

    Yields
    ------
    callable
        To be called with the name of each step as it begins.
    """
    if not sys.stderr.isatty():
        yield lambda _step: None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=_err, transient=True) as progress:
        bar = progress.add_task("Starting", total=None)

        def tell(step: str) -> None:
            progress.update(bar, description=step)

        yield tell


def print_json(document: Mapping[str, object] | Sequence[object]) -> None:
    """Print a document as JSON on stdout."""
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))


def print_lines(lines: Sequence[str]) -> None:
    """Print plain lines, never wrapped or coloured in the middle of a word."""
    for line in lines:
        out.print(line, soft_wrap=True, markup=False)
