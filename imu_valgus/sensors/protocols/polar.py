"""Polar Verity Sense: settings, commands, and data frames of the PMD service joined by their times.

Sources: Polar, *online_measurement.pdf* (August 2024), the tests of polarofficial/polar-ble-sdk and
zHElEARN/polar-python on GitHub. A frame, plain or delta-compressed, holds samples of one sensor and
the time of the last one in nanoseconds since 2000.

Accelerometer and gyroscope send separate frames with separate times. Each acceleration is joined
with the angular velocity nearest in time, at most half a period away. A sample without a partner is
dropped, and the gap in time shows that it is missing.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import constants

from imu_valgus.errors import DecodeError
from imu_valgus.model import FloatArray
from imu_valgus.sensors.packets import DecoderRecipe, DeviceClock, SampleBlock

PROTOCOL: Final = "polar-pmd"
SERVICE_UUID: Final = "fb005c80-02e7-f387-1cad-8acd2d8df0c8"
CONTROL_UUID: Final = "fb005c81-02e7-f387-1cad-8acd2d8df0c8"
DATA_UUID: Final = "fb005c82-02e7-f387-1cad-8acd2d8df0c8"

CLOCK: Final = DeviceClock(tick_s=1e-9, modulus=2**63)
"""Nanoseconds since 2000 in 64 bits; the highest bit stays unused until the year 2292."""

SUCCESS: Final = 0
ALREADY_SO: Final = 6
"""Error code of a command to start what already runs, or to stop what does not."""
_ANSWER: Final = 0xF0

_HEADER: Final = struct.Struct("<BQB")
_COMPRESSED: Final = 0x80
_AXES: Final = 3
_REFERENCE: Final = struct.Struct("<3h")
_WIDEST_DELTA_BITS: Final = 32
_ACC_IN_G: Final = 0
"""Frame type whose factor gives g; that of the other type gives thousandths of g."""
_ACC_LIMIT_G: Final = 2 * 16.0
_GYR_LIMIT_DPS: Final = 2 * 2000.0
_LONGEST_WAIT_S: Final = 2.0
"""The other sensor's frames come once a second or more often."""
_RATE_TOLERANCE: Final = 0.1

