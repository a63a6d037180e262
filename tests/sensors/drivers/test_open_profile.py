"""The open profile's driver against its virtual sensor."""

import asyncio

import numpy as np
import pytest
from support.blocks import assert_same_blocks

from imu_valgus.errors import DeviceError
from imu_valgus.sensors.catalogue import decoder_of, driver_for
from imu_valgus.sensors.driver import Advertisement, DeviceSettings
from imu_valgus.sensors.drivers.open_profile import OpenProfileDriver
from imu_valgus.sensors.packets import BlockFlag, DecoderRecipe
from imu_valgus.sensors.protocols.open_profile import DATA_UUID
from imu_valgus.virtual_sensors.peripherals.open_profile import OpenProfilePeripheral


async def _streaming(link, driver, settings=None):
    info = await driver.identify(link)
    in_force = await driver.configure(link, settings or DeviceSettings(with_mag=True))
    received = []
    for uuid in driver.data_characteristics:
        await link.subscribe(uuid, received.append)
    await driver.start(link)
    return info, in_force, received


def _blocks(driver, received):
    decoder = driver.new_decoder()
    return [block for data in received for block in decoder.feed(DATA_UUID, data)]


def test_the_sensor_is_found_by_its_service():
    peripheral = OpenProfilePeripheral()
    assert isinstance(driver_for(peripheral.advertisement), OpenProfileDriver)
    assert driver_for(Advertisement("headphones")) is None


def test_samples_arrive_as_they_were_measured(loopback, motion):
    driver, link = OpenProfileDriver(), loopback(OpenProfilePeripheral())
    info, in_force, received = asyncio.run(_streaming(link, driver))
    samples = motion(200, in_force.rate_hz)
    link.feed(samples)
    blocks = _blocks(driver, received)
    assert info.own_id == "010203040506"
    assert info.battery_percent == 90.0
    assert (in_force.rate_hz, in_force.with_mag) == (104.0, True)
    assert sum(map(len, blocks)) == 200
    assert [block.counter for block in blocks] == list(range(0, 200, 10))
    for name, quantum in (("acc", 0.005), ("gyr", 0.0011), ("mag", 0.0626)):
        found = np.vstack([getattr(block, name) for block in blocks])
        np.testing.assert_allclose(found, getattr(samples, name), atol=quantum / 2)
    ticks = np.array([block.device_ticks for block in blocks])
    np.testing.assert_allclose(ticks * 1e-6, samples.time_s[::10], atol=1e-6)


def test_nothing_is_lost_when_the_link_comes_back_in_time(loopback, motion):
    driver, peripheral = OpenProfileDriver(), OpenProfilePeripheral()
    link = loopback(peripheral)
    _, in_force, before = asyncio.run(_streaming(link, driver))
    link.feed(motion(100, in_force.rate_hz))
    peripheral.on_disconnect()
    link.feed(motion(900, in_force.rate_hz, start_s=2.0))
    link = loopback(peripheral)
    _, _, after = asyncio.run(_streaming(link, driver))
    link.feed(motion(10, in_force.rate_hz, start_s=12.0))
    blocks = _blocks(driver, before + after)
    expected = 0
    for block in blocks:
        assert block.counter == expected
        expected += len(block)
    assert expected == 1010
    assert not any(block.flags & BlockFlag.OVERRUN for block in blocks)


def test_a_longer_outage_shows_in_counter_and_overrun_flag(loopback, motion):
    driver, peripheral = OpenProfileDriver(), OpenProfilePeripheral()
    link = loopback(peripheral)
    asyncio.run(_streaming(link, driver))
    peripheral.on_disconnect()
    link.feed(motion(2000, 104.0))
    link = loopback(peripheral)
    _, _, after = asyncio.run(_streaming(link, driver))
    link.feed(motion(10, 104.0, start_s=30.0))
    blocks = _blocks(driver, after)
    assert blocks[0].flags & BlockFlag.OVERRUN
    assert blocks[0].counter == 2010 - sum(map(len, blocks))
    assert not blocks[1].flags & BlockFlag.OVERRUN


def test_samples_that_wait_for_a_full_packet_are_sent_at_the_stop(loopback, motion):
    driver, link = OpenProfileDriver(), loopback(OpenProfilePeripheral())
    _, _, received = asyncio.run(_streaming(link, driver))
    link.feed(motion(13, 104.0))
    asyncio.run(driver.stop(link))
    assert sum(map(len, _blocks(driver, received))) == 13
    assert link.peripheral.streaming_rate_hz == 0.0


def test_a_small_mtu_gives_small_packets(loopback, motion):
    driver, link = OpenProfileDriver(), loopback(OpenProfilePeripheral(), mtu=23)
    _, _, received = asyncio.run(_streaming(link, driver, DeviceSettings()))
    link.feed(motion(5, 104.0))
    assert [len(data) for data in received] == [20] * 5


def test_the_journals_recipe_decodes_like_the_driver(loopback, motion):
    driver, link = OpenProfileDriver(), loopback(OpenProfilePeripheral())
    _, _, received = asyncio.run(
        _streaming(link, driver, DeviceSettings(acc_range_g=4.0, gyr_range_dps=500.0))
    )
    link.feed(motion(30, 104.0))
    decoder = decoder_of(DecoderRecipe.from_mapping(driver.recipe.as_mapping()))
    again = [block for data in received for block in decoder.feed(DATA_UUID, data)]
    live = _blocks(driver, received)
    assert len(live) == 3
    assert_same_blocks(again, live)


def test_a_driver_that_was_not_configured_is_reported():
    with pytest.raises(DeviceError, match="configured"):
        OpenProfileDriver().new_decoder()


def test_a_sensor_that_does_not_follow_the_profile_is_reported(loopback):
    class Odd(OpenProfilePeripheral):
        def read(self, _uuid):
            return b"\x07" * 20

    with pytest.raises(
        DeviceError, match="does not answer like one with the open firmware profile"
    ):
        asyncio.run(OpenProfileDriver().identify(loopback(Odd())))
