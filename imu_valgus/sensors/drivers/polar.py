"""Driver of the Polar Verity Sense."""

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
    answers_like,
    ask,
    nearest,
    read_battery_level,
    read_text,
)
from imu_valgus.sensors.packets import DecoderRecipe, DeviceClock, LossAccounting
from imu_valgus.sensors.protocols import polar as protocol
from imu_valgus.sensors.protocols.polar import Answer, Measurement, Operation, Setting

_ANSWER_WITHIN_S: Final = 3.0
_RATES_HZ: Final = (52.0,)
"""Rates of the sensor's ordinary mode; its SDK mode is not used."""


class PolarDriver:
    """Driver of one Verity Sense; losses are counted from its nanosecond clock."""

    loss_accounting = LossAccounting.FROM_TIME
    clock: DeviceClock = protocol.CLOCK
    data_characteristics = (protocol.DATA_UUID,)

    def __init__(self) -> None:
        self._chosen: dict[Measurement, protocol.Choices] = {}
        self._factors: dict[Measurement, float] = {}

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """Whether the name is that of a Verity Sense; an H10 has no gyroscope."""
        return advertisement.name_starts("Polar Sense")

    async def identify(self, link: GattLink) -> DeviceInfo:
        """Read serial number, firmware and battery."""
        if protocol.CONTROL_UUID not in link.characteristics:
            raise DeviceError(
                "The Polar sensor does not offer its measurements. Update its firmware, and press "
                "its button until the light beside the heart shines."
            )
        return DeviceInfo(
            model="Polar Verity Sense",
            own_id=await read_text(link, SERIAL_NUMBER_UUID),
            firmware=await read_text(link, FIRMWARE_REVISION_UUID),
            battery_percent=await self.battery(link),
            rates_hz=_RATES_HZ,
            acc_ranges_g=(8.0,),
            gyr_ranges_dps=(2000.0,),
            remarks=("Streams 52 Hz up to ±8 g: heel strikes at the shank are cut off.",),
        )

    async def configure(self, link: GattLink, settings: DeviceSettings) -> DeviceSettings:
        """Choose among the settings offered, then start once to learn the factors.

        The sensor reports the factors that turn counts into units only when it starts a stream.
        """
        await self.stop(link)
        for measurement in Measurement:
            offered = (await self._ask(link, Operation.GET_SETTINGS, measurement)).settings
            self._chosen[measurement] = _choice(offered, settings, measurement)
            self._factors[measurement] = (await self._begin(link, measurement)).factor
        await self.stop(link)
        acc, gyr = self._chosen[Measurement.ACC], self._chosen[Measurement.GYR]
        if acc[Setting.RATE_HZ] != gyr[Setting.RATE_HZ]:
            raise DeviceError(
                f"The Polar sensor offers acceleration at {acc[Setting.RATE_HZ][0]} Hz but angular "
                f"velocity at {gyr[Setting.RATE_HZ][0]} Hz. They must be the same: update its "
                "firmware."
            )
        acc_range, gyr_range = float(acc[Setting.RANGE][0]), float(gyr[Setting.RANGE][0])
        return DeviceSettings(self.nominal_rate_hz, acc_range, gyr_range, with_mag=False)

    async def start(self, link: GattLink) -> None:
        """Start both streams."""
        for measurement in Measurement:
            await self._begin(link, measurement)

    async def stop(self, link: GattLink) -> None:
        """Stop both streams, as far as they run."""
        for measurement in Measurement:
            await self._ask(link, Operation.STOP, measurement)

    async def battery(self, link: GattLink) -> float | None:
        """Read the standard battery level."""
        return await read_battery_level(link)

    async def _begin(self, link: GattLink, measurement: Measurement) -> Answer:
        answer = await self._ask(link, Operation.START, measurement)
        if answer.error not in {protocol.SUCCESS, protocol.ALREADY_SO}:
            raise DeviceError(
                f"The Polar sensor refuses to stream {measurement.name} (reason {answer.error}). "
                "Switch it off and on."
            )
        return answer

    async def _ask(self, link: GattLink, operation: Operation, measurement: Measurement) -> Answer:
        settings = self._chosen.get(measurement) if operation is Operation.START else None
        command = protocol.encode_command(operation, measurement, settings)
        data = await ask(
            link,
            (protocol.CONTROL_UUID, command),
            protocol.CONTROL_UUID,
            lambda answer: protocol.is_answer_to(answer, command),
            response=True,
            within_s=_ANSWER_WITHIN_S,
        )
        if data is None:
            raise DeviceError("The Polar sensor does not answer. Switch it off and on.")
        with answers_like("a Polar Verity Sense"):
            return Answer.decode(data)

    @property
    def nominal_rate_hz(self) -> float:
        """Sampling rate chosen."""
        if len(self._factors) < len(Measurement):
            raise DeviceError("The sensor must be configured before it can be used.")
        return float(self._chosen[Measurement.ACC][Setting.RATE_HZ][0])

    @property
    def recipe(self) -> DecoderRecipe:
        """Rate and factors."""
        return DecoderRecipe(
            protocol.PROTOCOL,
            {
                "rate_hz": self.nominal_rate_hz,
                "acc_factor": self._factors[Measurement.ACC],
                "gyr_factor": self._factors[Measurement.GYR],
            },
        )

    def new_decoder(self) -> protocol.PolarDecoder:
        """Make a decoder for the settings in force."""
        return protocol.PolarDecoder.from_recipe(self.recipe)


def _choice(
    offered: protocol.Choices, settings: DeviceSettings, measurement: Measurement
) -> protocol.Choices:
    """Choose one offered value of each setting, the nearest to the value asked for."""
    is_acc = measurement is Measurement.ACC
    targets = {
        Setting.RATE_HZ: settings.rate_hz,
        Setting.RANGE: settings.acc_range_g if is_acc else settings.gyr_range_dps,
        Setting.RESOLUTION_BITS: 16,
        Setting.CHANNELS: 3,
    }
    chosen = {
        setting: (round(nearest(targets.get(setting, 0), values)),)
        for setting, values in offered.items()
        if values
    }
    if not {Setting.RATE_HZ, Setting.RANGE} <= set(chosen):
        raise DeviceError(
            f"The Polar sensor offers no rate or range of {measurement.name}. Update its firmware."
        )
    return chosen
