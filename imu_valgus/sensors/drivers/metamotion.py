"""Driver of the MbientLab MetaMotion R, RL and S boards."""

import asyncio
from typing import Final

from imu_valgus.errors import DeviceError
from imu_valgus.sensors.driver import (
    FIRMWARE_REVISION_UUID,
    SERIAL_NUMBER_UUID,
    Advertisement,
    DeviceInfo,
    DeviceSettings,
    GattLink,
)
from imu_valgus.sensors.drivers._shared import (
    LOSSES_UNKNOWN,
    ask,
    configured,
    nearest,
    read_text,
)
from imu_valgus.sensors.packets import DecoderRecipe, LossAccounting
from imu_valgus.sensors.protocols import metamotion as protocol

_RATES_HZ: Final = tuple(protocol.RATE_CODES)
_COMMAND_SPACING_S: Final = 0.01
"""Commands are not confirmed; a short pause keeps them from piling up in the radio's queue."""
_GYROSCOPE_STARTS_WITHIN_S: Final = 0.1
"""A gyroscope needs some tens of milliseconds before it gives data."""


class MetaMotionDriver:
    """Driver of one board; its packets carry neither number nor time."""

    loss_accounting = LossAccounting.NOT_DETECTABLE
    clock = None
    data_characteristics = (protocol.NOTIFY_UUID,)

    def __init__(self) -> None:
        self._imu: protocol.Imu | None = None
        self._settings: protocol.ImuSettings | None = None

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """Whether the maker's service, or the name of all its new boards, is advertised."""
        has_service = protocol.SERVICE_UUID in advertisement.service_uuids
        return has_service or advertisement.name_starts("MetaWear")

    async def identify(self, link: GattLink) -> DeviceInfo:
        """Ask for the chip, serial number, firmware and battery."""
        answer = await self._ask(link, protocol.ASK_ACC_MODULE)
        number = None if answer is None else protocol.decode_module(answer, protocol.ACC_MODULE)
        if number not in tuple(protocol.Imu):
            found = "no answer" if number is None else f"accelerometer type {number}"
            raise DeviceError(
                f"This is no MetaMotion R, RL or S with accelerometer type 1 or 4 ({found}). "
                "Use one of these; other boards of the maker are not supported."
            )
        self._imu = protocol.Imu(number)
        return DeviceInfo(
            model="MetaMotion S" if self._imu is protocol.Imu.BMI270 else "MetaMotion R/RL",
            own_id=await read_text(link, SERIAL_NUMBER_UUID),
            firmware=await read_text(link, FIRMWARE_REVISION_UUID),
            battery_percent=await self.battery(link),
            rates_hz=_RATES_HZ,
            acc_ranges_g=protocol.ACC_RANGES_G,
            gyr_ranges_dps=protocol.GYR_RANGES_DPS,
            remarks=(LOSSES_UNKNOWN,),
        )

    async def configure(self, link: GattLink, settings: DeviceSettings) -> DeviceSettings:
        """Stop the stream, ask for a fast link, then set rate and ranges.

        Stopping first matters after a lost link: accelerometer and gyroscope must start together
        again, because their packets are joined by counting.
        """
        if self._imu is None:
            raise DeviceError("The sensor must be identified before it can be configured.")
        self._settings = protocol.ImuSettings(
            imu=self._imu,
            rate_hz=nearest(settings.rate_hz, _RATES_HZ),
            acc_range_g=nearest(settings.acc_range_g, protocol.ACC_RANGES_G),
            gyr_range_dps=nearest(settings.gyr_range_dps, protocol.GYR_RANGES_DPS),
        )
        await self.stop(link)
        await self._send(link, protocol.SHORTEST_INTERVAL)
        await self._send(link, *self._settings.encode_configuration())
        in_force = self._settings
        return DeviceSettings(in_force.rate_hz, in_force.acc_range_g, in_force.gyr_range_dps)

    async def start(self, link: GattLink) -> None:
        """Start accelerometer and gyroscope, and subscribe to their data once both are running.

        The two subscriptions follow each other without a pause, so that both streams begin with
        the same sample as nearly as the board allows.
        """
        settings = configured(self._settings)
        await self._send(link, *settings.encode_start())
        await asyncio.sleep(_GYROSCOPE_STARTS_WITHIN_S)
        for message in settings.encode_subscriptions(on=True):
            await link.write(protocol.COMMAND_UUID, message, response=False)

    async def stop(self, link: GattLink) -> None:
        """Stop the data, then accelerometer and gyroscope."""
        settings = configured(self._settings)
        await self._send(link, *settings.encode_subscriptions(on=False), *settings.encode_stop())

    async def battery(self, link: GattLink) -> float | None:
        """Ask for the charge in percent."""
        answer = await self._ask(link, protocol.ASK_BATTERY)
        level = None if answer is None else protocol.decode_battery(answer)
        return None if level is None else float(level)

    @staticmethod
    async def _send(link: GattLink, *messages: bytes) -> None:
        for message in messages:
            await link.write(protocol.COMMAND_UUID, message, response=False)
            await asyncio.sleep(_COMMAND_SPACING_S)

    @staticmethod
    async def _ask(link: GattLink, question: bytes) -> bytes | None:
        return await ask(
            link,
            (protocol.COMMAND_UUID, question),
            protocol.NOTIFY_UUID,
            lambda data: data[:2] == question,
            response=False,
        )

    @property
    def nominal_rate_hz(self) -> float:
        """Sampling rate in force."""
        return configured(self._settings).rate_hz

    @property
    def recipe(self) -> DecoderRecipe:
        """Chip, rate and full scales."""
        settings = configured(self._settings)
        return DecoderRecipe(
            protocol.PROTOCOL,
            {
                "imu": int(settings.imu),
                "rate_hz": settings.rate_hz,
                "acc_range_g": settings.acc_range_g,
                "gyr_range_dps": settings.gyr_range_dps,
            },
        )

    def new_decoder(self) -> protocol.MetaMotionDecoder:
        """Make a decoder for the settings in force."""
        return protocol.MetaMotionDecoder.from_recipe(self.recipe)
