"""Driver of Movesense sensors with the GATT SensorData (GSP) firmware."""

import math
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
    ask,
    configured,
    nearest,
    read_battery_level,
    read_text,
)
from imu_valgus.sensors.packets import DecoderRecipe, DeviceClock, LossAccounting, StampedSample
from imu_valgus.sensors.protocols import movesense as protocol

_REFERENCE: Final = 99
"""Our number for the subscription; every answer and packet repeats it."""


class MovesenseDriver:
    """Driver of one Movesense sensor; losses are counted from its millisecond clock.

    Parameters
    ----------
    stamps
        Which sample of a packet its time belongs to (not documented by the maker).
    """

    loss_accounting = LossAccounting.FROM_TIME
    data_characteristics = (protocol.DATA_UUID,)

    def __init__(self, *, stamps: StampedSample = StampedSample.FIRST) -> None:
        self._stamps = stamps
        self._rate_hz: float | None = None
        self._channels = 6

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """Whether the firmware's service, or a name that begins with Movesense, is advertised."""
        has_service = protocol.SERVICE_UUID in advertisement.service_uuids
        return has_service or advertisement.name_starts("Movesense")

    async def identify(self, link: GattLink) -> DeviceInfo:
        """Check the firmware, then read serial number and battery."""
        if protocol.COMMAND_UUID not in link.characteristics:
            raise DeviceError(
                "This Movesense sensor runs a firmware without the GATT SensorData service. "
                "To record from it, install that firmware with the maker's app."
            )
        return DeviceInfo(
            model="Movesense (GATT SensorData firmware)",
            own_id=await read_text(link, SERIAL_NUMBER_UUID),
            firmware=await read_text(link, FIRMWARE_REVISION_UUID),
            battery_percent=await self.battery(link),
            rates_hz=protocol.RATES_HZ,
            acc_ranges_g=(),
            gyr_ranges_dps=(),
            has_mag=True,
            remarks=("The firmware sets the ranges and does not report them.",),
        )

    async def configure(self, link: GattLink, settings: DeviceSettings) -> DeviceSettings:
        """Choose rate and channels; the sensor is asked for them at the start.

        A subscription that the sensor kept through a lost link is ended here.
        """
        self._rate_hz = nearest(settings.rate_hz, protocol.RATES_HZ)
        self._channels = 9 if settings.with_mag else 6
        await self.stop(link)
        return DeviceSettings(self._rate_hz, math.nan, math.nan, settings.with_mag)

    async def start(self, link: GattLink) -> None:
        """Subscribe to the stream.

        Raises
        ------
        DeviceError
            If the sensor refuses the subscription.
        """
        command = protocol.encode_subscribe(
            _REFERENCE, channels=self._channels, rate_hz=self.nominal_rate_hz
        )
        answer = await self._ask(link, command)
        if answer is not None and protocol.is_refusal(answer):
            raise DeviceError(
                f"The Movesense sensor refuses to stream {self.nominal_rate_hz:g} Hz of "
                f"{self._channels} channels (answer {answer.hex(' ')}). Choose another rate."
            )

    async def stop(self, link: GattLink) -> None:
        """End the subscription, if there is one."""
        await self._ask(link, protocol.encode_unsubscribe(_REFERENCE))

    @staticmethod
    async def _ask(link: GattLink, command: bytes) -> bytes | None:
        # A missing answer is no failure: the data show whether the sensor streams.
        return await ask(
            link,
            (protocol.COMMAND_UUID, command),
            protocol.DATA_UUID,
            lambda data: protocol.is_answer_to(data, _REFERENCE),
            response=True,
        )

    async def battery(self, link: GattLink) -> float | None:
        """Read the standard battery level, where the firmware has it."""
        return await read_battery_level(link)

    @property
    def nominal_rate_hz(self) -> float:
        """Sampling rate in force."""
        return configured(self._rate_hz)

    @property
    def clock(self) -> DeviceClock:
        """Milliseconds since power-on."""
        return protocol.clock(self._stamps)

    @property
    def recipe(self) -> DecoderRecipe:
        """Rate, channels, and which sample the time of a packet belongs to."""
        return DecoderRecipe(
            protocol.PROTOCOL,
            {
                "rate_hz": self.nominal_rate_hz,
                "channels": self._channels,
                "stamps": self._stamps.value,
            },
        )

    def new_decoder(self) -> protocol.MovesenseDecoder:
        """Make a decoder for the settings in force."""
        return protocol.MovesenseDecoder.from_recipe(self.recipe)
