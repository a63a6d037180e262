"""WitMotion sensors over Bluetooth 5 (WT901BLE and relatives): the stream of samples.

Frames carry no checksum, no number and (20 bytes) no time, and are not aligned with notifications:
what was lost cannot be known.

WitMotion sensors over Bluetooth 5: frames, and finding them in a stream of bytes.

Source: frame layout from the maker's own client (WITMOTION/WitBluetooth_BWT901BLE5_0 on GitHub).

WitMotion sensors over Bluetooth 5: UUIDs, registers, commands.

Source: as several independent clients use them; the points of the charge table are the maker's.
"""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
from scipy import constants

from imu_valgus.errors import DecodeError
from imu_valgus.sensors.packets import BlockFlag, DecoderRecipe, DeviceClock, SampleBlock

_HEADER: Final = 0x55

_MOTION: Final = 0x61

_REGISTER: Final = 0x71

_SHORT, _LONG = 20, 28

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)

_MS_PER_CENTURY: Final = 36525 * 86_400_000

CALENDAR_CLOCK: Final = DeviceClock(tick_s=1e-3, modulus=_MS_PER_CENTURY)
"""Of 28-byte frames: the sensor's calendar in milliseconds since 2000, wherever it was set to."""


@dataclass(frozen=True, slots=True)
class RegisterFrame:
    """Eight registers in a row, as signed 16-bit values."""

    register: int
    values: tuple[int, ...]

    def encode(self) -> bytes:
        """Bytes of the frame."""
        return struct.pack("<BBH8h", _HEADER, _REGISTER, self.register, *self.values)


def decode_register(frame: bytes) -> RegisterFrame | None:
    """Read a register frame; None for a frame of another type.

    Raises
    ------
    DecodeError
        If it is a register frame of another length than 20.
    """
    if frame[1:2] != bytes([_REGISTER]):
        return None
    if len(frame) != _SHORT:
        raise DecodeError(f"Expected 20 bytes of a WitMotion register frame, got {len(frame)}.")
    _, _, register, *values = struct.unpack("<BBH8h", frame)
    return RegisterFrame(register, tuple(values))


class FrameSplitter:
    """Cuts the byte stream into frames and finds the next one after damage.

    A frame's length (20 or 28 bytes) is not written in it: it is learnt from where the next header
    stands. Until then the first frame waits; afterwards each is given as soon as it is complete.
    """

    _LARGEST_RESIDUAL: Final = 2 * _LONG

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._motion_length: int | None = None
        self.skipped = 0
        """Bytes that belonged to no frame, since the start."""

    def reset(self) -> None:
        """Forget the remainder and the learnt length."""
        self._buffer.clear()
        self._motion_length = None

    def feed(self, data: bytes) -> list[bytes]:
        """Take a notification, give the frames that it completes."""
        self._buffer += data
        frames: list[bytes] = []
        while (length := self._next_length()) is not None:
            if length > 0:
                frames.append(bytes(self._buffer[:length]))
                del self._buffer[:length]
        return frames

    def _next_length(self) -> int | None:
        """Length of the frame at the front; 0: bytes were skipped, look again; None: wait."""
        start = self._buffer.find(_HEADER)
        if start != 0:
            self._skip(len(self._buffer) if start < 0 else start)
            return None if start < 0 else 0
        if len(self._buffer) < 2:
            return None
        kind = self._buffer[1]
        if kind == _REGISTER:
            return self._complete(_SHORT)
        if kind != _MOTION:
            self._skip(1)
            return 0
        return self._complete(self._motion_length) if self._motion_length else self._learn()

    def _complete(self, length: int) -> int | None:
        if len(self._buffer) < length:
            return None
        if length < len(self._buffer) and self._buffer[length] != _HEADER:
            # Out of step: either bytes went missing, or the length was learnt from an accident.
            self._motion_length = None
            self._skip(1)
            return 0
        return length

    def _learn(self) -> int | None:
        for length in (_SHORT, _LONG):
            if self._is_header_at(length):
                self._motion_length = length
                return length
        if len(self._buffer) < self._LARGEST_RESIDUAL:
            return None
        self._skip(1)
        return 0

    def _is_header_at(self, at: int) -> bool:
        follows = bytes(self._buffer[at : at + 2])
        return follows in {bytes([_HEADER, _MOTION]), bytes([_HEADER, _REGISTER])}

    def _skip(self, count: int) -> None:
        del self._buffer[:count]
        self.skipped += count


