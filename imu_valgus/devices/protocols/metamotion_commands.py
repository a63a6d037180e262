"""MbientLab MetaMotion R/RL/S: UUIDs, module registers, commands.

Source of the bytes: mbientlab/MetaWear-SDK-Cpp on GitHub; of their order: several independent
clients. A message is module, register, data; a read sets bit 7 of the register.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from imu_valgus.errors import DecodeError

SERVICE_UUID: Final = "326a9000-85cb-9195-d9dd-464cfbbae75a"
COMMAND_UUID: Final = "326a9001-85cb-9195-d9dd-464cfbbae75a"
NOTIFY_UUID: Final = "326a9006-85cb-9195-d9dd-464cfbbae75a"

ACC_MODULE: Final = 0x03
GYR_MODULE: Final = 0x13
SETTINGS_MODULE: Final = 0x11
_READ: Final = 0x80

RATE_CODES: Final = {25.0: 0x06, 50.0: 0x07, 100.0: 0x08, 200.0: 0x09}
ACC_RANGES_G: Final = (2.0, 4.0, 8.0, 16.0)
GYR_RANGES_DPS: Final = (125.0, 250.0, 500.0, 1000.0, 2000.0)

SHORTEST_INTERVAL: Final = bytes.fromhex("1109060006000000 5802")
"""Asks for a connection interval of 7.5 ms, no latency, 6 s supervision: the default is slow."""
ASK_BATTERY: Final = bytes([SETTINGS_MODULE, _READ | 0x0C])


class Imu(IntEnum):
    """The inertial chip, by the implementation number of the accelerometer module."""

    BMI160 = 1
    """MetaMotion R and RL."""
    BMI270 = 4
    """MetaMotion S."""


@dataclass(frozen=True, slots=True)
class ImuRegisters:
    """Where a chip's module takes configuration and gives packed data.

    Parameters
    ----------
    acc_filter
        Bits beside the rate code in the accelerometer's configuration.
    acc_range_codes
        Codes of ``ACC_RANGES_G``.
    acc_packed, gyr_packed
        Data registers with three samples per message.
    acc_single, gyr_single
        Data registers with one sample per message.
    """

    acc_filter: int
    acc_range_codes: tuple[int, ...]
    acc_packed: int
    gyr_packed: int
    acc_single: int
    gyr_single: int


REGISTERS: Final = {
    Imu.BMI160: ImuRegisters(0x20, (0x03, 0x05, 0x08, 0x0C), 0x1C, 0x07, 0x04, 0x05),
    Imu.BMI270: ImuRegisters(0xA0, (0x00, 0x01, 0x02, 0x03), 0x05, 0x05, 0x04, 0x04),
}
_GYR_FILTER: Final = 0x20


def encode_ask_module(module: int) -> bytes:
    """Bytes that ask which implementation of a module the board has."""
    return bytes([module, _READ])


def decode_module(data: bytes, module: int) -> int | None:
    """Read the implementation number of a module; None for a module that is not there.

    Raises
    ------
    DecodeError
        If it is not the answer for that module.
    """
    if len(data) < 2 or data[:2] != bytes([module, _READ]):
        raise DecodeError(f"Expected the description of module {module:#04x}, got {data.hex(' ')}.")
    return data[2] if len(data) > 2 else None


def decode_battery(data: bytes) -> int | None:
    """Read the charge in percent; None where the answer holds no sensible one."""
    is_answer = len(data) >= 3 and data[:2] == ASK_BATTERY
    return data[2] if is_answer and data[2] <= 100 else None


@dataclass(frozen=True, slots=True)
class ImuSettings:
    """Rate and ranges of a chip, and the commands for them.

    Parameters
    ----------
    imu
        The chip.
    rate_hz
        One of ``RATE_CODES``.
    acc_range_g, gyr_range_dps
        One each of ``ACC_RANGES_G`` and ``GYR_RANGES_DPS``.
    """

    imu: Imu
    rate_hz: float
    acc_range_g: float
    gyr_range_dps: float

    @property
    def registers(self) -> ImuRegisters:
        """Of the chip."""
        return REGISTERS[self.imu]

    def encode_configuration(self) -> tuple[bytes, ...]:
        """Commands that set rate and ranges."""
        code = RATE_CODES[self.rate_hz]
        acc_range = self.registers.acc_range_codes[ACC_RANGES_G.index(self.acc_range_g)]
        gyr_range = GYR_RANGES_DPS[::-1].index(self.gyr_range_dps)
        return (
            bytes([ACC_MODULE, 0x03, code | self.registers.acc_filter, acc_range]),
            bytes([GYR_MODULE, 0x03, code | _GYR_FILTER, gyr_range]),
        )

    def encode_start(self) -> tuple[bytes, ...]:
        """Commands that enable and start both sensors, the slow starter (gyroscope) first."""
        return (
            *(bytes([module, 0x02, 0x01, 0x00]) for module in (GYR_MODULE, ACC_MODULE)),
            *(bytes([module, 0x01, 0x01]) for module in (GYR_MODULE, ACC_MODULE)),
        )

    def encode_subscriptions(self, *, on: bool) -> tuple[bytes, bytes]:
        """Commands that turn the packed data of both sensors on or off."""
        return (
            bytes([ACC_MODULE, self.registers.acc_packed, int(on)]),
            bytes([GYR_MODULE, self.registers.gyr_packed, int(on)]),
        )

    def encode_stop(self) -> tuple[bytes, ...]:
        """Commands that stop and disable both sensors."""
        return (
            *(bytes([module, 0x01, 0x00]) for module in (ACC_MODULE, GYR_MODULE)),
            *(bytes([module, 0x02, 0x00, 0x01]) for module in (ACC_MODULE, GYR_MODULE)),
        )
