"""Movella (Xsens) DOT: measurement payloads, control, description and battery.

Source: Movella, *DOT BLE Services Specifications*, XD0506P rev. C (July 2023); layouts, units and
lengths are as given there. One payload holds one sample and the time since power-on in
microseconds. There is no packet number, so losses are counted from time.
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


def dot_uuid(short: int) -> str:
    """Return the full UUID of a DOT service or characteristic.

    Parameters
    ----------
    short
        Number of the service or characteristic in the specification.

    Returns
    -------
    str
        UUID in lower case.

    Examples
    --------
    >>> dot_uuid(0x2001)
    '15172001-4947-11e9-8646-d663bd873d93'
    """
    return f"1517{short:04x}-4947-11e9-8646-d663bd873d93"


PROTOCOL: Final = "movella-dot"
COMPANY_ID: Final = 0x0886
INFO_UUID: Final = dot_uuid(0x1001)
CONTROL_UUID: Final = dot_uuid(0x1002)
MEASUREMENT_UUID: Final = dot_uuid(0x2001)
LONG_PAYLOAD_UUID: Final = dot_uuid(0x2002)
MEDIUM_PAYLOAD_UUID: Final = dot_uuid(0x2003)
SHORT_PAYLOAD_UUID: Final = dot_uuid(0x2004)
BATTERY_UUID: Final = dot_uuid(0x3001)

CLOCK: Final = DeviceClock(tick_s=1e-6, modulus=2**32)
RATES_HZ: Final = (1.0, 4.0, 10.0, 12.0, 15.0, 20.0, 30.0, 60.0)
"""Rates for streaming; 120 Hz exists only in recordings to the sensor's memory."""
PAYLOAD_LENGTHS: Final = {LONG_PAYLOAD_UUID: 63, MEDIUM_PAYLOAD_UUID: 40, SHORT_PAYLOAD_UUID: 20}
"""A notification always has its characteristic's full length; zeros follow the payload."""

_CLIP_STATUS_BITS: Final = 0b1_1111_1111
_UT_PER_MAG_COUNT: Final = 40.0 / 4096.0
"""4096 counts are one arbitrary unit, the earth's field where Movella calibrates, about 40 µT."""
_ACC_LIMIT_M_S2: Final = 2 * 16 * constants.g
_GYR_LIMIT_DPS: Final = 2 * 2000.0
_FREE_ACC_LIMIT_M_S2: Final = _ACC_LIMIT_M_S2 + constants.g
_QUATERNION_NORM_LIMITS: Final = (0.9, 1.1)
"""Twice the sensor's range, or a quaternion far from unit length, is no measurement."""

_INFO: Final = struct.Struct("<6sBBBHBBBBBIQ6s")
_CONTROL_LENGTH: Final = 32
_VISIT_RATE: Final = 1 << 4
_VISIT_PROFILE: Final = 1 << 5
_TAG_LENGTH_AT, _TAG_AT, _TAG_LONGEST, _RATE_AT, _PROFILE_AT = 7, 8, 16, 24, 26


class PayloadMode(IntEnum):
    """Payload modes from which acceleration and angular velocity can be read or computed."""

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
        """UUID of the characteristic that notifies payloads of this mode."""
        return LONG_PAYLOAD_UUID if self is PayloadMode.CUSTOM_5 else MEDIUM_PAYLOAD_UUID

    @property
    def size(self) -> int:
        """Length of the payload in bytes, without the zeros that follow it."""
        return _LAYOUTS[self].size


_LAYOUTS: Final = {
    PayloadMode.EXTENDED_QUATERNION: struct.Struct("<I4f3fHBB"),
    PayloadMode.RATE_WITH_MAG: struct.Struct("<I3f3f3h"),
    PayloadMode.RATE: struct.Struct("<I3f3f"),
    PayloadMode.CUSTOM_5: struct.Struct("<I4f3f3f"),
}


@dataclass(frozen=True, slots=True)
class DotPayload:
    """One payload in the units of the specification; None where the mode does not hold a value.

    Parameters
    ----------
    t_us
        Time since power-on in microseconds, modulo 2**32.
    quat
        Orientation, sensor to earth, scalar first.
    acc_m_s2
        Specific force in the sensor frame.
    gyr_dps
        Angular velocity in degrees per second.
    mag_counts
        Magnetic field, 4096 counts per arbitrary unit.
    free_acc_m_s2
        Acceleration in the earth frame without gravity.
    is_clipped
        Whether the status word reports clipping since the last payload.
    """

    t_us: int
    quat: tuple[float, ...] | None = None
    acc_m_s2: tuple[float, ...] | None = None
    gyr_dps: tuple[float, ...] | None = None
    mag_counts: tuple[int, ...] | None = None
    free_acc_m_s2: tuple[float, ...] | None = None
    is_clipped: bool = False


