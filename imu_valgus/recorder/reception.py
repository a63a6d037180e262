"""Takes what the radio delivers, writes it to the journal, then counts it.

The notification callback only stamps and queues. A single drain task writes every packet to the
journal *before* it is decoded, so that a bug in a decoder never costs a recording.
"""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from imu_valgus.errors import DecodeError, InputError
from imu_valgus.recorder.journal import JournalWriter, Packet
from imu_valgus.recorder.journal_entries import (
    Event,
    LinkState,
    PlannedSensor,
    RecordingHeader,
    SensorConfigured,
    WallClock,
    event_to_json,
)
from imu_valgus.recorder.status import (
    LiveTally,
    Notice,
    NoticeLevel,
    RecordingStatus,
    SensorStatus,
)
from imu_valgus.sensors.driver import NotificationCallback
from imu_valgus.sensors.packets import Decoder

__all__ = ["CaptureDesk"]

_log = logging.getLogger(__name__)

_DRAIN_S: Final = 0.05
_SYNC_S: Final = 1.0
"""If the computer dies, at most the last second is lost."""
_REPEAT_S: Final = 10.0
"""How often everything that decoding needs is written again, in case of damage."""
_BACKLOG_S: Final = 2.0


class CaptureDesk:
    """Journal, decoders and counts of a running recording.

    Parameters
    ----------
    header
        Header of the recording.
    journal
        Journal that every packet and event goes into first.
    clock_ns
        Monotonic host clock.
    """

    def __init__(
        self,
        header: RecordingHeader,
        journal: JournalWriter,
        clock_ns: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        self.sensors: tuple[PlannedSensor, ...] = header.sensors
        self.failure: InputError | None = None
        self.states = [LinkState.IDLE] * len(self.sensors)
        self.reconnects = [0] * len(self.sensors)
        self.batteries: list[float | None] = [None] * len(self.sensors)
        self.last_packet_ns = [0] * len(self.sensors)
        self.tallies = tuple(LiveTally() for _ in self.sensors)
        self.clock_ns = clock_ns
        self._header = header
        self._journal = journal
        self._queue: deque[Packet] = deque()
        self._notices: deque[Notice] = deque()
        self._setups: list[SensorConfigured | None] = [None] * len(self.sensors)
        self._decoders: list[Decoder | None] = [None] * len(self.sensors)
        self._sync: asyncio.Future[None] | None = None
        self._next_sync_ns = self._next_repeat_ns = 0
        self._is_behind = False
        self._backlog_s = 0.0

    def callback(self, sensor: int, channel: int) -> NotificationCallback:
        """Make the callback that stamps and queues the notifications of one characteristic."""
        append, clock_ns, last_ns = self._queue.append, self.clock_ns, self.last_packet_ns

        def take(data: bytes) -> None:
            now = clock_ns()
            last_ns[sensor] = now
            append(Packet(sensor, channel, now, data))

        return take

    def log(self, event: Event) -> None:
        """Write an event to the journal with the next batch."""
        self._journal.append_event(event_to_json(event))

    def notify(self, sentence: str, level: NoticeLevel = NoticeLevel.WARNING) -> None:
        """Queue a sentence for the person."""
        _log.log(logging.WARNING if level is NoticeLevel.WARNING else logging.INFO, sentence)
        self._notices.append(Notice(self._seconds(self.clock_ns()), level, sentence))

    def take_notices(self) -> tuple[Notice, ...]:
        """Return the notices since the last call."""
        notices = []
        with contextlib.suppress(IndexError):
            while True:
                notices.append(self._notices.popleft())
        return tuple(notices)

    def set_up(self, setup: SensorConfigured, decoder: Decoder) -> None:
        """Use a sensor's new configuration; packets queued before belong to the old one."""
        for packet in self._take_queue():
            self._count(packet)
        self._setups[setup.sensor] = setup
        self._decoders[setup.sensor] = decoder
        self.tallies[setup.sensor].set_up(setup.loss_accounting, setup.nominal_rate_hz)
        self.log(setup)

    async def drain(self) -> None:
        """Empty the queue again and again until the journal cannot be written (see `failure`)."""
        while self.failure is None:
            await asyncio.sleep(_DRAIN_S)
            self._drain_once()

    def _drain_once(self) -> None:
        now_ns = self.clock_ns()
        self._watch_backlog(now_ns)
        if now_ns >= self._next_repeat_ns:
            self._next_repeat_ns = now_ns + int(_REPEAT_S * 1e9)
            self._repeat(now_ns)
        packets = self._take_queue()
        try:
            self._journal.flush()
            self._keep_synced(now_ns)
        except InputError as error:
            self.failure = error
        for packet in packets:
            self._count(packet)

    def _watch_backlog(self, now_ns: int) -> None:
        self._backlog_s = 1e-9 * (now_ns - self._queue[0].arrival_ns) if self._queue else 0.0
        is_behind = self._backlog_s > _BACKLOG_S
        if is_behind and not self._is_behind:
            self.notify(
                f"The computer is {self._backlog_s:.1f} s behind with writing. Nothing is lost "
                "yet; close other programs."
            )
        self._is_behind = is_behind

    def _repeat(self, now_ns: int) -> None:
        self._journal.append_metadata(self._header.to_json())
        self.log(WallClock(now_ns, time.time_ns()))
        for setup in self._setups:
            if setup is not None:
                self.log(setup)

    def _take_queue(self) -> list[Packet]:
        """Hand the queued packets to the journal; they are counted once they are written."""
        packets = [self._queue.popleft() for _ in range(len(self._queue))]
        for packet in packets:
            self._journal.append_packet(packet)
        return packets

    def _count(self, packet: Packet) -> None:
        setup, decoder = self._setups[packet.sensor], self._decoders[packet.sensor]
        if setup is None or decoder is None:
            return
        try:
            for block in decoder.feed(setup.characteristics[packet.channel], packet.data):
                self.tallies[packet.sensor].take(block, self._seconds(packet.arrival_ns))
        except DecodeError:
            return
        except Exception as fault:  # noqa: BLE001 - a decoder's bug must not cost the recording
            self._decoders[packet.sensor] = None
            words = self.sensors[packet.sensor].words
            _log.error("the %s is no longer counted", words, exc_info=fault)
            self.notify(
                f"The {words} is no longer counted ({type(fault).__name__}: {fault}), but all that "
                "it sends is recorded."
            )

    def _keep_synced(self, now_ns: int) -> None:
        """Sync in another thread, since a slow disk must not delay the stamping of arrivals."""
        if self._sync is not None and self._sync.done():
            finished, self._sync = self._sync, None
            if (error := finished.exception()) is not None:
                raise error
        if self._sync is None and now_ns >= self._next_sync_ns:
            self._next_sync_ns = now_ns + int(_SYNC_S * 1e9)
            loop = asyncio.get_running_loop()
            self._sync = loop.run_in_executor(None, self._journal.sync)

    async def close(self) -> None:
        """Write what is left, sync and close the journal.

        Raises
        ------
        InputError
            If the journal could not be written, now or earlier.
        """
        if self._sync is not None:
            with contextlib.suppress(InputError):
                await self._sync
        packets: list[Packet] = []
        if self.failure is None:
            self._repeat(self.clock_ns())
            packets = self._take_queue()
        try:
            self._journal.close()
        except InputError as error:
            self.failure = self.failure or error
        for packet in packets:
            self._count(packet)
        if self.failure is not None:
            raise self.failure

    def status(self) -> RecordingStatus:
        """Describe the current state of the recording; any thread may call this."""
        now_ns = self.clock_ns()
        return RecordingStatus(
            time_s=self._seconds(now_ns),
            sensors=tuple(self._sensor_status(k, now_ns) for k in range(len(self.sensors))),
            backlog_s=self._backlog_s,
            journal_bytes=self._journal.size,
        )

    def _sensor_status(self, k: int, now_ns: int) -> SensorStatus:
        count, now_s = self.tallies[k].count, self._seconds(now_ns)
        last_ns = self.last_packet_ns[k]
        return SensorStatus(
            sensor=self.sensors[k],
            state=self.states[k],
            age_s=1e-9 * max(0, now_ns - last_ns) if last_ns else float("inf"),
            rate_hz=count.rate_hz(now_s),
            nominal_rate_hz=count.nominal_rate_hz,
            received=count.received,
            lost=count.live_lost,
            gaps=count.gaps,
            reconnects=self.reconnects[k],
            battery_percent=self.batteries[k],
            motion_deg_s=count.motion_deg_s(now_s),
        )

    def _seconds(self, t_ns: int) -> float:
        return 1e-9 * (t_ns - self._header.start_ns)
