"""Open firmware profile v1: our own protocol, specified in ``firmware_notes/open_profile_v1.md``.

Every packet numbers its samples and stamps the first one with the device's clock, so that losses
are counted exactly and times do not depend on the radio. Little-endian throughout.

Open firmware profile v1: commands, state, description and clock round trip.

Specified in ``firmware_notes/open_profile_v1.md``. Little-endian throughout.
"""

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import constants

from imu_valgus.errors import DecodeError
from imu_valgus.model import FloatArray
from imu_valgus.sensors.packets import BlockFlag, DecoderRecipe, DeviceClock, SampleBlock

PROTOCOL: Final = "open-profile-1"

SERVICE_UUID: Final = "8d5c0001-4a31-4f6e-9b0e-6d0a5c3e1f27"

DATA_UUID: Final = "8d5c0002-4a31-4f6e-9b0e-6d0a5c3e1f27"

CONTROL_UUID: Final = "8d5c0003-4a31-4f6e-9b0e-6d0a5c3e1f27"

INFO_UUID: Final = "8d5c0004-4a31-4f6e-9b0e-6d0a5c3e1f27"

CLOCK_UUID: Final = "8d5c0005-4a31-4f6e-9b0e-6d0a5c3e1f27"

CLOCK: Final = DeviceClock(tick_s=1e-6, modulus=2**32)

COUNTER_MODULUS: Final = 2**16

KIND_ACC_GYR: Final = 1

KIND_ACC_GYR_MAG: Final = 2

CHANNELS: Final = {KIND_ACC_GYR: 6, KIND_ACC_GYR_MAG: 9}

_OVERRUN_BIT: Final = 0x80

_HEADER: Final = struct.Struct("<BBHI")

_INT16_MAX: Final = 32767

_FULL_SCALE_COUNTS: Final = 32768.0

_MAG_COUNTS_PER_UT: Final = 16.0


