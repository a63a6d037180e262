"""The MetaMotion driver: chip, settings, a common start."""

import pytest

from imu_valgus.errors import DeviceError
from imu_valgus.sensors.driver import DeviceSettings
from imu_valgus.sensors.drivers.metamotion import MetaMotionDriver
from imu_valgus.sensors.protocols.metamotion import Imu
from imu_valgus.virtual_sensors.peripherals.metamotion import MetaMotionPeripheral


@pytest.mark.parametrize(("imu", "model"), [(Imu.BMI160, "R/RL"), (Imu.BMI270, "MetaMotion S")])
def test_the_model_follows_from_the_chip(imu, model, loopback, run):
    info = run(MetaMotionDriver().identify(loopback(MetaMotionPeripheral("0A0B", imu=imu))))
    assert model in info.model
    assert (info.own_id, info.firmware, info.battery_percent) == ("0A0B", "1.7.2", 70)


@pytest.mark.parametrize("imu", list(Imu))
@pytest.mark.parametrize("settings", [(25, 2, 125), (90, 7, 600), (400, 16, 2000)])
def test_the_nearest_settings_reach_the_board(imu, settings, loopback, run):
    async def configure():
        await driver.identify(link)
        return await driver.configure(link, DeviceSettings(*settings))

    driver, link = MetaMotionDriver(), loopback(MetaMotionPeripheral(imu=imu))
    in_force = run(configure())
    run(driver.start(link))
    board = link.peripheral
    assert board.streaming_rate_hz == in_force.rate_hz
    assert (board._acc_range_g, board._gyr_range_dps) == (
        *(in_force.acc_range_g, in_force.gyr_range_dps),
    )
    run(driver.stop(link))
    assert board.streaming_rate_hz == 0


def test_both_subscriptions_follow_each_other_after_both_sensors_run(loopback, run):
    async def begin():
        await driver.identify(link)
        await driver.configure(link, DeviceSettings())
        link.written.clear()
        await driver.start(link)

    driver, link = MetaMotionDriver(), loopback(MetaMotionPeripheral())
    run(begin())
    sent = [data.hex() for _, data in link.written]
    assert sent[-2:] == ["030501", "130501"]
    assert {"030101", "130101"} < set(sent[:-2])


def test_a_board_that_does_not_answer_is_reported(loopback, run):
    class Silent(MetaMotionPeripheral):
        def write(self, _uuid, _data):
            return []

    with pytest.raises(DeviceError, match="no answer"):
        run(MetaMotionDriver().identify(loopback(Silent())))


def test_a_board_without_the_chip_is_reported(loopback, run):
    class Other(MetaMotionPeripheral):
        def write(self, uuid, data):
            answers = super().write(uuid, data)
            return [(uuid, bytes([*data[:2], 3, *data[3:]])) for uuid, data in answers]

    with pytest.raises(DeviceError, match="type 3"):
        run(MetaMotionDriver().identify(loopback(Other())))
