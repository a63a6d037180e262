"""Driver of sensors with the open firmware profile v1."""

import asyncio
from dataclasses import replace
from typing import Final

from imu_valgus.errors import DeviceError
from imu_valgus.sensors.driver import (
    FIRMWARE_REVISION_UUID,
    Advertisement,
    DeviceInfo,
    DeviceSettings,
    GattLink,
)
from imu_valgus.sensors.drivers._shared import (
    answers_like,
    configured,
    read_battery_level,
    read_text,
)
from imu_valgus.sensors.packets import DecoderRecipe, DeviceClock, LossAccounting
from imu_valgus.sensors.protocols import open_profile as protocol
from imu_valgus.sensors.protocols.open_profile import COMMAND_TAKES_S, StreamState

_PROFILE_SENSOR: Final = "one with the open firmware profile"
_SAMPLES_PER_PACKET: Final = 10
"""About 10 notifications a second at 104 Hz: little air time, but still a lively display."""


class OpenProfileDriver:
    """Driver of one sensor with the open profile; its packets are numbered, losses are exact."""

    loss_accounting = LossAccounting.EXACT
    clock: DeviceClock = protocol.CLOCK
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
        with answers_like(_PROFILE_SENSOR):
            description = protocol.DeviceDescription.decode(await link.read(protocol.INFO_UUID))
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

        A sensor that kept measuring through a lost link, with the settings it had before, is left
        alone: its counter and its stored samples go on.
        """
        running = await self._read_state(link)
        if not (running.is_running and running == self._state):
            await self._set_up(link, running, settings)
        state = configured(self._state)
        with_mag = state.kind == protocol.KIND_ACC_GYR_MAG
        return DeviceSettings(
            float(state.rate_hz), float(state.acc_range_g), float(state.gyr_range_dps), with_mag
        )

    async def _set_up(self, link: GattLink, found: StreamState, settings: DeviceSettings) -> None:
        if found.is_running:
            await self.stop(link)
            await asyncio.sleep(COMMAND_TAKES_S)
        use_mag = settings.with_mag and self._has_mag
        request = StreamState(
            is_running=False,
            rate_hz=round(settings.rate_hz),
            acc_range_g=round(settings.acc_range_g),
            gyr_range_dps=round(settings.gyr_range_dps),
            samples_per_packet=_SAMPLES_PER_PACKET,
            kind=protocol.KIND_ACC_GYR_MAG if use_mag else protocol.KIND_ACC_GYR,
        )
        await link.write(protocol.CONTROL_UUID, request.encode_command(), response=True)
        await asyncio.sleep(COMMAND_TAKES_S)
        state = await self._read_state(link)
        if not (state.rate_hz and state.acc_range_g and state.gyr_range_dps):
            raise DeviceError(
                f"The sensor was asked for {settings.rate_hz:g} Hz but reports {state.rate_hz} Hz "
                f"at ±{state.acc_range_g} g and ±{state.gyr_range_dps} °/s. Restart it."
            )
        self._state = replace(state, is_running=True)

    @staticmethod
    async def _read_state(link: GattLink) -> StreamState:
        with answers_like(_PROFILE_SENSOR):
            return StreamState.decode(await link.read(protocol.CONTROL_UUID))

    async def start(self, link: GattLink) -> None:
        """Start measuring; a sensor that already measures just goes on."""
        await link.write(protocol.CONTROL_UUID, bytes([protocol.OP_START]), response=True)

    async def stop(self, link: GattLink) -> None:
        """Stop measuring; the sensor sends what it still holds."""
        await link.write(protocol.CONTROL_UUID, bytes([protocol.OP_STOP]), response=True)

    async def battery(self, link: GattLink) -> float | None:
        """Read the standard battery level."""
        return await read_battery_level(link)

    @property
    def nominal_rate_hz(self) -> float:
        """Sampling rate that the sensor reported."""
        return float(configured(self._state).rate_hz)

    @property
    def recipe(self) -> DecoderRecipe:
        """Rate and full scales."""
        state = configured(self._state)
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
