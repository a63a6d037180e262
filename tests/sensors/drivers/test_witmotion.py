"""The WitMotion driver: its writes take effect, and its rate is the measured one."""

import asyncio
import itertools

import pytest

from imu_valgus.errors import DeviceError
from imu_valgus.sensors.driver import DeviceSettings
from imu_valgus.sensors.drivers.witmotion import WitMotionDriver
from imu_valgus.sensors.packets import LossAccounting
from imu_valgus.sensors.protocols import witmotion as protocol
from imu_valgus.virtual_sensors.peripherals.witmotion import WitMotionPeripheral


async def _configured(link, measuring, rate_hz):
    driver = WitMotionDriver()
    async with measuring(link):
        await driver.identify(link)
        in_force = await driver.configure(link, DeviceSettings(rate_hz=rate_hz))
    return driver, in_force


@pytest.mark.parametrize("code", protocol.CODES_OF_200_HZ)
def test_200_hz_is_reached_whichever_code_the_firmware_knows(code, loopback, measuring, run):
    link = loopback(WitMotionPeripheral(code_of_200_hz=code))
    _, in_force = run(_configured(link, measuring, 200.0))
    assert in_force.rate_hz == 200.0


def test_a_firmware_that_does_not_know_200_hz_is_set_to_100(loopback, measuring, run):
    link = loopback(WitMotionPeripheral(code_of_200_hz=0x0C))
    driver, in_force = run(_configured(link, measuring, 200.0))
    assert in_force.rate_hz == driver.nominal_rate_hz == 100.0


@pytest.mark.parametrize("rate_hz", [20.0, 50.0, 100.0])
def test_the_rates_of_the_table_are_set(rate_hz, loopback, measuring, run):
    _, in_force = run(_configured(loopback(WitMotionPeripheral()), measuring, rate_hz))
    assert in_force.rate_hz == rate_hz


def test_writes_are_preceded_by_unlocking_and_keep_their_distance(loopback, measuring, run):
    link = loopback(WitMotionPeripheral())
    times = []

    async def timed():
        write = link.write

        async def write_and_note(uuid, data, *, response=True):
            times.append((asyncio.get_running_loop().time(), data))
            await write(uuid, data, response=response)

        link.write = write_and_note
        await _configured(link, measuring, 100.0)

    run(timed())
    at = [data for _, data in times].index(protocol.encode_write_register(0x03, 0x09))
    assert times[at - 1][1] == protocol.UNLOCK
    assert times[at + 1][1] == protocol.SAVE
    gaps = [b - a for (a, _), (b, _) in itertools.pairwise(times)]
    assert min(gaps) >= 0.0999


def test_a_rate_that_is_right_already_is_not_written_again(loopback, measuring, run):
    link = loopback(WitMotionPeripheral())
    run(_configured(link, measuring, 10.0))
    assert protocol.SAVE not in [data for _, data in link.written]


def test_a_silent_sensor_is_reported(loopback, run):
    async def configure():
        driver, link = WitMotionDriver(), loopback(WitMotionPeripheral())
        await driver.identify(link)
        await driver.configure(link, DeviceSettings())

    with pytest.raises(DeviceError, match="sends nothing"):
        run(configure())


def test_a_namesake_without_the_services_is_reported(loopback, run):
    class Namesake(WitMotionPeripheral):
        services = ()

    with pytest.raises(DeviceError, match="none of its known services"):
        run(WitMotionDriver().identify(loopback(Namesake())))


def test_only_frames_with_a_calendar_let_losses_be_counted(loopback, measuring, run):
    plain, _ = run(_configured(loopback(WitMotionPeripheral()), measuring, 100.0))
    dated, _ = run(_configured(loopback(WitMotionPeripheral(has_calendar=True)), measuring, 100.0))
    assert (plain.loss_accounting, plain.clock) == (LossAccounting.NOT_DETECTABLE, None)
    assert dated.loss_accounting is LossAccounting.FROM_TIME
    assert dated.clock is not None


def test_the_charge_is_read_while_it_streams(loopback, measuring, run):
    async def charge(voltage_v):
        link, driver = loopback(WitMotionPeripheral(voltage_v=voltage_v)), WitMotionDriver()
        async with measuring(link):
            await driver.identify(link)
            received = []
            await link.subscribe(driver.data_characteristics[0], received.append)
            return await driver.battery(link)

    assert run(charge(3.87)) == 75.0
    assert run(charge(0.0)) is None
