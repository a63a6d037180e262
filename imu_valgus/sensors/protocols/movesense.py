"""Movesense with the GATT SensorData (GSP) firmware: commands and the IMU6 and IMU9 streams.

Source: independent clients (sensein/movesense-py and EvanKat/movesense_bleak on GitHub). A packet
holds a time in milliseconds and the samples of each channel in turn (not interleaved). A packet
that does not fit one notification comes in parts.
"""

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import constants

from imu_valgus.errors import DecodeError, InputError
from imu_valgus.sensors.packets import DecoderRecipe, DeviceClock, SampleBlock, StampedSample

PROTOCOL: Final = "movesense-gsp"

SERVICE_UUID: Final = "34802252-7185-4d5d-b431-630e7050e8f0"
COMMAND_UUID: Final = "34800001-7185-4d5d-b431-630e7050e8f0"
DATA_UUID: Final = "34800002-7185-4d5d-b431-630e7050e8f0"

RATES_HZ: Final = (13.0, 26.0, 52.0, 104.0, 208.0)
_PACKETS_PER_SECOND: Final = 13

_SUBSCRIBE, _UNSUBSCRIBE = 1, 2
_ANSWER, _DATA, _DATA_CONTINUED = 1, 2, 3
_FIRST_ERROR_STATUS: Final = 400

_ACC_LIMIT_M_S2: Final = 2 * 16 * constants.g
_GYR_LIMIT_DPS: Final = 2 * 2000.0
_MAG_LIMIT_UT: Final = 1e4
"""Twice the widest range of such chips, and a field no compass meets: beyond is no measurement."""


def clock(stamps: StampedSample = StampedSample.FIRST) -> DeviceClock:
    """Return the sensor's millisecond clock, which wraps after 49.7 days.

    Parameters
    ----------
    stamps
        Which sample of a packet its time belongs to.

    Returns
    -------
    DeviceClock
        Clock of 1 ms per tick, modulo 2**32.
    """
    return DeviceClock(tick_s=1e-3, modulus=2**32, stamps=stamps)


def samples_per_packet(rate_hz: float) -> int:
    """Return the number of samples in each of the thirteen packets a second.

    Parameters
    ----------
    rate_hz
        One of ``RATES_HZ``.

    Returns
    -------
    int
        At least 1.

    Examples
    --------
    >>> [samples_per_packet(rate) for rate in RATES_HZ]
    [1, 2, 4, 8, 16]
    """
    return max(1, round(rate_hz / _PACKETS_PER_SECOND))


@dataclass(frozen=True, slots=True, eq=False)
class MotionPacket:
    """Content of one packet.

    Parameters
    ----------
    time_ms
        Milliseconds since power-on, modulo 2**32.
    channels
        acc in m/s², gyr in °/s (, mag in µT), shape (2 or 3, n, 3).
    """

    time_ms: int
    channels: npt.NDArray[np.float32]

    def encode(self) -> bytes:
        """Encode the packet without the leading type and reference."""
        return struct.pack("<I", self.time_ms) + self.channels.astype("<f4").tobytes()


