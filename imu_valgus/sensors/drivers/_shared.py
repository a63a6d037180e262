"""What several drivers share when they talk to a sensor."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Self, TypeVar

from imu_valgus.errors import DecodeError, DeviceError
from imu_valgus.sensors.driver import BATTERY_LEVEL_UUID, GattLink

T = TypeVar("T")

LOSSES_UNKNOWN: Final = (
    "Its packets carry neither number nor time, so lost samples cannot be detected."
)


def configured(value: T | None) -> T:
    """Return a value that is None until the sensor is configured.

    Raises
    ------
    DeviceError
        If the value is None.
    """
    if value is None:
        raise DeviceError("The sensor must be configured before it can be used.")
    return value


@contextlib.contextmanager
def answers_like(device: str) -> Iterator[None]:
    """Turn a DecodeError inside the ``with`` block into a DeviceError that names the device.

    Parameters
    ----------
    device
        Device that should have answered, with its article.

    Raises
    ------
    DeviceError
        If an answer cannot be decoded.
    """
    try:
        yield
    except DecodeError as error:
        raise DeviceError(
            f"The sensor does not answer like {device}. {error} Restart it or update its firmware."
        ) from error


def nearest(value: float, offered: Sequence[float]) -> float:
    """Return the offered value that is nearest to `value`.

    Examples
    --------
    >>> nearest(100.0, (52.0, 104.0, 208.0))
    104.0
    """
    return min(offered, key=lambda candidate: abs(candidate - value))


async def read_battery_level(link: GattLink) -> float | None:
    """Read the standard battery level in percent; None where it is missing or absurd."""
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


class Listener:
    """Collects the notifications of a characteristic inside an ``async with`` block.

    Parameters
    ----------
    link
        Link to the sensor.
    uuid
        Characteristic to listen to.
    """

    def __init__(self, link: GattLink, uuid: str) -> None:
        self._link = link
        self._uuid = uuid
        self._queue: asyncio.Queue[bytes] = asyncio.Queue(maxsize=256)

    async def __aenter__(self) -> Self:
        await self._link.subscribe(self._uuid, self._take)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._link.unsubscribe(self._uuid, self._take)

    def _take(self, data: bytes) -> None:
        # A sensor that floods must not fill the memory: only the newest can be an answer.
        if self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait(bytes(data))

    async def first(self, accept: Callable[[bytes], bool], *, within_s: float) -> bytes | None:
        """Return the first notification that `accept` accepts; None if none comes in time."""
        try:
            async with asyncio.timeout(within_s):
                while not accept(data := await self._queue.get()):
                    pass
        except TimeoutError:
            return None
        return data


async def ask(
    link: GattLink,
    question: tuple[str, bytes],
    answer_uuid: str,
    accept: Callable[[bytes], bool],
    *,
    response: bool,
    within_s: float = 1.0,
) -> bytes | None:
    """Write a question and wait for its answer.

    Parameters
    ----------
    link
        Link to the sensor.
    question
        Characteristic and bytes to write.
    answer_uuid
        Characteristic that notifies the answer.
    accept
        Whether a notification is the answer.
    response
        Whether the sensor confirms the write.
    within_s
        How long to wait, in seconds.

    Returns
    -------
    bytes or None
        The answer; None if none came in time.
    """
    async with Listener(link, answer_uuid) as listener:
        uuid, data = question
        await link.write(uuid, data, response=response)
        return await listener.first(accept, within_s=within_s)
