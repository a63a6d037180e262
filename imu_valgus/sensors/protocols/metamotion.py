"""MbientLab MetaMotion R/RL/S: commands, and streamed acceleration and angular velocity.

Source of the bytes: mbientlab/MetaWear-SDK-Cpp on GitHub; of their order: several independent
clients. A message is module, register, data; a read sets bit 7 of the register.

Accelerometer and gyroscope send separate messages without number or time, which are joined by
counting from a common start. A constant shift of one or two samples cannot be excluded, because
nothing shows which samples of the two belong together. A lost message would shift one against the
other by three samples for good. The order of the messages gives it away, and the pairing is then
corrected.
"""

from collections import deque
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import constants

from imu_valgus.errors import DecodeError, InputError
from imu_valgus.sensors.packets import BlockFlag, DecoderRecipe, SampleBlock

PROTOCOL: Final = "metamotion"
SERVICE_UUID: Final = "326a9000-85cb-9195-d9dd-464cfbbae75a"
COMMAND_UUID: Final = "326a9001-85cb-9195-d9dd-464cfbbae75a"
NOTIFY_UUID: Final = "326a9006-85cb-9195-d9dd-464cfbbae75a"

ACC_MODULE: Final = 0x03
GYR_MODULE: Final = 0x13
SETTINGS_MODULE: Final = 0x11
_READ: Final = 0x80
ASK_ACC_MODULE: Final = bytes([ACC_MODULE, _READ])
"""Asks which implementation of the accelerometer module the board has."""
ASK_BATTERY: Final = bytes([SETTINGS_MODULE, _READ | 0x0C])
SHORTEST_INTERVAL: Final = bytes.fromhex("1109060006000000 5802")
"""Asks for a connection interval of 7.5 ms, no latency, 6 s supervision: the default is slow."""

RATE_CODES: Final = {25.0: 0x06, 50.0: 0x07, 100.0: 0x08, 200.0: 0x09}
ACC_RANGES_G: Final = (2.0, 4.0, 8.0, 16.0)
GYR_RANGES_DPS: Final = (125.0, 250.0, 500.0, 1000.0, 2000.0)

_GYR_FILTER: Final = 0x20
_SAMPLE_BYTES: Final = 6
_PACKED: Final = 3
_INT16: Final = np.iinfo(np.int16)
_FULL_SCALE: Final = 32768.0
_GYR_COUNTS_PER_RANGE: Final = 32800.0
"""16.4 counts per degree and second at 2000 °/s, and in proportion at the smaller ranges."""

Counts = npt.NDArray[np.int16]


class Imu(IntEnum):
    """The inertial chip, by the implementation number of the accelerometer module."""

    BMI160 = 1
    """MetaMotion R and RL."""
    BMI270 = 4
    """MetaMotion S."""


