"""Movella (Xsens) DOT: measurement payloads.

Source: Movella, *DOT BLE Services Specifications*, XD0506P rev. C (July 2023); layouts, units and
lengths as there. One payload holds one sample and the time since power-on in microseconds; there is
no packet number, so losses are counted from time.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from scipy import constants
from scipy.spatial.transform import Rotation

from imu_valgus.devices.packets import BlockFlag, DecoderRecipe, DeviceClock, SampleBlock
from imu_valgus.errors import DecodeError, InputError
from imu_valgus.model import FloatArray

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
