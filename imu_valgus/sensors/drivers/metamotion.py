"""Driver of MbientLab MetaMotion R, RL and S boards."""

import asyncio
from dataclasses import replace
from typing import Final

from imu_valgus.errors import DeviceError
from imu_valgus.sensors.driver import Advertisement, DeviceInfo, DeviceSettings, GattLink
from imu_valgus.sensors.drivers._dialogue import ask
from imu_valgus.sensors.drivers._standard import nearest, read_text
from imu_valgus.sensors.packets import DecoderRecipe, LossAccounting
from imu_valgus.sensors.protocols import metamotion as commands
from imu_valgus.sensors.protocols.advertisement import FIRMWARE_REVISION_UUID, SERIAL_NUMBER_UUID
from imu_valgus.sensors.protocols.metamotion import PROTOCOL, MetaMotionDecoder

_RATES_HZ: Final = tuple(commands.RATE_CODES)
_COMMAND_SPACING_S: Final = 0.01
"""Commands are not confirmed; a short pause keeps them from piling up in the radio's queue."""

_GYROSCOPE_STARTS_WITHIN_S: Final = 0.1
"""The drive of a gyroscope needs some tens of milliseconds until it gives data."""


class MetaMotionDriver:
    """One board; its packets carry neither number nor time."""

    loss_accounting = LossAccounting.NOT_DETECTABLE
    clock = None
    data_characteristics = (commands.NOTIFY_UUID,)

    def __init__(self) -> None:
        self._imu: commands.Imu | None = None
        self._settings: commands.ImuSettings | None = None

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """Whether the maker's service, or the name that all its boards are sold with, is there."""
        has_service = commands.SERVICE_UUID in advertisement.service_uuids
        return has_service or advertisement.name_starts("MetaWear")

    async def identify(self, link: GattLink) -> DeviceInfo:
        """Ask for the chip, serial number, firmware and battery."""
        answer = await self._ask(link, commands.encode_ask_module(commands.ACC_MODULE))
        number = None if answer is None else commands.decode_module(answer, commands.ACC_MODULE)
        if number not in tuple(commands.Imu):
            found = "no answer" if number is None else f"accelerometer type {number}"
            raise DeviceError(
                "Expected a MetaMotion R, RL or S (accelerometer type 1 or 4), got "
                f"{found}: other boards of the maker are not supported."
            )
        self._imu = commands.Imu(number)
        return DeviceInfo(
            model="MetaMotion S" if self._imu is commands.Imu.BMI270 else "MetaMotion R/RL",
            own_id=await read_text(link, SERIAL_NUMBER_UUID),
            firmware=await read_text(link, FIRMWARE_REVISION_UUID),
            battery_percent=await self.battery(link),
            rates_hz=_RATES_HZ,
            acc_ranges_g=commands.ACC_RANGES_G,
            gyr_ranges_dps=commands.GYR_RANGES_DPS,
            remarks=("Its packets carry neither number nor time: lost samples cannot be counted.",),
        )

    async def configure(self, link: GattLink, settings: DeviceSettings) -> DeviceSettings:
        """Stop what still runs, ask for a fast link, set rate and ranges.

        Stopping first matters after a lost link: both sensors must start together again, because
        their packets are joined by counting.
        """
        if self._imu is None:
            raise DeviceError("The sensor must be identified before it can be configured.")
        self._settings = commands.ImuSettings(
            imu=self._imu,
            rate_hz=nearest(settings.rate_hz, _RATES_HZ),
            acc_range_g=nearest(settings.acc_range_g, commands.ACC_RANGES_G),
            gyr_range_dps=nearest(settings.gyr_range_dps, commands.GYR_RANGES_DPS),
        )
        await self.stop(link)
        await self._send(link, commands.SHORTEST_INTERVAL)
        await self._send(link, *self._settings.encode_configuration())
        return replace(
            settings,
            rate_hz=self._settings.rate_hz,
            acc_range_g=self._settings.acc_range_g,
            gyr_range_dps=self._settings.gyr_range_dps,
            with_mag=False,
        )

    async def start(self, link: GattLink) -> None:
        """Start both sensors, and let their data come once both are running.

        The two subscriptions follow each other without a pause, so that both streams begin with
        the same sample as nearly as the board allows.
        """
        await self._send(link, *self._in_force.encode_start())
        await asyncio.sleep(_GYROSCOPE_STARTS_WITHIN_S)
        for message in self._in_force.encode_subscriptions(on=True):
            await link.write(commands.COMMAND_UUID, message, response=False)

    async def stop(self, link: GattLink) -> None:
        """Stop the data, then both sensors."""
        settings = self._in_force
        await self._send(link, *settings.encode_subscriptions(on=False), *settings.encode_stop())

    async def battery(self, link: GattLink) -> float | None:
        """Ask for the charge."""
        answer = await self._ask(link, commands.ASK_BATTERY)
        level = None if answer is None else commands.decode_battery(answer)
        return None if level is None else float(level)

    @staticmethod
    async def _send(link: GattLink, *messages: bytes) -> None:
        for message in messages:
            await link.write(commands.COMMAND_UUID, message, response=False)
            await asyncio.sleep(_COMMAND_SPACING_S)

    @staticmethod
    async def _ask(link: GattLink, question: bytes) -> bytes | None:
        return await ask(
            link,
            (commands.COMMAND_UUID, question),
            commands.NOTIFY_UUID,
            lambda data: data[:2] == question,
            response=False,
        )

    @property
    def _in_force(self) -> commands.ImuSettings:
        if self._settings is None:
            raise DeviceError("The sensor must be configured before it can be used.")
        return self._settings

    @property
    def nominal_rate_hz(self) -> float:
        """Rate in force."""
        return self._in_force.rate_hz

    @property
    def recipe(self) -> DecoderRecipe:
        """Chip, rate and full scales."""
        settings = self._in_force
        return DecoderRecipe(
            PROTOCOL,
            {
                "imu": int(settings.imu),
                "rate_hz": settings.rate_hz,
                "acc_range_g": settings.acc_range_g,
                "gyr_range_dps": settings.gyr_range_dps,
            },
        )

    def new_decoder(self) -> MetaMotionDecoder:
        """Make a decoder for the settings in force."""
        return MetaMotionDecoder.from_recipe(self.recipe)