@dataclass(frozen=True, slots=True)
class ImuRegisters:
    """Where a chip's modules take their configuration and give their data.

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


@dataclass(frozen=True, slots=True, eq=False)
class ImuMessage:
    """Samples of the accelerometer or the gyroscope.

    Parameters
    ----------
    module
        ``ACC_MODULE`` or ``GYR_MODULE``.
    counts
        Signed 16-bit values, shape (1, 3) or (3, 3).
    """

    module: int
    counts: Counts


def encode_message(module: int, register: int, counts: Counts) -> bytes:
    """Encode a motion message.

    Parameters
    ----------
    module, register
        Module and data register that the samples come from.
    counts
        Signed 16-bit values, shape (1, 3) or (3, 3).

    Returns
    -------
    bytes
        Bytes of the notification.
    """
    return bytes([module, register]) + counts.astype("<i2").tobytes()


def decode_message(data: bytes, imu: Imu) -> ImuMessage | None:
    """Decode a notification.

    Parameters
    ----------
    data
        Bytes of the notification.
    imu
        Chip of the board.

    Returns
    -------
    ImuMessage or None
        Samples; None for answers and for modules that hold no motion.

    Raises
    ------
    DecodeError
        If it is too short for a message, or a motion message of the wrong length.
    """
    if len(data) < 2:
        raise DecodeError(f"The MetaMotion sent a message of {len(data)} bytes; 2 are the least.")
    registers = REGISTERS[imu]
    samples = {
        (ACC_MODULE, registers.acc_single): 1,
        (ACC_MODULE, registers.acc_packed): _PACKED,
        (GYR_MODULE, registers.gyr_single): 1,
        (GYR_MODULE, registers.gyr_packed): _PACKED,
    }.get((data[0], data[1]))
    if samples is None:
        return None
    size = 2 + samples * _SAMPLE_BYTES
    if len(data) != size:
        raise DecodeError(f"The MetaMotion sent {len(data)} bytes of motion instead of {size}.")
    counts = np.frombuffer(data, dtype="<i2", offset=2).reshape(samples, 3)
    return ImuMessage(data[0], counts.astype(np.int16))


class MessagePairing:
    """Joins the two streams by counting, and notices when one of them lost a message.

    Accelerometer and gyroscope run on one oscillator, so their messages come in a fixed order. The
    start shows which of the two comes first. When the other one has come first for several pairs
    in a row, a message of the usual first was lost, and the next message of the other is dropped.
    When a message still waits after several pairs in a row, one of the other stream was lost, and
    the waiting message is dropped.
    """

    _ORDER_LEARNT_AFTER: Final = 10
    _ORDER_BROKEN_AFTER: Final = 4
    _MOST_WAITING: Final = 2

    def __init__(self) -> None:
        self.corrections = 0
        """How often a message was dropped, since the decoder was made."""
        self.reset()

    def reset(self) -> None:
        """Begin again, as after a common start."""
        self._waiting: deque[ImuMessage] = deque()
        self._usual_first: int | None = None
        self._latest_first: int | None = None
        self._same_first = 0
        self._to_drop: int | None = None
        self._pairs_with_one_waiting = 0

    def feed(self, message: ImuMessage) -> tuple[Counts, Counts] | None:
        """Take a message; return the counts of acc and gyr if it completes a pair."""
        if not self._waiting and message.module == self._to_drop:
            self._to_drop = None
            self.corrections += 1
            return None
        if not self._waiting or message.module == self._waiting[0].module:
            self._waiting.append(message)
            if len(self._waiting) > self._MOST_WAITING:
                self._waiting.popleft()
                self.corrections += 1
            return None
        first = self._waiting.popleft()
        if len(first.counts) != len(message.counts):
            self.corrections += 1
            return None
        self._watch_order(first.module)
        self._watch_waiting()
        is_acc_first = first.module == ACC_MODULE
        acc, gyr = (first, message) if is_acc_first else (message, first)
        return acc.counts, gyr.counts

    def _watch_order(self, first: int) -> None:
        self._same_first = self._same_first + 1 if first == self._latest_first else 1
        self._latest_first = first
        if self._usual_first is None:
            if self._same_first >= self._ORDER_LEARNT_AFTER:
                self._usual_first = first
        elif first != self._usual_first and self._same_first == self._ORDER_BROKEN_AFTER:
            self._to_drop = first

    def _watch_waiting(self) -> None:
        self._pairs_with_one_waiting = self._pairs_with_one_waiting + 1 if self._waiting else 0
        if self._pairs_with_one_waiting >= self._ORDER_BROKEN_AFTER:
            self._pairs_with_one_waiting = 0
            self._waiting.clear()
            self.corrections += 1


class MetaMotionDecoder:
    """Decoder of one board's notifications.

    Parameters
    ----------
    imu
        Chip of the board.
    rate_hz
        Nominal rate.
    acc_range_g, gyr_range_dps
        Full scales in force.
    """

    def __init__(
        self, *, imu: Imu, rate_hz: float, acc_range_g: float, gyr_range_dps: float
    ) -> None:
        self._imu = imu
        self._rate_hz = rate_hz
        self._acc_scale = acc_range_g * constants.g / _FULL_SCALE
        self._gyr_scale = np.deg2rad(gyr_range_dps) / _GYR_COUNTS_PER_RANGE
        self._pairing = MessagePairing()
        self._corrections_reported = 0

    @classmethod
    def from_recipe(cls, recipe: DecoderRecipe) -> "MetaMotionDecoder":
        """Make the decoder that a recipe of this protocol describes."""
        number = recipe.number("imu")
        if number not in tuple(Imu):
            raise InputError(
                f"The recording was made with a MetaMotion of unknown chip {number:g} (known are "
                f"{', '.join(f'{int(imu)}: {imu.name}' for imu in Imu)}). Install a newer "
                "imu_valgus."
            )
        return cls(
            imu=Imu(int(number)),
            rate_hz=recipe.number("rate_hz"),
            acc_range_g=recipe.number("acc_range_g"),
            gyr_range_dps=recipe.number("gyr_range_dps"),
        )

    def feed(self, characteristic: str, data: bytes) -> tuple[SampleBlock, ...]:
        """Decode a notification; samples come when acceleration and angular velocity are there."""
        if characteristic != NOTIFY_UUID:
            return ()
        message = decode_message(data, self._imu)
        pair = None if message is None else self._pairing.feed(message)
        if pair is None:
            return ()
        acc, gyr = pair
        flags = BlockFlag.NONE
        if self._pairing.corrections != self._corrections_reported:
            self._corrections_reported = self._pairing.corrections
            flags |= BlockFlag.LOSS_SUSPECTED
        counts = np.hstack(pair)
        if np.any((counts == _INT16.max) | (counts == _INT16.min)):
            flags |= BlockFlag.CLIPPED
        block = SampleBlock(
            n=len(acc),
            nominal_rate_hz=self._rate_hz,
            acc=self._acc_scale * acc.astype(np.float64),
            gyr=self._gyr_scale * gyr.astype(np.float64),
            flags=flags,
        )
        return (block,)

    def reset(self) -> None:
        """Forget unpaired messages and their order."""
        self._pairing.reset()


@dataclass(frozen=True, slots=True)
class ImuSettings:
    """Rate and ranges of a chip, and the commands for them.

    Parameters
    ----------
    imu
        Chip of the board.
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
        """Registers of the chip."""
        return REGISTERS[self.imu]

    def encode_configuration(self) -> tuple[bytes, ...]:
        """Encode the commands that set rate and ranges."""
        code = RATE_CODES[self.rate_hz]
        acc_range = self.registers.acc_range_codes[ACC_RANGES_G.index(self.acc_range_g)]
        gyr_range = GYR_RANGES_DPS[::-1].index(self.gyr_range_dps)
        return (
            bytes([ACC_MODULE, 0x03, code | self.registers.acc_filter, acc_range]),
            bytes([GYR_MODULE, 0x03, code | _GYR_FILTER, gyr_range]),
        )

    def encode_start(self) -> tuple[bytes, ...]:
        """Encode the commands that enable and start both, the slow gyroscope first."""
        return (
            *(bytes([module, 0x02, 0x01, 0x00]) for module in (GYR_MODULE, ACC_MODULE)),
            *(bytes([module, 0x01, 0x01]) for module in (GYR_MODULE, ACC_MODULE)),
        )

    def encode_subscriptions(self, *, on: bool) -> tuple[bytes, bytes]:
        """Encode the commands that turn the packed data of both on or off."""
        return (
            bytes([ACC_MODULE, self.registers.acc_packed, int(on)]),
            bytes([GYR_MODULE, self.registers.gyr_packed, int(on)]),
        )

    def encode_stop(self) -> tuple[bytes, ...]:
        """Encode the commands that stop and disable both."""
        return (
            *(bytes([module, 0x01, 0x00]) for module in (ACC_MODULE, GYR_MODULE)),
            *(bytes([module, 0x02, 0x00, 0x01]) for module in (ACC_MODULE, GYR_MODULE)),
        )


def decode_module(data: bytes, module: int) -> int | None:
    """Decode the implementation number of a module.

    Parameters
    ----------
    data
        Answer of the board.
    module
        Number of the module that was asked for.

    Returns
    -------
    int or None
        Implementation number; None for a module that is missing.

    Raises
    ------
    DecodeError
        If it is not the answer for that module.
    """
    if len(data) < 2 or data[:2] != bytes([module, _READ]):
        raise DecodeError(f"The MetaMotion did not describe module {module:#04x}: {data.hex(' ')}.")
    return data[2] if len(data) > 2 else None


def decode_battery(data: bytes) -> int | None:
    """Decode the charge of the battery.

    Parameters
    ----------
    data
        Answer to `ASK_BATTERY`.

    Returns
    -------
    int or None
        Charge in percent; None where the answer holds no sensible one.
    """
    is_answer = len(data) >= 3 and data[:2] == ASK_BATTERY
    return data[2] if is_answer and data[2] <= 100 else None
