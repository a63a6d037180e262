"""Movella DOT: control, description, battery and the vendor's synchronisation messages.

Source: Movella, *DOT BLE Services Specifications*, XD0506P rev. C (July 2023).
"""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from imu_valgus.devices.protocols.dot import dot_uuid
from imu_valgus.errors import DecodeError

INFO_UUID: Final = dot_uuid(0x1001)
CONTROL_UUID: Final = dot_uuid(0x1002)
MEASUREMENT_UUID: Final = dot_uuid(0x2001)
BATTERY_UUID: Final = dot_uuid(0x3001)
MESSAGE_UUID: Final = dot_uuid(0x7001)
ACKNOWLEDGE_UUID: Final = dot_uuid(0x7002)

COMPANY_ID: Final = 0x0886
RATES_HZ: Final = (1.0, 4.0, 10.0, 12.0, 15.0, 20.0, 30.0, 60.0)
"""For streaming; 120 Hz exists in recordings to the sensor's own memory only."""

_INFO: Final = struct.Struct("<6sBBBHBBBBBIQ6s")
_CONTROL_LENGTH: Final = 32
_VISIT_RATE: Final = 1 << 4
_VISIT_PROFILE: Final = 1 << 5
_TAG_LENGTH_AT, _TAG_AT, _TAG_LONGEST, _RATE_AT, _PROFILE_AT = 7, 8, 16, 24, 26


class FilterProfile(IntEnum):
    """Tuning of the sensor's own orientation filter; acc and gyr do not depend on it."""

    GENERAL = 0
    DYNAMIC = 1


def encode_measurement(mode: int, *, start: bool) -> bytes:
    """Bytes that start or stop streaming in a payload mode.

    Examples
    --------
    >>> encode_measurement(26, start=True).hex(" ")
    '01 01 1a'
    """
    return bytes([1, int(start), mode])


def decode_measurement(data: bytes) -> tuple[bool, int]:
    """Read whether the sensor measures, and its payload mode.

    Raises
    ------
    DecodeError
        If it is not three bytes.
    """
    if len(data) != 3:
        raise DecodeError(f"Expected 3 bytes of DOT measurement control, got {len(data)}.")
    return data[1] == 1, data[2]


@dataclass(frozen=True, slots=True)
class ControlState:
    """Content of the control characteristic 1002 that matters for recording.

    Parameters
    ----------
    tag
        Name that the owner gave the sensor.
    rate_hz
        Output rate.
    profile
        Number of the filter profile.
    raw
        All 32 bytes: what is not to be changed must be written back as it was.
    """

    tag: str
    rate_hz: int
    profile: int
    raw: bytes

    @classmethod
    def decode(cls, data: bytes) -> "ControlState":
        """Read the characteristic.

        Raises
        ------
        DecodeError
            If it is not 32 bytes.
        """
        if len(data) != _CONTROL_LENGTH:
            raise DecodeError(f"Expected {_CONTROL_LENGTH} bytes of DOT control, got {len(data)}.")
        tag = data[_TAG_AT : _TAG_AT + min(data[_TAG_LENGTH_AT], _TAG_LONGEST)]
        rate_hz = int.from_bytes(data[_RATE_AT : _RATE_AT + 2], "little")
        words = tag.decode("utf-8", errors="replace").rstrip("\x00")
        return cls(words, rate_hz, data[_PROFILE_AT], bytes(data))

    def encode_change(self, *, rate_hz: int, profile: int) -> bytes:
        """Bytes that set rate and profile and leave everything else alone."""
        changed = bytearray(self.raw)
        changed[0] = _VISIT_RATE | _VISIT_PROFILE
        changed[_RATE_AT : _RATE_AT + 2] = rate_hz.to_bytes(2, "little")
        changed[_PROFILE_AT] = profile
        return bytes(changed)

    @staticmethod
    def encode(tag: str, *, rate_hz: int, profile: int) -> bytes:
        """Bytes that a sensor shows when read."""
        data = bytearray(_CONTROL_LENGTH)
        name = tag.encode()[:_TAG_LONGEST]
        data[_TAG_LENGTH_AT] = len(name)
        data[_TAG_AT : _TAG_AT + len(name)] = name
        data[_RATE_AT : _RATE_AT + 2] = rate_hz.to_bytes(2, "little")
        data[_PROFILE_AT] = profile
        return bytes(data)


