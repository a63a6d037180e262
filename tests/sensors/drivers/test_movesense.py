"""The Movesense driver: firmware check, channels, refusals."""

import math

import pytest

from imu_valgus.errors import DeviceError
from imu_valgus.sensors.driver import DeviceSettings
from imu_valgus.sensors.drivers.movesense import MovesenseDriver
from imu_valgus.sensors.packets import StampedSample
from imu_valgus.sensors.protocols import movesense as protocol
from imu_valgus.virtual_sensors.peripherals.movesense import MovesensePeripheral


@pytest.mark.parametrize(("with_mag", "path"), [(False, "IMU6/104"), (True, "IMU9/104")])
def test_rate_and_channels_are_asked_for(with_mag, path, loopback, run):
    async def begin():
        in_force = await driver.configure(link, DeviceSettings(100, with_mag=with_mag))
        await driver.start(link)
        return in_force

    driver, link = MovesenseDriver(), loopback(MovesensePeripheral())
    in_force = run(begin())
    assert link.written[-1][1] == b"\x01c/Meas/" + path.encode()
    assert in_force.rate_hz == 104
    assert math.isnan(in_force.acc_range_g)
    run(driver.stop(link))
    assert link.peripheral.streaming_rate_hz == 0


def test_a_refusal_is_reported(loopback, run):
    class Refusing(MovesensePeripheral):
        def _obey(self, _command):
            return 503

    async def begin():
        await driver.configure(link, DeviceSettings())
        await driver.start(link)

    driver, link = MovesenseDriver(), loopback(Refusing())
    with pytest.raises(DeviceError, match="refuses to stream 104 Hz"):
        run(begin())


def test_the_stock_firmware_is_reported(loopback, run):
    class Stock(MovesensePeripheral):
        services = ()

    with pytest.raises(DeviceError, match="install that firmware"):
        run(MovesenseDriver().identify(loopback(Stock())))


def test_serial_number_and_charge_are_read(loopback, run):
    info = run(MovesenseDriver().identify(loopback(MovesensePeripheral("2140", battery_percent=9))))
    assert (info.own_id, info.battery_percent) == ("2140", 9)


def test_the_recipe_keeps_which_sample_is_stamped():
    driver = MovesenseDriver(stamps=StampedSample.LAST)
    driver._rate_hz = 104.0
    assert driver.recipe.settings["stamps"] == "last"
    assert driver.clock == protocol.clock(StampedSample.LAST)
