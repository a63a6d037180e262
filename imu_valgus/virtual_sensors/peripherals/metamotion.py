"""A virtual MetaMotion board with modules for accelerometer, gyroscope and settings."""

from typing import Final

import numpy as np
from scipy import constants

from imu_valgus.errors import DeviceError
from imu_valgus.sensors.driver import (
    DEVICE_INFORMATION_SERVICE_UUID,
    FIRMWARE_REVISION_UUID,
    SERIAL_NUMBER_UUID,
    Advertisement,
)
from imu_valgus.sensors.protocols import metamotion as protocol
from imu_valgus.sensors.protocols.metamotion import (
    ACC_MODULE,
    ACC_RANGES_G,
    COMMAND_UUID,
    GYR_MODULE,
    GYR_RANGES_DPS,
    NOTIFY_UUID,
    RATE_CODES,
    Imu,
)
from imu_valgus.virtual_sensors.peripherals.peripheral import (
    NOTIFY,
    READ,
    Characteristic,
    LinkState,
    MotionSamples,
    Notification,
    Property,
    Service,
)

_RATE_OF_CODE: Final = {code: rate for rate, code in RATE_CODES.items()}
_MODULES: Final = (ACC_MODULE, GYR_MODULE)
_PACKED: Final = 3
_READ: Final = 0x80


class MetaMotionPeripheral(LinkState):
    """A virtual MetaMotion board.

    Parameters
    ----------
    serial
        Serial number.
    imu
        Inertial chip.
    battery_percent
        Battery charge.
    """

    def __init__(
        self, serial: str = "05A1B2", *, imu: Imu = Imu.BMI270, battery_percent: int = 70
    ) -> None:
        super().__init__()
        self._serial = serial
        self._imu = imu
        self._battery_percent = battery_percent
        self._rate_hz = 100.0
        self._acc_range_g = 16.0
        self._gyr_range_dps = 2000.0
        self._subscribed: set[int] = set()
        self._running: set[int] = set()
        self._waiting = np.empty((0, 6), dtype=np.int16)

    @property
    def advertisement(self) -> Advertisement:
        """Name and service."""
        return Advertisement("MetaWear", (protocol.SERVICE_UUID,))

    @property
    def services(self) -> tuple[Service, ...]:
        """The maker's service and device information."""
        return (
            Service(
                protocol.SERVICE_UUID,
                (
                    Characteristic(COMMAND_UUID, frozenset({Property.WRITE_WITHOUT_RESPONSE})),
                    Characteristic(NOTIFY_UUID, NOTIFY),
                ),
            ),
            Service(
                DEVICE_INFORMATION_SERVICE_UUID,
                (
                    Characteristic(SERIAL_NUMBER_UUID, READ),
                    Characteristic(FIRMWARE_REVISION_UUID, READ),
                ),
            ),
        )

    @property
    def streaming_rate_hz(self) -> float:
        """Sampling rate while accelerometer and gyroscope run."""
        return self._rate_hz if self._running == set(_MODULES) else 0.0

    def read(self, uuid: str) -> bytes:
        """Return the serial number or the firmware revision."""
        values = {SERIAL_NUMBER_UUID: self._serial.encode(), FIRMWARE_REVISION_UUID: b"1.7.2"}
        return self._value(uuid, values)

    def write(self, uuid: str, data: bytes) -> list[Notification]:
        """Take a command; unknown ones are ignored, as on the real board."""
        if uuid != COMMAND_UUID:
            raise DeviceError(f"The virtual MetaMotion takes nothing at {uuid}.")
        if len(data) < 2:
            return []
        module, register, *values = data
        if data[:2] == protocol.ASK_BATTERY:
            return self._notified(NOTIFY_UUID, data[:2] + bytes([self._battery_percent, 0xA0, 0xF]))
        if register == _READ and module in _MODULES:
            kind = int(self._imu) if module == ACC_MODULE else int(self._imu is Imu.BMI270)
            return self._notified(NOTIFY_UUID, bytes([module, _READ, kind, 0]))
        if module in _MODULES and values:
            self._obey(module, register, values)
        return []

    def _obey(self, module: int, register: int, values: list[int]) -> None:
        chip = protocol.REGISTERS[self._imu]
        packed = chip.acc_packed if module == ACC_MODULE else chip.gyr_packed
        if register == packed:
            (self._subscribed.add if values[0] == 1 else self._subscribed.discard)(module)
        elif register == 0x01:
            (self._running.add if values[0] == 1 else self._running.discard)(module)
            self._waiting = self._waiting[:0]
        elif register == 0x03 and len(values) == 2:
            self._rate_hz = _RATE_OF_CODE.get(values[0] & 0x0F, self._rate_hz)
            if module == ACC_MODULE and values[1] in chip.acc_range_codes:
                self._acc_range_g = ACC_RANGES_G[chip.acc_range_codes.index(values[1])]
            elif module == GYR_MODULE and values[1] < len(GYR_RANGES_DPS):
                self._gyr_range_dps = GYR_RANGES_DPS[::-1][values[1]]

    def produce(self, samples: MotionSamples) -> list[Notification]:
        """Send two messages for every three samples: acceleration, then angular velocity."""
        if not self.streaming_rate_hz:
            return []
        acc = samples.acc * (32768 / (self._acc_range_g * constants.g))
        gyr = np.rad2deg(samples.gyr) * (32800 / self._gyr_range_dps)
        counts = np.clip(np.rint(np.hstack([acc, gyr])), -32768, 32767).astype(np.int16)
        self._waiting = np.vstack([self._waiting, counts])
        chip = protocol.REGISTERS[self._imu]
        notifications: list[Notification] = []
        while len(self._waiting) >= _PACKED:
            packet, self._waiting = self._waiting[:_PACKED], self._waiting[_PACKED:]
            streams = ((ACC_MODULE, chip.acc_packed), (GYR_MODULE, chip.gyr_packed))
            for (module, register), columns in zip(
                streams, (packet[:, :3], packet[:, 3:]), strict=True
            ):
                if module in self._subscribed:
                    message = protocol.encode_message(module, register, columns)
                    notifications += self._notified(NOTIFY_UUID, message)
        return notifications
