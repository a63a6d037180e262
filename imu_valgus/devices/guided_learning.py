"""Learn where sensors sit: the person shakes one after another."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from imu_valgus.devices.capture import Recorder
from imu_valgus.devices.guided_checks import shaken_sensor
from imu_valgus.model import Placement

__all__ = ["learn_places"]

_LOOK_EVERY_S: Final = 0.1
_LOOKS_ALIKE: Final = 8
"""The same sensor must be the shaken one for most of a second."""


async def learn_places(
    recorder: Recorder,
    placements: Sequence[Placement],
    ask: Callable[[Placement], None],
    *,
    skip: asyncio.Event | None = None,
    limit_s: float = 60.0,
) -> dict[Placement, int]:
    """Ask for one sensor after another to be shaken.

    Parameters
    ----------
    recorder
        Streaming from all sensors in question.
    placements
        To be learned, in this order; ends early when no sensor is left.
    ask
        Tells the person which sensor to shake now.
    skip
        Set by the person where there is no sensor at the placement asked for.
    limit_s
        How long to wait for each; a placement not shaken in time is left out.

    Returns
    -------
    dict
        Index of the recorder's sensor by placement.
    """
    learned: dict[Placement, int] = {}
    skipping = skip or asyncio.Event()
    for placement in placements:
        if len(learned) == len(recorder.status().sensors):
            break
        ask(placement)
        skipping.clear()
        index = await _wait_for_shaking(recorder, set(learned.values()), skipping, limit_s)
        if index is not None:
            learned[placement] = index
    return learned


async def _wait_for_shaking(
    recorder: Recorder, taken: set[int], skip: asyncio.Event, limit_s: float
) -> int | None:
    loop = asyncio.get_running_loop()
    end_s = loop.time() + limit_s
    alike, last = 0, None
    while loop.time() < end_s and not skip.is_set():
        await asyncio.sleep(_LOOK_EVERY_S)
        shaken = shaken_sensor(recorder.status().sensors)
        alike = alike + 1 if shaken is not None and shaken == last else 0
        last = shaken
        if shaken is not None and shaken not in taken and alike >= _LOOKS_ALIKE:
            return shaken
    return None
