"""Bounds on time and memory for tests of hostile input."""

import contextlib
import faulthandler
import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


class TooSlowError(AssertionError):
    """Something took longer than allowed."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `TooSlowError` after some time, and end the process if nothing else helps.

    A signal interrupts Python and system calls that wait, but no loop in C; for that the stack is
    written and the process ends after three times as long. Without signals (Windows) only the
    second applies.
    """

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TooSlowError(f"it took more than {seconds:g} s")

    has_alarm = hasattr(signal, "setitimer")
    before = signal.signal(signal.SIGALRM, stop) if has_alarm else None
    faulthandler.dump_traceback_later(3.0 * seconds, exit=True)
    try:
        if has_alarm:
            signal.setitimer(signal.ITIMER_REAL, seconds)
        yield
    finally:
        if has_alarm:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            signal.signal(signal.SIGALRM, before)
        faulthandler.cancel_dump_traceback_later()


def peak_bytes() -> int | None:
    """Return the most memory that this process held since `forget_peak`; None if not known."""
    with contextlib.suppress(OSError):
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return 1024 * int(line.split()[1])
    return None


def forget_peak() -> None:
    """Let `peak_bytes` begin anew (Linux; elsewhere it knows nothing)."""
    with contextlib.suppress(OSError):
        _CLEAR.write_text("5")


def limit_memory(most_bytes: int) -> None:
    """Let this process take no more than so much beyond what it has (Linux; elsewhere nothing)."""
    with contextlib.suppress(ImportError, OSError):
        import resource

        has = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (has + most_bytes, has + most_bytes))
