"""Nordic Thingy:52: motion configuration and raw motion.

Source: NordicSemiconductor/Nordic-Thingy52-FW on GitHub (the maker's own firmware). A packet holds
one sample and neither time nor number.
"""

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import constants

from imu_valgus.errors import DecodeError
from imu_valgus.sensors.packets import BlockFlag, DecoderRecipe, SampleBlock


def _thingy_uuid(short: int) -> str:
    """Return the full UUID of a Thingy:52 service or characteristic."""
    return f"ef68{short:04x}-9b35-4933-9b10-52ffa9740042"


PROTOCOL: Final = "thingy52"
CONFIGURATION_SERVICE_UUID: Final = _thingy_uuid(0x0100)
MOTION_SERVICE_UUID: Final = _thingy_uuid(0x0400)
MOTION_CONFIGURATION_UUID: Final = _thingy_uuid(0x0401)
RAW_UUID: Final = _thingy_uuid(0x0406)

SLOWEST_HZ: Final = 5
FASTEST_HZ: Final = 200
_CONFIGURATION: Final = struct.Struct("<HHHHB")
_RAW: Final = struct.Struct("<9h")
_COUNTS_PER_G: Final = 1024.0
_COUNTS_PER_DPS: Final = 32.0
_COUNTS_PER_UT: Final = 16.0
_INT16: Final = np.iinfo(np.int16)


class ThingyDecoder:
    """Decoder of raw motion packets; holds nothing between them.

    Parameters
    ----------
    rate_hz
        Nominal rate.
    with_mag
        Whether the compass is passed on.
    """

    def __init__(self, *, rate_hz: float, with_mag: bool) -> None:
        self._rate_hz = rate_hz
        self._with_mag = with_mag

    @classmethod
    def from_recipe(cls, recipe: DecoderRecipe) -> "ThingyDecoder":
        """Make the decoder that a recipe of this protocol describes."""
        return cls(rate_hz=recipe.number("rate_hz"), with_mag=recipe.number("with_mag") == 1)

    def feed(self, characteristic: str, data: bytes) -> tuple[SampleBlock, ...]:
        """Decode a notification; other characteristics hold no samples."""
        if characteristic != RAW_UUID:
            return ()
        if len(data) != _RAW.size:
            raise DecodeError(f"The Thingy sent {len(data)} bytes of motion instead of 18.")
        counts = np.frombuffer(data, dtype="<i2").astype(np.float64).reshape(1, 9)
        at_the_end = (counts[:, :6] == _INT16.max) | (counts[:, :6] == _INT16.min)
        block = SampleBlock(
            n=1,
            nominal_rate_hz=self._rate_hz,
            acc=counts[:, 0:3] * (constants.g / _COUNTS_PER_G),
            gyr=np.deg2rad(counts[:, 3:6] / _COUNTS_PER_DPS),
            mag=counts[:, 6:9] / _COUNTS_PER_UT if self._with_mag else None,
            flags=BlockFlag.CLIPPED if at_the_end.any() else BlockFlag.NONE,
        )
        return (block,)

    def reset(self) -> None:
        """Do nothing: no packet depends on another."""


def encode_raw(counts: tuple[int, ...]) -> bytes:
    """Encode a raw motion packet.

    Parameters
    ----------
    counts
        Nine signed 16-bit counts: acc, gyr, mag.

    Returns
    -------
    bytes
        Bytes of the notification.
    """
    return _RAW.pack(*counts)


@dataclass(frozen=True, slots=True)
class MotionConfiguration:
    """Content of the motion configuration characteristic.

    Parameters
    ----------
    pedometer_ms, temperature_ms, compass_ms
        Intervals in ms; the compass can be read every 100 to 1000 ms.
    motion_hz
        Rate of motion, 5 to 200 Hz.
    wake_on_motion
        1 if being moved wakes the sensor.
    """

    pedometer_ms: int = 1000
    temperature_ms: int = 5000
    compass_ms: int = 1000
    motion_hz: int = 100
    wake_on_motion: int = 1

    def encode(self) -> bytes:
        """Encode the characteristic."""
        intervals = (self.pedometer_ms, self.temperature_ms, self.compass_ms)
        return _CONFIGURATION.pack(*intervals, self.motion_hz, self.wake_on_motion)

    @classmethod
    def decode(cls, data: bytes) -> "MotionConfiguration":
        """Decode the characteristic.

        Raises
        ------
        DecodeError
            If it is not nine bytes.
        """
        if len(data) != _CONFIGURATION.size:
            raise DecodeError(f"The Thingy's configuration has {len(data)} bytes instead of 9.")
        return cls(*_CONFIGURATION.unpack(data))
