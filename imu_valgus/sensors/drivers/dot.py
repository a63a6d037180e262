"""Driver of the Movella (Xsens) DOT."""

from typing import Final

from imu_valgus.errors import DecodeError, DeviceError
from imu_valgus.sensors.driver import Advertisement, DeviceInfo, DeviceSettings, GattLink
from imu_valgus.sensors.drivers._shared import Listener, answers_like, configured, nearest
from imu_valgus.sensors.packets import DecoderRecipe, DeviceClock, LossAccounting
from imu_valgus.sensors.protocols import dot as protocol
from imu_valgus.sensors.protocols.dot import PayloadMode

_WITHOUT_MAG: Final = (PayloadMode.CUSTOM_5, PayloadMode.RATE, PayloadMode.EXTENDED_QUATERNION)
"""Best first. Orientation with rates needs packets of 63 bytes, rates alone 40; the oldest firmware
knows neither and sends orientation only."""
_WITH_MAG: Final = (PayloadMode.RATE_WITH_MAG, *_WITHOUT_MAG)
_FIRST_PAYLOAD_WITHIN_S: Final = 1.5


class DotDriver:
    """Driver of one DOT; losses are counted from its microsecond clock.

    Parameters
    ----------
    profile
        Tuning of the sensor's own orientation filter.
    """

    loss_accounting = LossAccounting.FROM_TIME
    clock: DeviceClock = protocol.CLOCK

    def __init__(self, *, profile: protocol.FilterProfile = protocol.FilterProfile.GENERAL) -> None:
        self._profile = profile
        self._rate_hz = 60
        self._mode: PayloadMode | None = None

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """Whether Movella's company identifier or one of its names is advertised."""
        has_company = protocol.COMPANY_ID in advertisement.manufacturer_data
        return has_company or advertisement.name_starts("Movella DOT", "Xsens DOT")

    async def identify(self, link: GattLink) -> DeviceInfo:
        """Read information, tag and battery; the identity is the address printed on the case."""
        with answers_like("a Movella DOT"):
            information = protocol.DotInformation.decode(await link.read(protocol.INFO_UUID))
        control = await self._read_control(link)
        return DeviceInfo(
            model=f"Movella DOT {information.hardware} '{control.tag}'",
            own_id=information.mac,
            firmware=information.firmware,
            battery_percent=await self.battery(link),
            rates_hz=protocol.RATES_HZ,
            acc_ranges_g=(16.0,),
            gyr_ranges_dps=(2000.0,),
            has_mag=True,
            remarks=("Streams at most 60 Hz; its packets carry a time but no number.",),
        )

    async def configure(self, link: GattLink, settings: DeviceSettings) -> DeviceSettings:
        """Set rate and profile, then find the richest payload that arrives whole.

        Whether a payload fits depends on the packet size that computer and sensor agreed on, which
        not every system reveals. So each candidate is started, inspected and stopped.
        """
        await self.stop(link)
        await self._set_rate(link, round(nearest(settings.rate_hz, protocol.RATES_HZ)))
        for mode in _WITH_MAG if settings.with_mag else _WITHOUT_MAG:
            if await self._arrives_whole(link, mode):
                self._mode = mode
                with_mag = mode is PayloadMode.RATE_WITH_MAG
                return DeviceSettings(float(self._rate_hz), 16.0, 2000.0, with_mag)
        raise DeviceError(
            "The DOT sent no complete motion payload in any mode. Move it closer, close other "
            "programs that may be connected to it, or switch it off and on."
        )

    async def _set_rate(self, link: GattLink, rate_hz: int) -> None:
        control = await self._read_control(link)
        if (control.rate_hz, control.profile) != (rate_hz, self._profile):
            change = control.encode_change(rate_hz=rate_hz, profile=self._profile)
            await link.write(protocol.CONTROL_UUID, change, response=True)
            control = await self._read_control(link)
        if control.rate_hz != rate_hz:
            raise DeviceError(
                f"The DOT does not change its rate from {control.rate_hz} Hz to {rate_hz} Hz. A "
                "synchronised sensor refuses changes: end its synchronisation in the maker's app."
            )
        self._rate_hz = rate_hz

    @staticmethod
    async def _read_control(link: GattLink) -> protocol.ControlState:
        with answers_like("a Movella DOT"):
            return protocol.ControlState.decode(await link.read(protocol.CONTROL_UUID))

    async def _arrives_whole(self, link: GattLink, mode: PayloadMode) -> bool:
        within_s = _FIRST_PAYLOAD_WITHIN_S + 1.0 / self._rate_hz
        async with Listener(link, mode.characteristic) as listener:
            await self._measure(link, mode, start=True)
            first = await listener.first(lambda _: True, within_s=within_s)
            await self._measure(link, mode, start=False)
        return first is not None and len(first) >= mode.size

    @staticmethod
    async def _measure(link: GattLink, mode: int, *, start: bool) -> None:
        command = protocol.encode_measurement(mode, start=start)
        await link.write(protocol.MEASUREMENT_UUID, command, response=True)

    async def start(self, link: GattLink) -> None:
        """Start the payload mode; nothing is sent unless notifications are already on."""
        await self._measure(link, configured(self._mode), start=True)

    async def stop(self, link: GattLink) -> None:
        """Stop whatever the sensor is measuring."""
        with answers_like("a Movella DOT"):
            data = await link.read(protocol.MEASUREMENT_UUID)
            is_measuring, mode = protocol.decode_measurement(data)
        if is_measuring:
            await self._measure(link, mode, start=False)

    async def battery(self, link: GattLink) -> float | None:
        """Read the charge in percent."""
        try:
            return float(protocol.decode_battery(await link.read(protocol.BATTERY_UUID))[0])
        except DecodeError:
            return None

    @property
    def data_characteristics(self) -> tuple[str, ...]:
        """Payload characteristic of the mode in force."""
        return (configured(self._mode).characteristic,)

    @property
    def nominal_rate_hz(self) -> float:
        """Output rate in force."""
        return float(self._rate_hz)

    @property
    def recipe(self) -> DecoderRecipe:
        """Mode and rate."""
        settings = {"mode": int(configured(self._mode)), "rate_hz": self._rate_hz}
        return DecoderRecipe(protocol.PROTOCOL, settings)

    def new_decoder(self) -> protocol.DotDecoder:
        """Make a decoder for the mode in force."""
        return protocol.DotDecoder.from_recipe(self.recipe)
