"""Movella (Xsens) DOT: measurement payloads.

Source: Movella, *DOT BLE Services Specifications*, XD0506P rev. C (July 2023); layouts, units and
lengths as there. One payload holds one sample and the time since power-on in microseconds; there is
no packet number, so losses are counted from time.

Movella DOT: control, description, battery and the vendor's synchronisation messages.

Source: Movella, *DOT BLE Services Specifications*, XD0506P rev. C (July 2023).
"""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from scipy import constants
from scipy.spatial.transform import Rotation

from imu_valgus.errors import DecodeError, InputError
from imu_valgus.model import FloatArray
from imu_valgus.sensors.packets import BlockFlag, DecoderRecipe, DeviceClock, SampleBlock

PROTOCOL: Final = "movella-dot"

CLOCK: Final = DeviceClock(tick_s=1e-6, modulus=2**32)


def dot_uuid(short: int) -> str:
    """Full UUID of a DOT service or characteristic.

    Examples
    --------
    >>> dot_uuid(0x2001)
    '15172001-4947-11e9-8646-d663bd873d93'
    """
    return f"1517{short:04x}-4947-11e9-8646-d663bd873d93"


LONG_PAYLOAD_UUID: Final = dot_uuid(0x2002)

MEDIUM_PAYLOAD_UUID: Final = dot_uuid(0x2003)

SHORT_PAYLOAD_UUID: Final = dot_uuid(0x2004)

PAYLOAD_LENGTHS: Final = {LONG_PAYLOAD_UUID: 63, MEDIUM_PAYLOAD_UUID: 40, SHORT_PAYLOAD_UUID: 20}
"""A notification always has its characteristic's full length; zeros follow the payload."""


class PayloadMode(IntEnum):
    """Payload modes that hold, or let one compute, acceleration and angular velocity."""

    EXTENDED_QUATERNION = 2
    """Orientation, free acceleration, clip flags; acc and gyr are computed, not measured."""
    RATE_WITH_MAG = 20
    """Acceleration, angular velocity, magnetic field."""
    RATE = 21
    """Acceleration, angular velocity."""
    CUSTOM_5 = 26
    """Orientation, acceleration, angular velocity."""

    @property
    def characteristic(self) -> str:
        """UUID on which payloads of this mode come."""
        return LONG_PAYLOAD_UUID if self is PayloadMode.CUSTOM_5 else MEDIUM_PAYLOAD_UUID

    @property
    def size(self) -> int:
        """Length of the payload itself in bytes."""
        return _LAYOUTS[self].size


_LAYOUTS: Final = {
    PayloadMode.EXTENDED_QUATERNION: struct.Struct("<I4f3fHBB"),
    PayloadMode.RATE_WITH_MAG: struct.Struct("<I3f3f3h"),
    PayloadMode.RATE: struct.Struct("<I3f3f"),
    PayloadMode.CUSTOM_5: struct.Struct("<I4f3f3f"),
}

_CLIP_STATUS_BITS: Final = 0b1_1111_1111

_UT_PER_MAG_COUNT: Final = 40.0 / 4096.0
"""4096 counts are one arbitrary unit, the earth's field where Movella calibrates, about 40 µT."""

_ACC_LIMIT_M_S2: Final = 2 * 16 * constants.g

_GYR_LIMIT_DPS: Final = 2 * 2000.0

_FREE_ACC_LIMIT_M_S2: Final = _ACC_LIMIT_M_S2 + constants.g

_QUATERNION_NORM_LIMITS: Final = (0.9, 1.1)
"""Twice the sensor's range, or a quaternion far from unit length, is no measurement."""


@dataclass(frozen=True, slots=True)
class DotPayload:
    """One payload in the units of the specification; None where the mode does not hold it.

    Parameters
    ----------
    t_us
        Time since power-on in microseconds, modulo 2**32.
    quat
        Sensor to earth, scalar first.
    acc_m_s2
        Specific force in the sensor frame.
    gyr_dps
        Angular velocity in degrees per second.
    mag_counts
        Magnetic field, 4096 counts per arbitrary unit.
    free_acc_m_s2
        Acceleration in the earth frame without gravity.
    is_clipped
        Whether the status word tells clipping since the last payload.
    """

    t_us: int
    quat: tuple[float, ...] | None = None
    acc_m_s2: tuple[float, ...] | None = None
    gyr_dps: tuple[float, ...] | None = None
    mag_counts: tuple[int, ...] | None = None
    free_acc_m_s2: tuple[float, ...] | None = None
    is_clipped: bool = False


def encode_payload(mode: PayloadMode, payload: DotPayload) -> bytes:
    """Make a notification of its characteristic's full length."""
    values: list[float] = [
        *(payload.quat or ()),
        *(payload.free_acc_m_s2 or ()),
        *(payload.acc_m_s2 or ()),
        *(payload.gyr_dps or ()),
        *(payload.mag_counts or ()),
    ]
    if mode is PayloadMode.EXTENDED_QUATERNION:
        values += [int(payload.is_clipped), int(payload.is_clipped), 0]
    data = _LAYOUTS[mode].pack(payload.t_us, *values)
    return data.ljust(PAYLOAD_LENGTHS[mode.characteristic], b"\x00")


def decode_payload(mode: PayloadMode, data: bytes) -> DotPayload:
    """Read a notification of a mode's characteristic.

    Raises
    ------
    DecodeError
        If it is too short or long, or holds numbers that no DOT can measure.
    """
    longest = PAYLOAD_LENGTHS[mode.characteristic]
    if not mode.size <= len(data) <= longest:
        raise DecodeError(
            f"Expected {mode.size} to {longest} bytes of DOT payload mode {mode}, got {len(data)}."
        )
    t_us, *values = _LAYOUTS[mode].unpack_from(data)
    payload = _named(mode, t_us, tuple(values))
    _check_plausible(payload)
    return payload


