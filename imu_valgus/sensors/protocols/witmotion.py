"""WitMotion sensors over Bluetooth 5 (WT901BLE and relatives): frames, samples and registers.

Sources: frame layout from the maker's own client (WITMOTION/WitBluetooth_BWT901BLE5_0 on GitHub);
UUIDs, registers and commands as several independent clients use them; the points of the charge
table are the maker's. Frames carry no checksum, no number and (20 bytes) no time, and are not
aligned with notifications: what was lost cannot be known.
"""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
from scipy import constants

from imu_valgus.errors import DecodeError
from imu_valgus.sensors.packets import BlockFlag, DecoderRecipe, DeviceClock, SampleBlock

PROTOCOL: Final = "witmotion-ble5"


@dataclass(frozen=True, slots=True)
class UuidSet:
    """The three UUIDs of one variant of the hardware.

    Parameters
    ----------
    service, notify, write
        Service, and its characteristics to listen to and to write to.
    """

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
NOTIFY_UUIDS: Final = frozenset(uuids.notify for uuids in UUID_SETS)

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
"""The sensor ignores commands that follow each other faster."""
_CHARGE_TABLE: Final = np.array(
    [
        *((3.40, 5.0), (3.50, 10.0), (3.68, 15.0), (3.70, 20.0), (3.73, 30.0), (3.77, 40.0)),
        *((3.79, 50.0), (3.82, 60.0), (3.87, 75.0), (3.93, 90.0), (3.96, 100.0)),
    ]
)
"""Volts and percent."""

_HEADER: Final = 0x55
_MOTION: Final = 0x61
_REGISTER: Final = 0x71
_SHORT, _LONG = 20, 28
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MS_PER_CENTURY: Final = 36525 * 86_400_000
_ACC_M_S2: Final = 16 * constants.g / 32768
_GYR_RAD_S: Final = np.deg2rad(2000.0) / 32768

CALENDAR_CLOCK: Final = DeviceClock(tick_s=1e-3, modulus=_MS_PER_CENTURY)
"""Clock of 28-byte frames: the sensor's calendar in milliseconds since 2000, however it is set."""


class FrameSplitter:
    """Cuts the byte stream into frames and finds the next one after damage.

    A frame does not hold its length (20 or 28 bytes); the place of the next header reveals it.
    Until then the first frame waits. Afterwards each frame is returned as soon as it is complete.
    """

    _LARGEST_RESIDUAL: Final = 2 * _LONG

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._motion_length: int | None = None
        self.skipped = 0
        """Bytes that belonged to no frame, since the splitter was made."""

    def reset(self) -> None:
        """Forget the waiting bytes and the length of a frame."""
        self._buffer.clear()
        self._motion_length = None

    def feed(self, data: bytes) -> list[bytes]:
        """Take a notification; return the frames that it completes."""
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
            return self._skip(1)
        return self._complete(self._motion_length) if self._motion_length else self._learn()

    def _complete(self, length: int) -> int | None:
        if len(self._buffer) < length:
            return None
        if length < len(self._buffer) and self._buffer[length] != _HEADER:
            # Out of step: either bytes are missing, or the length was learnt from a chance header.
            self._motion_length = None
            return self._skip(1)
        return length

    def _learn(self) -> int | None:
        headers = {bytes([_HEADER, _MOTION]), bytes([_HEADER, _REGISTER])}
        for length in (_SHORT, _LONG):
            if bytes(self._buffer[length : length + 2]) in headers:
                self._motion_length = length
                return length
        return None if len(self._buffer) < self._LARGEST_RESIDUAL else self._skip(1)

    def _skip(self, count: int) -> int:
        del self._buffer[:count]
        self.skipped += count
        return 0


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
        """Encode the frame."""
        data = struct.pack("<BB9h", _HEADER, _MOTION, *self.acc, *self.gyr, *self.angles)
        if not self.is_long:
            return data
        seconds, ms = divmod(self.calendar_ms or 0, 1000)
        when = datetime.fromtimestamp(_EPOCH.timestamp() + seconds, tz=UTC)
        date = (when.year % 100, when.month, when.day, when.hour, when.minute, when.second)
        return data + struct.pack("<6BH", *date, ms)


