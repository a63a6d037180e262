"""A virtual Movella DOT with the services and payloads that recording uses.

It does not know recording to its memory, heading reset and synchronisation.
"""

from typing import Final

import numpy as np
from scipy import constants
from scipy.spatial.transform import Rotation

from imu_valgus.errors import DecodeError, DeviceError
from imu_valgus.sensors.driver import Advertisement
from imu_valgus.sensors.protocols import dot as protocol
from imu_valgus.sensors.protocols.dot import DotPayload, PayloadMode, dot_uuid
from imu_valgus.virtual_sensors.peripherals.peripheral import (
    NOTIFY,
    READ,
    READ_WRITE,
    Characteristic,
    LinkState,
    MotionSamples,
    Notification,
    Service,
)

_MAG_COUNTS_PER_UT: Final = 4096.0 / 40.0
_SERVICES: Final = (
    Service(
        dot_uuid(0x1000),
        (
            Characteristic(protocol.INFO_UUID, READ),
            Characteristic(protocol.CONTROL_UUID, READ_WRITE),
        ),
    ),
    Service(
        dot_uuid(0x2000),
        (
            Characteristic(protocol.MEASUREMENT_UUID, READ_WRITE),
            Characteristic(protocol.LONG_PAYLOAD_UUID, NOTIFY),
            Characteristic(protocol.MEDIUM_PAYLOAD_UUID, NOTIFY),
            Characteristic(protocol.SHORT_PAYLOAD_UUID, NOTIFY),
        ),
    ),
    Service(dot_uuid(0x3000), (Characteristic(protocol.BATTERY_UUID, READ | NOTIFY),)),
)


class DotPeripheral(LinkState):
    """A virtual DOT.

    Parameters
    ----------
    mac
        Bluetooth address, which is also the sensor's identity.
    tag
        Name that the owner gave the sensor.
    modes
        Payload modes that the firmware knows (older firmware lacks custom mode 5).
    battery_percent
        Battery charge.
    """

    def __init__(
        self,
        mac: str = "D4:22:CD:00:12:34",
        *,
        tag: str = "Movella DOT",
        modes: tuple[PayloadMode, ...] = tuple(PayloadMode),
        battery_percent: int = 80,
    ) -> None:
        super().__init__()
        self._information = protocol.DotInformation(mac, "3.0.0", 0x0012_3456_789A, "XS-T02")
        self._control = protocol.ControlState.encode(tag, rate_hz=60, profile=0)
        self._modes = modes
        self._battery_percent = battery_percent
        self._mode: int = PayloadMode.EXTENDED_QUATERNION
        self._is_measuring = False

    @property
    def advertisement(self) -> Advertisement:
        """Name and Movella's company identifier."""
        return Advertisement("Movella DOT", (), {protocol.COMPANY_ID: b"\x00"})

    @property
    def services(self) -> tuple[Service, ...]:
        """Configuration, measurement and battery."""
        return _SERVICES

    @property
    def streaming_rate_hz(self) -> float:
        """Output rate while the sensor measures."""
        return float(self._state.rate_hz) if self._is_measuring else 0.0

    @property
    def _state(self) -> protocol.ControlState:
        return protocol.ControlState.decode(self._control)

    def on_disconnect(self) -> None:
        """Stop measuring when the link ends (what a real DOT does then is not documented)."""
        super().on_disconnect()
        self._is_measuring = False

    def read(self, uuid: str) -> bytes:
        """Return the value of a readable characteristic."""
        values = {
            protocol.INFO_UUID: self._information.encode(),
            protocol.CONTROL_UUID: self._control,
            protocol.MEASUREMENT_UUID: bytes([1, int(self._is_measuring), self._mode]),
            protocol.BATTERY_UUID: bytes([self._battery_percent, 0]),
        }
        return self._value(uuid, values)

    def write(self, uuid: str, data: bytes) -> list[Notification]:
        """Take a command; a DOT never answers these by notification."""
        try:
            if uuid == protocol.MEASUREMENT_UUID:
                self._measure(*protocol.decode_measurement(data))
            elif uuid == protocol.CONTROL_UUID:
                self._set(data)
            else:
                raise DeviceError(f"The virtual DOT takes nothing at {uuid}.")
        except DecodeError as error:
            raise DeviceError(f"The virtual DOT refuses the value: {error}") from error
        return []

    def _measure(self, start: bool, mode: int) -> None:  # noqa: FBT001 - unpacked from a decoder
        if start and mode in self._modes:
            self._mode = mode
        self._is_measuring = start and mode in self._modes

    def _set(self, data: bytes) -> None:
        rate_hz = protocol.ControlState.decode(data).rate_hz
        if self._is_measuring or float(rate_hz) not in protocol.RATES_HZ:
            raise DeviceError(f"The virtual DOT refuses {rate_hz} Hz now.")
        self._control = bytes([0]) + data[1:]

    def produce(self, samples: MotionSamples) -> list[Notification]:
        """Send one payload per sample."""
        if not self._is_measuring:
            return []
        mode = PayloadMode(self._mode)
        notifications: list[Notification] = []
        for payload in _payloads(mode, samples):
            notifications += self._notified(
                mode.characteristic, protocol.encode_payload(mode, payload)
            )
        return notifications


def _payloads(mode: PayloadMode, samples: MotionSamples) -> list[DotPayload]:
    sensor_to_earth = Rotation.from_quat(np.roll(samples.quat, -1, axis=1))
    acc_in_earth = sensor_to_earth.apply(samples.acc.copy())  # scipy takes no read-only array here
    free_acc = acc_in_earth - np.array([0.0, 0.0, constants.g])
    gyr_dps = np.rad2deg(samples.gyr)
    mag = np.clip(np.rint(samples.mag * _MAG_COUNTS_PER_UT), -32768, 32767).astype(int)
    has_quat = mode in {PayloadMode.CUSTOM_5, PayloadMode.EXTENDED_QUATERNION}
    has_rates = mode is not PayloadMode.EXTENDED_QUATERNION
    return [
        DotPayload(
            protocol.CLOCK.ticks_at(float(samples.time_s[i])),
            quat=tuple(samples.quat[i]) if has_quat else None,
            acc_m_s2=tuple(samples.acc[i]) if has_rates else None,
            gyr_dps=tuple(gyr_dps[i]) if has_rates else None,
            mag_counts=tuple(mag[i]) if mode is PayloadMode.RATE_WITH_MAG else None,
            free_acc_m_s2=None if has_rates else tuple(free_acc[i]),
        )
        for i in range(len(samples))
    ]