@dataclass(frozen=True, slots=True)
class DotInformation:
    """Who the sensor is.

    Parameters
    ----------
    mac
        Bluetooth address as printed, ``D4:CA:6E:F1:69:3D``.
    firmware
        Version in words.
    serial
        Serial number.
    hardware
        ``XS-T01`` (first version) or ``XS-T02``.
    """

    mac: str
    firmware: str
    serial: int
    hardware: str

    @classmethod
    def decode(cls, data: bytes) -> "DotInformation":
        """Read characteristic 1001.

        Raises
        ------
        DecodeError
            If it is not 34 bytes.
        """
        if len(data) != _INFO.size:
            raise DecodeError(f"Expected {_INFO.size} bytes of DOT information, got {len(data)}.")
        mac, major, minor, patch, *_, serial, hardware = _INFO.unpack(data)
        words = hardware.decode("ascii", errors="replace").rstrip("\x00")
        return cls(mac[::-1].hex(":").upper(), f"{major}.{minor}.{patch}", serial, words)

    def encode(self) -> bytes:
        """Bytes of characteristic 1001, with an arbitrary build date."""
        version = [int(part) for part in self.firmware.split(".")]
        mac = bytes.fromhex(self.mac.replace(":", ""))[::-1]
        date = (2023, 7, 1, 12, 0, 0)
        return _INFO.pack(mac, *version, *date, 0, self.serial, self.hardware.encode()[:6])


def decode_battery(data: bytes) -> tuple[int, bool]:
    """Read charge in percent and whether it is being charged.

    Raises
    ------
    DecodeError
        If it is not two bytes with at most 100 %.
    """
    if len(data) != 2 or data[0] > 100:
        raise DecodeError(f"Expected a DOT's battery level and charging flag, got {data.hex(' ')}.")
    return data[0], data[1] == 1


def encode_message(message_id: int, payload: bytes) -> bytes:
    """Frame a message so that all its bytes sum to 0 modulo 256.

    Examples
    --------
    >>> encode_message(2, bytes([8])).hex(" ")
    '02 01 08 f5'
    """
    body = bytes([message_id, len(payload)]) + payload
    return body + bytes([-sum(body) % 256])


def decode_message(data: bytes) -> tuple[int, bytes]:
    """Read message identifier and payload; bytes after the checksum are ignored.

    Raises
    ------
    DecodeError
        If length or checksum do not agree.
    """
    if len(data) < 3 or len(data) < data[1] + 3:
        raise DecodeError(f"Expected a whole DOT message, got {len(data)} bytes.")
    whole = data[: data[1] + 3]
    if sum(whole) % 256:
        raise DecodeError(f"Expected a DOT message whose bytes sum to 0, got {whole.hex(' ')}.")
    return whole[0], whole[2:-1]


_SYNC: Final = 2
STOP_SYNC: Final = encode_message(_SYNC, b"\x02")
ASK_SYNC_STATUS: Final = encode_message(_SYNC, b"\x08")
_SYNC_STATUS: Final = 0x51
_SYNC_RESULT: Final = 0x03
_IS_SYNCED: Final = 0x04
_FAILURES: Final = {
    0x05: "it did not hear enough of the root sensor",
    0x07: "its clock runs too differently from the root's",
    0x08: "the start timing was missed",
    0x09: "it was never started",
}


def encode_start_sync(root_mac: str) -> bytes:
    """Bytes that start synchronisation, written to every sensor with the root's address.

    Examples
    --------
    >>> encode_start_sync("D4:CA:6E:F1:69:3D").hex(" ")
    '02 07 01 3d 69 f1 6e ca d4 53'
    """
    return encode_message(_SYNC, b"\x01" + bytes.fromhex(root_mac.replace(":", ""))[::-1])


def decode_sync_status(data: bytes) -> bool:
    """Read whether the sensor is synchronised now.

    Raises
    ------
    DecodeError
        If it is not an answer to the status question.
    """
    message_id, payload = decode_message(data)
    if message_id != _SYNC or len(payload) != 2 or payload[0] != _SYNC_STATUS:
        raise DecodeError(f"Expected a DOT's synchronisation status, got {data.hex(' ')}.")
    return payload[1] == _IS_SYNCED


def decode_sync_result(data: bytes) -> str | None:
    """Read how the synchronisation went: None for well, else why it failed, in words.

    Raises
    ------
    DecodeError
        If it is not the result of a synchronisation.
    """
    message_id, payload = decode_message(data)
    if message_id != _SYNC or len(payload) != 2 or payload[0] != _SYNC_RESULT:
        raise DecodeError(f"Expected a DOT's synchronisation result, got {data.hex(' ')}.")
    code = payload[1]
    return None if code == 0 else _FAILURES.get(code, f"it gave the unknown reason {code}")
