"""The DOT's own synchronisation, an option: every clock then counts like the root sensor's.

The order is the vendor's: :func:`start_sync` on every sensor with the root's address, disconnect
all of them, wait :data:`WAIT_S`, connect again, :func:`sync_failure` on each. Rate and profile must
be set before; they cannot be changed until :func:`stop_sync`.
"""

from typing import Final

from imu_valgus.errors import DecodeError, DeviceError
from imu_valgus.sensors.driver import GattLink
from imu_valgus.sensors.protocols import dot as commands

WAIT_S: Final = 14.0


async def _exchange(link: GattLink, message: bytes) -> bytes:
    await link.write(commands.MESSAGE_UUID, message, response=True)
    return await link.read(commands.ACKNOWLEDGE_UUID)


async def is_synced(link: GattLink) -> bool:
    """Ask whether the sensor is synchronised.

    Raises
    ------
    DeviceError
        If it does not answer the question.
    """
    try:
        return commands.decode_sync_status(await _exchange(link, commands.ASK_SYNC_STATUS))
    except DecodeError as error:
        raise DeviceError(f"The DOT does not tell whether it is synchronised: {error}") from error


async def start_sync(link: GattLink, *, root_mac: str) -> None:
    """Tell one sensor to synchronise with the root; the link must be closed afterwards."""
    await link.write(commands.MESSAGE_UUID, commands.encode_start_sync(root_mac), response=True)


async def sync_failure(link: GattLink) -> str | None:
    """Read how the synchronisation went: None for well, else the reason in words.

    Raises
    ------
    DeviceError
        If the sensor holds no such result.
    """
    try:
        return commands.decode_sync_result(await link.read(commands.ACKNOWLEDGE_UUID))
    except DecodeError as error:
        raise DeviceError(f"The DOT holds no synchronisation result: {error}") from error


async def stop_sync(link: GattLink) -> None:
    """End the synchronisation, so that rate and profile can be changed again."""
    await link.write(commands.MESSAGE_UUID, commands.STOP_SYNC, response=True)
