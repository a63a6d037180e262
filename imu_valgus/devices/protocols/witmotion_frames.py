"""WitMotion sensors over Bluetooth 5: frames, and finding them in a stream of bytes.

Source: frame layout from the maker's own client (WITMOTION/WitBluetooth_BWT901BLE5_0 on GitHub).
"""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from imu_valgus.devices.packets import DeviceClock
from imu_valgus.errors import DecodeError

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

    _LONGEST_REMAINDER: Final = 2 * _LONG

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
        if len(self._buffer) < self._LONGEST_REMAINDER:
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
