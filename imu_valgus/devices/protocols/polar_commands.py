"""Polar PMD service: UUIDs, settings, commands and their answers.

Sources: Polar, *online_measurement.pdf* (August 2024), and zHElEARN/polar-python on GitHub.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from imu_valgus.devices.protocols.polar_frames import Measurement
from imu_valgus.errors import DecodeError

SERVICE_UUID: Final = "fb005c80-02e7-f387-1cad-8acd2d8df0c8"
CONTROL_UUID: Final = "fb005c81-02e7-f387-1cad-8acd2d8df0c8"
DATA_UUID: Final = "fb005c82-02e7-f387-1cad-8acd2d8df0c8"

_ANSWER: Final = 0xF0
SUCCESS: Final = 0
ALREADY_SO: Final = 6
"""Asked to start what runs, or to stop what does not."""


class Operation(IntEnum):
    """What is asked of the control point."""

    GET_SETTINGS = 1
    START = 2
    STOP = 3


class Setting(IntEnum):
    """What a stream can be set to."""

    RATE_HZ = 0
    RESOLUTION_BITS = 1
    RANGE = 2
    RANGE_MILLI = 3
    CHANNELS = 4
    FACTOR = 5


_BYTES: Final = {
    Setting.RATE_HZ: 2,
    Setting.RESOLUTION_BITS: 2,
    Setting.RANGE: 2,
    Setting.RANGE_MILLI: 4,
    Setting.CHANNELS: 1,
    Setting.FACTOR: 4,
}

Choices = Mapping[Setting, tuple[int, ...]]


def encode_settings(settings: Choices) -> bytes:
    """Pack settings: type, number of values, values."""
    packed = b""
    for setting, values in settings.items():
        packed += bytes([setting, len(values)])
        packed += b"".join(value.to_bytes(_BYTES[setting], "little") for value in values)
    return packed


def decode_settings(data: bytes) -> Choices:
    """Unpack settings.

    Raises
    ------
    DecodeError
        If a setting is not known or cut.
    """
    settings: dict[Setting, tuple[int, ...]] = {}
    at = 0
    while at < len(data):
        if at + 2 > len(data) or data[at] not in tuple(Setting):
            raise DecodeError(f"Expected a known Polar setting, got {data[at:].hex(' ')}.")
        setting, number = Setting(data[at]), data[at + 1]
        size = _BYTES[setting]
        end = at + 2 + number * size
        if end > len(data):
            raise DecodeError(
                f"Expected {number} values of Polar setting {setting.name}, got less."
            )
        starts = range(at + 2, end, size)
        settings[setting] = tuple(int.from_bytes(data[i : i + size], "little") for i in starts)
        at = end
    return MappingProxyType(settings)


def encode_command(
    operation: Operation, measurement: Measurement, settings: Choices | None = None
) -> bytes:
    """Bytes to write to the control point.

    Examples
    --------
    >>> encode_command(Operation.STOP, Measurement.ACC).hex(" ")
    '03 02'
    """
    return bytes([operation, measurement]) + encode_settings(settings or {})


@dataclass(frozen=True, slots=True)
class Answer:
    """What the control point indicates.

    Parameters
    ----------
    operation, measurement
        Of the command.
    error
        0 for success.
    settings
        Those that can be chosen, or (after a start) the factor.
    """

    operation: int
    measurement: int
    error: int
    settings: Choices

    def encode(self) -> bytes:
        """Bytes of the indication."""
        head = bytes([_ANSWER, self.operation, self.measurement, self.error, 0])
        return head + encode_settings(self.settings)

    @classmethod
    def decode(cls, data: bytes) -> "Answer":
        """Read an indication.

        Raises
        ------
        DecodeError
            If it is not a whole answer.
        """
        if len(data) < 4 or data[0] != _ANSWER:
            raise DecodeError(f"Expected an answer of a Polar sensor, got {data.hex(' ')}.")
        settings = decode_settings(data[5:]) if data[3] == SUCCESS else {}
        return cls(data[1], data[2], data[3], settings)

    @property
    def factor(self) -> float:
        """By what the counts of compressed frames are multiplied; 1 where it is not told."""
        values = self.settings.get(Setting.FACTOR, ())
        return decode_factor(values[0]) if values else 1.0


def is_answer_to(data: bytes, command: bytes) -> bool:
    """Whether an indication answers a command."""
    return len(data) >= 4 and data[0] == _ANSWER and data[1:3] == command[:2]


def decode_factor(bits: int) -> float:
    """Turn the four bytes of a factor into the number they stand for."""
    return float(struct.unpack("<f", bits.to_bytes(4, "little"))[0])


def encode_factor(factor: float) -> int:
    """Turn a factor into the value of its setting."""
    return int.from_bytes(struct.pack("<f", factor), "little")