Counts = npt.NDArray[np.int64]
Times = npt.NDArray[np.int64]


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
        Accelerometer or gyroscope.
    last_ns
        Time of the last sample in nanoseconds since 2000.
    frame_type
        Number of the layout, without the compression bit.
    is_compressed
        Whether the counts must be multiplied by the factor of the start answer.
    counts
        Samples, shape (n, 3).
    """

    measurement: Measurement
    last_ns: int
    frame_type: int
    is_compressed: bool
    counts: Counts

    def encode(self) -> bytes:
        """Encode the frame."""
        first = self.frame_type | (_COMPRESSED if self.is_compressed else 0)
        header = _HEADER.pack(self.measurement, self.last_ns, first)
        if not self.is_compressed:
            return header + self.counts.astype("<i2").tobytes()
        return header + _REFERENCE.pack(*self.counts[0].tolist()) + _encoded_deltas(self.counts)


def decode_frame(data: bytes) -> Frame:
    """Decode a data notification.

    Parameters
    ----------
    data
        Bytes of the notification.

    Returns
    -------
    Frame
        Content of the frame, in counts.

    Raises
    ------
    DecodeError
        If it is neither acceleration nor angular velocity in a known layout, or damaged.
    """
    if len(data) < _HEADER.size + _REFERENCE.size:
        raise DecodeError(f"The Polar sent a frame of {len(data)} bytes; 16 are the least.")
    kind, last_ns, layout = _HEADER.unpack_from(data)
    frame_type, is_compressed = layout & ~_COMPRESSED, bool(layout & _COMPRESSED)
    if kind not in tuple(Measurement) or last_ns >= CLOCK.modulus:
        raise DecodeError(f"The Polar sent a frame of unknown type {kind} at {last_ns} ns.")
    measurement = Measurement(kind)
    known = {(Measurement.ACC, 0, True), (Measurement.ACC, 1, True), (Measurement.ACC, 1, False)}
    if (measurement, frame_type, is_compressed) not in {*known, (Measurement.GYR, 0, True)}:
        raise DecodeError(f"The Polar sent {measurement.name} in the unknown layout {layout:#x}.")
    content = data[_HEADER.size :]
    counts = _decompressed(content) if is_compressed else _plain(content)
    return Frame(measurement, last_ns, frame_type, is_compressed, counts)


def _plain(content: bytes) -> Counts:
    if len(content) % _REFERENCE.size:
        raise DecodeError(f"The Polar sent samples of 6 bytes in {len(content)} bytes.")
    return np.frombuffer(content, dtype="<i2").reshape(-1, _AXES).astype(np.int64)


def _decompressed(content: bytes) -> Counts:
    """Unpack a reference sample, then blocks of signed deltas, least significant bit first."""
    rows = [np.array([_REFERENCE.unpack_from(content)], dtype=np.int64)]
    at = _REFERENCE.size
    while at < len(content):
        if at + 2 > len(content):
            raise DecodeError("The Polar sent a frame that ends inside the head of a block.")
        width, count = content[at], content[at + 1]
        end = at + 2 + -(-width * count * _AXES // 8)
        if not 0 < width <= _WIDEST_DELTA_BITS or count == 0 or end > len(content):
            raise DecodeError(
                f"The Polar sent a block of {count} samples of {width} bits in "
                f"{len(content) - at - 2} bytes."
            )
        rows.append(_unpacked(content[at + 2 : end], width, count))
        at = end
    return np.cumsum(np.vstack(rows), axis=0)


def _unpacked(packed: bytes, width: int, count: int) -> Counts:
    bits = np.unpackbits(np.frombuffer(packed, dtype=np.uint8), bitorder="little")
    weights = np.left_shift(np.int64(1), np.arange(width, dtype=np.int64))
    weights[-1] = -weights[-1]  # two's complement
    values = bits[: width * count * _AXES].reshape(-1, width).astype(np.int64) @ weights
    return values.reshape(count, _AXES)


def _encoded_deltas(counts: Counts) -> bytes:
    """Pack the steps between consecutive samples into blocks of their common width."""
    deltas = np.diff(counts, axis=0)
    packed = b""
    for block in (deltas[i : i + 255] for i in range(0, len(deltas), 255)):
        width = max(int(v if v >= 0 else -v - 1).bit_length() for v in block.ravel().tolist()) + 1
        bits = (block.reshape(-1, 1) >> np.arange(width)) & 1
        raw = np.packbits(bits.astype(np.uint8).ravel(), bitorder="little").tobytes()
        packed += bytes([width, len(block)]) + raw
    return packed


class _Stream:
    """Samples of one sensor that wait for their partners."""

    def __init__(self, period_ns: float) -> None:
        self._period_ns = period_ns
        self._most = max(1, round(_LONGEST_WAIT_S * 1e9 / period_ns))
        self._last_ns: int | None = None
        self.time_ns: Times = np.empty(0, dtype=np.int64)
        self.values: FloatArray = np.empty((0, 3))

    def add(self, last_ns: int, values: FloatArray) -> None:
        n = len(values)
        period = self._period_ns
        if self._last_ns is not None:
            since_last = (last_ns - self._last_ns) / n
            # The true rate differs from the nominal one; after a lost frame it cannot be seen.
            if abs(since_last / period - 1.0) < _RATE_TOLERANCE:
                period = since_last
        self._last_ns = last_ns
        before_last = np.rint(period * np.arange(n - 1, -1, -1)).astype(np.int64)
        self.time_ns = np.append(self.time_ns, last_ns - before_last)[-self._most :]
        self.values = np.vstack([self.values, values])[-self._most :]

    def drop(self, n: int) -> None:
        self.time_ns = self.time_ns[n:]
        self.values = self.values[n:]


class PolarDecoder:
    """Decoder of one sensor's acceleration and angular velocity.

    Parameters
    ----------
    rate_hz
        Nominal rate of both.
    acc_factor, gyr_factor
        Factors from the answers to the start commands.
    """

    def __init__(self, *, rate_hz: float, acc_factor: float, gyr_factor: float) -> None:
        self._rate_hz = rate_hz
        self._factors = {Measurement.ACC: acc_factor, Measurement.GYR: gyr_factor}
        self._half_ns = 0.5e9 / rate_hz
        self.reset()

    @classmethod
    def from_recipe(cls, recipe: DecoderRecipe) -> "PolarDecoder":
        """Make the decoder that a recipe of this protocol describes."""
        return cls(
            rate_hz=recipe.number("rate_hz"),
            acc_factor=recipe.number("acc_factor"),
            gyr_factor=recipe.number("gyr_factor"),
        )

    def reset(self) -> None:
        """Forget samples that wait for a partner."""
        self._acc = _Stream(2 * self._half_ns)
        self._gyr = _Stream(2 * self._half_ns)

    def feed(self, characteristic: str, data: bytes) -> tuple[SampleBlock, ...]:
        """Decode a notification; samples come when acceleration and angular velocity are there."""
        if characteristic != DATA_UUID:
            return ()
        frame = decode_frame(data)
        if frame.measurement is Measurement.ACC:
            self._acc.add(frame.last_ns, self._acceleration(frame))
        else:
            self._gyr.add(frame.last_ns, self._angular_velocity(frame))
        return tuple(iter(self._next_block, None))

    def _acceleration(self, frame: Frame) -> FloatArray:
        factor = self._factors[Measurement.ACC] if frame.is_compressed else 1.0
        is_in_g = frame.is_compressed and frame.frame_type == _ACC_IN_G
        acc_g = frame.counts.astype(np.float64) * (factor if is_in_g else 1e-3 * factor)
        _check_range(acc_g, _ACC_LIMIT_G)
        return acc_g * constants.g

    def _angular_velocity(self, frame: Frame) -> FloatArray:
        gyr_dps = frame.counts.astype(np.float64) * self._factors[Measurement.GYR]
        _check_range(gyr_dps, _GYR_LIMIT_DPS)
        return np.deg2rad(gyr_dps)

    def _next_block(self) -> SampleBlock | None:
        """Join the next run of pairs; a gap in either stream ends it, as its partners lie apart."""
        acc, gyr = self._acc, self._gyr
        while acc.time_ns.size and gyr.time_ns.size:
            n = self._run_length()
            if n:
                block = SampleBlock(
                    n=n,
                    nominal_rate_hz=self._rate_hz,
                    acc=acc.values[:n],
                    gyr=gyr.values[:n],
                    device_ticks=int(acc.time_ns[0]) % CLOCK.modulus,
                    clock=CLOCK,
                )
                acc.drop(n)
                gyr.drop(n)
                return block
            earlier = acc if acc.time_ns[0] < gyr.time_ns[0] else gyr
            earlier.drop(1)
        return None

    def _run_length(self) -> int:
        n = min(self._acc.time_ns.size, self._gyr.time_ns.size)
        acc_ns, gyr_ns = self._acc.time_ns[:n], self._gyr.time_ns[:n]
        fits = np.abs(acc_ns - gyr_ns) <= self._half_ns
        return n if fits.all() else int(np.argmin(fits))


def _check_range(values: FloatArray, limit: float) -> None:
    if not (np.abs(values) <= limit).all():
        raise DecodeError("The Polar sent values far outside its ranges.")


class Operation(IntEnum):
    """What the control point is asked to do."""

    GET_SETTINGS = 1
    START = 2
    STOP = 3


class Setting(IntEnum):
    """A setting of a stream, or the factor that a start answer reports."""

    RATE_HZ = 0
    RESOLUTION_BITS = 1
    RANGE = 2
    RANGE_MILLI = 3
    CHANNELS = 4
    FACTOR = 5


Choices = Mapping[Setting, tuple[int, ...]]

_BYTES: Final = {
    Setting.RATE_HZ: 2,
    Setting.RESOLUTION_BITS: 2,
    Setting.RANGE: 2,
    Setting.RANGE_MILLI: 4,
    Setting.CHANNELS: 1,
    Setting.FACTOR: 4,
}


def encode_settings(settings: Choices) -> bytes:
    """Encode settings, each as type, number of values, values.

    Parameters
    ----------
    settings
        Values of each setting.

    Returns
    -------
    bytes
        Settings in the given order.
    """
    packed = b""
    for setting, values in settings.items():
        packed += bytes([setting, len(values)])
        packed += b"".join(value.to_bytes(_BYTES[setting], "little") for value in values)
    return packed


def decode_settings(data: bytes) -> Choices:
    """Decode settings.

    Parameters
    ----------
    data
        Bytes from the first setting on.

    Returns
    -------
    mapping of Setting to tuple of int
        Values of each setting; read-only.

    Raises
    ------
    DecodeError
        If a setting is not known or cut.
    """
    settings: dict[Setting, tuple[int, ...]] = {}
    at = 0
    while at < len(data):
        if at + 2 > len(data) or data[at] not in tuple(Setting):
            raise DecodeError(f"The Polar sent the unknown setting {data[at:].hex(' ')}.")
        setting, number = Setting(data[at]), data[at + 1]
        size = _BYTES[setting]
        end = at + 2 + number * size
        if end > len(data):
            raise DecodeError(f"The Polar sent less than {number} values of {setting.name}.")
        starts = range(at + 2, end, size)
        settings[setting] = tuple(int.from_bytes(data[i : i + size], "little") for i in starts)
        at = end
    return MappingProxyType(settings)


def encode_command(
    operation: Operation, measurement: Measurement, settings: Choices | None = None
) -> bytes:
    """Encode a command to the control point.

    Parameters
    ----------
    operation
        What to do.
    measurement
        Accelerometer or gyroscope.
    settings
        Settings of the stream to start; None for other operations.

    Returns
    -------
    bytes
        Value for the control characteristic.

    Examples
    --------
    >>> encode_command(Operation.STOP, Measurement.ACC).hex(" ")
    '03 02'
    """
    return bytes([operation, measurement]) + encode_settings(settings or {})


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer that the control point indicates.

    Parameters
    ----------
    operation, measurement
        Operation and measurement of the command.
    error
        Error code; 0 for success.
    settings
        Settings on offer, or (after a start) the factor.
    """

    operation: int
    measurement: int
    error: int
    settings: Choices

    def encode(self) -> bytes:
        """Encode the indication."""
        head = bytes([_ANSWER, self.operation, self.measurement, self.error, 0])
        return head + encode_settings(self.settings)

    @classmethod
    def decode(cls, data: bytes) -> "Answer":
        """Decode an indication.

        Raises
        ------
        DecodeError
            If it is not a whole answer.
        """
        if len(data) < 4 or data[0] != _ANSWER:
            raise DecodeError(f"{data.hex(' ')} is no answer of a Polar sensor.")
        settings = decode_settings(data[5:]) if data[3] == SUCCESS else {}
        return cls(data[1], data[2], data[3], settings)

    @property
    def factor(self) -> float:
        """Factor for the counts of compressed frames; 1 where the sensor reports none."""
        values = self.settings.get(Setting.FACTOR)
        if not values:
            return 1.0
        return float(struct.unpack("<f", values[0].to_bytes(4, "little"))[0])


def encode_factor(factor: float) -> int:
    """Encode a factor as the value of its setting.

    Parameters
    ----------
    factor
        Factor for the counts of compressed frames.

    Returns
    -------
    int
        Bits of the factor as a 32-bit float, little-endian.
    """
    return int.from_bytes(struct.pack("<f", factor), "little")


def is_answer_to(data: bytes, command: bytes) -> bool:
    """Return whether an indication answers a command.

    Parameters
    ----------
    data
        Bytes of the indication.
    command
        Bytes of the command.

    Returns
    -------
    bool
        True if operation and measurement are those of the command.
    """
    return len(data) >= 4 and data[0] == _ANSWER and data[1:3] == command[:2]