def encode_payload(mode: PayloadMode, payload: DotPayload) -> bytes:
    """Encode a payload.

    Parameters
    ----------
    mode
        Payload mode, which decides which values are encoded.
    payload
        Content of the payload.

    Returns
    -------
    bytes
        A notification of its characteristic's full length.
    """
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
    """Decode a notification.

    Parameters
    ----------
    mode
        Payload mode in force.
    data
        Bytes notified by the mode's characteristic.

    Returns
    -------
    DotPayload
        Content of the payload.

    Raises
    ------
    DecodeError
        If it is too short or long, or holds numbers that no DOT can measure.
    """
    longest = PAYLOAD_LENGTHS[mode.characteristic]
    if not mode.size <= len(data) <= longest:
        raise DecodeError(
            f"The DOT sent {len(data)} bytes in payload mode {mode} instead of {mode.size} to "
            f"{longest}."
        )
    t_us, *values = _LAYOUTS[mode].unpack_from(data)
    payload = _payload_of(mode, t_us, tuple(values))
    _check_plausible(payload)
    return payload


def _payload_of(mode: PayloadMode, t_us: int, values: tuple[float, ...]) -> DotPayload:
    match mode:
        case PayloadMode.EXTENDED_QUATERNION:
            status, acc_clips, gyr_clips = (int(value) for value in values[7:])
            is_clipped = bool(status & _CLIP_STATUS_BITS or acc_clips or gyr_clips)
            return DotPayload(t_us, values[0:4], free_acc_m_s2=values[4:7], is_clipped=is_clipped)
        case PayloadMode.RATE_WITH_MAG:
            counts = tuple(int(value) for value in values[6:9])
            return DotPayload(t_us, acc_m_s2=values[0:3], gyr_dps=values[3:6], mag_counts=counts)
        case PayloadMode.RATE:
            return DotPayload(t_us, acc_m_s2=values[0:3], gyr_dps=values[3:6])
        case PayloadMode.CUSTOM_5:
            return DotPayload(t_us, values[0:4], values[4:7], values[7:10])


def _check_plausible(payload: DotPayload) -> None:
    limited = (
        (payload.acc_m_s2, _ACC_LIMIT_M_S2, "acceleration"),
        (payload.gyr_dps, _GYR_LIMIT_DPS, "angular velocity"),
        (payload.free_acc_m_s2, _FREE_ACC_LIMIT_M_S2, "free acceleration"),
    )
    for values, limit, name in limited:
        if values is not None and not all(abs(value) <= limit for value in values):
            raise DecodeError(f"The DOT sent {name} far outside its range: {values}.")
    if payload.quat is not None:
        norm = float(np.sqrt(np.sum(np.square(payload.quat, dtype=np.float64))))
        if not _QUATERNION_NORM_LIMITS[0] <= norm <= _QUATERNION_NORM_LIMITS[1]:
            raise DecodeError(f"The DOT sent a quaternion of norm {norm:.3g} instead of 1.")


class DotDecoder:
    """Decoder of one DOT's payloads in one mode.

    In extended quaternion mode, specific force and angular velocity are not measured but computed.
    The specific force is the free acceleration plus gravity, rotated back into the sensor frame.
    Its size is right to a few parts in a thousand; its direction carries the sensor's orientation
    error. The angular velocity is the mean rotation since the previous payload: exact for dead
    reckoning, half a period late as an instantaneous value, and smoothed by the sensor's own
    filter. After a gap it is NaN.

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
                f"that can be used. Record in mode {', '.join(str(int(m)) for m in PayloadMode)}."
            ) from error
        return cls(mode=mode, rate_hz=recipe.number("rate_hz"))

    def feed(self, characteristic: str, data: bytes) -> tuple[SampleBlock, ...]:
        """Decode a notification; other characteristics hold no samples."""
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


class FilterProfile(IntEnum):
    """Tuning of the sensor's own orientation filter; acc and gyr do not depend on it."""

    GENERAL = 0
    DYNAMIC = 1