@dataclass(frozen=True, slots=True)
class MotionFrame:
    """One sample in counts.

    Parameters
    ----------
    acc, gyr, angles
        Three signed 16-bit counts each; full scales ±16 g, ±2000 °/s, ±180°.
    calendar_ms
        Milliseconds since 2000 by the sensor's calendar; None in a 20-byte frame, or where the
        calendar shows no date.
    is_long
        Whether it is a 28-byte frame.
    """

    acc: tuple[int, int, int]
    gyr: tuple[int, int, int]
    angles: tuple[int, int, int] = (0, 0, 0)
    calendar_ms: int | None = None
    is_long: bool = False

    def encode(self) -> bytes:
        """Bytes of the frame."""
        data = struct.pack("<BB9h", _HEADER, _MOTION, *self.acc, *self.gyr, *self.angles)
        if not self.is_long:
            return data
        seconds, ms = divmod(self.calendar_ms or 0, 1000)
        when = datetime.fromtimestamp(_EPOCH.timestamp() + seconds, tz=UTC)
        date = (when.year % 100, when.month, when.day, when.hour, when.minute, when.second)
        return data + struct.pack("<6BH", *date, ms)


def decode_motion(frame: bytes) -> MotionFrame:
    """Read a motion frame.

    Raises
    ------
    DecodeError
        If header or length are not a motion frame's.
    """
    if len(frame) not in {_SHORT, _LONG} or frame[:2] != bytes([_HEADER, _MOTION]):
        raise DecodeError(f"Expected a WitMotion frame of 20 or 28 bytes, got {frame[:28].hex()}.")
    values = struct.unpack_from("<9h", frame, 2)
    is_long = len(frame) == _LONG
    calendar_ms = _calendar_ms(*struct.unpack_from("<6BH", frame, _SHORT)) if is_long else None
    return MotionFrame(values[0:3], values[3:6], values[6:9], calendar_ms, is_long)


