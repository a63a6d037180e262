"""Decodes a journal's packets into one sensor's samples with stamps, counters and arrivals."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from imu_valgus.errors import DecodeError
from imu_valgus.model import FloatArray
from imu_valgus.recorder.journal import Packet
from imu_valgus.recorder.journal_entries import SensorConfigured
from imu_valgus.sensors.catalogue import decoder_of
from imu_valgus.sensors.packets import DeviceClock, LossAccounting, SampleBlock

__all__ = ["NO_VALUE", "BlockTable", "decode_sensor"]

_log = logging.getLogger(__name__)

IntArray = npt.NDArray[np.int64]

NO_VALUE: Final = -1
"""Marks a block without a stamp or counter; real ones are never negative."""

_CHUNK: Final = 2048
"""Blocks collected before they become arrays; an hour of blocks as objects would fill memory."""


@dataclass(frozen=True, slots=True, eq=False)
class BlockTable:
    """All blocks of one sensor in order of arrival; a block holds consecutive samples.

    Parameters
    ----------
    samples
        Number of samples in each block, shape (n,).
    arrival_s
        Arrival of each block on the recording's clock in seconds, shape (n,).
    connection
        Number of the connection over which each block came, shape (n,).
    ticks, counter
        Stamp and number of each block's first sample, `NO_VALUE` if it has none, shape (n,).
    values
        Specific force (m/s²), angular velocity (rad/s) and magnetic flux density (µT) in the
        sensor frame, NaN in channels that were not sent, shape (sum of samples, 9).
    clock
        Clock of the stamps, None if the protocol has none.
    counter_modulus
        Number at which the counter starts again at zero, None if samples are not numbered.
    accounting
        How well losses can be counted.
    nominal_rate_hz
        Sampling rate that the sensor was set to.
    undecodable
        Number of packets that do not belong to the protocol, faulty ones included.
    faulty, first_fault
        Number of packets at which the decoder itself failed, and how it did so first.
    """

    samples: IntArray
    arrival_s: FloatArray
    connection: IntArray
    ticks: IntArray
    counter: IntArray
    values: FloatArray
    clock: DeviceClock | None
    counter_modulus: int | None
    accounting: LossAccounting
    nominal_rate_hz: float
    undecodable: int
    faulty: int = 0
    first_fault: str = ""

    def __len__(self) -> int:
        return int(self.samples.size)


def decode_sensor(
    packets: Iterable[Packet], configurations: Sequence[SensorConfigured], *, start_ns: int
) -> BlockTable | None:
    """Decode the packets of one sensor.

    A packet at which the decoder fails is skipped, and a new decoder takes the next one.

    Parameters
    ----------
    packets
        Packets of this sensor only, usually in order of arrival; a journal that was put together
        from pieces may hold some twice or out of order.
    configurations
        Configurations of this sensor in order of time. The first one also decodes the packets
        before it: their own configuration was in a damaged frame.
    start_ns
        Host clock at time 0 of the recording.

    Returns
    -------
    BlockTable or None
        None if the sensor was never configured, so that nothing can be decoded.

    Raises
    ------
    InputError
        If the journal names an unknown protocol, or describes it incompletely.
    """
    if not configurations:
        return None
    collector = _BlockCollector()
    decoding = _Decoding(configurations)
    for packet in _in_order(packets):
        for block in decoding.feed(packet):
            if block.n:
                collector.add(block, packet.arrival_ns - start_ns, decoding.setup.connection)
    table, values = collector.arrays()
    return BlockTable(
        samples=table[:, 0],
        arrival_s=1e-9 * table[:, 1].astype(np.float64),
        connection=table[:, 2],
        ticks=table[:, 3],
        counter=table[:, 4],
        values=values,
        clock=collector.clock,
        counter_modulus=collector.counter_modulus,
        accounting=configurations[-1].loss_accounting,
        nominal_rate_hz=configurations[-1].nominal_rate_hz,
        undecodable=decoding.undecodable,
        faulty=decoding.faulty,
        first_fault=decoding.first_fault,
    )


def _in_order(packets: Iterable[Packet]) -> Sequence[Packet]:
    """Put packets in order of arrival; where they were out of order, drop those that came twice."""
    given = list(packets)
    ordered = sorted(given, key=lambda packet: packet.arrival_ns)
    if ordered == given:
        return given
    twice = (False, *(one == other for one, other in pairwise(ordered)))
    return [packet for packet, is_twice in zip(ordered, twice, strict=True) if not is_twice]


class _Decoding:
    """Decodes packet by packet, with the configuration in force when each one arrived."""

    def __init__(self, configurations: Sequence[SensorConfigured]) -> None:
        self.undecodable = self.faulty = 0
        self.first_fault = ""
        self._configurations = configurations
        self._position = 0
        self._decoder = decoder_of(self.setup.recipe)

    @property
    def setup(self) -> SensorConfigured:
        """The configuration in force."""
        return self._configurations[self._position]

    def feed(self, packet: Packet) -> tuple[SampleBlock, ...]:
        """Decode a packet; what cannot be decoded is counted."""
        self._advance(packet.arrival_ns)
        characteristics = self.setup.characteristics
        try:
            if packet.channel < len(characteristics):
                return self._decoder.feed(characteristics[packet.channel], packet.data)
        except DecodeError:
            pass
        except Exception as fault:  # noqa: BLE001 - one packet must not cost the others
            self._note_fault(fault)
        self.undecodable += 1
        return ()

    def _advance(self, arrival_ns: int) -> None:
        before, last = self.setup.connection, len(self._configurations) - 1
        while self._position < last and (
            self._configurations[self._position + 1].t_ns <= arrival_ns
        ):
            self._position += 1
        if self.setup.connection != before:
            self._decoder = decoder_of(self.setup.recipe)

    def _note_fault(self, fault: Exception) -> None:
        if not self.faulty:
            self.first_fault = f"{type(fault).__name__}: {fault}"
            _log.error("sensor %d: its decoder failed", self.setup.sensor, exc_info=fault)
        self.faulty += 1
        self._decoder = decoder_of(self.setup.recipe)


def _stored(value: int | None) -> int:
    """Return a stamp or number as it is stored; one that does not fit counts as missing."""
    return value if value is not None and 0 <= value < 2**63 else NO_VALUE


class _BlockCollector:
    """Collects blocks and turns them into arrays chunk by chunk."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, int, int, int, int]] = []
        self._blocks: list[SampleBlock] = []
        self._last: tuple[int, ...] = ()
        self._tables: list[IntArray] = []
        self._values: list[FloatArray] = []
        self.clock: DeviceClock | None = None
        self.counter_modulus: int | None = None

    def add(self, block: SampleBlock, arrival_ns: int, connection: int) -> None:
        ticks, counter = _stored(block.device_ticks), _stored(block.counter)
        row = (block.n, arrival_ns, connection, ticks, counter)
        if row == self._last and (ticks, counter) != (NO_VALUE, NO_VALUE):
            return  # the same packet is in the journal twice
        self._last = row
        self._rows.append(row)
        self._blocks.append(block)
        self.clock = self.clock or block.clock
        self.counter_modulus = self.counter_modulus or block.counter_modulus
        if len(self._rows) >= _CHUNK:
            self._pack()

    def arrays(self) -> tuple[IntArray, FloatArray]:
        self._pack()
        return np.vstack(self._tables), np.vstack(self._values)

    def _pack(self) -> None:
        self._tables.append(np.array(self._rows, dtype=np.int64).reshape(-1, 5))
        values = np.full((sum(block.n for block in self._blocks), 9), np.nan)
        row = 0
        for block in self._blocks:
            for column, channel in ((0, block.acc), (3, block.gyr), (6, block.mag)):
                if channel is not None:
                    values[row : row + block.n, column : column + 3] = channel
            row += block.n
        self._values.append(values)
        self._rows.clear()
        self._blocks.clear()
