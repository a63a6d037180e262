"""From wrapped tick counts to device seconds: rollovers undone, restarts found."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from imu_valgus.devices.packets import DeviceClock
from imu_valgus.model import FloatArray

__all__ = ["ClockSettings", "UnwrappedClock", "unwrap_ticks"]

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ClockSettings:
    """Numbers of the clock fit.

    Parameters
    ----------
    shortest_free_slope_s
        Shorter takes get a fixed slope: over 10 s the hull's slope is uncertain by about 100 ppm
        (simulated), twice what crystals differ by.
    crystal_ppm
        By how much an ordinary crystal may be off; 20 to 50 ppm are usual.
    longest_window_s
        Longer takes are fitted piece by piece, as temperature moves crystals.
    restart_margin_s
        A packet this much earlier than the quickest one possible shows a restarted clock, one
        that stays this much later a clock that stood still.
    outage_s
        Silence after which a clock may have been restarted unseen.
    """

    shortest_free_slope_s: float = 20.0
    crystal_ppm: float = 50.0
    longest_window_s: float = 600.0
    restart_margin_s: float = 1.0
    outage_s: float = 1.0


_DEFAULT: Final = ClockSettings()


@dataclass(frozen=True, slots=True, eq=False)
class UnwrappedClock:
    """Device times that only go forward within an epoch.

    Parameters
    ----------
    device_s
        Seconds, middle of the tick, shape (n,).
    epoch
        Number of the epoch of each packet, from 0, shape (n,); a new one where the clock was
        restarted.
    """

    device_s: FloatArray
    epoch: IntArray


def unwrap_ticks(
    ticks: IntArray,
    arrival_s: FloatArray,
    clock: DeviceClock,
    *,
    settings: ClockSettings = _DEFAULT,
) -> UnwrappedClock:
    """Undo the wrapping of a tick counter and find where the clock was restarted.

    A packet cannot arrive before it was sent: one that would, by `restart_margin_s`, shows that
    the clock jumped back. Late packets are no evidence (a sensor may send its backlog after an
    outage), unless a whole stretch of a few seconds after an outage stays late.

    Parameters
    ----------
    ticks
        Stamps in the order of arrival, wrapped, shape (n,).
    arrival_s
        When they arrived, not decreasing, shape (n,).
    clock
        Tick length and modulus.
    settings
        Margins.
    """
    n = ticks.size
    device_s = np.empty(n)
    epoch = np.zeros(n, dtype=np.int64)
    start = number = 0
    while start < n:
        seconds, length = _one_epoch(ticks[start:], arrival_s[start:], clock, settings)
        device_s[start : start + length] = seconds
        epoch[start : start + length] = number
        start += length
        number += 1
    return UnwrappedClock(device_s, epoch)


def _one_epoch(
    ticks: IntArray, arrival_s: FloatArray, clock: DeviceClock, settings: ClockSettings
) -> tuple[FloatArray, int]:
    """Unwrap from the first packet to the first restart; search in growing stretches."""
    size = 256
    while True:
        part = slice(0, size)
        seconds = _forward_seconds(ticks[part], arrival_s[part], clock, settings)
        restart = _first_restart(seconds, arrival_s[part], settings)
        if restart is not None:
            return seconds[:restart], restart
        if size >= ticks.size:
            return seconds, ticks.size
        size *= 2


def _forward_seconds(
    ticks: IntArray, arrival_s: FloatArray, clock: DeviceClock, settings: ClockSettings
) -> FloatArray:
    """Unwrap as if the clock never jumped back; silences longer than the modulus count too."""
    # A 64-bit clock never wraps, and its modulus would not fit the arithmetic.
    step_s = np.mod(np.diff(ticks), min(clock.modulus, 2**62)) * clock.tick_s
    wrap_s = clock.modulus * clock.tick_s
    room_s = np.diff(arrival_s) + settings.restart_margin_s - step_s
    step_s += wrap_s * np.maximum(np.floor(room_s / wrap_s), 0.0)
    forward: FloatArray = (ticks[0] + 0.5) * clock.tick_s + np.append(0.0, np.cumsum(step_s))
    return forward


def _first_restart(
    device_s: FloatArray, arrival_s: FloatArray, settings: ClockSettings
) -> int | None:
    """First packet of the next epoch, None if the clock ran through."""
    late_s = arrival_s - device_s
    quickest = np.minimum.accumulate(late_s)
    drift = settings.crystal_ppm * 4e-6 * (arrival_s - arrival_s[0])
    early = np.flatnonzero(late_s[1:] < quickest[:-1] - settings.restart_margin_s - drift[1:])
    stop = int(early[0]) + 1 if early.size else device_s.size
    for first, last in _stretches(arrival_s[:stop], settings.outage_s):
        lasts = arrival_s[last - 1] - arrival_s[first] > 5.0 * settings.restart_margin_s
        behind = late_s[first:last].min() - quickest[first - 1] - drift[last - 1]
        if lasts and behind > settings.restart_margin_s:
            return first
    return stop if early.size else None


def _stretches(arrival_s: FloatArray, outage_s: float) -> list[tuple[int, int]]:
    """Find the runs of packets between silences, without the first run."""
    starts = np.flatnonzero(np.diff(arrival_s) > outage_s) + 1
    stops = np.append(starts[1:], arrival_s.size)
    return [(int(a), int(b)) for a, b in zip(starts, stops, strict=True)] if starts.size else []
