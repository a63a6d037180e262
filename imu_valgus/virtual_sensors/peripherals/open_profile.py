"""A virtual sensor with the open firmware profile, which behaves like the reference firmware.

Samples wait in a ring of limited length and are packed when they are sent, so a link that comes
back in time loses nothing.
"""

from collections import deque
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from imu_valgus.errors import DecodeError, DeviceError
from imu_valgus.sensors.driver import BATTERY_LEVEL_UUID, Advertisement
from imu_valgus.sensors.protocols import open_profile as protocol
from imu_valgus.sensors.protocols.open_profile import ClockReply, DeviceDescription, StreamState
from imu_valgus.virtual_sensors.peripherals.peripheral import (
    BATTERY_SERVICE,
    NOTIFY,
    READ,
    READ_WRITE,
    WRITE,
    Characteristic,
    LinkState,
    MotionSamples,
    Notification,
    Service,
)

RATES_HZ: Final = (26, 52, 104, 208)
"""Rates of the LSM6DS3TR-C on the reference board."""
_ACC_RANGES_G: Final = (2, 4, 8, 16)
_GYR_RANGES_DPS: Final = (125, 250, 500, 1000, 2000)
_RING_S: Final = 10.0
"""How long a lost link may last without loss (specification, section "Link loss")."""
_DEFAULT_SAMPLES_PER_PACKET: Final = 4

_SERVICES: Final = (
    Service(
        protocol.SERVICE_UUID,
        (
            Characteristic(protocol.DATA_UUID, NOTIFY),
            Characteristic(protocol.CONTROL_UUID, READ_WRITE),
            Characteristic(protocol.INFO_UUID, READ),
            Characteristic(protocol.CLOCK_UUID, WRITE | NOTIFY),
        ),
    ),
    BATTERY_SERVICE,
)


def _nearest(value: int, offered: tuple[int, ...]) -> int:
    return min(offered, key=lambda candidate: abs(candidate - value))


