"""The same work for many items, in several processes, with the results in order."""

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def default_jobs() -> int:
    """Return how many processes are used where nobody says: one per processor."""
    return os.cpu_count() or 1


def work_through(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    jobs: int = 1,
    tell: Callable[[str], None] = lambda _step: None,
) -> list[Result]:
    """Do the same work for every item; how many processes share it does not change a result.

    Parameters
    ----------
    work
        A function of a module: it is imported anew in every process.
    items
        What it is done for.
    jobs
        How many processes; with 1 everything happens in this one.
    tell
        Called with the progress.

    Returns
    -------
    list
        In the order of `items`.

    Examples
    --------
    >>> work_through(abs, [-1, 2, -3])
    [1, 2, 3]
    """
    results: list[Result] = []
    if jobs <= 1 or len(items) <= 1:
        for item in items:
            results.append(work(item))
            tell(f"{len(results)} of {len(items)} done")
        return results
    # Started afresh rather than forked: the terminal's progress bar runs in a thread of its own.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, len(items)), mp_context=context) as pool:
        for result in pool.map(work, items):
            results.append(result)
            tell(f"{len(results)} of {len(items)} done")
    return results