def decode_packet(data: bytes, *, channels: int) -> MotionPacket:
    """Decode a whole packet without the leading type and reference.

    Parameters
    ----------
    data
        Bytes of the packet.
    channels
        6 (acceleration, angular velocity) or 9 (and magnetic field).

    Returns
    -------
    MotionPacket
        Content of the packet.

    Raises
    ------
    DecodeError
        If its length is no multiple of a sample's, or it holds numbers that cannot be measured.
    """
    sample_bytes = 4 * channels
    if len(data) < 4 + sample_bytes or (len(data) - 4) % sample_bytes:
        raise DecodeError(f"A Movesense packet of {channels} channels cannot be {len(data)} bytes.")
    (time_ms,) = struct.unpack_from("<I", data)
    values = np.frombuffer(data, dtype="<f4", offset=4).reshape(channels // 3, -1, 3)
    limits = np.array([_ACC_LIMIT_M_S2, _GYR_LIMIT_DPS, _MAG_LIMIT_UT])[: channels // 3]
    if not (np.abs(values) <= limits[:, None, None]).all():
        raise DecodeError("The Movesense sent values far outside its ranges.")
    return MotionPacket(time_ms, values.astype(np.float32))


def encode_notifications(packet: MotionPacket, reference: int, *, most_bytes: int) -> list[bytes]:
    """Cut a packet into notifications.

    Parameters
    ----------
    packet
        Content of the packet.
    reference
        Number of the subscription.
    most_bytes
        Longest notification in bytes.

    Returns
    -------
    list of bytes
        Notifications in order.
    """
    whole, room = packet.encode(), most_bytes - 2
    parts = [whole[i : i + room] for i in range(0, len(whole), room)]
    kinds = [_DATA, *([_DATA_CONTINUED] * (len(parts) - 1))]
    return [bytes([kind, reference]) + part for kind, part in zip(kinds, parts, strict=True)]


class MovesenseDecoder:
    """Decoder of one subscription; joins the parts of a packet.

    Parameters
    ----------
    rate_hz
        Nominal rate.
    channels
        6 (acceleration, angular velocity) or 9 (and magnetic field).
    stamps
        Which sample the time of a packet belongs to. Other clients take the first one. The maker
        does not document it, so recordings keep it as a setting.
    """

    def __init__(
        self, *, rate_hz: float, channels: int, stamps: StampedSample = StampedSample.FIRST
    ) -> None:
        self._rate_hz = rate_hz
        self._channels = channels
        self._clock = clock(stamps)
        self._size = 4 + 4 * channels * samples_per_packet(rate_hz)
        self._begun = bytearray()
        self._reference: int | None = None

    @classmethod
    def from_recipe(cls, recipe: DecoderRecipe) -> "MovesenseDecoder":
        """Make the decoder that a recipe of this protocol describes."""
        channels = recipe.number("channels")
        stamps = recipe.settings.get("stamps", StampedSample.FIRST.value)
        if channels not in {6, 9} or stamps not in tuple(StampedSample):
            raise InputError(
                f"The recording describes its Movesense sensor with {channels:g} channels stamped "
                f"at '{stamps}', but only 6 or 9 channels stamped at 'first' or 'last' are known. "
                "It is damaged, or a newer imu_valgus is needed."
            )
        return cls(
            rate_hz=recipe.number("rate_hz"),
            channels=int(channels),
            stamps=StampedSample(stamps),
        )

    def feed(self, characteristic: str, data: bytes) -> tuple[SampleBlock, ...]:
        """Decode a notification; a part of a packet waits for the rest."""
        if characteristic != DATA_UUID:
            return ()
        if len(data) < 3:
            raise DecodeError(
                f"The Movesense sent {len(data)} bytes; a notification has 3 or more."
            )
        kind, reference, part = data[0], data[1], data[2:]
        if kind == _ANSWER:
            return ()
        if kind == _DATA:
            # A packet whose rest never came is dropped here; its time shows that it is missing.
            self._begun.clear()
            self._reference = reference
        elif kind != _DATA_CONTINUED or not self._begun or reference != self._reference:
            self.reset()
            raise DecodeError(
                f"The Movesense sent type {kind} where the start of a packet was due."
            )
        self._begun += part
        if len(self._begun) < self._size:
            return ()
        whole = bytes(self._begun)
        self.reset()
        if len(whole) != self._size:
            raise DecodeError(
                f"The Movesense sent a packet of {len(whole)} bytes instead of {self._size}."
            )
        packet = decode_packet(whole, channels=self._channels)
        values = packet.channels.astype(np.float64)
        block = SampleBlock(
            n=values.shape[1],
            nominal_rate_hz=self._rate_hz,
            acc=values[0],
            gyr=np.deg2rad(values[1]),
            mag=values[2] if len(values) > 2 else None,
            device_ticks=packet.time_ms,
            clock=self._clock,
        )
        return (block,)

    def reset(self) -> None:
        """Forget a half-received packet."""
        self._begun.clear()
        self._reference = None


def encode_subscribe(reference: int, *, channels: int, rate_hz: float) -> bytes:
    """Encode the command that subscribes to a stream.

    Parameters
    ----------
    reference
        Number of the subscription; every packet repeats it.
    channels
        6 (acceleration, angular velocity) or 9 (and magnetic field).
    rate_hz
        One of ``RATES_HZ``.

    Returns
    -------
    bytes
        Value for the command characteristic.

    Examples
    --------
    >>> encode_subscribe(99, channels=9, rate_hz=104)[2:]
    b'/Meas/IMU9/104'
    """
    return bytes([_SUBSCRIBE, reference]) + f"/Meas/IMU{channels}/{round(rate_hz)}".encode("ascii")


def encode_unsubscribe(reference: int) -> bytes:
    """Encode the command that ends a subscription.

    Parameters
    ----------
    reference
        Number of the subscription.

    Returns
    -------
    bytes
        Value for the command characteristic.
    """
    return bytes([_UNSUBSCRIBE, reference])


@dataclass(frozen=True, slots=True)
class Command:
    """A command as the sensor reads it.

    Parameters
    ----------
    operation
        1 subscribes, 2 unsubscribes.
    reference
        Number of the subscription.
    path
        Resource to subscribe to; empty for other commands.
    """

    operation: int
    reference: int
    path: str

    @classmethod
    def decode(cls, data: bytes) -> "Command":
        """Decode a command.

        Raises
        ------
        DecodeError
            If it is shorter than two bytes or its path is no text.
        """
        if len(data) < 2 or not data[2:].isascii():
            raise DecodeError(f"{data[:20].hex(' ')} is no Movesense command.")
        return cls(data[0], data[1], data[2:].decode("ascii"))


def encode_answer(reference: int, status: int) -> bytes:
    """Encode the sensor's answer to a command.

    Parameters
    ----------
    reference
        Number of the subscription in the command.
    status
        Status as in HTTP: 200 for success, 400 and above for an error.

    Returns
    -------
    bytes
        Bytes of the notification.
    """
    return struct.pack("<BBH", _ANSWER, reference, status)


def is_answer_to(data: bytes, reference: int) -> bool:
    """Return whether a notification answers a command.

    Parameters
    ----------
    data
        Bytes of the notification.
    reference
        Number of the subscription in the command.

    Returns
    -------
    bool
        False for data and for answers to other commands.
    """
    return len(data) >= 2 and data[0] == _ANSWER and data[1] == reference


def is_refusal(data: bytes) -> bool:
    """Return whether an answer reports an error.

    Parameters
    ----------
    data
        Bytes of an answer.

    Returns
    -------
    bool
        True for a status of 400 or above.
    """
    return len(data) >= 4 and int.from_bytes(data[2:4], "little") >= _FIRST_ERROR_STATUS
