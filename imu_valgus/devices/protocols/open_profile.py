"""Open firmware profile v1: our own protocol, specified in ``firmware_notes/open_profile_v1.md``.

Every packet numbers its samples and stamps the first one with the device's clock, so that losses
are counted exactly and times do not depend on the radio. Little-endian throughout.
"""

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import constants

from imu_valgus.devices.packets import BlockFlag, DecoderRecipe, DeviceClock, SampleBlock
from imu_valgus.errors import DecodeError
from imu_valgus.model import FloatArray

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
