"""Open firmware profile v1, our own protocol: data packets, commands, state and clock round trip.

Specified in ``firmware_notes/open_profile_v1.md``. Every packet numbers its samples and stamps the
first one with the device's clock, so losses are counted exactly and times do not depend on the
radio. Little-endian throughout.
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
VERSION: Final = 1
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

OP_STOP: Final = 0
OP_START: Final = 1
OP_IDENTIFY: Final = 2
OP_CONFIGURE: Final = 3
COMMAND_TAKES_S: Final = 0.1
"""A device may take this long until CONTROL shows what a command did."""

_OVERRUN_BIT: Final = 0x80
_CAPABILITY_MAG: Final = 0b001
_CLOCK_HZ: Final = 1_000_000
_INT16_MAX: Final = 32767
_FULL_SCALE_COUNTS: Final = 32768.0
_MAG_COUNTS_PER_UT: Final = 16.0

_HEADER: Final = struct.Struct("<BBHI")
_INFO: Final = struct.Struct("<BBHHHHI6s")
_CONTROL: Final = struct.Struct("<BHHHBB")
_CLOCK_REQUEST: Final = struct.Struct("<I")
_CLOCK_REPLY: Final = struct.Struct("<III")


def max_samples_per_packet(mtu: int, kind: int) -> int:
    """Return how many samples fit one notification.

    Parameters
    ----------
    mtu
        ATT MTU in bytes.
    kind
        Kind of the packets, ``KIND_ACC_GYR`` or ``KIND_ACC_GYR_MAG``.

    Returns
    -------
    int
        Number of samples; 0 where not even one fits.

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
        Device time of the first sample in microseconds, modulo 2**32.
    counts
        Signed 16-bit values, shape (n, 6) or (n, 9): acc, gyr (, mag).
    """

    kind: int
    is_overrun: bool
    index: int
    t_us: int
    counts: npt.NDArray[np.int16]


def encode_data(packet: DataPacket) -> bytes:
    """Encode a DATA notification.

    Parameters
    ----------
    packet
        Content of the packet.

    Returns
    -------
    bytes
        Bytes of the notification.
    """
    first = packet.kind | (_OVERRUN_BIT if packet.is_overrun else 0)
    header = _HEADER.pack(first, len(packet.counts), packet.index, packet.t_us)
    return header + packet.counts.astype("<i2").tobytes()


def decode_data(data: bytes) -> DataPacket:
    """Decode a DATA notification.

    Parameters
    ----------
    data
        Bytes of the notification.

    Returns
    -------
    DataPacket
        Content of the packet.

    Raises
    ------
    DecodeError
        If kind, count and length do not agree.
    """
    if len(data) < _HEADER.size:
        raise DecodeError(f"The sensor sent a packet of {len(data)} bytes; 20 are the least.")
    first, n, index, t_us = _HEADER.unpack_from(data)
    kind = first & ~_OVERRUN_BIT
    channels = CHANNELS.get(kind)
    if channels is None:
        raise DecodeError(f"The sensor sent a packet of kind {kind} instead of 1 or 2.")
    size = _HEADER.size + 2 * channels * n
    if n == 0 or len(data) != size:
        raise DecodeError(
            f"The sensor sent a packet of {n} samples in {len(data)} bytes instead of {size}."
        )
    counts = np.frombuffer(data, dtype="<i2", offset=_HEADER.size).reshape(n, channels)
    return DataPacket(kind, bool(first & _OVERRUN_BIT), index, t_us, counts.astype(np.int16))


@dataclass(frozen=True, slots=True)
class Scales:
    """Full scales that turn counts into physical values.

    Parameters
    ----------
    acc_range_g
        Full scale of the accelerometer in g.
    gyr_range_dps
        Full scale of the gyroscope in °/s.
    """

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
        """Turn physical values into the nearest counts, clipped to the range."""
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
        """Decode a notification; other characteristics hold no samples."""
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
        """Do nothing: no packet depends on another."""


@dataclass(frozen=True, slots=True)
class StreamState:
    """What CONTROL shows when read, and what its configure command sets.

    Parameters
    ----------
    is_running
        Whether the device measures (read only; ignored in a command).
    rate_hz, acc_range_g, gyr_range_dps
        Rate and full scales.
    samples_per_packet
        Samples in a packet; 0 for as many as the MTU allows.
    kind
        Kind of the packets, ``KIND_ACC_GYR`` or ``KIND_ACC_GYR_MAG``.
    """

    is_running: bool
    rate_hz: int
    acc_range_g: int
    gyr_range_dps: int
    samples_per_packet: int
    kind: int

    def encode(self) -> bytes:
        """Encode the value of CONTROL."""
        return self._pack(int(self.is_running))

    def encode_command(self) -> bytes:
        """Encode the command that asks for these settings."""
        return self._pack(OP_CONFIGURE)

    def _pack(self, first: int) -> bytes:
        ranges = (self.acc_range_g, self.gyr_range_dps)
        return _CONTROL.pack(first, self.rate_hz, *ranges, self.samples_per_packet, self.kind)

    @classmethod
    def decode(cls, data: bytes) -> "StreamState":
        """Decode the value of CONTROL, or the configure command.

        Raises
        ------
        DecodeError
            If it is not 9 bytes long or of an unknown kind.
        """
        if len(data) != _CONTROL.size:
            raise DecodeError(f"CONTROL has {len(data)} bytes instead of {_CONTROL.size}.")
        first, rate, acc, gyr, per_packet, kind = _CONTROL.unpack(data)
        if kind not in CHANNELS:
            raise DecodeError(f"CONTROL asks for packets of kind {kind} instead of 1 or 2.")
        return cls(first == 1, rate, acc, gyr, per_packet, kind)


@dataclass(frozen=True, slots=True)
class DeviceDescription:
    """Content of INFO.

    Parameters
    ----------
    has_mag
        Whether the device has a magnetometer.
    rate_hz, acc_range_g, gyr_range_dps, samples_per_packet
        Settings in force.
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
        """Encode INFO."""
        return _INFO.pack(
            *(VERSION, _CAPABILITY_MAG if self.has_mag else 0, self.rate_hz, self.acc_range_g),
            *(self.gyr_range_dps, self.samples_per_packet, _CLOCK_HZ, self.device_id),
        )

    @classmethod
    def decode(cls, data: bytes) -> "DeviceDescription":
        """Decode INFO.

        Raises
        ------
        DecodeError
            If it is not 20 bytes, of another version or with another clock than 1 MHz.
        """
        if len(data) != _INFO.size:
            raise DecodeError(f"INFO has {len(data)} bytes instead of {_INFO.size}.")
        version, caps, rate, acc, gyr, per_packet, clock_hz, device_id = _INFO.unpack(data)
        if (version, clock_hz) != (VERSION, _CLOCK_HZ):
            raise DecodeError(
                f"INFO shows version {version} with a clock of {clock_hz} Hz; only version "
                f"{VERSION} with a clock of 1 MHz is supported."
            )
        return cls(bool(caps & _CAPABILITY_MAG), rate, acc, gyr, per_packet, device_id)