def max_samples_per_packet(mtu: int, kind: int) -> int:
    """Return how many samples fit one notification at an ATT MTU (0: not even one).

    Examples
    --------
    >>> [max_samples_per_packet(mtu, KIND_ACC_GYR) for mtu in (23, 185, 247)]
    [1, 14, 19]
    """
    return min(255, (mtu - 3 - _HEADER.size) // (2 * CHANNELS[kind]))


@dataclass(frozen=True, slots=True, eq=False)
class DataPacket:
    """Content of one DATA notification, in counts.

    Parameters
    ----------
    kind
        ``KIND_ACC_GYR`` or ``KIND_ACC_GYR_MAG``.
    is_overrun
        Whether the device dropped packets of its own before this one.
    index
        Number of the first sample, modulo 65536.
    t_us
        Device time of the first sample, modulo 2**32.
    counts
        Signed 16-bit values, shape (n, 6) or (n, 9): acc, gyr (, mag).
    """

    kind: int
    is_overrun: bool
    index: int
    t_us: int
    counts: npt.NDArray[np.int16]


def encode_data(packet: DataPacket) -> bytes:
    """Make the bytes of a DATA notification."""
    first = packet.kind | (_OVERRUN_BIT if packet.is_overrun else 0)
    header = _HEADER.pack(first, len(packet.counts), packet.index, packet.t_us)
    return header + packet.counts.astype("<i2").tobytes()


def decode_data(data: bytes) -> DataPacket:
    """Read a DATA notification.

    Raises
    ------
    DecodeError
        If kind, count and length do not agree.
    """
    if len(data) < _HEADER.size:
        raise DecodeError(f"Expected an open-profile packet of 20 bytes or more, got {len(data)}.")
    first, n, index, t_us = _HEADER.unpack_from(data)
    kind = first & ~_OVERRUN_BIT
    channels = CHANNELS.get(kind)
    if channels is None:
        raise DecodeError(f"Expected open-profile packet kind 1 or 2, got {kind}.")
    expected = _HEADER.size + 2 * channels * n
    if n == 0 or len(data) != expected:
        raise DecodeError(
            f"Expected {expected} bytes of an open-profile packet of {n} samples, got {len(data)}."
        )
    counts = np.frombuffer(data, dtype="<i2", offset=_HEADER.size).reshape(n, channels)
    return DataPacket(kind, bool(first & _OVERRUN_BIT), index, t_us, counts.astype(np.int16))


@dataclass(frozen=True, slots=True)
class Scales:
    """Full scales that turn counts into physical values."""

    acc_range_g: float
    gyr_range_dps: float

    @property
    def _units_per_count(self) -> FloatArray:
        acc = self.acc_range_g * constants.g / _FULL_SCALE_COUNTS
        gyr = np.deg2rad(self.gyr_range_dps) / _FULL_SCALE_COUNTS
        return np.repeat([acc, gyr, 1.0 / _MAG_COUNTS_PER_UT], 3)

    def to_physical(self, counts: npt.NDArray[np.int16]) -> FloatArray:
        """Turn counts into m/s², rad/s (, µT), shape (n, 6) or (n, 9)."""
        values: FloatArray = counts * self._units_per_count[: counts.shape[1]]
        return values

    def to_counts(self, values: FloatArray) -> npt.NDArray[np.int16]:
        """Turn physical values into the nearest counts; beyond the range they stay at its end."""
        counts = np.rint(values / self._units_per_count[: values.shape[1]])
        return np.clip(counts, -_INT16_MAX - 1, _INT16_MAX).astype(np.int16)


class OpenProfileDecoder:
    """Decoder of DATA notifications; holds nothing between them.

    Parameters
    ----------
    rate_hz
        Nominal rate.
    scales
        Full scales in force.
    """

    def __init__(self, *, rate_hz: float, scales: Scales) -> None:
        self._rate_hz = rate_hz
        self._scales = scales

    @classmethod
    def from_recipe(cls, recipe: DecoderRecipe) -> "OpenProfileDecoder":
        """Make the decoder that a recipe of this protocol describes."""
        scales = Scales(recipe.number("acc_range_g"), recipe.number("gyr_range_dps"))
        return cls(rate_hz=recipe.number("rate_hz"), scales=scales)

    def feed(self, characteristic: str, data: bytes) -> tuple[SampleBlock, ...]:
        """Decode a notification; those of other characteristics hold no samples."""
        if characteristic != DATA_UUID:
            return ()
        packet = decode_data(data)
        values = self._scales.to_physical(packet.counts)
        flags = BlockFlag.OVERRUN if packet.is_overrun else BlockFlag.NONE
        if np.any((packet.counts == _INT16_MAX) | (packet.counts == -_INT16_MAX - 1)):
            flags |= BlockFlag.CLIPPED
        block = SampleBlock(
            n=len(values),
            nominal_rate_hz=self._rate_hz,
            acc=values[:, 0:3],
            gyr=values[:, 3:6],
            mag=values[:, 6:9] if packet.kind == KIND_ACC_GYR_MAG else None,
            device_ticks=packet.t_us,
            clock=CLOCK,
            counter=packet.index,
            counter_modulus=COUNTER_MODULUS,
            flags=flags,
        )
        return (block,)

    def reset(self) -> None:
        """Nothing to forget: every packet stands alone."""


VERSION: Final = 1

OP_STOP: Final = 0

OP_START: Final = 1

OP_IDENTIFY: Final = 2

OP_CONFIGURE: Final = 3

COMMAND_TAKES_S: Final = 0.1
"""A device may take this long until CONTROL shows what a command did."""

_CAPABILITY_MAG: Final = 0b001

_CLOCK_HZ: Final = 1_000_000

_INFO: Final = struct.Struct("<BBHHHHI6s")

_CONTROL: Final = struct.Struct("<BHHHBB")

_CLOCK_REQUEST: Final = struct.Struct("<I")

_CLOCK_REPLY: Final = struct.Struct("<III")


@dataclass(frozen=True, slots=True)
class StreamState:
    """What CONTROL tells when read, and what its configure command sets.

    Parameters
    ----------
    is_running
        Whether it measures (read only; ignored in a command).
    rate_hz, acc_range_g, gyr_range_dps
        Rate and full scales.
    samples_per_packet
        0: as many as the MTU allows.
    kind
        Of the packets.
    """

    is_running: bool
    rate_hz: int
    acc_range_g: int
    gyr_range_dps: int
    samples_per_packet: int
    kind: int

    def _pack(self, first: int) -> bytes:
        ranges = (self.acc_range_g, self.gyr_range_dps)
        return _CONTROL.pack(first, self.rate_hz, *ranges, self.samples_per_packet, self.kind)

    def encode(self) -> bytes:
        """Bytes of a read of CONTROL."""
        return self._pack(int(self.is_running))

    def encode_command(self) -> bytes:
        """Bytes of the command that asks for these settings."""
        return self._pack(OP_CONFIGURE)

    @classmethod
    def decode(cls, data: bytes) -> "StreamState":
        """Read the value of CONTROL, or the configure command.

        Raises
        ------
        DecodeError
            If it is not 9 bytes long or of an unknown kind.
        """
        if len(data) != _CONTROL.size:
            raise DecodeError(f"Expected {_CONTROL.size} bytes of CONTROL, got {len(data)}.")
        first, rate, acc, gyr, per_packet, kind = _CONTROL.unpack(data)
        if kind not in CHANNELS:
            raise DecodeError(f"Expected open-profile packet kind 1 or 2 in CONTROL, got {kind}.")
        return cls(first == 1, rate, acc, gyr, per_packet, kind)


@dataclass(frozen=True, slots=True)
class DeviceDescription:
    """Content of INFO.

    Parameters
    ----------
    has_mag
        Whether it has a magnetometer.
    rate_hz, acc_range_g, gyr_range_dps, samples_per_packet
        In force.
    device_id
        Six bytes, unique to the device.
    """

    has_mag: bool
    rate_hz: int
    acc_range_g: int
    gyr_range_dps: int
    samples_per_packet: int
    device_id: bytes

    def encode(self) -> bytes:
        """Bytes of INFO."""
        return _INFO.pack(
            *(VERSION, _CAPABILITY_MAG if self.has_mag else 0, self.rate_hz, self.acc_range_g),
            *(self.gyr_range_dps, self.samples_per_packet, _CLOCK_HZ, self.device_id),
        )

    @classmethod
    def decode(cls, data: bytes) -> "DeviceDescription":
        """Read INFO.

        Raises
        ------
        DecodeError
            If it is not 20 bytes, of another version or with another clock than 1 MHz.
        """
        if len(data) != _INFO.size:
            raise DecodeError(f"Expected {_INFO.size} bytes of INFO, got {len(data)}.")
        version, caps, rate, acc, gyr, per_packet, clock_hz, own_id = _INFO.unpack(data)
        if (version, clock_hz) != (VERSION, _CLOCK_HZ):
            raise DecodeError(
                f"Expected open profile version {VERSION} with a 1 MHz clock, got version "
                f"{version} with {clock_hz} Hz."
            )
        return cls(bool(caps & _CAPABILITY_MAG), rate, acc, gyr, per_packet, own_id)


def encode_clock_request(cookie: int) -> bytes:
    """Bytes that ask the device for its clock; `cookie` comes back in the answer."""
    return _CLOCK_REQUEST.pack(cookie % 2**32)


def decode_clock_request(data: bytes) -> int:
    """Read the cookie of a clock request.

    Raises
    ------
    DecodeError
        If it is not four bytes.
    """
    if len(data) != _CLOCK_REQUEST.size:
        raise DecodeError(f"Expected 4 bytes of a clock request, got {len(data)}.")
    return int(_CLOCK_REQUEST.unpack(data)[0])


@dataclass(frozen=True, slots=True)
class ClockReply:
    """Device times at which a clock request came in and its answer went out, in µs mod 2**32."""

    cookie: int
    t_received_us: int
    t_sent_us: int

    def encode(self) -> bytes:
        """Bytes of the CLOCK notification."""
        return _CLOCK_REPLY.pack(self.cookie, self.t_received_us, self.t_sent_us)

    @classmethod
    def decode(cls, data: bytes) -> "ClockReply":
        """Read a CLOCK notification.

        Raises
        ------
        DecodeError
            If it is not twelve bytes.
        """
        if len(data) != _CLOCK_REPLY.size:
            raise DecodeError(f"Expected 12 bytes of a clock reply, got {len(data)}.")
        return cls(*_CLOCK_REPLY.unpack(data))
