"""The state of a running recording: numbers, and sentences for the person.

The radio's thread counts, other threads read. What they read never changes: a count is a frozen
value that the next one replaces, so that nobody has to wait for a lock.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np

from imu_valgus.recorder.journal_entries import LinkState, PlannedSensor
from imu_valgus.sensors.packets import LossAccounting, SampleBlock, StampedSample

__all__ = ["LiveCount", "LiveTally", "Notice", "NoticeLevel", "RecordingStatus", "SensorStatus"]

_RATE_WINDOW_S: Final = 3.0
"""The displayed rate must follow a failing link quickly, but not flicker with every packet."""

_MOTION_WINDOW_S: Final = 1.0


class NoticeLevel(StrEnum):
    """How urgent a notice is."""

    NOTE = "note"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence for the person, with its time on the recording's clock.

    Parameters
    ----------
    time_s
        Time on the clock of the recording.
    level
        Note or warning.
    sentence
        What happened, and what to do.
    """

    time_s: float
    level: NoticeLevel
    sentence: str


@dataclass(frozen=True, slots=True)
class SensorStatus:
    """One sensor of a running recording.

    Parameters
    ----------
    sensor
        Placement and serial number.
    state
        State of its link.
    age_s
        Time since the last packet; infinite before the first one.
    rate_hz
        Samples per second over the last three seconds; 0 while nothing arrives.
    nominal_rate_hz
        Rate that the sensor was set to; NaN before that.
    received, lost
        Number of samples since the start; `lost` is None if losses cannot be detected.
    gaps
        How many times samples were missing.
    reconnects
        How many times the sensor was connected again.
    battery_percent
        Charge, None if it is not known.
    motion_deg_s
        Rms angular velocity over the last second; NaN if there is no recent sample.
    """

    sensor: PlannedSensor
    state: LinkState
    age_s: float
    rate_hz: float
    nominal_rate_hz: float
    received: int
    lost: int | None
    gaps: int
    reconnects: int
    battery_percent: float | None
    motion_deg_s: float

    @property
    def received_share(self) -> float | None:
        """Share of the samples so far that arrived; None if losses or samples are not known."""
        if self.lost is None or self.received == 0:
            return None
        return self.received / (self.received + self.lost)


@dataclass(frozen=True, slots=True)
class RecordingStatus:
    """A running recording at one moment.

    Parameters
    ----------
    time_s
        Time on the recording's clock.
    sensors
        State of each sensor, in the order of the header.
    backlog_s
        Age of the oldest packet that is not written yet.
    journal_bytes
        Size of the journal so far.
    """

    time_s: float
    sensors: tuple[SensorStatus, ...]
    backlog_s: float
    journal_bytes: int


@dataclass(frozen=True, slots=True)
class LiveCount:
    """Samples of one sensor so far; the final count comes from the journal later.

    Parameters
    ----------
    accounting, nominal_rate_hz
        How losses are counted, and the rate that the sensor was set to; NaN before that.
    received, lost, gaps
        Number of samples, of missing ones, and how many times some were missing.
    recent
        Arrival in seconds, number of samples and sum of squared angular velocities in (rad/s)² of
        the blocks of the last three seconds.
    """

    accounting: LossAccounting = LossAccounting.NOT_DETECTABLE
    nominal_rate_hz: float = float("nan")
    received: int = 0
    lost: int = 0
    gaps: int = 0
    recent: tuple[tuple[float, int, float], ...] = ()

    def rate_hz(self, now_s: float) -> float:
        """Return the number of samples per second over the last three seconds."""
        recent = [(t, n) for t, n, _ in self.recent if t > now_s - _RATE_WINDOW_S]
        if len(recent) < 2:
            return 0.0
        # From packet to packet, since the first one's samples were measured before its arrival.
        span_s = max(recent[-1][0] - recent[0][0], now_s - recent[0][0] - 1.0)
        return sum(n for _, n in recent[1:]) / span_s if span_s > 0 else 0.0

    def motion_deg_s(self, now_s: float) -> float:
        """Return the rms angular velocity over the last second; NaN without samples."""
        recent = [(n, squares) for t, n, squares in self.recent if t > now_s - _MOTION_WINDOW_S]
        count = sum(n for n, _ in recent)
        return float(np.degrees(np.sqrt(sum(s for _, s in recent) / count))) if count else np.nan

    @property
    def last_arrival_s(self) -> float:
        """Arrival of the last block in seconds; minus infinity before the first one."""
        return self.recent[-1][0] if self.recent else -np.inf

    @property
    def live_lost(self) -> int | None:
        """Number of samples lost so far; None if losses cannot be detected."""
        return None if self.accounting is LossAccounting.NOT_DETECTABLE else self.lost


class LiveTally:
    """Counts one sensor's samples as they arrive, in one thread; any thread may read `count`."""

    def __init__(self) -> None:
        self.count = LiveCount()
        self._before: SampleBlock | None = None

    def set_up(self, accounting: LossAccounting, nominal_rate_hz: float) -> None:
        """Use the configuration of a new connection from now on."""
        self.count = replace(self.count, accounting=accounting, nominal_rate_hz=nominal_rate_hz)

    def take(self, block: SampleBlock, arrival_s: float) -> None:
        """Count a block that arrived at `arrival_s` on the recording's clock."""
        missing, before = self._missing(block), self.count
        squares = 0.0 if block.gyr is None else float(np.nansum(np.square(block.gyr)))
        first = 0
        while first < len(before.recent) and before.recent[first][0] < arrival_s - _RATE_WINDOW_S:
            first += 1
        self.count = LiveCount(
            before.accounting,
            before.nominal_rate_hz,
            before.received + block.n,
            before.lost + missing,
            before.gaps + (missing > 0),
            (*before.recent[first:], (arrival_s, block.n, squares)),
        )
        self._before = block

    def _missing(self, block: SampleBlock) -> int:
        """Count the samples missing before a block; 0 if unknown or after a clock restart."""
        before = self._before
        if before is None or self.count.accounting is LossAccounting.NOT_DETECTABLE:
            return 0
        if block.counter is not None and before.counter is not None and block.counter_modulus:
            step = (block.counter - before.counter) % block.counter_modulus
            # More than half a turn means that numbering started again, not a loss.
            return 0 if step > block.counter_modulus // 2 else max(0, step - before.n)
        clock = block.clock
        if clock is None or block.device_ticks is None or before.device_ticks is None:
            return 0
        seconds = (block.device_ticks - before.device_ticks) % clock.modulus * clock.tick_s
        if seconds > 0.5 * clock.modulus * clock.tick_s:
            return 0
        passed = before.n if clock.stamps is StampedSample.FIRST else block.n
        return max(0, round(seconds * block.nominal_rate_hz) - passed)
