"""From a journal's packets to one sensor's samples with stamps, counters and arrivals."""

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
from imu_valgus.sensors.packets import BlockFlag, DeviceClock, LossAccounting, SampleBlock

__all__ = ["NO_VALUE", "BlockTable", "decode_sensor"]

IntArray = npt.NDArray[np.int64]

NO_VALUE: Final = -1
"""Stands where a block has no stamp or no counter; both are never negative."""

_CHUNK: Final = 2048
"""Blocks gathered before they become arrays: an hour of blocks as objects would fill memory."""


@dataclass(frozen=True, slots=True, eq=False)
class BlockTable:
    """All blocks of one sensor in the order of arrival; blocks hold consecutive samples.

    Parameters
    ----------
    samples
        Number of samples of each block, shape (n,).
    arrival_s
        When its notification arrived, seconds of the recording, shape (n,).
    connection
        Number of the connection it came over, shape (n,).
    ticks, counter
        Stamp and number of the first sample, `NO_VALUE` where there is none, shape (n,).
    values
        Specific force (m/s²), angular velocity (rad/s), flux density (µT), NaN where not sent,
        shape (sum of samples, 9).
    clock
        Of the stamps, None where the protocol has none.
    counter_modulus
        Where numbering starts again; None where samples are not numbered.
    accounting
        How well losses can be counted.
    nominal_rate_hz
        As set.
    undecodable
        Packets that were none of the protocol.
    overruns
        Blocks before which the sensor said that it dropped samples.
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
    overruns: int

    def __len__(self) -> int:
        return int(self.samples.size)


class _Gatherer:
    """Collects blocks and turns them into arrays chunk by chunk."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, int, int, int, int]] = []
        self._blocks: list[SampleBlock] = []
        self._tables: list[IntArray] = []
        self._values: list[FloatArray] = []
        self.clock: DeviceClock | None = None
        self.counter_modulus: int | None = None
        self.overruns = 0

    def add(self, block: SampleBlock, arrival_ns: int, connection: int) -> None:
        ticks = NO_VALUE if block.device_ticks is None else block.device_ticks
        counter = NO_VALUE if block.counter is None else block.counter
        self._rows.append((block.n, arrival_ns, connection, ticks, counter))
        self._blocks.append(block)
        self.clock = self.clock or block.clock
        self.counter_modulus = self.counter_modulus or block.counter_modulus
        self.overruns += BlockFlag.OVERRUN in block.flags
        if len(self._rows) >= _CHUNK:
            self._pack()

    def _pack(self) -> None:
        self._tables.append(np.array(self._rows, dtype=np.int64).reshape(-1, 5))
        channels = [
            np.vstack([_channel(getattr(block, name), block.n) for block in self._blocks])
            for name in ("acc", "gyr", "mag")
            if self._blocks
        ]
        self._values.append(np.hstack(channels) if channels else np.empty((0, 9)))
        self._rows.clear()
        self._blocks.clear()

    def arrays(self) -> tuple[IntArray, FloatArray]:
        self._pack()
        return np.vstack(self._tables), np.vstack(self._values)


def _channel(values: FloatArray | None, n: int) -> FloatArray:
    return np.full((n, 3), np.nan) if values is None else values


def decode_sensor(
    packets: Iterable[Packet], configurations: Sequence[SensorConfigured], *, start_ns: int
) -> BlockTable | None:
    """Decode the packets of one sensor.

    Parameters
    ----------
    packets
        Of this sensor only, in the order of arrival.
    configurations
        Of this sensor, in the order of time; the first also serves packets before it, whose own
        configuration was in a damaged frame.
    start_ns
        Host clock at time 0 of the recording.

    Returns
    -------
    BlockTable or None
        None where the sensor was never set up, so that nothing can be decoded.

    Raises
    ------
    InputError
        If the journal names a protocol that is not known.
    """
    if not configurations:
        return None
    gathered = _Gatherer()
    undecodable = 0
    position = 0
    decoder = decoder_of(configurations[0].recipe)
    for packet in packets:
        ahead = _latest(configurations, position, packet.arrival_ns)
        if configurations[ahead].connection != configurations[position].connection:
            decoder = decoder_of(configurations[ahead].recipe)
        position = ahead
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
                gathered.add(block, packet.arrival_ns - start_ns, setup.connection)
    table, values = gathered.arrays()
    return BlockTable(
        samples=table[:, 0],
        arrival_s=1e-9 * table[:, 1].astype(np.float64),
        connection=table[:, 2],
        ticks=table[:, 3],
        counter=table[:, 4],
        values=values,
        clock=gathered.clock,
        counter_modulus=gathered.counter_modulus,
        accounting=configurations[-1].loss_accounting,
        nominal_rate_hz=configurations[-1].nominal_rate_hz,
        undecodable=undecodable,
        overruns=gathered.overruns,
    )


def _latest(configurations: Sequence[SensorConfigured], position: int, arrival_ns: int) -> int:
    """Position of the configuration in force when a packet arrived."""
    while position + 1 < len(configurations) and configurations[position + 1].t_ns <= arrival_ns:
        position += 1
    return position