class OpenProfilePeripheral(LinkState):
    """A virtual sensor with the open firmware profile.

    Parameters
    ----------
    device_id
        Six bytes, unique to the device.
    name
        Advertised name, at most eight characters.
    has_mag
        Whether the sensor has a magnetometer.
    battery_percent
        Battery charge.
    """

    def __init__(
        self,
        device_id: bytes = b"\x01\x02\x03\x04\x05\x06",
        *,
        name: str = "OVP-IMU",
        has_mag: bool = True,
        battery_percent: int = 90,
    ) -> None:
        super().__init__()
        self._device_id = device_id
        self._name = name
        self._has_mag = has_mag
        self._battery_percent = battery_percent
        self._state = StreamState(
            is_running=False,
            rate_hz=104,
            acc_range_g=16,
            gyr_range_dps=2000,
            samples_per_packet=_DEFAULT_SAMPLES_PER_PACKET,
            kind=protocol.KIND_ACC_GYR,
        )
        self._ring: deque[tuple[int, npt.NDArray[np.int16]]] = deque()
        self._next_index = 0
        self._has_overrun = False
        self._now_us = 0

    @property
    def advertisement(self) -> Advertisement:
        """Name and service."""
        return Advertisement(self._name, (protocol.SERVICE_UUID,))

    @property
    def services(self) -> tuple[Service, ...]:
        """The profile's table and the battery service."""
        return _SERVICES

    @property
    def streaming_rate_hz(self) -> float:
        """Sampling rate while the sensor measures, with or without a link."""
        return float(self._state.rate_hz) if self._state.is_running else 0.0

    def read(self, uuid: str) -> bytes:
        """Return INFO, CONTROL or the battery level."""
        description = DeviceDescription(
            has_mag=self._has_mag,
            rate_hz=self._state.rate_hz,
            acc_range_g=self._state.acc_range_g,
            gyr_range_dps=self._state.gyr_range_dps,
            samples_per_packet=self._samples_per_packet,
            device_id=self._device_id,
        )
        values = {
            protocol.INFO_UUID: description.encode(),
            protocol.CONTROL_UUID: self._state.encode(),
            BATTERY_LEVEL_UUID: bytes([self._battery_percent]),
        }
        return self._value(uuid, values)

    def write(self, uuid: str, data: bytes) -> list[Notification]:
        """Take a command on CONTROL or a clock request on CLOCK."""
        try:
            if uuid == protocol.CLOCK_UUID:
                reply = ClockReply(protocol.decode_clock_request(data), self._now_us, self._now_us)
                return self._notified(uuid, reply.encode())
            if uuid == protocol.CONTROL_UUID:
                return self._obey(data)
        except DecodeError as error:
            raise DeviceError(f"The virtual sensor refuses the value: {error}") from error
        raise DeviceError(f"The virtual sensor takes nothing at {uuid}.")

    def _obey(self, data: bytes) -> list[Notification]:
        operation = data[0] if data else None
        if operation == protocol.OP_STOP:
            rest = self._packets(everything=True)
            self._state = replace(self._state, is_running=False)
            return rest
        if operation == protocol.OP_START:
            if not self._state.is_running:
                self._ring.clear()
                self._next_index = 0
                self._has_overrun = False
                self._state = replace(self._state, is_running=True)
        elif operation == protocol.OP_CONFIGURE and not self._state.is_running:
            self._configure(StreamState.decode(data))
        elif operation != protocol.OP_IDENTIFY:
            raise DeviceError(f"The virtual sensor refuses the command {data.hex()}.")
        return []

    def _configure(self, request: StreamState) -> None:
        self._state = StreamState(
            is_running=False,
            rate_hz=_nearest(request.rate_hz, RATES_HZ),
            acc_range_g=_nearest(request.acc_range_g, _ACC_RANGES_G),
            gyr_range_dps=_nearest(request.gyr_range_dps, _GYR_RANGES_DPS),
            samples_per_packet=request.samples_per_packet,
            kind=request.kind if self._has_mag else protocol.KIND_ACC_GYR,
        )

    @property
    def _samples_per_packet(self) -> int:
        most = protocol.max_samples_per_packet(self._mtu, self._state.kind)
        return min(self._state.samples_per_packet or most, most)

    def produce(self, samples: MotionSamples) -> list[Notification]:
        """Queue samples; send the full packets while there is a listener."""
        if len(samples):
            self._now_us = protocol.CLOCK.ticks_at(float(samples.time_s[-1]))
        if not self._state.is_running:
            return []
        scales = protocol.Scales(self._state.acc_range_g, self._state.gyr_range_dps)
        values = np.hstack([samples.acc, samples.gyr, samples.mag])
        counts = scales.to_counts(values)[:, : protocol.CHANNELS[self._state.kind]]
        for time_s, row in zip(samples.time_s.tolist(), counts, strict=True):
            self._ring.append((protocol.CLOCK.ticks_at(time_s), row))
            self._next_index += 1
        while len(self._ring) > _RING_S * self._state.rate_hz:
            self._ring.popleft()
            self._has_overrun = True
        return self._packets(everything=False)

    def _packets(self, *, everything: bool) -> list[Notification]:
        size = self._samples_per_packet
        packets: list[Notification] = []
        if protocol.DATA_UUID not in self._listened_to or size == 0:
            return packets
        while len(self._ring) >= (1 if everything else size):
            first_index = self._next_index - len(self._ring)
            taken = [self._ring.popleft() for _ in range(min(size, len(self._ring)))]
            packet = protocol.DataPacket(
                kind=self._state.kind,
                is_overrun=self._has_overrun,
                index=first_index % protocol.COUNTER_MODULUS,
                t_us=taken[0][0],
                counts=np.array([row for _, row in taken], dtype=np.int16),
            )
            self._has_overrun = False
            packets += self._notified(protocol.DATA_UUID, protocol.encode_data(packet))
        return packets