def decode_motion(frame: bytes) -> MotionFrame:
    """Decode a motion frame.

    Parameters
    ----------
    frame
        One frame from `FrameSplitter`.

    Returns
    -------
    MotionFrame
        Content of the frame, in counts.

    Raises
    ------
    DecodeError
        If header or length are not those of a motion frame.
    """
    if len(frame) not in {_SHORT, _LONG} or frame[:2] != bytes([_HEADER, _MOTION]):
        raise DecodeError(f"{frame[:28].hex(' ')} is no WitMotion frame of 20 or 28 bytes.")
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
        """Decode a notification: 20-byte frames into one block, each 28-byte frame into its own."""
        if characteristic not in NOTIFY_UUIDS:
            return ()
        skipped = self._splitter.skipped
        whole = self._splitter.feed(data)
        if not whole and self._splitter.skipped - skipped >= len(data) > 0:
            raise DecodeError(f"{data[:28].hex(' ')} holds no frame of a WitMotion sensor.")
        frames = [frame for frame in whole if decode_register(frame) is None]
        if not frames:
            return ()
        motion = [decode_motion(frame) for frame in frames]
        flags = BlockFlag.NONE
        if self._splitter.skipped != self._skipped_before:
            flags = BlockFlag.LOSS_SUSPECTED
            self._skipped_before = self._splitter.skipped
        groups = [[frame] for frame in motion] if motion[0].is_long else [motion]
        return tuple(
            self._block(group, flags if i == 0 else BlockFlag.NONE)
            for i, group in enumerate(groups)
        )

    def _block(self, group: list[MotionFrame], flags: BlockFlag) -> SampleBlock:
        counts = np.array([[*frame.acc, *frame.gyr] for frame in group])
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


@dataclass(frozen=True, slots=True)
class RegisterFrame:
    """Values of eight consecutive registers.

    Parameters
    ----------
    register
        Number of the first register.
    values
        Eight signed 16-bit values.
    """

    register: int
    values: tuple[int, ...]

    def encode(self) -> bytes:
        """Encode the frame."""
        return struct.pack("<BBH8h", _HEADER, _REGISTER, self.register, *self.values)


def decode_register(frame: bytes) -> RegisterFrame | None:
    """Decode a register frame.

    Parameters
    ----------
    frame
        One frame from `FrameSplitter`.

    Returns
    -------
    RegisterFrame or None
        Registers; None for a frame of another type.

    Raises
    ------
    DecodeError
        If a register frame has not 20 bytes.
    """
    if frame[1:2] != bytes([_REGISTER]):
        return None
    if len(frame) != _SHORT:
        raise DecodeError(f"The WitMotion sent {len(frame)} bytes of registers instead of 20.")
    _, _, register, *values = struct.unpack("<BBH8h", frame)
    return RegisterFrame(register, tuple(values))


def encode_read_register(register: int) -> bytes:
    """Encode the question for a register and the seven after it.

    Parameters
    ----------
    register
        Number of the first register.

    Returns
    -------
    bytes
        Value for the characteristic to write to.

    Examples
    --------
    >>> encode_read_register(REGISTER_VOLTAGE).hex(" ")
    'ff aa 27 64 00'
    """
    return bytes([0xFF, 0xAA, 0x27, register, 0x00])


def encode_write_register(register: int, value: int) -> bytes:
    """Encode the command that sets a register; the sensor must be unlocked first.

    Parameters
    ----------
    register
        Number of the register.
    value
        Unsigned 16-bit value.

    Returns
    -------
    bytes
        Value for the characteristic to write to.

    Examples
    --------
    >>> encode_write_register(REGISTER_RATE, 0x09).hex(" ")
    'ff aa 03 09 00'
    """
    return bytes([0xFF, 0xAA, register]) + struct.pack("<H", value)


def charge_percent(voltage_v: float) -> float:
    """Return the charge of the battery, interpolated in the maker's table.

    Parameters
    ----------
    voltage_v
        Voltage of the battery in volts.

    Returns
    -------
    float
        Charge in whole percent.

    Examples
    --------
    >>> charge_percent(3.87), charge_percent(4.1), charge_percent(3.0)
    (75.0, 100.0, 0.0)
    """
    volts, percent = _CHARGE_TABLE.T
    return float(np.rint(np.interp(voltage_v, volts, percent, left=0.0)))
