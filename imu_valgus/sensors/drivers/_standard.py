"""What many sensors share: standard battery and identity characteristics, nearest choices."""

from collections.abc import Sequence

from imu_valgus.sensors.driver import GattLink
from imu_valgus.sensors.protocols.advertisement import BATTERY_LEVEL_UUID


async def read_battery_level(link: GattLink) -> float | None:
    """Read the standard battery level in percent; None where there is none or it is absurd."""
    if BATTERY_LEVEL_UUID not in link.characteristics:
        return None
    value = await link.read(BATTERY_LEVEL_UUID)
    return float(value[0]) if len(value) == 1 and value[0] <= 100 else None


async def read_text(link: GattLink, uuid: str) -> str | None:
    """Read a characteristic that holds text; None where it is missing or empty."""
    if uuid not in link.characteristics:
        return None
    text = (await link.read(uuid)).decode("utf-8", errors="replace").strip("\x00 \t\r\n")
    return text or None


def nearest(wanted: float, offered: Sequence[float]) -> float:
    """Return the offered value that is nearest to the wanted one.

    Examples
    --------
    >>> nearest(100.0, (52.0, 104.0, 208.0))
    104.0
    """
    return min(offered, key=lambda value: abs(value - wanted))
