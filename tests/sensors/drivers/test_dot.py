"""The DOT driver: the richest payload that fits, settings, identity."""

import pytest

from imu_valgus.errors import DeviceError
from imu_valgus.sensors.driver import DeviceSettings
from imu_valgus.sensors.drivers.dot import DotDriver
from imu_valgus.sensors.protocols import dot as protocol
from imu_valgus.sensors.protocols.dot import PayloadMode
from imu_valgus.virtual_sensors.peripherals.dot import DotPeripheral


async def _configured(link, measuring, settings=None):
    driver = DotDriver()
    async with measuring(link):
        await driver.identify(link)
        in_force = await driver.configure(link, settings or DeviceSettings())
    return driver, in_force


def _mode(driver):
    return PayloadMode(int(driver.recipe.number("mode")))


@pytest.mark.parametrize(
    ("mtu", "mode"), [(247, "CUSTOM_5"), (66, "CUSTOM_5"), (46, "RATE"), (43, "RATE")]
)
def test_the_richest_payload_that_arrives_whole_is_chosen(mtu, mode, loopback, measuring, run):
    driver, _ = run(_configured(loopback(DotPeripheral(), mtu=mtu), measuring))
    assert _mode(driver) is PayloadMode[mode]
    assert driver.data_characteristics == (PayloadMode[mode].characteristic,)


def test_a_packet_size_that_holds_no_payload_is_reported(loopback, measuring, run):
    with pytest.raises(DeviceError, match="no complete motion payload"):
        run(_configured(loopback(DotPeripheral(), mtu=23), measuring))


def test_the_oldest_firmware_gives_orientation_only(loopback, measuring, run):
    peripheral = DotPeripheral(modes=(PayloadMode.EXTENDED_QUATERNION,))
    driver, _ = run(_configured(loopback(peripheral), measuring))
    assert _mode(driver) is PayloadMode.EXTENDED_QUATERNION


def test_the_magnetometer_is_streamed_on_request(loopback, measuring, run):
    settings = DeviceSettings(with_mag=True)
    driver, in_force = run(_configured(loopback(DotPeripheral()), measuring, settings))
    assert _mode(driver) is PayloadMode.RATE_WITH_MAG
    assert in_force.with_mag


def test_the_nearest_rate_is_set_and_the_tag_is_kept(loopback, measuring, run):
    link = loopback(DotPeripheral(tag="left shank"))
    _, in_force = run(_configured(link, measuring, DeviceSettings(rate_hz=25)))
    assert in_force.rate_hz in {20.0, 30.0}
    state = protocol.ControlState.decode(link.peripheral.read(protocol.CONTROL_UUID))
    assert (state.tag, state.rate_hz) == ("left shank", in_force.rate_hz)


def test_a_sensor_that_still_measures_is_stopped_before_it_is_set(loopback, measuring, run):
    link = loopback(DotPeripheral())
    link.peripheral.write(protocol.MEASUREMENT_UUID, b"\x01\x01\x15")
    _, in_force = run(_configured(link, measuring, DeviceSettings(rate_hz=30)))
    assert in_force.rate_hz == 30
    assert link.written[0] == (protocol.MEASUREMENT_UUID, b"\x01\x00\x15")


def test_a_synchronised_sensor_that_refuses_the_rate_is_reported(loopback, measuring, run):
    class Synchronised(DotPeripheral):
        def write(self, uuid, data):
            return [] if uuid == protocol.CONTROL_UUID else super().write(uuid, data)

    with pytest.raises(DeviceError, match="synchronised"):
        run(_configured(loopback(Synchronised()), measuring, DeviceSettings(rate_hz=30)))


def test_the_identity_is_the_printed_address(loopback, run):
    info = run(DotDriver().identify(loopback(DotPeripheral("D4:CA:6E:F1:69:3D", tag="A"))))
    assert info.own_id == "D4:CA:6E:F1:69:3D"
    assert "'A'" in info.model
    assert info.battery_percent == 80


def test_something_that_is_no_dot_is_reported(loopback, run):
    class Other(DotPeripheral):
        def read(self, _uuid):
            return b"\x00"

    with pytest.raises(DeviceError, match="does not answer like a Movella DOT"):
        run(DotDriver().identify(loopback(Other())))
