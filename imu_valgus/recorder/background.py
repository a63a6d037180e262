"""Runs the radio's event loop in its own thread, so that neither drawing nor typing delays it."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self, TypeVar

__all__ = ["BackgroundLoop"]

T = TypeVar("T")


class BackgroundLoop:
    """An event loop in a thread that does not keep the program alive.

    Parameters
    ----------
    make_loop
        Other than asyncio's own, say one with virtual time.
    """

    def __init__(
        self, make_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
    ) -> None:
        self.loop = make_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="radio", daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run to its end; Ctrl-C cancels it and is raised here."""
        future = self.begin(coroutine)
        try:
            return wait_for(future)
        except KeyboardInterrupt:
            future.cancel()
            raise

    def begin(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Start and come back at once."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def call(self, function: Callable[..., object], *args: object) -> None:
        """Call a plain function in the loop's thread soon."""
        self.loop.call_soon_threadsafe(function, *args)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        tidy = asyncio.run_coroutine_threadsafe(_cancel_all(), self.loop)
        with_limit = 2.0
        try:
            tidy.result(with_limit)
        except TimeoutError:
            return
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(with_limit)
        if not self._thread.is_alive():
            self.loop.close()


def wait_for(future: Future[T]) -> T:
    """Wait in small pieces, so that Ctrl-C is noticed at once on every system."""
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
