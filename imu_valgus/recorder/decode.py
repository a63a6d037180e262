"""Decodes a journal's packets into one sensor's samples with stamps, counters and arrivals."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
        Number of packets that do not belong to the protocol.
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

    def __len__(self) -> int:
        return int(self.samples.size)


def decode_sensor(
    packets: Iterable[Packet], configurations: Sequence[SensorConfigured], *, start_ns: int
) -> BlockTable | None:
    """Decode the packets of one sensor.

    Parameters
    ----------
    packets
        Packets of this sensor only, in order of arrival.
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
        If the journal names an unknown protocol.
    """
    if not configurations:
        return None
    collector = _BlockCollector()
    undecodable = 0
    position = 0
    decoder = decoder_of(configurations[0].recipe)
    for packet in packets:
        latest = _latest(configurations, position, packet.arrival_ns)
        if configurations[latest].connection != configurations[position].connection:
            decoder = decoder_of(configurations[latest].recipe)
        position = latest
        setup = configurations[position]
        if packet.channel >= len(setup.characteristics):
            undecodable += 1
            continue
        try:
            blocks = decoder.feed(setup.characteristics[packet.channel], packet.data)
        except DecodeError:
            undecodable += 1
            continue
        for block in blocks:
            if block.n:
                collector.add(block, packet.arrival_ns - start_ns, setup.connection)
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
        undecodable=undecodable,
    )


def _latest(configurations: Sequence[SensorConfigured], position: int, arrival_ns: int) -> int:
    """Find the configuration in force when a packet arrived, from `position` on."""
    while position + 1 < len(configurations) and configurations[position + 1].t_ns <= arrival_ns:
        position += 1
    return position


class _BlockCollector:
    """Collects blocks and turns them into arrays chunk by chunk."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, int, int, int, int]] = []
        self._blocks: list[SampleBlock] = []
        self._tables: list[IntArray] = []
        self._values: list[FloatArray] = []
        self.clock: DeviceClock | None = None
        self.counter_modulus: int | None = None

    def add(self, block: SampleBlock, arrival_ns: int, connection: int) -> None:
        ticks = NO_VALUE if block.device_ticks is None else block.device_ticks
        counter = NO_VALUE if block.counter is None else block.counter
        self._rows.append((block.n, arrival_ns, connection, ticks, counter))
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
