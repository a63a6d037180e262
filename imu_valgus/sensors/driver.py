"""What the recorder asks of a sensor, and what a sensor's driver may ask of the radio.

A driver is one object per connected sensor. The recorder calls, in this order and again in full
after every reconnect::

    identify -> configure -> [recorder subscribes to data_characteristics] -> start ... stop

Drivers never import a Bluetooth library: they speak through a :class:`GattLink`.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from imu_valgus.sensors.packets import Decoder, DecoderRecipe, DeviceClock, LossAccounting
from imu_valgus.sensors.protocols.advertisement import Advertisement

__all__ = [
    "Advertisement",
    "DeviceDriver",
    "DeviceInfo",
    "DeviceSettings",
    "GattLink",
    "NotificationCallback",
]

NotificationCallback = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """Who a connected sensor is.

    Parameters
    ----------
    model
        Maker and model in words.
    own_id
        The sensor's own number (serial or MAC as it tells it), the same on every computer; None
        where it tells none.
    firmware
        Its firmware version in words, None where it tells none.
    battery_percent
        Charge, None where it is not known.
    rates_hz
        Rates it can stream, ascending.
    acc_ranges_g, gyr_ranges_dps
        Ranges that can be chosen, ascending.
    has_mag
        Whether it can send its magnetometer.
    remarks
        What the person should know of this model, one sentence each.
    """

    model: str
    own_id: str | None
    firmware: str | None
    battery_percent: float | None
    rates_hz: tuple[float, ...]
    acc_ranges_g: tuple[float, ...]
    gyr_ranges_dps: tuple[float, ...]
    has_mag: bool = False
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    """How a sensor shall stream; what it cannot do is brought to the nearest it can.

    Parameters
    ----------
    rate_hz
        Samples per second. The default is what most of the sensors reach over a shared radio.
    acc_range_g, gyr_range_dps
        Full scales; NaN where a sensor does not tell which is in force. Heel strike at the shank
        passes 8 g; the swing of a shank stays under 700 °/s in walking, faster movements do not,
        hence 16 g and 2000 °/s.
    with_mag
        Whether the magnetometer is wanted too.
    """

    rate_hz: float = 100.0
    acc_range_g: float = 16.0
    gyr_range_dps: float = 2000.0
    with_mag: bool = False


class GattLink(Protocol):
    """A connected sensor, as a driver sees it. UUIDs are 128 bit, lower case.

    Every call is bounded in time by the implementation and raises ``DeviceError`` when the link
    is lost or the sensor refuses.
    """

    @property
    def characteristics(self) -> Collection[str]:
        """UUIDs of the characteristics that the sensor offers."""
        ...

    async def read(self, uuid: str) -> bytes:
        """Read a characteristic."""
        ...

    async def write(self, uuid: str, data: bytes, *, response: bool = True) -> None:
        """Write a characteristic; with `response` it returns when the sensor has confirmed.

        Where the characteristic offers only the other kind of write, that one is used: models of
        one maker differ in this.
        """
        ...

    async def subscribe(self, uuid: str, callback: NotificationCallback) -> None:
        """Call `callback` with every notification from now on.

        Several callbacks may listen to one characteristic: the first turns notifications on,
        later ones are added. A recorder and a driver that awaits a reply share it that way.
        """
        ...

    async def unsubscribe(self, uuid: str, callback: NotificationCallback) -> None:
        """Remove a callback; the last one turns notifications off. Not subscribed: no effect."""
        ...


class DeviceDriver(Protocol):
    """Drives one connected sensor."""

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """Whether a sensor that advertises so is one for this driver."""
        ...

    async def identify(self, link: GattLink) -> DeviceInfo:
        """Ask who the sensor is and what it can do.

        Raises
        ------
        DeviceError
            If it does not answer, or is not what it seemed.
        """
        ...

    async def configure(self, link: GattLink, settings: DeviceSettings) -> DeviceSettings:
        """Set rate and ranges; the sensor does not stream yet.

        Returns
        -------
        DeviceSettings
            Those in force: the nearest that the sensor can do.
        """
        ...

    async def start(self, link: GattLink) -> None:
        """Make it stream. A sensor that has kept streaming through a lost link just goes on."""
        ...

    async def stop(self, link: GattLink) -> None:
        """Make it stop streaming; leaves the sensor ready for the next `configure`."""
        ...

    async def battery(self, link: GattLink) -> float | None:
        """Charge in percent, None where it cannot be told now (safe while streaming)."""
        ...

    @property
    def data_characteristics(self) -> tuple[str, ...]:
        """Characteristics to subscribe to before `start`; known after `configure`."""
        ...

    @property
    def nominal_rate_hz(self) -> float:
        """Rate in force after `configure`."""
        ...

    @property
    def loss_accounting(self) -> LossAccounting:
        """How well losses can be counted, with the settings in force."""
        ...

    @property
    def clock(self) -> DeviceClock | None:
        """The device's clock, None where packets carry no time."""
        ...

    @property
    def recipe(self) -> DecoderRecipe:
        """What a journal must keep to decode again; known after `configure`."""
        ...

    def new_decoder(self) -> Decoder:
        """Make a decoder for the settings in force."""
        ...
