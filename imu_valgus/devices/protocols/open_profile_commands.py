"""Open firmware profile v1: commands, state, description and clock round trip.

Specified in ``firmware_notes/open_profile_v1.md``. Little-endian throughout.
"""

import struct
from dataclasses import dataclass
from typing import Final

from imu_valgus.devices.protocols.open_profile import CHANNELS
from imu_valgus.errors import DecodeError

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
