"""Driver of WitMotion Bluetooth 5 sensors."""

import asyncio
from typing import Final

from imu_valgus.errors import DeviceError
from imu_valgus.sensors.driver import Advertisement, DeviceInfo, DeviceSettings, GattLink
from imu_valgus.sensors.drivers._shared import LOSSES_UNKNOWN, ask, configured, nearest
from imu_valgus.sensors.packets import DecoderRecipe, DeviceClock, LossAccounting
from imu_valgus.sensors.protocols import witmotion as protocol

_RATES_HZ: Final = tuple(rate for rate in protocol.RATES_HZ if rate >= 10.0)
"""Slower rates are of no use for movement."""
_RATE_TOLERANCE: Final = 0.1
"""Relative. Enough to tell the steps of the table apart after a second of bursts."""
_WATCH_S: Final = 1.0


class WitMotionDriver:
    """Driver of one WitMotion sensor; its rate is measured rather than trusted."""

    def __init__(self) -> None:
        self._uuids: protocol.UuidSet | None = None
        self._rate_hz: float | None = None
        self._has_calendar = False

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """Whether the name begins with WT; other makers use the same serial-port services."""
        return advertisement.name_starts("WT")

    async def identify(self, link: GattLink) -> DeviceInfo:
        """Find the variant of the hardware, then ask for version and battery.

        The sensor reports no serial number.
        """
        offered = set(link.characteristics)
        self._uuids = next(
            (uuids for uuids in protocol.UUID_SETS if {uuids.notify, uuids.write} <= offered), None
        )
        if self._uuids is None:
            raise DeviceError(
                "The sensor has the name of a WitMotion but offers none of its known services. It "
                "may be a Bluetooth 2 model, which cannot be recorded over Bluetooth LE; use a "
                "Bluetooth 5 model."
            )
        version = await self._read_register(link, protocol.REGISTER_VERSION)
        return DeviceInfo(
            model="WitMotion Bluetooth 5",
            own_id=None,
            firmware=None if version is None else str(version.values[0]),
            battery_percent=await self.battery(link),
            rates_hz=_RATES_HZ,
            acc_ranges_g=(16.0,),
            gyr_ranges_dps=(2000.0,),
            remarks=(LOSSES_UNKNOWN,),
        )

    async def configure(self, link: GattLink, settings: DeviceSettings) -> DeviceSettings:
        """Set the rate if the measured one differs, and trust only the measured one."""
        rate_hz = nearest(settings.rate_hz, _RATES_HZ)
        codes: tuple[int, ...] = (*protocol.CODES_OF_200_HZ, protocol.RATE_CODES[100.0])
        if rate_hz != 200.0:
            codes = (protocol.RATE_CODES[rate_hz],)
        measured_hz = await self._measured_rate(link)
        for code in codes:
            if _agrees(measured_hz, rate_hz):
                break
            await self._write_register(link, protocol.REGISTER_RATE, code)
            measured_hz = await self._measured_rate(link)
        if measured_hz is None:
            raise DeviceError(
                "The WitMotion sensor is connected but sends nothing. Switch it off and on."
            )
        if not _agrees(measured_hz, rate_hz):
            rate_hz = nearest(measured_hz, _RATES_HZ)
        self._rate_hz = rate_hz
        return DeviceSettings(rate_hz, 16.0, 2000.0, with_mag=False)

    async def _measured_rate(self, link: GattLink) -> float | None:
        """Count frames for a second; None when fewer than two notifications came."""
        splitter = protocol.FrameSplitter()
        arrivals: list[tuple[float, int]] = []
        clock = asyncio.get_running_loop().time

        def count(data: bytes) -> None:
            frames = splitter.feed(data)
            motion = [frame for frame in frames if protocol.decode_register(frame) is None]
            if motion:
                self._has_calendar = protocol.decode_motion(motion[-1]).calendar_ms is not None
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
        change = protocol.encode_write_register(register, value)
        for command in (protocol.UNLOCK, change, protocol.SAVE):
            await link.write(self._in_use.write, command, response=True)
            await asyncio.sleep(protocol.COMMAND_SPACING_S)

    async def _read_register(self, link: GattLink, register: int) -> protocol.RegisterFrame | None:
        splitter = protocol.FrameSplitter()
        found: list[protocol.RegisterFrame] = []

        def is_answer(data: bytes) -> bool:
            answers = (protocol.decode_register(frame) for frame in splitter.feed(data))
            found.extend(answer for answer in answers if answer and answer.register == register)
            return bool(found)

        question = (self._in_use.write, protocol.encode_read_register(register))
        await ask(link, question, self._in_use.notify, is_answer, response=True)
        await asyncio.sleep(protocol.COMMAND_SPACING_S)
        return found[0] if found else None

    async def start(self, link: GattLink) -> None:
        """Do nothing: the sensor streams as soon as notifications are on."""

    async def stop(self, link: GattLink) -> None:
        """Do nothing: the sensor stops when notifications are turned off."""

    async def battery(self, link: GattLink) -> float | None:
        """Ask for the voltage and look up the charge."""
        frame = await self._read_register(link, protocol.REGISTER_VOLTAGE)
        if frame is None or frame.values[0] <= 0:
            return None
        return protocol.charge_percent(frame.values[0] / 100.0)

    @property
    def _in_use(self) -> protocol.UuidSet:
        if self._uuids is None:
            raise DeviceError("The sensor must be identified before it can be used.")
        return self._uuids

    @property
    def data_characteristics(self) -> tuple[str, ...]:
        """The only characteristic that notifies."""
        return (self._in_use.notify,)

    @property
    def nominal_rate_hz(self) -> float:
        """Step of the rate table that agrees with the measured rate."""
        return configured(self._rate_hz)

    @property
    def loss_accounting(self) -> LossAccounting:
        """How well losses can be counted: only frames with the sensor's calendar carry a time."""
        return LossAccounting.FROM_TIME if self._has_calendar else LossAccounting.NOT_DETECTABLE

    @property
    def clock(self) -> DeviceClock | None:
        """The sensor's calendar, where it sends it."""
        return protocol.CALENDAR_CLOCK if self._has_calendar else None

    @property
    def recipe(self) -> DecoderRecipe:
        """The rate; everything else is in the frames."""
        return DecoderRecipe(protocol.PROTOCOL, {"rate_hz": self.nominal_rate_hz})

    def new_decoder(self) -> protocol.WitMotionDecoder:
        """Make a decoder."""
        return protocol.WitMotionDecoder.from_recipe(self.recipe)


def _agrees(measured_hz: float | None, rate_hz: float) -> bool:
    return measured_hz is not None and abs(measured_hz / rate_hz - 1.0) < _RATE_TOLERANCE
