"""What all virtual sensors must do, whatever their protocol."""

import random

import numpy as np
import pytest

from imu_valgus.errors import DeviceError
from imu_valgus.sensors.protocols.open_profile import CLOCK_UUID, ClockReply, encode_clock_request
from imu_valgus.virtual_sensors.peripherals.dot import DotPeripheral
from imu_valgus.virtual_sensors.peripherals.metamotion import MetaMotionPeripheral
from imu_valgus.virtual_sensors.peripherals.movesense import MovesensePeripheral
from imu_valgus.virtual_sensors.peripherals.open_profile import OpenProfilePeripheral
from imu_valgus.virtual_sensors.peripherals.peripheral import MotionSamples, Property
from imu_valgus.virtual_sensors.peripherals.polar import PolarPeripheral
from imu_valgus.virtual_sensors.peripherals.thingy import ThingyPeripheral
from imu_valgus.virtual_sensors.peripherals.witmotion import WitMotionPeripheral

NOWHERE = "00002a00-0000-1000-8000-00805f9b34fb"
WRITES = {Property.WRITE, Property.WRITE_WITHOUT_RESPONSE}
NOTIFIES = {Property.NOTIFY, Property.INDICATE}

every_kind = pytest.mark.parametrize(
    "make",
    [
        *(DotPeripheral, MetaMotionPeripheral, MovesensePeripheral, OpenProfilePeripheral),
        *(PolarPeripheral, ThingyPeripheral, WitMotionPeripheral),
    ],
)


def _characteristics(peripheral, properties):
    table = [row for service in peripheral.services for row in service.characteristics]
    return [row.uuid for row in table if row.properties & properties]


def _motion(n, *, start_s=0.0):
    time_s = start_s + np.arange(n) / 100
    return MotionSamples.of(time_s, np.full((n, 3), 5.0), np.full((n, 3), 0.5))


@every_kind
def test_every_readable_characteristic_can_be_read_and_no_other(make):
    peripheral = make()
    for uuid in _characteristics(peripheral, {Property.READ}):
        assert isinstance(peripheral.read(uuid), bytes)
    with pytest.raises(DeviceError):
        peripheral.read(NOWHERE)
    with pytest.raises(DeviceError):
        peripheral.write(NOWHERE, b"\x01\x02\x03")


@every_kind
def test_any_bytes_written_are_obeyed_ignored_or_refused(make):
    peripheral = make()
    peripheral.on_connect(mtu=100)
    for uuid in _characteristics(peripheral, NOTIFIES):
        peripheral.on_subscribe(uuid, enabled=True)
    randoms = random.Random(11)
    for number in range(500):
        for uuid in _characteristics(peripheral, WRITES):
            data = randoms.randbytes(randoms.choice((0, 1, 2, 3, 5, 9, 32)))
            if number % 2 and len(data) > 1:
                data = bytes([randoms.randrange(4)]) + data[1:]
            try:
                answers = peripheral.write(uuid, data)
            except DeviceError:
                continue
            assert all(len(answer) <= 97 for _, answer in answers)
        assert all(len(data) <= 97 for _, data in peripheral.produce(_motion(3)))


@every_kind
def test_nothing_is_sent_unasked(make):
    peripheral = make()
    assert peripheral.streaming_rate_hz == 0
    assert peripheral.produce(_motion(50)) == []
    peripheral.on_connect(mtu=247)
    assert peripheral.produce(_motion(50)) == []


@every_kind
def test_after_a_lost_link_nothing_is_sent_without_a_new_listener(make):
    peripheral = make()
    peripheral.on_connect(mtu=247)
    for uuid in _characteristics(peripheral, NOTIFIES):
        peripheral.on_subscribe(uuid, enabled=True)
    peripheral.on_disconnect()
    assert peripheral.produce(_motion(50)) == []
    for uuid in _characteristics(peripheral, WRITES):
        try:
            assert peripheral.write(uuid, b"\x01\x02") == []
        except DeviceError:
            continue


@every_kind
def test_an_advertisement_fits_31_bytes(make):
    advertisement = make().advertisement
    uuids = [16 if len(uuid) == 36 else 2 for uuid in advertisement.service_uuids]
    name = 2 + len(advertisement.name) if advertisement.name else 0
    company = sum(4 + len(data) for data in advertisement.manufacturer_data.values())
    needed = 3 + (2 + sum(uuids) if uuids else 0) + company
    assert needed <= 31
    assert name <= 31  # the name may go into the scan response


def test_the_open_profile_answers_with_its_own_clock():
    peripheral = OpenProfilePeripheral()
    peripheral.on_connect(mtu=247)
    peripheral.on_subscribe(CLOCK_UUID, enabled=True)
    peripheral.produce(_motion(1, start_s=4294.967297))
    ((uuid, data),) = peripheral.write(CLOCK_UUID, encode_clock_request(7))
    assert uuid == CLOCK_UUID
    assert ClockReply.decode(data) == ClockReply(7, 1, 1)
