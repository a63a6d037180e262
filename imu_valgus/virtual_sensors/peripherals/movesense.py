"""A virtual Movesense sensor with the GATT SensorData firmware."""

import re
from typing import Final

import numpy as np

from imu_valgus.errors import DecodeError, DeviceError
from imu_valgus.sensors.driver import (
    BATTERY_LEVEL_UUID,
    DEVICE_INFORMATION_SERVICE_UUID,
    SERIAL_NUMBER_UUID,
    Advertisement,
)
from imu_valgus.sensors.protocols import movesense as protocol
from imu_valgus.virtual_sensors.peripherals.peripheral import (
    BATTERY_SERVICE,
    NOTIFY,
    READ,
    WRITE,
    Characteristic,
    LinkState,
    MotionSamples,
    Notification,
    Service,
)

_PATH: Final = re.compile(r"/Meas/IMU([69])/(\d+)")
_OK, _BAD_REQUEST = 200, 400


class MovesensePeripheral(LinkState):
    """A virtual Movesense sensor; one subscription at a time.

    Parameters
    ----------
    serial
        Serial number, also part of the name.
    battery_percent
        Battery charge.
    most_bytes
        Longest notification in bytes, whatever the MTU (an MTU of 161 has been observed).
    """

    def __init__(
        self, serial: str = "214030001234", *, battery_percent: int = 60, most_bytes: int = 158
    ) -> None:
        super().__init__()
        self._serial = serial
        self._battery_percent = battery_percent
        self._most_bytes = most_bytes
        self._reference: int | None = None
        self._channels = 6
        self._rate_hz = 0.0
        self._times: list[float] = []
        self._values: list[list[float]] = []

    @property
    def advertisement(self) -> Advertisement:
        """Name with the serial number, and the service."""
        return Advertisement(f"Movesense {self._serial}", (protocol.SERVICE_UUID,))

    @property
    def services(self) -> tuple[Service, ...]:
        """Sensor data, battery, device information."""
        return (
            Service(
                protocol.SERVICE_UUID,
                (
                    Characteristic(protocol.COMMAND_UUID, WRITE),
                    Characteristic(protocol.DATA_UUID, NOTIFY),
                ),
            ),
            BATTERY_SERVICE,
            Service(DEVICE_INFORMATION_SERVICE_UUID, (Characteristic(SERIAL_NUMBER_UUID, READ),)),
        )

    @property
    def streaming_rate_hz(self) -> float:
        """Sampling rate of the subscription."""
        return 0.0 if self._reference is None else self._rate_hz

    def on_disconnect(self) -> None:
        """End the subscription when the link ends."""
        super().on_disconnect()
        self._end()

    def read(self, uuid: str) -> bytes:
        """Return the battery level or the serial number."""
        battery, serial = bytes([self._battery_percent]), self._serial.encode()
        return self._value(uuid, {BATTERY_LEVEL_UUID: battery, SERIAL_NUMBER_UUID: serial})

    def write(self, uuid: str, data: bytes) -> list[Notification]:
        """Take a command and answer it."""
        if uuid != protocol.COMMAND_UUID:
            raise DeviceError(f"The virtual Movesense takes nothing at {uuid}.")
        try:
            command = protocol.Command.decode(data)
        except DecodeError as error:
            raise DeviceError(f"The virtual Movesense refuses the value: {error}") from error
        status = self._obey(command)
        answer = protocol.encode_answer(command.reference, status)
        return self._notified(protocol.DATA_UUID, answer)

    def _obey(self, command: protocol.Command) -> int:
        path = _PATH.fullmatch(command.path)
        if command.operation == 1 and path and float(path[2]) in protocol.RATES_HZ:
            self._end()
            self._reference, self._channels = command.reference, int(path[1])
            self._rate_hz = float(path[2])
            return _OK
        if command.operation == 2 and command.reference == self._reference:
            self._end()
            return _OK
        return _BAD_REQUEST

    def _end(self) -> None:
        self._reference = None
        self._times.clear()
        self._values.clear()

    def produce(self, samples: MotionSamples) -> list[Notification]:
        """Send each full packet, in parts if necessary."""
        if self._reference is None:
            return []
        self._times += samples.time_s.tolist()
        values = np.hstack([samples.acc, np.rad2deg(samples.gyr), samples.mag])
        self._values += values[:, : self._channels].tolist()
        size = protocol.samples_per_packet(self._rate_hz)
        notifications: list[Notification] = []
        while len(self._times) >= size:
            rows = np.array(self._values[:size], dtype=np.float32)
            channels = rows.reshape(size, -1, 3).transpose(1, 0, 2)
            packet = protocol.MotionPacket(protocol.clock().ticks_at(self._times[0]), channels)
            del self._times[:size], self._values[:size]
            room = min(self._most_bytes, self._mtu - 3)
            for part in protocol.encode_notifications(packet, self._reference, most_bytes=room):
                notifications += self._notified(protocol.DATA_UUID, part)
        return notifications
