"""The same work for many items in several processes, with results in order."""

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def default_jobs() -> int:
    """Return the default number of processes: one per processor.

    Returns
    -------
    int
        At least 1.
    """
    return os.cpu_count() or 1


def work_through(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    jobs: int = 1,
    tell: Callable[[str], None] = lambda _step: None,
) -> list[Result]:
    """Do the same work for every item; the number of processes does not change the results.

    Parameters
    ----------
    work
        Function defined in a module, because every process imports it again.
    items
        Items to work on, one call each.
    jobs
        Number of processes; with 1 all work is done in this process.
    tell
        Function that is called with a line of progress after each item.

    Returns
    -------
    list
        Results in the order of `items`.

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
    # Spawned, not forked: the progress bar of the terminal runs in its own thread.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, len(items)), mp_context=context) as pool:
        for result in pool.map(work, items):
            results.append(result)
            tell(f"{len(results)} of {len(items)} done")
    return results
