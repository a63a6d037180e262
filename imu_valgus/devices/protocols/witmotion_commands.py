"""WitMotion sensors over Bluetooth 5: UUIDs, registers, commands.

Source: as several independent clients use them; the points of the charge table are the maker's.
"""

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np


@dataclass(frozen=True, slots=True)
class UuidSet:
    """The three UUIDs of one variant of the hardware."""

    service: str
    notify: str
    write: str


def _short_uuids(base_end: str) -> UuidSet:
    return UuidSet(*(f"0000{s}-0000-1000-8000-00805f{base_end}" for s in ("ffe5", "ffe4", "ffe9")))


UUID_SETS: Final = (
    _short_uuids("9a34fb"),
    _short_uuids("9b34fb"),
    UuidSet(
        "49535343-fe7d-4ae5-8fa9-9fafd205e455",
        "49535343-1e4d-4bd9-ba61-23c647249616",
        "49535343-8841-43f4-a8d4-ecbe34729bb3",
    ),
)
"""The maker's own base, the Bluetooth base that some revisions use, and older dual-mode units."""
NOTIFY_UUIDS: Final = frozenset(one.notify for one in UUID_SETS)

RATE_CODES: Final = {
    0.2: 0x01,
    0.5: 0x02,
    1.0: 0x03,
    2.0: 0x04,
    5.0: 0x05,
    10.0: 0x06,
    20.0: 0x07,
    50.0: 0x08,
    100.0: 0x09,
}
CODES_OF_200_HZ: Final = (0x0B, 0x0A)
"""The maker's documents disagree; the driver tries and measures."""
RATES_HZ: Final = (*RATE_CODES, 200.0)

REGISTER_SAVE: Final = 0x00
REGISTER_RATE: Final = 0x03
REGISTER_VERSION: Final = 0x2E
REGISTER_VOLTAGE: Final = 0x64

UNLOCK: Final = bytes.fromhex("FFAA6988B5")
SAVE: Final = bytes.fromhex("FFAA000000")
COMMAND_SPACING_S: Final = 0.1
"""Commands that follow each other faster are ignored by the sensor."""

_CHARGE_TABLE: Final = np.array(
    [
        *((3.40, 5.0), (3.50, 10.0), (3.68, 15.0), (3.70, 20.0), (3.73, 30.0), (3.77, 40.0)),
        *((3.79, 50.0), (3.82, 60.0), (3.87, 75.0), (3.93, 90.0), (3.96, 100.0)),
    ]
)


def encode_read_register(register: int) -> bytes:
    """Bytes that ask for a register and the seven after it.

    Examples
    --------
    >>> encode_read_register(REGISTER_VOLTAGE).hex(" ")
    'ff aa 27 64 00'
    """
    return bytes([0xFF, 0xAA, 0x27, register, 0x00])


def encode_write_register(register: int, value: int) -> bytes:
    """Bytes that set a register; the sensor must be unlocked before.

    Examples
    --------
    >>> encode_write_register(REGISTER_RATE, 0x09).hex(" ")
    'ff aa 03 09 00'
    """
    return bytes([0xFF, 0xAA, register]) + struct.pack("<H", value)


def charge_percent(voltage_v: float) -> float:
    """Charge in whole percent that a voltage stands for, between the points of the maker's table.

    Examples
    --------
    >>> charge_percent(3.87), charge_percent(4.1), charge_percent(3.0)
    (75.0, 100.0, 0.0)
    """
    volts, percent = _CHARGE_TABLE.T
    return float(np.rint(np.interp(voltage_v, volts, percent, left=0.0)))
