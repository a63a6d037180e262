"""The interface between the recorder, the drivers of the sensor models and the radio.

A driver is one object per connected sensor. The recorder calls it in this order, and again in full
after every reconnect::

    identify -> configure -> [recorder subscribes to data_characteristics] -> start ... stop

Drivers never import a Bluetooth library; they talk to the sensor through a :class:`GattLink`.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Protocol

from imu_valgus.sensors.packets import Decoder, DecoderRecipe, DeviceClock, LossAccounting

NotificationCallback = Callable[[bytes], None]

BATTERY_SERVICE_UUID: Final = "0000180f-0000-1000-8000-00805f9b34fb"
BATTERY_LEVEL_UUID: Final = "00002a19-0000-1000-8000-00805f9b34fb"
DEVICE_INFORMATION_SERVICE_UUID: Final = "0000180a-0000-1000-8000-00805f9b34fb"
SERIAL_NUMBER_UUID: Final = "00002a25-0000-1000-8000-00805f9b34fb"
FIRMWARE_REVISION_UUID: Final = "00002a26-0000-1000-8000-00805f9b34fb"


@dataclass(frozen=True, slots=True)
class Advertisement:
    """What a sensor broadcasts before anyone connects, as far as drivers look at it.

    Parameters
    ----------
    name
        Local name; None where it is not sent.
    service_uuids
        Advertised services, 128 bit, lower case.
    manufacturer_data
        Manufacturer's data by Bluetooth company identifier.
    """

    name: str | None
    service_uuids: tuple[str, ...] = ()
    manufacturer_data: Mapping[int, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "service_uuids", tuple(u.lower() for u in self.service_uuids))
        frozen = MappingProxyType(dict(self.manufacturer_data))
        object.__setattr__(self, "manufacturer_data", frozen)

    def name_starts(self, *prefixes: str) -> bool:
        """Whether the name begins with one of the prefixes, in upper or lower case."""
        return (self.name or "").lower().startswith(tuple(p.lower() for p in prefixes))


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """Identity and abilities of a connected sensor.

    Parameters
    ----------
    model
        Maker and model, for people to read.
    own_id
        Serial number or MAC address that the sensor reports, the same on every computer; None
        where it reports none.
    firmware
        Firmware version; None where the sensor reports none.
    battery_percent
        Battery charge in percent; None where it is not known.
    rates_hz
        Sampling rates that the sensor can stream, ascending.
    acc_ranges_g, gyr_ranges_dps
        Full scales that can be chosen, ascending.
    has_mag
        Whether the sensor can send its magnetometer.
    remarks
        Limits of this model that the user should know, one sentence each.
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
    """How a sensor should stream; a driver chooses the nearest settings that the sensor offers.

    Parameters
    ----------
    rate_hz
        Samples per second. Most sensors reach the default over a shared radio.
    acc_range_g, gyr_range_dps
        Full scales; NaN where a sensor does not report which is in force. Heel strike at the shank
        exceeds 8 g. The swing of a shank stays under 700 °/s in walking but not in faster
        movements. Hence 16 g and 2000 °/s.
    with_mag
        Whether the magnetometer should be streamed too.
    """

    rate_hz: float = 100.0
    acc_range_g: float = 16.0
    gyr_range_dps: float = 2000.0
    with_mag: bool = False


class GattLink(Protocol):
    """A connected sensor as a driver sees it; UUIDs are 128 bit, lower case.

    Every call is bounded in time and raises ``DeviceError`` when the link is lost or the sensor
    refuses.
    """

    @property
    def characteristics(self) -> Collection[str]:
        """UUIDs of the characteristics that the sensor offers."""
        ...

    async def read(self, uuid: str) -> bytes:
        """Read a characteristic."""
        ...

    async def write(self, uuid: str, data: bytes, *, response: bool = True) -> None:
        """Write a characteristic.

        Parameters
        ----------
        uuid
            Characteristic to write.
        data
            Bytes to write.
        response
            Whether to wait until the sensor has confirmed the write. Models of one maker differ in
            what they offer: where only the other kind of write exists, that one is used.
        """
        ...

    async def subscribe(self, uuid: str, callback: NotificationCallback) -> None:
        """Call `callback` with the bytes of every notification from now on.

        Several callbacks may listen to one characteristic, for example the recorder and a driver
        that waits for a reply: the first one turns notifications on, later ones are added.
        """
        ...

    async def unsubscribe(self, uuid: str, callback: NotificationCallback) -> None:
        """Remove a callback, if it is subscribed; the last one turns notifications off."""
        ...


class DeviceDriver(Protocol):
    """Driver of one connected sensor."""

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """Whether this driver is the one for a sensor with this advertisement."""
        ...

    async def identify(self, link: GattLink) -> DeviceInfo:
        """Ask the sensor for its identity and abilities.

        Raises
        ------
        DeviceError
            If it does not answer, or turns out to be another kind of device.
        """
        ...

    async def configure(self, link: GattLink, settings: DeviceSettings) -> DeviceSettings:
        """Set rate and ranges without starting the stream.

        Parameters
        ----------
        link
            Link to the sensor.
        settings
            Settings to ask for.

        Returns
        -------
        DeviceSettings
            Settings in force: the nearest that the sensor can do.

        Raises
        ------
        DeviceError
            If the sensor does not take the settings.
        """
        ...

    async def start(self, link: GattLink) -> None:
        """Start the stream; a sensor that kept streaming through a lost link just goes on."""
        ...

    async def stop(self, link: GattLink) -> None:
        """Stop the stream and leave the sensor ready for the next `configure`."""
        ...

    async def battery(self, link: GattLink) -> float | None:
        """Read the charge in percent, None where it is not known; safe while streaming."""
        ...

    @property
    def data_characteristics(self) -> tuple[str, ...]:
        """Characteristics to subscribe to before `start`; known after `configure`."""
        ...

    @property
    def nominal_rate_hz(self) -> float:
        """Sampling rate in force after `configure`."""
        ...

    @property
    def loss_accounting(self) -> LossAccounting:
        """How well losses can be counted with the settings in force."""
        ...

    @property
    def clock(self) -> DeviceClock | None:
        """Clock of the device; None where packets carry no time."""
        ...

    @property
    def recipe(self) -> DecoderRecipe:
        """What a journal must keep to decode the stream again; known after `configure`."""
        ...

    def new_decoder(self) -> Decoder:
        """Make a decoder for the settings in force."""
        ...
