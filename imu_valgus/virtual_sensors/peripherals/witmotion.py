"""Plays a WitMotion sensor: streams whenever somebody listens, obeys registers once unlocked."""

from typing import Final

import numpy as np
from scipy import constants
from scipy.spatial.transform import Rotation

from imu_valgus.errors import DeviceError
from imu_valgus.sensors.protocols import witmotion as commands
from imu_valgus.sensors.protocols.advertisement import Advertisement
from imu_valgus.sensors.protocols.witmotion import (
    CALENDAR_CLOCK,
    MotionFrame,
    RegisterFrame,
)
from imu_valgus.virtual_sensors.peripherals.peripheral import (
    Characteristic,
    LinkState,
    MotionSamples,
    Notification,
    Property,
    Service,
)

_REGISTERS_PER_READ: Final = 8
_RATE_OF_CODE: Final = {code: rate for rate, code in commands.RATE_CODES.items()}


class WitMotionPeripheral(LinkState):
    """A virtual WitMotion sensor.

    Parameters
    ----------
    name
        Advertised name.
    uuids
        Variant of the hardware.
    has_calendar
        Whether it sends 28-byte frames.
    code_of_200_hz
        Which register value its firmware takes for 200 Hz; the other one is ignored.
    notification_bytes
        Length of a full notification; unlike 20 or 28, frames and notifications do not align.
    voltage_v
        Of its battery.
    """

    def __init__(
        self,
        name: str = "WT901BLE68",
        *,
        uuids: commands.UuidSet = commands.UUID_SETS[0],
        has_calendar: bool = False,
        code_of_200_hz: int = commands.CODES_OF_200_HZ[0],
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
            commands.REGISTER_RATE: commands.RATE_CODES[10.0],
            commands.REGISTER_VERSION: 4007,
            commands.REGISTER_VOLTAGE: round(100 * voltage_v),
        }
        self._is_unlocked = False
        self._pending = bytearray()

    @property
    def advertisement(self) -> Advertisement:
        """Name and service."""
        return Advertisement(self._name, (self._uuids.service,))

    @property
    def services(self) -> tuple[Service, ...]:
        """One service to listen to and to write to."""
        write = frozenset({Property.WRITE, Property.WRITE_WITHOUT_RESPONSE})
        return (
            Service(
                self._uuids.service,
                (
                    Characteristic(self._uuids.notify, frozenset({Property.NOTIFY})),
                    Characteristic(self._uuids.write, write),
                ),
            ),
        )

    @property
    def streaming_rate_hz(self) -> float:
        """Rate of its register while somebody listens."""
        is_heard = self._uuids.notify in self._listened_to
        return self._rates_of_codes[self._registers[commands.REGISTER_RATE]] if is_heard else 0.0

    def on_subscribe(self, uuid: str, *, enabled: bool) -> None:
        """Begin with a fresh frame whenever somebody begins to listen."""
        super().on_subscribe(uuid, enabled=enabled)
        self._pending.clear()

    def read(self, uuid: str) -> bytes:
        """Refuse: nothing can be read but through register frames."""
        raise DeviceError(f"The virtual WitMotion sensor has nothing to read at {uuid}.")

    def write(self, uuid: str, data: bytes) -> list[Notification]:
        """Take a five-byte command; others are ignored, as the real sensor ignores them."""
        if uuid != self._uuids.write:
            raise DeviceError(f"The virtual WitMotion sensor takes nothing at {uuid}.")
        if len(data) != 5 or data[:2] != b"\xff\xaa":
            return []
        if data == commands.UNLOCK:
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
        if register == commands.REGISTER_SAVE:
            self._is_unlocked = False
        elif register == commands.REGISTER_RATE and value in self._rates_of_codes:
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
    turns = Rotation.from_quat(np.roll(samples.quat, -1, axis=1))
    angles = turns.as_euler("ZYX")[:, ::-1] / np.pi
    counts = np.clip(np.rint(np.hstack([acc, gyr, angles]) * 32768), -32768, 32767).astype(int)
    return [
        MotionFrame(
            (row[0], row[1], row[2]),
            (row[3], row[4], row[5]),
            (row[6], row[7], row[8]),
            CALENDAR_CLOCK.ticks_at(time_s) if is_long else None,
            is_long,
        )
        for row, time_s in zip(counts.tolist(), samples.time_s.tolist(), strict=True)
    ]
