"""An event loop whose clock leaps to the next timer: minutes of recording pass in a second."""

import asyncio
import selectors
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

__all__ = ["VirtualTimeLoop"]


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop that never waits; its `time` is virtual, starts at 0 and never goes back.

    Work for other threads is done at once in this one: while another thread worked, virtual
    minutes would pass.
    """

    def __init__(self) -> None:
        self._virtual_s = 0.0
        super().__init__(_LeapingSelector(self._leap))

    def time(self) -> float:
        """Return virtual seconds."""
        return self._virtual_s

    def time_ns(self) -> int:
        """Return virtual nanoseconds, for a recorder's clock."""
        return round(self._virtual_s * 1e9)

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> "asyncio.Future[T]":
        """Call the function now."""
        del executor
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - raised where the future is awaited
            future.set_exception(error)
        return future

    def _leap(self, seconds: float) -> None:
        self._virtual_s += seconds


class _LeapingSelector(selectors.DefaultSelector):
    """Checks whether anything is ready; where it would sleep, virtual time passes instead."""

    def __init__(self, leap: Callable[[float], None]) -> None:
        super().__init__()
        self._leap = leap

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready now; without any timer, wait for another thread."""
        if timeout is None:
            return super().select(None)
        ready = super().select(0)
        if not ready and timeout > 0:
            self._leap(timeout)
        return ready
