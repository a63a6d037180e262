"""Driver of WitMotion Bluetooth 5 sensors."""

import asyncio
from typing import Final

from imu_valgus.errors import DeviceError
from imu_valgus.sensors.driver import Advertisement, DeviceInfo, DeviceSettings, GattLink
from imu_valgus.sensors.drivers._dialogue import ask
from imu_valgus.sensors.drivers._standard import nearest
from imu_valgus.sensors.packets import DecoderRecipe, DeviceClock, LossAccounting
from imu_valgus.sensors.protocols import witmotion as commands
from imu_valgus.sensors.protocols.witmotion import (
    CALENDAR_CLOCK,
    PROTOCOL,
    FrameSplitter,
    RegisterFrame,
    WitMotionDecoder,
    decode_motion,
    decode_register,
)

_RATES_HZ: Final = tuple(rate for rate in commands.RATES_HZ if rate >= 10.0)
"""Slower ones are of no use for movement."""
_RATE_TOLERANCE: Final = 0.1
"""Enough to tell the steps of the table apart after one second of notifications in bursts."""
_WATCH_S: Final = 1.0


class WitMotionDriver:
    """One WitMotion sensor; its losses cannot be detected, its rate is measured."""

    def __init__(self) -> None:
        self._uuids: commands.UuidSet | None = None
        self._rate_hz: float | None = None
        self._has_calendar = False

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """Whether the name begins with WT; other makers use the same serial-port services."""
        return advertisement.name_starts("WT")

    async def identify(self, link: GattLink) -> DeviceInfo:
        """Find the variant of the hardware, ask for version and battery; it tells no serial."""
        self._uuids = next(
            (
                one
                for one in commands.UUID_SETS
                if {one.notify, one.write} <= set(link.characteristics)
            ),
            None,
        )
        if self._uuids is None:
            raise DeviceError(
                "The sensor is named like a WitMotion but offers none of its known services: "
                "it may be a Bluetooth 2 model, which cannot be recorded over Bluetooth LE."
            )
        version = await self._read_register(link, commands.REGISTER_VERSION)
        return DeviceInfo(
            model="WitMotion Bluetooth 5",
            own_id=None,
            firmware=None if version is None else str(version.values[0]),
            battery_percent=await self.battery(link),
            rates_hz=_RATES_HZ,
            acc_ranges_g=(16.0,),
            gyr_ranges_dps=(2000.0,),
            remarks=(
                "Its packets carry neither number nor time: lost samples cannot be detected.",
            ),
        )

    async def configure(self, link: GattLink, settings: DeviceSettings) -> DeviceSettings:
        """Set the rate if the measured one differs, and trust the measured one only."""
        wanted = nearest(settings.rate_hz, _RATES_HZ)
        measured = await self._measured_rate(link)
        for code in self._codes(wanted):
            if _agrees(measured, wanted):
                break
            await self._write_register(link, commands.REGISTER_RATE, code)
            measured = await self._measured_rate(link)
        if measured is None:
            raise DeviceError(
                "The WitMotion sensor is connected but sends nothing: switch it off and on."
            )
        self._rate_hz = wanted if _agrees(measured, wanted) else nearest(measured, _RATES_HZ)
        return DeviceSettings(self._rate_hz, 16.0, 2000.0, with_mag=False)

    @staticmethod
    def _codes(rate_hz: float) -> tuple[int, ...]:
        if rate_hz == 200.0:
            return (*commands.CODES_OF_200_HZ, commands.RATE_CODES[100.0])
        return (commands.RATE_CODES[rate_hz],)

    async def _measured_rate(self, link: GattLink) -> float | None:
        """Count frames for a second; None when fewer than two notifications came."""
        splitter = FrameSplitter()
        arrivals: list[tuple[float, int]] = []
        clock = asyncio.get_running_loop().time

        def count(data: bytes) -> None:
            motion = [one for one in splitter.feed(data) if decode_register(one) is None]
            if motion:
                self._has_calendar = decode_motion(motion[-1]).calendar_ms is not None
                arrivals.append((clock(), len(motion)))

        await link.subscribe(self._in_use.notify, count)
        try:
            await asyncio.sleep(_WATCH_S)
        finally:
            await link.unsubscribe(self._in_use.notify, count)
        if len(arrivals) < 2 or arrivals[-1][0] <= arrivals[0][0]:
            return None
        return sum(n for _, n in arrivals[1:]) / (arrivals[-1][0] - arrivals[0][0])

    async def _write_register(self, link: GattLink, register: int, value: int) -> None:
        change = commands.encode_write_register(register, value)
        for command in (commands.UNLOCK, change, commands.SAVE):
            await link.write(self._in_use.write, command, response=True)
            await asyncio.sleep(commands.COMMAND_SPACING_S)

    async def _read_register(self, link: GattLink, register: int) -> RegisterFrame | None:
        splitter = FrameSplitter()
        found: list[RegisterFrame] = []

        def is_answer(data: bytes) -> bool:
            frames = (decode_register(one) for one in splitter.feed(data))
            found.extend(one for one in frames if one and one.register == register)
            return bool(found)

        question = (self._in_use.write, commands.encode_read_register(register))
        await ask(link, question, self._in_use.notify, is_answer, response=True)
        await asyncio.sleep(commands.COMMAND_SPACING_S)
        return found[0] if found else None

    async def start(self, link: GattLink) -> None:
        """Nothing to do: it streams as soon as notifications are on."""

    async def stop(self, link: GattLink) -> None:
        """Nothing to do: it stops when notifications are turned off."""

    async def battery(self, link: GattLink) -> float | None:
        """Ask for the voltage and look up the charge."""
        frame = await self._read_register(link, commands.REGISTER_VOLTAGE)
        if frame is None or frame.values[0] <= 0:
            return None
        return commands.charge_percent(frame.values[0] / 100.0)

    @property
    def _in_use(self) -> commands.UuidSet:
        if self._uuids is None:
            raise DeviceError("The sensor must be identified before it can be used.")
        return self._uuids

    @property
    def data_characteristics(self) -> tuple[str, ...]:
        """The one that everything comes on."""
        return (self._in_use.notify,)

    @property
    def nominal_rate_hz(self) -> float:
        """Step of the rate table that was measured."""
        if self._rate_hz is None:
            raise DeviceError("The sensor must be configured before it can be used.")
        return self._rate_hz

    @property
    def loss_accounting(self) -> LossAccounting:
        """Only frames with the sensor's calendar let losses be counted."""
        return LossAccounting.FROM_TIME if self._has_calendar else LossAccounting.NOT_DETECTABLE

    @property
    def clock(self) -> DeviceClock | None:
        """The sensor's calendar, where it sends it."""
        return CALENDAR_CLOCK if self._has_calendar else None

    @property
    def recipe(self) -> DecoderRecipe:
        """The rate; all else is in the frames."""
        return DecoderRecipe(PROTOCOL, {"rate_hz": self.nominal_rate_hz})

    def new_decoder(self) -> WitMotionDecoder:
        """Make a decoder."""
        return WitMotionDecoder.from_recipe(self.recipe)


def _agrees(measured: float | None, wanted: float) -> bool:
    return measured is not None and abs(measured / wanted - 1.0) < _RATE_TOLERANCE
