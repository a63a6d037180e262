"""Plays a Movella DOT: the services and payloads of the specification that recording uses.

Not played: recording to its memory, heading reset, and synchronisation (asked to start it, the
virtual sensor answers that it was never started).
"""

from typing import Final

import numpy as np
from scipy import constants
from scipy.spatial.transform import Rotation

from imu_valgus.errors import DecodeError, DeviceError
from imu_valgus.sensors.protocols import dot as commands
from imu_valgus.sensors.protocols.advertisement import Advertisement
from imu_valgus.sensors.protocols.dot import (
    CLOCK,
    LONG_PAYLOAD_UUID,
    MEDIUM_PAYLOAD_UUID,
    SHORT_PAYLOAD_UUID,
    DotPayload,
    PayloadMode,
    dot_uuid,
    encode_payload,
)
from imu_valgus.virtual_sensors.peripherals.peripheral import (
    Characteristic,
    LinkState,
    MotionSamples,
    Notification,
    Property,
    Service,
)

_MAG_COUNTS_PER_UT: Final = 4096.0 / 40.0
_READ_WRITE: Final = frozenset({Property.READ, Property.WRITE})
_NOTIFY: Final = frozenset({Property.NOTIFY})

_SERVICES: Final = (
    Service(
        dot_uuid(0x1000),
        (
            Characteristic(commands.INFO_UUID, frozenset({Property.READ})),
            Characteristic(commands.CONTROL_UUID, _READ_WRITE),
        ),
    ),
    Service(
        dot_uuid(0x2000),
        (
            Characteristic(commands.MEASUREMENT_UUID, _READ_WRITE),
            Characteristic(LONG_PAYLOAD_UUID, _NOTIFY),
            Characteristic(MEDIUM_PAYLOAD_UUID, _NOTIFY),
            Characteristic(SHORT_PAYLOAD_UUID, _NOTIFY),
        ),
    ),
    Service(
        dot_uuid(0x3000),
        (Characteristic(commands.BATTERY_UUID, frozenset({Property.READ, Property.NOTIFY})),),
    ),
    Service(
        dot_uuid(0x7000),
        (
            Characteristic(commands.MESSAGE_UUID, frozenset({Property.WRITE})),
            Characteristic(commands.ACKNOWLEDGE_UUID, frozenset({Property.READ})),
        ),
    ),
)


class DotPeripheral(LinkState):
    """A virtual DOT.

    Parameters
    ----------
    mac
        Its address, which is also its identity.
    tag
        The owner's name for it.
    modes
        Payload modes that its firmware knows (older ones lack custom mode 5).
    battery_percent
        Its charge.
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
        self._information = commands.DotInformation(mac, "3.0.0", 0x0012_3456_789A, "XS-T02")
        self._control = commands.ControlState.encode(tag, rate_hz=60, profile=0)
        self._modes = modes
        self._battery_percent = battery_percent
        self._mode: int = PayloadMode.EXTENDED_QUATERNION
        self._is_measuring = False
        self._acknowledgement = commands.encode_message(2, b"\x51\x09")

    @property
    def advertisement(self) -> Advertisement:
        """Name and Movella's company identifier."""
        return Advertisement("Movella DOT", (), {commands.COMPANY_ID: b"\x00"})

    @property
    def services(self) -> tuple[Service, ...]:
        """Configuration, measurement, battery and message service."""
        return _SERVICES

    @property
    def streaming_rate_hz(self) -> float:
        """Output rate while it measures."""
        return float(self._state.rate_hz) if self._is_measuring else 0.0

    @property
    def _state(self) -> commands.ControlState:
        return commands.ControlState.decode(self._control)

    def on_disconnect(self) -> None:
        """Stop measuring with the link (what a real DOT does then is not documented)."""
        super().on_disconnect()
        self._is_measuring = False

    def read(self, uuid: str) -> bytes:
        """Value of a readable characteristic."""
        values = {
            commands.INFO_UUID: self._information.encode(),
            commands.CONTROL_UUID: self._control,
            commands.MEASUREMENT_UUID: bytes([1, int(self._is_measuring), self._mode]),
            commands.BATTERY_UUID: bytes([self._battery_percent, 0]),
            commands.ACKNOWLEDGE_UUID: self._acknowledgement,
        }
        if uuid not in values:
            raise DeviceError(f"The virtual DOT has nothing to read at {uuid}.")
        return values[uuid]

    def write(self, uuid: str, data: bytes) -> list[Notification]:
        """Take a command; a DOT never answers by notification to those played here."""
        try:
            if uuid == commands.MEASUREMENT_UUID:
                self._measure(*commands.decode_measurement(data))
            elif uuid == commands.CONTROL_UUID:
                self._set(data)
            elif uuid == commands.MESSAGE_UUID:
                self._answer(*commands.decode_message(data))
            else:
                raise DeviceError(f"The virtual DOT takes nothing at {uuid}.")
        except DecodeError as error:
            raise DeviceError(f"The virtual DOT refuses the value: {error}") from error
        return []

    def _measure(self, start: bool, mode: int) -> None:  # noqa: FBT001 - as decoded
        if start and mode in self._modes:
            self._mode = mode
        self._is_measuring = start and mode in self._modes

    def _set(self, data: bytes) -> None:
        wanted = commands.ControlState.decode(data)
        if self._is_measuring or float(wanted.rate_hz) not in commands.RATES_HZ:
            raise DeviceError(f"The virtual DOT refuses {wanted.rate_hz} Hz now.")
        self._control = bytes([0]) + data[1:]

    def _answer(self, message_id: int, payload: bytes) -> None:
        answers = {b"\x08": b"\x51\x09", b"\x02": b"\x50\x00"}
        answer = answers.get(payload, b"\x03\x09")
        self._acknowledgement = commands.encode_message(message_id, answer)

    def produce(self, samples: MotionSamples) -> list[Notification]:
        """Send one payload per sample."""
        if not self._is_measuring:
            return []
        mode = PayloadMode(self._mode)
        notifications: list[Notification] = []
        for payload in _payloads(mode, samples):
            notifications += self._notified(mode.characteristic, encode_payload(mode, payload))
        return notifications


def _payloads(mode: PayloadMode, samples: MotionSamples) -> list[DotPayload]:
    turns = Rotation.from_quat(np.roll(samples.quat, -1, axis=1))
    earth = turns.apply(samples.acc.copy())  # scipy takes no read-only array here
    free_acc = earth - np.array([0.0, 0.0, constants.g])
    gyr_dps = np.rad2deg(samples.gyr)
    mag = np.clip(np.rint(samples.mag * _MAG_COUNTS_PER_UT), -32768, 32767).astype(int)
    has_quat = mode in {PayloadMode.CUSTOM_5, PayloadMode.EXTENDED_QUATERNION}
    has_rates = mode is not PayloadMode.EXTENDED_QUATERNION
    return [
        DotPayload(
            CLOCK.ticks_at(float(samples.time_s[i])),
            quat=tuple(samples.quat[i]) if has_quat else None,
            acc_m_s2=tuple(samples.acc[i]) if has_rates else None,
            gyr_dps=tuple(gyr_dps[i]) if has_rates else None,
            mag_counts=tuple(mag[i]) if mode is PayloadMode.RATE_WITH_MAG else None,
            free_acc_m_s2=None if has_rates else tuple(free_acc[i]),
        )
        for i in range(len(samples))
    ]