def encode_clock_request(cookie: int) -> bytes:
    """Encode the request for the device's clock.

    Parameters
    ----------
    cookie
        Number that the reply repeats; taken modulo 2**32.

    Returns
    -------
    bytes
        Value for the CLOCK characteristic.
    """
    return _CLOCK_REQUEST.pack(cookie % 2**32)


def decode_clock_request(data: bytes) -> int:
    """Decode a clock request.

    Parameters
    ----------
    data
        Value written to CLOCK.

    Returns
    -------
    int
        Cookie of the request.

    Raises
    ------
    DecodeError
        If it is not four bytes.
    """
    if len(data) != _CLOCK_REQUEST.size:
        raise DecodeError(f"The clock request has {len(data)} bytes instead of 4.")
    return int(_CLOCK_REQUEST.unpack(data)[0])


@dataclass(frozen=True, slots=True)
class ClockReply:
    """Answer to a clock request.

    Parameters
    ----------
    cookie
        Number from the request.
    t_received_us, t_sent_us
        Device times at which the request came in and the answer went out, in µs modulo 2**32.
    """

    cookie: int
    t_received_us: int
    t_sent_us: int

    def encode(self) -> bytes:
        """Encode the CLOCK notification."""
        return _CLOCK_REPLY.pack(self.cookie, self.t_received_us, self.t_sent_us)

    @classmethod
    def decode(cls, data: bytes) -> "ClockReply":
        """Decode a CLOCK notification.

        Raises
        ------
        DecodeError
            If it is not twelve bytes.
        """
        if len(data) != _CLOCK_REPLY.size:
            raise DecodeError(f"The clock reply has {len(data)} bytes instead of 12.")
        return cls(*_CLOCK_REPLY.unpack(data))
