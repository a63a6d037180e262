"""Driver of sensors with the open firmware profile v1."""

import asyncio

from imu_valgus.errors import DecodeError, DeviceError
from imu_valgus.sensors.driver import Advertisement, DeviceInfo, DeviceSettings, GattLink
from imu_valgus.sensors.drivers._standard import read_battery_level, read_text
from imu_valgus.sensors.packets import DecoderRecipe, DeviceClock, LossAccounting
from imu_valgus.sensors.protocols import open_profile as protocol
from imu_valgus.sensors.protocols.advertisement import FIRMWARE_REVISION_UUID
from imu_valgus.sensors.protocols.open_profile import (
    COMMAND_TAKES_S,
    OP_START,
    OP_STOP,
    DeviceDescription,
    StreamState,
)

_SAMPLES_PER_PACKET = 10
"""About 10 notifications a second at 104 Hz: little air time, and still a lively display."""


class OpenProfileDriver:
    """One sensor with the open profile; its packets are numbered, losses are exact."""

    loss_accounting = LossAccounting.EXACT
    data_characteristics = (protocol.DATA_UUID,)

    def __init__(self) -> None:
        self._has_mag = False
        self._state: StreamState | None = None

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """Whether the profile's service is advertised."""
        return protocol.SERVICE_UUID in advertisement.service_uuids

    async def identify(self, link: GattLink) -> DeviceInfo:
        """Read INFO, firmware and battery."""
        try:
            description = DeviceDescription.decode(await link.read(protocol.INFO_UUID))
        except DecodeError as error:
            raise DeviceError(f"The sensor does not keep to the open profile: {error}") from error
        self._has_mag = description.has_mag
        return DeviceInfo(
            model="Open firmware profile 1",
            own_id=description.device_id.hex().upper(),
            firmware=await read_text(link, FIRMWARE_REVISION_UUID),
            battery_percent=await self.battery(link),
            rates_hz=(float(description.rate_hz),),
            acc_ranges_g=(float(description.acc_range_g),),
            gyr_ranges_dps=(float(description.gyr_range_dps),),
            has_mag=description.has_mag,
        )

    async def configure(self, link: GattLink, settings: DeviceSettings) -> DeviceSettings:
        """Ask for the settings and take those that the sensor then reports.

        A sensor that has kept measuring through a lost link with what was configured before is
        left alone: its counter and its stored samples go on.
        """
        running = await self._read_state(link)
        if not (running.is_running and running == self._state):
            await self._set_up(link, running, settings)
        state = self._in_force
        with_mag = state.kind == protocol.KIND_ACC_GYR_MAG
        return DeviceSettings(
            float(state.rate_hz), float(state.acc_range_g), float(state.gyr_range_dps), with_mag
        )

    async def _set_up(self, link: GattLink, found: StreamState, settings: DeviceSettings) -> None:
        if found.is_running:
            await self.stop(link)
            await asyncio.sleep(COMMAND_TAKES_S)
        use_mag = settings.with_mag and self._has_mag
        wanted = StreamState(
            is_running=False,
            rate_hz=round(settings.rate_hz),
            acc_range_g=round(settings.acc_range_g),
            gyr_range_dps=round(settings.gyr_range_dps),
            samples_per_packet=_SAMPLES_PER_PACKET,
            kind=protocol.KIND_ACC_GYR_MAG if use_mag else protocol.KIND_ACC_GYR,
        )
        await link.write(protocol.CONTROL_UUID, wanted.encode_command(), response=True)
        await asyncio.sleep(COMMAND_TAKES_S)
        state = await self._read_state(link)
        if not (state.rate_hz and state.acc_range_g and state.gyr_range_dps):
            raise DeviceError(
                f"The sensor was asked for {settings.rate_hz:g} Hz and reports {state.rate_hz} Hz "
                f"at ±{state.acc_range_g} g, ±{state.gyr_range_dps} °/s: restart it."
            )
        self._state = StreamState(
            is_running=True,
            rate_hz=state.rate_hz,
            acc_range_g=state.acc_range_g,
            gyr_range_dps=state.gyr_range_dps,
            samples_per_packet=state.samples_per_packet,
            kind=state.kind,
        )

    @staticmethod
    async def _read_state(link: GattLink) -> StreamState:
        try:
            return StreamState.decode(await link.read(protocol.CONTROL_UUID))
        except DecodeError as error:
            raise DeviceError(f"The sensor does not keep to the open profile: {error}") from error

    async def start(self, link: GattLink) -> None:
        """Start measuring; without effect on a sensor that already does."""
        await link.write(protocol.CONTROL_UUID, bytes([OP_START]), response=True)

    async def stop(self, link: GattLink) -> None:
        """Stop measuring; the sensor sends what it still holds."""
        await link.write(protocol.CONTROL_UUID, bytes([OP_STOP]), response=True)

    async def battery(self, link: GattLink) -> float | None:
        """Read the standard battery level."""
        return await read_battery_level(link)

    @property
    def _in_force(self) -> StreamState:
        if self._state is None:
            raise DeviceError("The sensor must be configured before it can be used.")
        return self._state

    @property
    def nominal_rate_hz(self) -> float:
        """Rate that the sensor reported."""
        return float(self._in_force.rate_hz)

    @property
    def clock(self) -> DeviceClock:
        """Microseconds since power-on at the first sample."""
        return protocol.CLOCK

    @property
    def recipe(self) -> DecoderRecipe:
        """Rate and full scales."""
        state = self._in_force
        return DecoderRecipe(
            protocol.PROTOCOL,
            {
                "rate_hz": state.rate_hz,
                "acc_range_g": state.acc_range_g,
                "gyr_range_dps": state.gyr_range_dps,
            },
        )

    def new_decoder(self) -> protocol.OpenProfileDecoder:
        """Make a decoder for the settings in force."""
        return protocol.OpenProfileDecoder.from_recipe(self.recipe)