def _calendar_ms(*date: int) -> int | None:
    year, month, day, hour, minute, second, ms = date
    try:
        when = datetime(2000 + year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return (round((when - _EPOCH).total_seconds()) * 1000 + ms) % _MS_PER_CENTURY


@dataclass(frozen=True, slots=True)
class UuidSet:
    """The three UUIDs of one variant of the hardware."""

    service: str
    notify: str
    write: str


def _short_uuids(base_end: str) -> UuidSet:
    return UuidSet(*(f"0000{s}-0000-1000-8000-00805f{base_end}" for s in ("ffe5", "ffe4", "ffe9")))


UUID_SETS: Final = (
    _short_uuids("9a34fb"),
    _short_uuids("9b34fb"),
    UuidSet(
        "49535343-fe7d-4ae5-8fa9-9fafd205e455",
        "49535343-1e4d-4bd9-ba61-23c647249616",
        "49535343-8841-43f4-a8d4-ecbe34729bb3",
    ),
)
"""The maker's own base, the Bluetooth base that some revisions use, and older dual-mode units."""

NOTIFY_UUIDS: Final = frozenset(one.notify for one in UUID_SETS)

RATE_CODES: Final = {
    0.2: 0x01,
    0.5: 0x02,
    1.0: 0x03,
    2.0: 0x04,
    5.0: 0x05,
    10.0: 0x06,
    20.0: 0x07,
    50.0: 0x08,
    100.0: 0x09,
}

CODES_OF_200_HZ: Final = (0x0B, 0x0A)
"""The maker's documents disagree; the driver tries and measures."""

RATES_HZ: Final = (*RATE_CODES, 200.0)

REGISTER_SAVE: Final = 0x00

REGISTER_RATE: Final = 0x03

REGISTER_VERSION: Final = 0x2E

REGISTER_VOLTAGE: Final = 0x64

UNLOCK: Final = bytes.fromhex("FFAA6988B5")

SAVE: Final = bytes.fromhex("FFAA000000")

COMMAND_SPACING_S: Final = 0.1
"""Commands that follow each other faster are ignored by the sensor."""

_CHARGE_TABLE: Final = np.array(
    [
        *((3.40, 5.0), (3.50, 10.0), (3.68, 15.0), (3.70, 20.0), (3.73, 30.0), (3.77, 40.0)),
        *((3.79, 50.0), (3.82, 60.0), (3.87, 75.0), (3.93, 90.0), (3.96, 100.0)),
    ]
)


def encode_read_register(register: int) -> bytes:
    """Bytes that ask for a register and the seven after it.

    Examples
    --------
    >>> encode_read_register(REGISTER_VOLTAGE).hex(" ")
    'ff aa 27 64 00'
    """
    return bytes([0xFF, 0xAA, 0x27, register, 0x00])


def encode_write_register(register: int, value: int) -> bytes:
    """Bytes that set a register; the sensor must be unlocked before.

    Examples
    --------
    >>> encode_write_register(REGISTER_RATE, 0x09).hex(" ")
    'ff aa 03 09 00'
    """
    return bytes([0xFF, 0xAA, register]) + struct.pack("<H", value)


def charge_percent(voltage_v: float) -> float:
    """Charge in whole percent that a voltage stands for, between the points of the maker's table.

    Examples
    --------
    >>> charge_percent(3.87), charge_percent(4.1), charge_percent(3.0)
    (75.0, 100.0, 0.0)
    """
    volts, percent = _CHARGE_TABLE.T
    return float(np.rint(np.interp(voltage_v, volts, percent, left=0.0)))


PROTOCOL: Final = "witmotion-ble5"

_ACC_M_S2: Final = 16 * constants.g / 32768

_GYR_RAD_S: Final = np.deg2rad(2000.0) / 32768


class WitMotionDecoder:
    """Decoder of one sensor's byte stream.

    Parameters
    ----------
    rate_hz
        Nominal rate.
    """

    def __init__(self, *, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._splitter = FrameSplitter()
        self._skipped_before = 0

    @classmethod
    def from_recipe(cls, recipe: DecoderRecipe) -> "WitMotionDecoder":
        """Make the decoder that a recipe of this protocol describes."""
        return cls(rate_hz=recipe.number("rate_hz"))

    def feed(self, characteristic: str, data: bytes) -> tuple[SampleBlock, ...]:
        """Decode a notification: 20-byte frames together, 28-byte frames each with its time."""
        if characteristic not in NOTIFY_UUIDS:
            return ()
        skipped = self._splitter.skipped
        whole = self._splitter.feed(data)
        if not whole and self._splitter.skipped - skipped >= len(data) > 0:
            raise DecodeError(f"Expected frames of a WitMotion sensor, got {data[:28].hex(' ')}.")
        frames = [frame for frame in whole if decode_register(frame) is None]
        if not frames:
            return ()
        motion = [decode_motion(frame) for frame in frames]
        flags = BlockFlag.NONE
        if self._splitter.skipped != self._skipped_before:
            flags = BlockFlag.LOSS_SUSPECTED
            self._skipped_before = self._splitter.skipped
        groups = [[one] for one in motion] if motion[0].is_long else [motion]
        return tuple(
            self._block(group, flags if i == 0 else BlockFlag.NONE)
            for i, group in enumerate(groups)
        )

    def _block(self, group: list[MotionFrame], flags: BlockFlag) -> SampleBlock:
        counts = np.array([[*one.acc, *one.gyr] for one in group])
        if np.any((counts >= 32767) | (counts <= -32768)):
            flags |= BlockFlag.CLIPPED
        ticks = group[0].calendar_ms
        return SampleBlock(
            n=len(group),
            nominal_rate_hz=self._rate_hz,
            acc=counts[:, 0:3] * _ACC_M_S2,
            gyr=counts[:, 3:6] * _GYR_RAD_S,
            device_ticks=ticks,
            clock=None if ticks is None else CALENDAR_CLOCK,
            flags=flags,
        )

    def reset(self) -> None:
        """Forget a half-received frame."""
        self._splitter.reset()
