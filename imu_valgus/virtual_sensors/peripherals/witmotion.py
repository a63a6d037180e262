"""A virtual WitMotion sensor; it streams to any listener and takes registers once unlocked."""

from typing import Final

import numpy as np
from scipy import constants
from scipy.spatial.transform import Rotation

from imu_valgus.errors import DeviceError
from imu_valgus.sensors.driver import Advertisement
from imu_valgus.sensors.protocols import witmotion as protocol
from imu_valgus.sensors.protocols.witmotion import MotionFrame, RegisterFrame
from imu_valgus.virtual_sensors.peripherals.peripheral import (
    NOTIFY,
    Characteristic,
    LinkState,
    MotionSamples,
    Notification,
    Property,
    Service,
)

_REGISTERS_PER_READ: Final = 8
_RATE_OF_CODE: Final = {code: rate for rate, code in protocol.RATE_CODES.items()}


class WitMotionPeripheral(LinkState):
    """A virtual WitMotion sensor.

    Parameters
    ----------
    name
        Advertised name.
    uuids
        Variant of the hardware.
    has_calendar
        Whether the sensor sends 28-byte frames.
    code_of_200_hz
        Register value that the firmware takes for 200 Hz; the other one is ignored.
    notification_bytes
        Length of a full notification; other than 20 or 28, frames and notifications do not align.
    voltage_v
        Battery voltage.
    """

    def __init__(
        self,
        name: str = "WT901BLE68",
        *,
        uuids: protocol.UuidSet = protocol.UUID_SETS[0],
        has_calendar: bool = False,
        code_of_200_hz: int = protocol.CODES_OF_200_HZ[0],
        notification_bytes: int | None = None,
        voltage_v: float = 3.9,
    ) -> None:
        super().__init__()
        self._name = name
        self._uuids = uuids
        self._has_calendar = has_calendar
        self._rates_of_codes = {**_RATE_OF_CODE, code_of_200_hz: 200.0}
        self._notification_bytes = notification_bytes or (28 if has_calendar else 20)
        self._registers = {
            protocol.REGISTER_RATE: protocol.RATE_CODES[10.0],
            protocol.REGISTER_VERSION: 4007,
            protocol.REGISTER_VOLTAGE: round(100 * voltage_v),
        }
        self._is_unlocked = False
        self._pending = bytearray()

    @property
    def advertisement(self) -> Advertisement:
        """Name and service."""
        return Advertisement(self._name, (self._uuids.service,))

    @property
    def services(self) -> tuple[Service, ...]:
        """One service with a characteristic to listen to and one to write to."""
        write = frozenset({Property.WRITE, Property.WRITE_WITHOUT_RESPONSE})
        return (
            Service(
                self._uuids.service,
                (
                    Characteristic(self._uuids.notify, NOTIFY),
                    Characteristic(self._uuids.write, write),
                ),
            ),
        )

    @property
    def streaming_rate_hz(self) -> float:
        """Rate in the register while there is a listener."""
        is_heard = self._uuids.notify in self._listened_to
        return self._rates_of_codes[self._registers[protocol.REGISTER_RATE]] if is_heard else 0.0

    def on_subscribe(self, uuid: str, *, enabled: bool) -> None:
        """Begin with a new frame for every new listener."""
        super().on_subscribe(uuid, enabled=enabled)
        self._pending.clear()

    def read(self, uuid: str) -> bytes:
        """Refuse: values can be read through register frames only."""
        raise DeviceError(f"The virtual WitMotion sensor has nothing to read at {uuid}.")

    def write(self, uuid: str, data: bytes) -> list[Notification]:
        """Take a five-byte command; others are ignored, as on the real sensor."""
        if uuid != self._uuids.write:
            raise DeviceError(f"The virtual WitMotion sensor takes nothing at {uuid}.")
        if len(data) != 5 or data[:2] != b"\xff\xaa":
            return []
        if data == protocol.UNLOCK:
            self._is_unlocked = True
        elif data[2] == 0x27:
            return self._sent(self._register_frame(data[3]).encode())
        elif self._is_unlocked:
            self._set(data[2], int.from_bytes(data[3:5], "little"))
        return []

    def _register_frame(self, first: int) -> RegisterFrame:
        numbers = range(first, first + _REGISTERS_PER_READ)
        return RegisterFrame(first, tuple(self._registers.get(number, 0) for number in numbers))

    def _set(self, register: int, value: int) -> None:
        if register == protocol.REGISTER_SAVE:
            self._is_unlocked = False
        elif register == protocol.REGISTER_RATE and value in self._rates_of_codes:
            self._registers[register] = value

    def produce(self, samples: MotionSamples) -> list[Notification]:
        """Send one frame per sample, cut into full notifications."""
        if not self.streaming_rate_hz:
            return []
        notifications: list[Notification] = []
        for frame in _frames(samples, is_long=self._has_calendar):
            notifications += self._sent(frame.encode())
        return notifications

    def _sent(self, data: bytes) -> list[Notification]:
        self._pending += data
        size = min(self._notification_bytes, self._mtu - 3)
        notifications: list[Notification] = []
        while len(self._pending) >= size:
            notifications += self._notified(self._uuids.notify, bytes(self._pending[:size]))
            del self._pending[:size]
        return notifications


def _frames(samples: MotionSamples, *, is_long: bool) -> list[MotionFrame]:
    acc = samples.acc / (16 * constants.g)
    gyr = np.rad2deg(samples.gyr) / 2000.0
    sensor_to_earth = Rotation.from_quat(np.roll(samples.quat, -1, axis=1))
    angles = sensor_to_earth.as_euler("ZYX")[:, ::-1] / np.pi
    counts = np.clip(np.rint(np.hstack([acc, gyr, angles]) * 32768), -32768, 32767).astype(int)
    return [
        MotionFrame(
            (row[0], row[1], row[2]),
            (row[3], row[4], row[5]),
            (row[6], row[7], row[8]),
            protocol.CALENDAR_CLOCK.ticks_at(time_s) if is_long else None,
            is_long,
        )
        for row, time_s in zip(counts.tolist(), samples.time_s.tolist(), strict=True)
    ]
