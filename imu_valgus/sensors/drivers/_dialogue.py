"""Waiting for what a sensor notifies, with a limit in time."""

import asyncio
from collections.abc import Callable
from typing import Self

from imu_valgus.sensors.driver import GattLink


class Listener:
    """Collects the notifications of a characteristic while it is entered.

    Parameters
    ----------
    link
        The connected sensor.
    uuid
        The characteristic to listen to.
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
        """Return the first notification that is accepted, None if none comes in time."""
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
        The connected sensor.
    question
        Characteristic and bytes to write.
    answer_uuid
        Where the answer is notified.
    accept
        Whether a notification is the answer.
    response
        Whether the write is confirmed by the sensor.
    within_s
        How long to wait.

    Returns
    -------
    bytes or None
        The answer, None if none came in time.
    """
    async with Listener(link, answer_uuid) as listener:
        uuid, data = question
        await link.write(uuid, data, response=response)
        return await listener.first(accept, within_s=within_s)
