"""Polar PMD service: data frames, plain and delta-compressed.

Sources: Polar, *online_measurement.pdf* (August 2024) and the tests of polarofficial/polar-ble-sdk
on GitHub. A frame holds samples of one sensor and the time of the last one in nanoseconds since
2000.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from imu_valgus.devices.packets import DeviceClock
from imu_valgus.errors import DecodeError

Counts = npt.NDArray[np.int64]

CLOCK: Final = DeviceClock(tick_s=1e-9, modulus=2**63)
"""Nanoseconds since 2000 in 64 bits; the highest bit stays unused until the year 2292."""

_HEADER: Final = struct.Struct("<BQB")
_COMPRESSED: Final = 0x80
_AXES: Final = 3
_REFERENCE: Final = struct.Struct("<3h")
_WIDEST_DELTA_BITS: Final = 32


class Measurement(IntEnum):
    """Kind of sensor in a frame."""

    ACC = 2
    GYR = 5


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One data frame.

    Parameters
    ----------
    measurement
        Which sensor.
    last_ns
        Time of the last sample.
    frame_type
        Number of the layout, without the compression bit.
    is_compressed
        Whether its counts are to be multiplied by the factor of the start answer.
    counts
        Shape (n, 3).
    """

    measurement: Measurement
    last_ns: int
    frame_type: int
    is_compressed: bool
    counts: Counts

    def encode(self) -> bytes:
        """Bytes of the frame."""
        first = self.frame_type | (_COMPRESSED if self.is_compressed else 0)
        header = _HEADER.pack(self.measurement, self.last_ns, first)
        if not self.is_compressed:
            return header + self.counts.astype("<i2").tobytes()
        return header + _REFERENCE.pack(*self.counts[0].tolist()) + encode_deltas(self.counts)


def decode_frame(data: bytes) -> Frame:
    """Read a data notification.

    Raises
    ------
    DecodeError
        If it is neither acceleration nor angular velocity in a known layout, or damaged.
    """
    if len(data) < _HEADER.size + _REFERENCE.size:
        raise DecodeError(f"Expected a Polar frame of 16 bytes or more, got {len(data)}.")
    kind, last_ns, layout = _HEADER.unpack_from(data)
    frame_type, is_compressed = layout & ~_COMPRESSED, bool(layout & _COMPRESSED)
    if kind not in tuple(Measurement) or last_ns >= CLOCK.modulus:
        raise DecodeError(f"Expected a Polar frame of acc or gyr, got type {kind} at {last_ns} ns.")
    measurement = Measurement(kind)
    known = {(Measurement.ACC, 0, True), (Measurement.ACC, 1, True), (Measurement.ACC, 1, False)}
    if (measurement, frame_type, is_compressed) not in {*known, (Measurement.GYR, 0, True)}:
        raise DecodeError(f"Expected a known Polar layout of {measurement.name}, got {layout:#x}.")
    content = data[_HEADER.size :]
    counts = _decompressed(content) if is_compressed else _plain(content)
    return Frame(measurement, last_ns, frame_type, is_compressed, counts)


def _plain(content: bytes) -> Counts:
    if len(content) % _REFERENCE.size:
        raise DecodeError(f"Expected whole Polar samples of 6 bytes, got {len(content)} bytes.")
    return np.frombuffer(content, dtype="<i2").reshape(-1, _AXES).astype(np.int64)


def _decompressed(content: bytes) -> Counts:
    """Unpack a reference sample, then blocks of signed deltas, least significant bit first."""
    rows = [np.array([_REFERENCE.unpack_from(content)], dtype=np.int64)]
    at = _REFERENCE.size
    while at < len(content):
        if at + 2 > len(content):
            raise DecodeError("Expected width and number of a block of Polar deltas, got half.")
        width, count = content[at], content[at + 1]
        end = at + 2 + -(-width * count * _AXES // 8)
        if not 0 < width <= _WIDEST_DELTA_BITS or count == 0 or end > len(content):
            raise DecodeError(f"Expected {count} Polar samples of {width} bits, got fewer bytes.")
        rows.append(_unpacked(content[at + 2 : end], width, count))
        at = end
    return np.cumsum(np.vstack(rows), axis=0)


def _unpacked(packed: bytes, width: int, count: int) -> Counts:
    bits = np.unpackbits(np.frombuffer(packed, dtype=np.uint8), bitorder="little")
    weights = np.left_shift(np.int64(1), np.arange(width, dtype=np.int64))
    weights[-1] = -weights[-1]  # two's complement
    values = bits[: width * count * _AXES].reshape(-1, width).astype(np.int64) @ weights
    return values.reshape(count, _AXES)


def encode_deltas(counts: Counts) -> bytes:
    """Pack the steps between consecutive samples into blocks of their common width.

    Parameters
    ----------
    counts
        Shape (n, 3); nothing is packed for n = 1.
    """
    deltas = np.diff(counts, axis=0)
    packed = b""
    for block in (deltas[i : i + 255] for i in range(0, len(deltas), 255)):
        width = max(int(v if v >= 0 else -v - 1).bit_length() for v in block.ravel().tolist()) + 1
        bits = (block.reshape(-1, 1) >> np.arange(width)) & 1
        raw = np.packbits(bits.astype(np.uint8).ravel(), bitorder="little").tobytes()
        packed += bytes([width, len(block)]) + raw
    return packed
