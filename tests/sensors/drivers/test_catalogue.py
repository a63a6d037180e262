"""Every driver with its virtual sensor: found, configured, streaming, decoded again."""

import numpy as np
import pytest
from support.blocks import assert_same_blocks

from imu_valgus.errors import InputError
from imu_valgus.sensors.catalogue import DECODERS, DRIVERS, decoder_of, driver_for
from imu_valgus.sensors.driver import Advertisement, DeviceSettings
from imu_valgus.sensors.packets import BlockFlag, DecoderRecipe, LossAccounting
from imu_valgus.sensors.protocols.dot import PayloadMode
from imu_valgus.sensors.protocols.metamotion import Imu
from imu_valgus.sensors.protocols.witmotion import UUID_SETS
from imu_valgus.virtual_sensors.peripherals.dot import DotPeripheral
from imu_valgus.virtual_sensors.peripherals.metamotion import MetaMotionPeripheral
from imu_valgus.virtual_sensors.peripherals.movesense import MovesensePeripheral
from imu_valgus.virtual_sensors.peripherals.open_profile import OpenProfilePeripheral
from imu_valgus.virtual_sensors.peripherals.polar import PolarPeripheral
from imu_valgus.virtual_sensors.peripherals.thingy import ThingyPeripheral
from imu_valgus.virtual_sensors.peripherals.witmotion import WitMotionPeripheral

PERIPHERALS = {
    "dot": DotPeripheral,
    "dot_old_firmware": lambda: DotPeripheral(modes=(PayloadMode.EXTENDED_QUATERNION,)),
    "metamotion_r": lambda: MetaMotionPeripheral(imu=Imu.BMI160),
    "metamotion_s": lambda: MetaMotionPeripheral(imu=Imu.BMI270),
    "movesense": MovesensePeripheral,
    "open_profile": OpenProfilePeripheral,
    "polar": PolarPeripheral,
    "thingy": ThingyPeripheral,
    "witmotion": WitMotionPeripheral,
    "witmotion_calendar": lambda: WitMotionPeripheral(has_calendar=True, uuids=UUID_SETS[1]),
    "witmotion_split": lambda: WitMotionPeripheral(notification_bytes=33, uuids=UUID_SETS[2]),
}
RATES_HZ = {"dot": 60, "movesense": 104, "open_profile": 104, "polar": 52, "dot_old_firmware": 60}
"""Rates in force when 100 Hz are asked for, where they differ."""
COUNTS = {"acc": 16 * 9.80665 / 32768, "gyr": np.deg2rad(2000 / 32768)}
"""Size of a count at ±16 g and ±2000 °/s."""
COARSER_COUNTS = {("thingy", "acc"): 9.80665 / 1024, ("polar", "gyr"): np.deg2rad(0.0625)}


async def _record(link, motion, measuring, settings):
    driver = driver_for(link.peripheral.advertisement)
    assert driver is not None
    async with measuring(link):
        info = await driver.identify(link)
        in_force = await driver.configure(link, settings)
    received = []
    for uuid in driver.data_characteristics:
        await link.subscribe(uuid, lambda data, uuid=uuid: received.append((uuid, data)))
    await driver.start(link)
    samples = motion(240, in_force.rate_hz, start_s=4290.0)
    for first in range(0, 240, 7):
        part = slice(first, first + 7)
        link.feed(type(samples)(*(getattr(samples, k)[part] for k in samples.__slots__)))
    await driver.stop(link)
    return driver, info, in_force, received, samples


@pytest.mark.parametrize("name", PERIPHERALS)
def test_what_a_virtual_sensor_measures_is_what_its_driver_decodes(
    name, loopback, motion, measuring, run
):
    link = loopback(PERIPHERALS[name]())
    driver, info, in_force, received, samples = run(
        _record(link, motion, measuring, DeviceSettings(rate_hz=100.0))
    )
    assert info.battery_percent is not None
    assert driver.nominal_rate_hz == in_force.rate_hz == RATES_HZ.get(name, 100)
    decoder = driver.new_decoder()
    blocks = [block for uuid, data in received for block in decoder.feed(uuid, data)]
    n = sum(map(len, blocks))
    assert n >= 240 - (36 if name == "polar" else 16)  # the rest waits for a full packet
    for channel in ("acc", "gyr"):
        found = np.vstack([getattr(block, channel) for block in blocks])
        expected = getattr(samples, channel)[:n]
        if blocks[0].flags & BlockFlag.RECONSTRUCTED and channel == "gyr":
            assert np.isnan(found[0]).all()
            expected = (
                expected[1:] + expected[:-1]
            ) / 2  # the mean over a period, for smooth motion
            np.testing.assert_allclose(found[1:], expected, atol=0.01)
        else:
            count = COARSER_COUNTS.get((name, channel), COUNTS[channel])
            np.testing.assert_allclose(found, expected, atol=0.501 * count)


@pytest.mark.parametrize("name", PERIPHERALS)
def test_the_recipe_in_a_journal_decodes_bit_for_bit_like_the_live_decoder(
    name, loopback, motion, measuring, run
):
    link = loopback(PERIPHERALS[name]())
    driver, _, _, received, _ = run(_record(link, motion, measuring, DeviceSettings(rate_hz=50.0)))
    again = decoder_of(DecoderRecipe.from_mapping(driver.recipe.as_mapping()))
    live = driver.new_decoder()
    for uuid, data in received:
        assert_same_blocks(again.feed(uuid, data), live.feed(uuid, data))


@pytest.mark.parametrize("name", PERIPHERALS)
def test_a_driver_claims_a_clock_or_a_counter_only_where_its_blocks_have_one(
    name, loopback, motion, measuring, run
):
    link = loopback(PERIPHERALS[name]())
    driver, _, _, received, samples = run(
        _record(link, motion, measuring, DeviceSettings(rate_hz=100.0))
    )
    decoder = driver.new_decoder()
    blocks = [block for uuid, data in received for block in decoder.feed(uuid, data)]
    has_counter = all(block.counter is not None for block in blocks)
    assert (driver.loss_accounting is LossAccounting.EXACT) == has_counter
    assert all(block.clock == driver.clock for block in blocks)
    if driver.clock is None:
        assert driver.loss_accounting is LossAccounting.NOT_DETECTABLE
        return
    # 240 samples from 4290 s on pass the wrap of a 32-bit microsecond clock at 4294.97 s.
    ticks = np.array([block.device_ticks for block in blocks])
    first = np.cumsum([0, *map(len, blocks)])[:-1]
    expected = np.rint(samples.time_s[first] / driver.clock.tick_s) % driver.clock.modulus
    np.testing.assert_allclose(ticks, expected, atol=1)


def test_no_driver_claims_other_devices():
    for name in (None, "", "Polar H10 1234", "JBL Flip"):
        assert driver_for(Advertisement(name)) is None


def test_every_driver_has_a_decoder_in_the_catalogue():
    assert len(DRIVERS) == len(DECODERS)


def test_an_unknown_protocol_in_a_journal_is_reported():
    with pytest.raises(InputError, match="'nonsense'"):
        decoder_of(DecoderRecipe("nonsense", {}))
