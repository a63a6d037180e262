"""Driver of the Nordic Thingy:52."""

from dataclasses import replace
from typing import Final

from imu_valgus.errors import DeviceError
from imu_valgus.sensors.driver import Advertisement, DeviceInfo, DeviceSettings, GattLink
from imu_valgus.sensors.drivers._shared import (
    LOSSES_UNKNOWN,
    answers_like,
    configured,
    read_battery_level,
)
from imu_valgus.sensors.packets import DecoderRecipe, LossAccounting
from imu_valgus.sensors.protocols import thingy as protocol

_RATES_HZ: Final = (25.0, 50.0, 100.0, 200.0)
"""The usual rates; any whole number from 5 to 200 Hz is accepted."""
_FASTEST_COMPASS_MS: Final = 100
_ACC_RANGE_G: Final = 32768 / 1024
_GYR_RANGE_DPS: Final = 32768 / 32


class ThingyDriver:
    """Driver of one Thingy:52; its packets carry neither number nor time."""

    loss_accounting = LossAccounting.NOT_DETECTABLE
    clock = None
    data_characteristics = (protocol.RAW_UUID,)

    def __init__(self) -> None:
        self._configuration: protocol.MotionConfiguration | None = None
        self._with_mag = False

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """Whether the configuration service is advertised."""
        return protocol.CONFIGURATION_SERVICE_UUID in advertisement.service_uuids

    async def identify(self, link: GattLink) -> DeviceInfo:
        """Check the motion service and read the battery; the sensor reports no serial number."""
        if protocol.RAW_UUID not in link.characteristics:
            raise DeviceError("The Thingy offers no raw motion. Install the maker's firmware.")
        return DeviceInfo(
            model="Nordic Thingy:52",
            own_id=None,
            firmware=None,
            battery_percent=await self.battery(link),
            rates_hz=_RATES_HZ,
            acc_ranges_g=(_ACC_RANGE_G,),
            gyr_ranges_dps=(_GYR_RANGE_DPS,),
            has_mag=True,
            remarks=(LOSSES_UNKNOWN,),
        )

    async def configure(self, link: GattLink, settings: DeviceSettings) -> DeviceSettings:
        """Set the rate, then read back which one the sensor took."""
        rate_hz = min(max(round(settings.rate_hz), protocol.SLOWEST_HZ), protocol.FASTEST_HZ)
        found = await self._read(link)
        request = replace(found, motion_hz=rate_hz, compass_ms=_FASTEST_COMPASS_MS)
        await link.write(protocol.MOTION_CONFIGURATION_UUID, request.encode(), response=True)
        self._configuration = await self._read(link)
        self._with_mag = settings.with_mag
        return DeviceSettings(self.nominal_rate_hz, _ACC_RANGE_G, _GYR_RANGE_DPS, self._with_mag)

    @staticmethod
    async def _read(link: GattLink) -> protocol.MotionConfiguration:
        with answers_like("a Thingy:52"):
            data = await link.read(protocol.MOTION_CONFIGURATION_UUID)
            return protocol.MotionConfiguration.decode(data)

    async def start(self, link: GattLink) -> None:
        """Do nothing: the sensor streams as soon as notifications are on."""

    async def stop(self, link: GattLink) -> None:
        """Do nothing: the sensor stops when notifications are turned off."""

    async def battery(self, link: GattLink) -> float | None:
        """Read the standard battery level."""
        return await read_battery_level(link)

    @property
    def nominal_rate_hz(self) -> float:
        """Sampling rate in force."""
        return float(configured(self._configuration).motion_hz)

    @property
    def recipe(self) -> DecoderRecipe:
        """Rate, and whether the compass is streamed."""
        settings = {"rate_hz": self.nominal_rate_hz, "with_mag": int(self._with_mag)}
        return DecoderRecipe(protocol.PROTOCOL, settings)

    def new_decoder(self) -> protocol.ThingyDecoder:
        """Make a decoder for the settings in force."""
        return protocol.ThingyDecoder.from_recipe(self.recipe)
