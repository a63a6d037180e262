"""Ctrl-C and a polite request to end, asked for instead of raised."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def requests_to_end() -> Iterator[Callable[[], bool]]:
    """Note the first Ctrl-C (or SIGTERM) and let the program ask for it; the second is raised.

    A `KeyboardInterrupt` strikes anywhere, also between taking a lock and holding it; and a program
    that was started in the background, where shells let Ctrl-C be ignored, never sees one, even if
    somebody sends the signal. Asked for, both end a recording in order.

    Yields
    ------
    Callable
        Whether somebody asked to end.
    """
    asked: list[int] = []

    def ask(number: int, _frame: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    before = {number: signal.signal(number, ask) for number in _ENDING}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
