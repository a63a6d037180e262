"""Runs the radio's event loop in its own thread, so that drawing and typing never delay it."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Final, Self, TypeVar

__all__ = ["BackgroundLoop", "wait_for"]

T = TypeVar("T")

_CLOSING_LIMIT_S: Final = 2.0


class BackgroundLoop:
    """An event loop in a daemon thread, which does not keep the program alive.

    Parameters
    ----------
    make_loop
        Makes the event loop. The default is asyncio's own; another one may run in virtual time.
    """

    def __init__(
        self, make_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
    ) -> None:
        self.loop = make_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="radio", daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine and return its result; Ctrl-C cancels it and is raised here."""
        future = self.begin(coroutine)
        try:
            return wait_for(future)
        except KeyboardInterrupt:
            future.cancel()
            raise

    def begin(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Start a coroutine and return at once."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def call(self, function: Callable[..., object], *args: object) -> None:
        """Call a plain function in the loop's thread as soon as possible."""
        self.loop.call_soon_threadsafe(function, *args)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.begin(_cancel_all()).result(_CLOSING_LIMIT_S)
        except TimeoutError:
            return
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(_CLOSING_LIMIT_S)
        if not self._thread.is_alive():
            self.loop.close()


def wait_for(future: Future[T]) -> T:
    """Wait for a result in short steps, so that Ctrl-C works at once on every system.

    Parameters
    ----------
    future
        As returned by `BackgroundLoop.begin`.

    Returns
    -------
    T
        The result; an exception of the coroutine is raised here.
    """
    while True:
        try:
            return future.result(timeout=0.1)
        except TimeoutError:
            if future.done():
                return future.result()


async def _cancel_all() -> None:
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
