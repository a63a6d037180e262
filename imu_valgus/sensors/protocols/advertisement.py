"""What a sensor says of itself before anyone connects, and how UUIDs are written here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

BATTERY_LEVEL_UUID = "00002a19-0000-1000-8000-00805f9b34fb"
BATTERY_SERVICE_UUID = "0000180f-0000-1000-8000-00805f9b34fb"
DEVICE_INFORMATION_SERVICE_UUID = "0000180a-0000-1000-8000-00805f9b34fb"
SERIAL_NUMBER_UUID = "00002a25-0000-1000-8000-00805f9b34fb"
FIRMWARE_REVISION_UUID = "00002a26-0000-1000-8000-00805f9b34fb"
MODEL_NUMBER_UUID = "00002a24-0000-1000-8000-00805f9b34fb"


@dataclass(frozen=True, slots=True)
class Advertisement:
    """The content of an advertisement that drivers look at.

    Parameters
    ----------
    name
        Local name, None where it is not sent.
    service_uuids
        Advertised services, 128 bit, lower case.
    manufacturer_data
        Data by Bluetooth company identifier.
    """

    name: str | None
    service_uuids: tuple[str, ...] = ()
    manufacturer_data: Mapping[int, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "service_uuids", tuple(u.lower() for u in self.service_uuids))
        frozen = MappingProxyType(dict(self.manufacturer_data))
        object.__setattr__(self, "manufacturer_data", frozen)

    def name_starts(self, *prefixes: str) -> bool:
        """Whether the name begins with one of the prefixes, upper or lower case alike."""
        return (self.name or "").lower().startswith(tuple(p.lower() for p in prefixes))
