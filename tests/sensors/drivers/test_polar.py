"""The Polar driver: settings, factors, refusals."""

import pytest

from imu_valgus.errors import DeviceError
from imu_valgus.sensors.driver import DeviceSettings
from imu_valgus.sensors.drivers.polar import PolarDriver
from imu_valgus.sensors.protocols.polar import Answer
from imu_valgus.virtual_sensors.peripherals.polar import PolarPeripheral


def test_rate_range_and_factors_are_those_that_the_sensor_reports(loopback, run):
    driver, link = PolarDriver(), loopback(PolarPeripheral())
    in_force = run(driver.configure(link, DeviceSettings()))
    assert (in_force.rate_hz, in_force.acc_range_g, in_force.gyr_range_dps) == (52, 8, 2000)
    assert driver.recipe.number("acc_factor") == 0.244140625
    assert driver.recipe.number("gyr_factor") == 0.0625
    assert link.peripheral.streaming_rate_hz == 0
    run(driver.start(link))
    assert link.peripheral.streaming_rate_hz == 52
    run(driver.stop(link))
    assert link.peripheral.streaming_rate_hz == 0


def test_a_refusal_is_reported(loopback, run):
    class Refusing(PolarPeripheral):
        def _start(self, measurement, _settings):
            return Answer(2, measurement, 5, {})

    with pytest.raises(DeviceError, match="refuses to stream ACC"):
        run(PolarDriver().configure(loopback(Refusing()), DeviceSettings()))


def test_a_silent_sensor_is_reported(loopback, run):
    class Silent(PolarPeripheral):
        def write(self, _uuid, _data):
            return []

    with pytest.raises(DeviceError, match="does not answer"):
        run(PolarDriver().configure(loopback(Silent()), DeviceSettings()))


def test_a_sensor_without_measurements_is_reported(loopback, run):
    class Plain(PolarPeripheral):
        services = ()

    with pytest.raises(DeviceError, match="does not offer its measurements"):
        run(PolarDriver().identify(loopback(Plain())))
