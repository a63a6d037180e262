"""Receives from one sensor for some seconds and counts."""

import asyncio
from dataclasses import dataclass

from imu_valgus.devices.ble import Radio
from imu_valgus.devices.capture_setup import Candidate
from imu_valgus.devices.capture_status import LiveTally
from imu_valgus.devices.driver import DeviceSettings, NotificationCallback
from imu_valgus.devices.packets import Decoder, LossAccounting
from imu_valgus.errors import DecodeError

__all__ = ["Reception", "receive"]


@dataclass(frozen=True, slots=True)
class Reception:
    """What came from one sensor in a test."""

    model: str
    rate_hz: float
    nominal_rate_hz: float
    lost: int
    accounting: LossAccounting
    battery_percent: float | None


async def receive(radio: Radio, candidate: Candidate, seconds: float) -> Reception:
    """Connect, stream for some seconds, let go.

    Parameters
    ----------
    radio
        The adapter.
    candidate
        The sensor.
    seconds
        How long.

    Raises
    ------
    DeviceError
        If it cannot be reached, refuses, or is lost.
    """
    loop = asyncio.get_running_loop()
    driver = candidate.driver
    link = await radio.connect(candidate.found, lambda: None)
    try:
        info = await driver.identify(link)
        await driver.configure(link, DeviceSettings())
        tally = LiveTally()
        tally.accounting, tally.nominal_rate_hz = driver.loss_accounting, driver.nominal_rate_hz
        decoder = driver.new_decoder()
        for uuid in driver.data_characteristics:
            await link.subscribe(uuid, _counter(uuid, decoder, tally, loop))
        await driver.start(link)
        begin_s = await _first_arrival(tally, loop)
        received = tally.received
        await asyncio.sleep(seconds)
        span_s = tally.last_arrival_s - begin_s
        rate_hz = (tally.received - received) / span_s if span_s > 0 else 0.0
        await driver.stop(link)
    finally:
        await link.close()
    return Reception(
        info.model,
        rate_hz,
        driver.nominal_rate_hz,
        tally.lost,
        driver.loss_accounting,
        info.battery_percent,
    )


def _counter(
    uuid: str, decoder: Decoder, tally: LiveTally, loop: asyncio.AbstractEventLoop
) -> NotificationCallback:
    def count(data: bytes) -> None:
        try:
            blocks = decoder.feed(uuid, data)
        except DecodeError:
            return
        for block in blocks:
            tally.take(block, loop.time())

    return count


async def _first_arrival(tally: LiveTally, loop: asyncio.AbstractEventLoop) -> float:
    """Wait up to five seconds for the first packet; links are slow to wake."""
    end_s = loop.time() + 5.0
    while tally.received == 0 and loop.time() < end_s:  # noqa: ASYNC110 - set by a callback
        await asyncio.sleep(0.02)
    return loop.time() if tally.received == 0 else tally.last_arrival_s