def encode_measurement(mode: int, *, start: bool) -> bytes:
    """Encode the command that starts or stops streaming.

    Parameters
    ----------
    mode
        Number of the payload mode.
    start
        Whether to start or to stop.

    Returns
    -------
    bytes
        Value for the measurement characteristic.

    Examples
    --------
    >>> encode_measurement(26, start=True).hex(" ")
    '01 01 1a'
    """
    return bytes([1, int(start), mode])


def decode_measurement(data: bytes) -> tuple[bool, int]:
    """Decode whether the sensor measures, and its payload mode.

    Parameters
    ----------
    data
        Value of the measurement characteristic.

    Returns
    -------
    tuple of bool and int
        Whether it measures, and the number of the mode.

    Raises
    ------
    DecodeError
        If it is not three bytes.
    """
    if len(data) != 3:
        raise DecodeError(f"The DOT's measurement control has {len(data)} bytes instead of 3.")
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
        All 32 bytes: whatever is not to be changed must be written back as it was.
    """

    tag: str
    rate_hz: int
    profile: int
    raw: bytes

    @classmethod
    def decode(cls, data: bytes) -> "ControlState":
        """Decode the characteristic.

        Raises
        ------
        DecodeError
            If it is not 32 bytes.
        """
        if len(data) != _CONTROL_LENGTH:
            raise DecodeError(f"The DOT's control has {len(data)} bytes instead of 32.")
        tag = data[_TAG_AT : _TAG_AT + min(data[_TAG_LENGTH_AT], _TAG_LONGEST)]
        rate_hz = int.from_bytes(data[_RATE_AT : _RATE_AT + 2], "little")
        text = tag.decode("utf-8", errors="replace").rstrip("\x00")
        return cls(text, rate_hz, data[_PROFILE_AT], bytes(data))

    def encode_change(self, *, rate_hz: int, profile: int) -> bytes:
        """Encode the command that sets rate and profile and leaves everything else alone."""
        changed = bytearray(self.raw)
        changed[0] = _VISIT_RATE | _VISIT_PROFILE
        changed[_RATE_AT : _RATE_AT + 2] = rate_hz.to_bytes(2, "little")
        changed[_PROFILE_AT] = profile
        return bytes(changed)

    @staticmethod
    def encode(tag: str, *, rate_hz: int, profile: int) -> bytes:
        """Encode the bytes that a sensor shows when the characteristic is read."""
        data = bytearray(_CONTROL_LENGTH)
        name = tag.encode()[:_TAG_LONGEST]
        data[_TAG_LENGTH_AT] = len(name)
        data[_TAG_AT : _TAG_AT + len(name)] = name
        data[_RATE_AT : _RATE_AT + 2] = rate_hz.to_bytes(2, "little")
        data[_PROFILE_AT] = profile
        return bytes(data)


@dataclass(frozen=True, slots=True)
class DotInformation:
    """Identity of the sensor.

    Parameters
    ----------
    mac
        Bluetooth address as printed on the case, ``D4:CA:6E:F1:69:3D``.
    firmware
        Firmware version, ``1.6.2``.
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
        """Decode characteristic 1001.

        Raises
        ------
        DecodeError
            If it is not 34 bytes.
        """
        if len(data) != _INFO.size:
            raise DecodeError(f"The DOT's information has {len(data)} bytes instead of 34.")
        mac, major, minor, patch, *_, serial, hardware = _INFO.unpack(data)
        text = hardware.decode("ascii", errors="replace").rstrip("\x00")
        return cls(mac[::-1].hex(":").upper(), f"{major}.{minor}.{patch}", serial, text)

    def encode(self) -> bytes:
        """Encode characteristic 1001, with an arbitrary build date."""
        version = [int(part) for part in self.firmware.split(".")]
        mac = bytes.fromhex(self.mac.replace(":", ""))[::-1]
        date = (2023, 7, 1, 12, 0, 0)
        return _INFO.pack(mac, *version, *date, 0, self.serial, self.hardware.encode()[:6])


def decode_battery(data: bytes) -> tuple[int, bool]:
    """Decode the charge in percent and whether the sensor is being charged.

    Parameters
    ----------
    data
        Value of the battery characteristic.

    Returns
    -------
    tuple of int and bool
        Charge in percent, and whether it is being charged.

    Raises
    ------
    DecodeError
        If it is not two bytes with at most 100 %.
    """
    if len(data) != 2 or data[0] > 100:
        raise DecodeError(f"The DOT sent the impossible battery level {data.hex(' ')}.")
    return data[0], data[1] == 1
