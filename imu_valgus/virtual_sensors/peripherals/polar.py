"""A virtual Polar Verity Sense: settings, start, stop, and compressed frames."""

from typing import Final

import numpy as np
from scipy import constants

from imu_valgus.errors import DecodeError, DeviceError
from imu_valgus.sensors.driver import (
    BATTERY_LEVEL_UUID,
    DEVICE_INFORMATION_SERVICE_UUID,
    SERIAL_NUMBER_UUID,
    Advertisement,
)
from imu_valgus.sensors.protocols import polar as protocol
from imu_valgus.sensors.protocols.polar import Answer, Frame, Measurement, Operation, Setting
from imu_valgus.virtual_sensors.peripherals.peripheral import (
    BATTERY_SERVICE,
    NOTIFY,
    READ,
    Characteristic,
    LinkState,
    MotionSamples,
    Notification,
    Property,
    Service,
)

_RATE_HZ: Final = 52
_ACC_FACTOR: Final = 0.244140625
_GYR_FACTOR: Final = 0.0625
_SAMPLES_PER_FRAME: Final = {Measurement.ACC: 36, Measurement.GYR: 26}
_INVALID: Final = 2

OFFERED_SETTINGS: Final[dict[Measurement, dict[Setting, tuple[int, ...]]]] = {
    measurement: {
        Setting.RATE_HZ: (_RATE_HZ,),
        Setting.RESOLUTION_BITS: (16,),
        Setting.RANGE: (full_scale,),
        Setting.CHANNELS: (3,),
    }
    for measurement, full_scale in ((Measurement.ACC, 8), (Measurement.GYR, 2000))
}


class PolarPeripheral(LinkState):
    """A virtual Verity Sense.

    Parameters
    ----------
    serial
        Serial number, also part of the name.
    battery_percent
        Battery charge.
    """

    def __init__(self, serial: str = "A1B2C3D4", *, battery_percent: int = 40) -> None:
        super().__init__()
        self._serial = serial
        self._battery_percent = battery_percent
        self._running: set[Measurement] = set()
        self._waiting: dict[Measurement, list[tuple[int, list[int]]]] = {}

    @property
    def advertisement(self) -> Advertisement:
        """Name only."""
        return Advertisement(f"Polar Sense {self._serial}")

    @property
    def services(self) -> tuple[Service, ...]:
        """Measurement data, battery, device information."""
        control = frozenset({Property.WRITE, Property.INDICATE})
        return (
            Service(
                protocol.SERVICE_UUID,
                (
                    Characteristic(protocol.CONTROL_UUID, control),
                    Characteristic(protocol.DATA_UUID, NOTIFY),
                ),
            ),
            BATTERY_SERVICE,
            Service(DEVICE_INFORMATION_SERVICE_UUID, (Characteristic(SERIAL_NUMBER_UUID, READ),)),
        )

    @property
    def streaming_rate_hz(self) -> float:
        """Sampling rate while a stream runs."""
        return float(_RATE_HZ) if self._running else 0.0

    def on_disconnect(self) -> None:
        """End the streams when the link ends."""
        super().on_disconnect()
        self._running.clear()
        self._waiting.clear()

    def read(self, uuid: str) -> bytes:
        """Return the battery level or the serial number."""
        battery, serial = bytes([self._battery_percent]), self._serial.encode()
        return self._value(uuid, {BATTERY_LEVEL_UUID: battery, SERIAL_NUMBER_UUID: serial})

    def write(self, uuid: str, data: bytes) -> list[Notification]:
        """Take a command and answer it."""
        if uuid != protocol.CONTROL_UUID or len(data) < 2:
            raise DeviceError(f"The virtual Polar takes no {data.hex()} at {uuid}.")
        answer = self._obey(data[0], data[1], data[2:])
        return self._notified(protocol.CONTROL_UUID, answer.encode())

    def _obey(self, operation: int, kind: int, settings: bytes) -> Answer:
        if kind not in tuple(Measurement) or operation not in tuple(Operation):
            return Answer(operation, kind, _INVALID, {})
        measurement = Measurement(kind)
        if operation == Operation.GET_SETTINGS:
            return Answer(operation, kind, protocol.SUCCESS, OFFERED_SETTINGS[measurement])
        if operation == Operation.START:
            return self._start(measurement, settings)
        was_running = measurement in self._running
        self._running.discard(measurement)
        self._waiting.pop(measurement, None)
        error = protocol.SUCCESS if was_running else protocol.ALREADY_SO
        return Answer(operation, kind, error, {})

    def _start(self, measurement: Measurement, settings: bytes) -> Answer:
        try:
            chosen = protocol.decode_settings(settings)
        except DecodeError:
            return Answer(Operation.START, measurement, _INVALID, {})
        if dict(chosen) != OFFERED_SETTINGS[measurement]:
            return Answer(Operation.START, measurement, _INVALID, {})
        if measurement in self._running:
            return Answer(Operation.START, measurement, protocol.ALREADY_SO, {})
        self._running.add(measurement)
        factor = _ACC_FACTOR if measurement is Measurement.ACC else _GYR_FACTOR
        report: protocol.Choices = {Setting.FACTOR: (protocol.encode_factor(factor),)}
        return Answer(Operation.START, measurement, protocol.SUCCESS, report)

    def produce(self, samples: MotionSamples) -> list[Notification]:
        """Send each full frame."""
        counts = {
            Measurement.ACC: samples.acc * (1000.0 / constants.g / _ACC_FACTOR),
            Measurement.GYR: np.rad2deg(samples.gyr) / _GYR_FACTOR,
        }
        ticks = [protocol.CLOCK.ticks_at(time_s) for time_s in samples.time_s.tolist()]
        notifications: list[Notification] = []
        for measurement in sorted(self._running):
            rows = np.clip(np.rint(counts[measurement]), -32768, 32767).astype(np.int64)
            waiting = self._waiting.setdefault(measurement, [])
            waiting += zip(ticks, rows.tolist(), strict=True)
            while len(waiting) >= _SAMPLES_PER_FRAME[measurement]:
                data = self._next_frame(measurement, waiting)
                notifications += self._notified(protocol.DATA_UUID, data)
        return notifications

    def _next_frame(self, measurement: Measurement, waiting: list[tuple[int, list[int]]]) -> bytes:
        """Take as many samples as fit a notification; the rougher the motion, the fewer."""
        n = _SAMPLES_PER_FRAME[measurement]
        while True:
            frame = Frame(
                measurement=measurement,
                last_ns=waiting[n - 1][0],
                frame_type=1 if measurement is Measurement.ACC else 0,
                is_compressed=True,
                counts=np.array([row for _, row in waiting[:n]], dtype=np.int64),
            )
            data = frame.encode()
            if len(data) <= self._mtu - 3 or n == 1:
                del waiting[:n]
                return data
            n -= 1
