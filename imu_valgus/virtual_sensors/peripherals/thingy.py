"""A virtual Nordic Thingy:52 with motion configuration and raw motion."""

import numpy as np
from scipy import constants

from imu_valgus.errors import DecodeError, DeviceError
from imu_valgus.sensors.driver import BATTERY_LEVEL_UUID, Advertisement
from imu_valgus.sensors.protocols import thingy as protocol
from imu_valgus.virtual_sensors.peripherals.peripheral import (
    BATTERY_SERVICE,
    NOTIFY,
    READ_WRITE,
    Characteristic,
    LinkState,
    MotionSamples,
    Notification,
    Service,
)


class ThingyPeripheral(LinkState):
    """A virtual Thingy:52.

    Parameters
    ----------
    battery_percent
        Battery charge.
    """

    def __init__(self, *, battery_percent: int = 50) -> None:
        super().__init__()
        self._battery_percent = battery_percent
        self._configuration = protocol.MotionConfiguration()

    @property
    def advertisement(self) -> Advertisement:
        """Name and configuration service."""
        return Advertisement("Thingy", (protocol.CONFIGURATION_SERVICE_UUID,))

    @property
    def services(self) -> tuple[Service, ...]:
        """Motion and battery."""
        return (
            Service(
                protocol.MOTION_SERVICE_UUID,
                (
                    Characteristic(protocol.MOTION_CONFIGURATION_UUID, READ_WRITE),
                    Characteristic(protocol.RAW_UUID, NOTIFY),
                ),
            ),
            BATTERY_SERVICE,
        )

    @property
    def streaming_rate_hz(self) -> float:
        """Configured rate while there is a listener."""
        is_heard = protocol.RAW_UUID in self._listened_to
        return float(self._configuration.motion_hz) if is_heard else 0.0

    def read(self, uuid: str) -> bytes:
        """Return the configuration or the battery level."""
        configuration, battery = self._configuration.encode(), bytes([self._battery_percent])
        values = {protocol.MOTION_CONFIGURATION_UUID: configuration, BATTERY_LEVEL_UUID: battery}
        return self._value(uuid, values)

    def write(self, uuid: str, data: bytes) -> list[Notification]:
        """Take a configuration."""
        if uuid != protocol.MOTION_CONFIGURATION_UUID:
            raise DeviceError(f"The virtual Thingy takes nothing at {uuid}.")
        try:
            configuration = protocol.MotionConfiguration.decode(data)
        except DecodeError as error:
            raise DeviceError(f"The virtual Thingy refuses the value: {error}") from error
        if not protocol.SLOWEST_HZ <= configuration.motion_hz <= protocol.FASTEST_HZ:
            raise DeviceError(f"The virtual Thingy refuses {configuration.motion_hz} Hz.")
        self._configuration = configuration
        return []

    def produce(self, samples: MotionSamples) -> list[Notification]:
        """Send one packet per sample."""
        scaled = (
            samples.acc * (1024.0 / constants.g),
            np.rad2deg(samples.gyr) * 32.0,
            samples.mag * 16.0,
        )
        counts = np.clip(np.rint(np.hstack(scaled)), -32768, 32767).astype(int)
        notifications: list[Notification] = []
        for row in counts.tolist():
            notifications += self._notified(protocol.RAW_UUID, protocol.encode_raw(tuple(row)))
        return notifications