def _named(mode: PayloadMode, t_us: int, values: tuple[float, ...]) -> DotPayload:
    match mode:
        case PayloadMode.EXTENDED_QUATERNION:
            clipped = _tells_clipping(*(int(value) for value in values[7:]))
            return DotPayload(t_us, values[0:4], free_acc_m_s2=values[4:7], is_clipped=clipped)
        case PayloadMode.RATE_WITH_MAG:
            counts = tuple(int(value) for value in values[6:9])
            return DotPayload(t_us, acc_m_s2=values[0:3], gyr_dps=values[3:6], mag_counts=counts)
        case PayloadMode.RATE:
            return DotPayload(t_us, acc_m_s2=values[0:3], gyr_dps=values[3:6])
        case PayloadMode.CUSTOM_5:
            return DotPayload(t_us, values[0:4], values[4:7], values[7:10])


def _tells_clipping(status: int, acc_clips: int, gyr_clips: int) -> bool:
    return bool(status & _CLIP_STATUS_BITS or acc_clips or gyr_clips)


def _check_plausible(payload: DotPayload) -> None:
    bounded = (
        (payload.acc_m_s2, _ACC_LIMIT_M_S2, "acceleration"),
        (payload.gyr_dps, _GYR_LIMIT_DPS, "angular velocity"),
        (payload.free_acc_m_s2, _FREE_ACC_LIMIT_M_S2, "free acceleration"),
    )
    for values, limit, name in bounded:
        if values is not None and not all(abs(value) <= limit for value in values):
            raise DecodeError(f"Expected a DOT's {name} within its range, got {values}.")
    if payload.quat is not None:
        norm = float(np.sqrt(np.sum(np.square(payload.quat, dtype=np.float64))))
        if not _QUATERNION_NORM_LIMITS[0] <= norm <= _QUATERNION_NORM_LIMITS[1]:
            raise DecodeError(f"Expected a unit quaternion from a DOT, got one of norm {norm:.3g}.")


class DotDecoder:
    """Decoder of one DOT's payloads in one mode.

    In extended quaternion mode nothing inertial is measured as such. The specific force is then
    the free acceleration plus gravity turned back into the sensor (right to a few parts in a
    thousand, with the sensor's own orientation error in its direction), and the angular velocity
    is the mean turn since the previous payload: exact for dead reckoning, half a period late as
    an instantaneous value, and smoothed by the sensor's own filter. After a gap it is NaN.

    Parameters
    ----------
    mode
        Payload mode in force.
    rate_hz
        Nominal rate.
    """

    def __init__(self, *, mode: PayloadMode, rate_hz: float) -> None:
        self._mode = mode
        self._rate_hz = rate_hz
        self._previous: tuple[int, Rotation] | None = None

    @classmethod
    def from_recipe(cls, recipe: DecoderRecipe) -> "DotDecoder":
        """Make the decoder that a recipe of this protocol describes."""
        number = recipe.number("mode")
        try:
            mode = PayloadMode(int(number))
        except ValueError as error:
            raise InputError(
                f"The recording was made in DOT payload mode {number:g}, which holds no motion "
                f"that can be used; known are {', '.join(str(int(m)) for m in PayloadMode)}."
            ) from error
        return cls(mode=mode, rate_hz=recipe.number("rate_hz"))

    def feed(self, characteristic: str, data: bytes) -> tuple[SampleBlock, ...]:
        """Decode a notification; those of other characteristics hold no samples."""
        if characteristic != self._mode.characteristic:
            return ()
        payload = decode_payload(self._mode, data)
        acc, gyr, flags = _row(payload.acc_m_s2), None, BlockFlag.NONE
        if payload.gyr_dps is not None:
            gyr = np.deg2rad([payload.gyr_dps])
        if self._mode is PayloadMode.EXTENDED_QUATERNION:
            acc, gyr = self._reconstructed(payload)
            flags |= BlockFlag.RECONSTRUCTED
        if payload.is_clipped:
            flags |= BlockFlag.CLIPPED
        mag = _row(payload.mag_counts)
        block = SampleBlock(
            n=1,
            nominal_rate_hz=self._rate_hz,
            acc=acc,
            gyr=gyr,
            mag=None if mag is None else mag * _UT_PER_MAG_COUNT,
            quat=_row(payload.quat),
            device_ticks=payload.t_us,
            clock=CLOCK,
            flags=flags,
        )
        return (block,)

    def reset(self) -> None:
        """Forget the previous orientation."""
        self._previous = None

    def _reconstructed(self, payload: DotPayload) -> tuple[FloatArray, FloatArray]:
        quat = np.array(payload.quat, dtype=np.float64)
        sensor_to_earth = Rotation.from_quat(np.roll(quat, -1))
        specific_force = np.array([payload.free_acc_m_s2]) + np.array([0.0, 0.0, constants.g])
        acc = sensor_to_earth.inv().apply(specific_force)
        gyr = np.full((1, 3), np.nan)
        if self._previous is not None:
            ticks, before = self._previous
            elapsed_s = (payload.t_us - ticks) % CLOCK.modulus * CLOCK.tick_s
            if 0.5 < elapsed_s * self._rate_hz < 1.5:
                gyr = (before.inv() * sensor_to_earth).as_rotvec()[None] / elapsed_s
        self._previous = (payload.t_us, sensor_to_earth)
        return acc, gyr


def _row(values: tuple[float, ...] | None) -> FloatArray | None:
    return None if values is None else np.array([values], dtype=np.float64)


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
