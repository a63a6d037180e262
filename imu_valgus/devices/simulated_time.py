"""An event loop whose clock leaps to the next timer: minutes of recording in a second."""

import asyncio
import selectors
from typing import Any

__all__ = ["VirtualTimeLoop"]


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Runs without waiting; `time` is virtual, starts at 0 and never goes back.

    Work in other threads takes no virtual time: whoever waits for a thread with a time limit may
    see the limit pass.
    """

    def __init__(self) -> None:
        self._virtual_s = 0.0
        super().__init__(_LeapingSelector(self._leap))

    def time(self) -> float:
        """Virtual seconds."""
        return self._virtual_s

    def time_ns(self) -> int:
        """Virtual nanoseconds, for a recorder's clock."""
        return round(self._virtual_s * 1e9)

    def _leap(self, seconds: float) -> None:
        self._virtual_s += seconds


class _LeapingSelector(selectors.DefaultSelector):
    """Looks whether anything is ready; where it would sleep, virtual time passes instead."""

    def __init__(self, leap: Any) -> None:
        super().__init__()
        self._leap = leap

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready now; with no timer at all, wait for another thread."""
        if timeout is None:
            return super().select(None)
        ready = super().select(0)
        if not ready and timeout > 0:
            self._leap(timeout)
        return ready
