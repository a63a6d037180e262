"""Driver of the Movella (Xsens) DOT."""

from typing import Final

from imu_valgus.errors import DecodeError, DeviceError
from imu_valgus.sensors.driver import Advertisement, DeviceInfo, DeviceSettings, GattLink
from imu_valgus.sensors.drivers._dialogue import Listener
from imu_valgus.sensors.drivers._standard import nearest
from imu_valgus.sensors.packets import DecoderRecipe, DeviceClock, LossAccounting
from imu_valgus.sensors.protocols import dot as commands
from imu_valgus.sensors.protocols.dot import CLOCK, PROTOCOL, DotDecoder, PayloadMode

_WITHOUT_MAG: Final = (PayloadMode.CUSTOM_5, PayloadMode.RATE, PayloadMode.EXTENDED_QUATERNION)
"""Orientation and rates need packets of 63 bytes, rates alone of 40; the oldest firmware knows
neither and gives orientation only."""
_WITH_MAG: Final = (PayloadMode.RATE_WITH_MAG, *_WITHOUT_MAG)
_FIRST_PAYLOAD_WITHIN_S: Final = 1.5


class DotDriver:
    """One DOT; losses are counted from its microsecond clock.

    Parameters
    ----------
    profile
        Tuning of its own orientation filter.
    """

    loss_accounting = LossAccounting.FROM_TIME

    def __init__(self, *, profile: commands.FilterProfile = commands.FilterProfile.GENERAL) -> None:
        self._profile = profile
        self._rate_hz = 60
        self._mode: PayloadMode | None = None

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """Whether Movella's company identifier or one of the names is advertised."""
        has_company = commands.COMPANY_ID in advertisement.manufacturer_data
        return has_company or advertisement.name_starts("Movella DOT", "Xsens DOT")

    async def identify(self, link: GattLink) -> DeviceInfo:
        """Read information, tag and battery; the identity is the printed address."""
        try:
            information = commands.DotInformation.decode(await link.read(commands.INFO_UUID))
            control = commands.ControlState.decode(await link.read(commands.CONTROL_UUID))
        except DecodeError as error:
            raise DeviceError(f"The sensor does not answer like a Movella DOT: {error}") from error
        return DeviceInfo(
            model=f"Movella DOT {information.hardware} '{control.tag}'",
            own_id=information.mac,
            firmware=information.firmware,
            battery_percent=await self.battery(link),
            rates_hz=commands.RATES_HZ,
            acc_ranges_g=(16.0,),
            gyr_ranges_dps=(2000.0,),
            has_mag=True,
            remarks=("Streams at most 60 Hz; its packets carry a time but no number.",),
        )

    async def configure(self, link: GattLink, settings: DeviceSettings) -> DeviceSettings:
        """Set rate and profile, and find the richest payload that arrives whole.

        Whether a payload fits depends on the packet size that computer and sensor agreed on, which
        not every system tells; so each candidate is started, looked at, and stopped.
        """
        await self.stop(link)
        await self._set_rate(link, round(nearest(settings.rate_hz, commands.RATES_HZ)))
        candidates = _WITH_MAG if settings.with_mag else _WITHOUT_MAG
        for mode in candidates:
            if await self._arrives_whole(link, mode):
                self._mode = mode
                with_mag = mode is PayloadMode.RATE_WITH_MAG
                return DeviceSettings(float(self._rate_hz), 16.0, 2000.0, with_mag)
        raise DeviceError(
            "The DOT sent no complete motion payload in any mode: move it closer, close other "
            "programs that may be connected to it, or switch it off and on."
        )

    async def _set_rate(self, link: GattLink, rate_hz: int) -> None:
        control = await self._read_control(link)
        if (control.rate_hz, control.profile) != (rate_hz, self._profile):
            change = control.encode_change(rate_hz=rate_hz, profile=self._profile)
            await link.write(commands.CONTROL_UUID, change, response=True)
            control = await self._read_control(link)
        if control.rate_hz != rate_hz:
            raise DeviceError(
                f"The DOT was asked for {rate_hz} Hz and stays at {control.rate_hz} Hz: a "
                "synchronised sensor refuses changes, end its synchronisation first."
            )
        self._rate_hz = rate_hz

    @staticmethod
    async def _read_control(link: GattLink) -> commands.ControlState:
        try:
            return commands.ControlState.decode(await link.read(commands.CONTROL_UUID))
        except DecodeError as error:
            raise DeviceError(f"The sensor does not answer like a Movella DOT: {error}") from error

    async def _arrives_whole(self, link: GattLink, mode: PayloadMode) -> bool:
        within_s = _FIRST_PAYLOAD_WITHIN_S + 1.0 / self._rate_hz
        async with Listener(link, mode.characteristic) as listener:
            await self._measure(link, mode, start=True)
            first = await listener.first(lambda _: True, within_s=within_s)
            await self._measure(link, mode, start=False)
        return first is not None and len(first) >= mode.size

    @staticmethod
    async def _measure(link: GattLink, mode: int, *, start: bool) -> None:
        command = commands.encode_measurement(mode, start=start)
        await link.write(commands.MEASUREMENT_UUID, command, response=True)

    async def start(self, link: GattLink) -> None:
        """Start the payload mode; notifications must be on already or nothing is sent."""
        await self._measure(link, self._in_force, start=True)

    async def stop(self, link: GattLink) -> None:
        """Stop whatever it is measuring."""
        try:
            state = commands.decode_measurement(await link.read(commands.MEASUREMENT_UUID))
        except DecodeError as error:
            raise DeviceError(f"The sensor does not answer like a Movella DOT: {error}") from error
        is_measuring, mode = state
        if is_measuring:
            await self._measure(link, mode, start=False)

    async def battery(self, link: GattLink) -> float | None:
        """Read the charge."""
        try:
            level, _ = commands.decode_battery(await link.read(commands.BATTERY_UUID))
        except DecodeError:
            return None
        return float(level)

    @property
    def _in_force(self) -> PayloadMode:
        if self._mode is None:
            raise DeviceError("The sensor must be configured before it can be used.")
        return self._mode

    @property
    def data_characteristics(self) -> tuple[str, ...]:
        """The payload characteristic of the mode in force."""
        return (self._in_force.characteristic,)

    @property
    def nominal_rate_hz(self) -> float:
        """Output rate in force."""
        return float(self._rate_hz)

    @property
    def clock(self) -> DeviceClock:
        """Microseconds since power-on."""
        return CLOCK

    @property
    def recipe(self) -> DecoderRecipe:
        """Mode and rate."""
        return DecoderRecipe(PROTOCOL, {"mode": int(self._in_force), "rate_hz": self._rate_hz})

    def new_decoder(self) -> DotDecoder:
        """Make a decoder for the mode in force."""
        return DotDecoder.from_recipe(self.recipe)
