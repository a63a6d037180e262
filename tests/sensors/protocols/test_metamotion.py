"""MetaMotion: messages, joining of the two streams, what a lost message does to it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from imu_valgus.errors import DecodeError, InputError
from imu_valgus.sensors.packets import BlockFlag, DecoderRecipe
from imu_valgus.sensors.protocols import metamotion as protocol
from imu_valgus.sensors.protocols.metamotion import (
    ACC_MODULE,
    GYR_MODULE,
    NOTIFY_UUID,
    REGISTERS,
    Imu,
    ImuSettings,
    decode_battery,
    decode_module,
)

imus = st.sampled_from(list(Imu))


def _decoder(imu=Imu.BMI270):
    return protocol.MetaMotionDecoder(imu=imu, rate_hz=100, acc_range_g=16.0, gyr_range_dps=2000.0)


def _messages(n, imu=Imu.BMI270):
    """Messages of n triples; the first axis of both sensors holds the sample's number."""
    registers = REGISTERS[imu]
    for number in range(n):
        counts = np.zeros((3, 3), dtype=np.int16)
        counts[:, 0] = np.arange(3 * number, 3 * number + 3)
        yield protocol.encode_message(ACC_MODULE, registers.acc_packed, counts)
        yield protocol.encode_message(GYR_MODULE, registers.gyr_packed, counts)


def _numbers(blocks):
    """Sample numbers of acc and of gyr."""
    acc = np.vstack([block.acc for block in blocks])[:, 0] / (16 * 9.80665) * 32768
    gyr = np.rad2deg(np.vstack([block.gyr for block in blocks])[:, 0]) * 16.4
    return np.rint(acc).astype(int), np.rint(gyr).astype(int)


def _decoded(decoder, messages):
    return [block for data in messages for block in decoder.feed(NOTIFY_UUID, data)]


@given(imus, st.sampled_from([1, 3]), st.data())
def test_a_message_comes_back_as_it_was_encoded(imu, n, data):
    counts = data.draw(arrays(np.int16, (n, 3)))
    registers = REGISTERS[imu]
    register = registers.acc_single if n == 1 else registers.acc_packed
    found = protocol.decode_message(protocol.encode_message(ACC_MODULE, register, counts), imu)
    assert found is not None
    assert found.module == ACC_MODULE
    np.testing.assert_array_equal(found.counts, counts)


@pytest.mark.parametrize("imu", list(Imu))
def test_samples_of_both_sensors_are_joined_in_order(imu):
    blocks = _decoded(_decoder(imu), _messages(20, imu))
    acc, gyr = _numbers(blocks)
    np.testing.assert_array_equal(acc, np.arange(60))
    np.testing.assert_array_equal(gyr, np.arange(60))
    assert not any(block.flags for block in blocks)


@pytest.mark.parametrize("lost", [40, 41])
def test_after_a_lost_message_the_sensors_are_back_in_step_within_half_a_second(lost):
    messages = list(_messages(60))
    del messages[lost]
    blocks = _decoded(_decoder(), messages)
    acc, gyr = _numbers(blocks)
    assert (acc != gyr).any()  # the loss does shift one against the other, for a while
    np.testing.assert_array_equal(acc[-75:], gyr[-75:])
    assert sum(bool(block.flags & BlockFlag.LOSS_SUSPECTED) for block in blocks) == 1


def test_messages_that_merely_overtake_each_other_cost_nothing():
    messages = list(_messages(60))
    for at in (40, 60, 80):
        messages[at], messages[at + 1] = messages[at + 1], messages[at]
    blocks = _decoded(_decoder(), messages)
    acc, gyr = _numbers(blocks)
    np.testing.assert_array_equal(acc, np.arange(180))
    np.testing.assert_array_equal(gyr, np.arange(180))


def test_many_lost_messages_of_one_sensor_are_settled_at_once():
    messages = list(_messages(60))
    kept = messages[:40] + [m for m in messages[40:60] if m[0] == GYR_MODULE] + messages[60:]
    blocks = _decoded(_decoder(), kept)
    acc, gyr = _numbers(blocks)
    np.testing.assert_array_equal(acc[-60:], gyr[-60:])
    assert any(block.flags & BlockFlag.LOSS_SUSPECTED for block in blocks)


def test_after_a_reset_joining_begins_anew():
    messages = list(_messages(8))
    decoder = _decoder()
    decoder.feed(NOTIFY_UUID, messages[0])
    decoder.reset()
    acc, gyr = _numbers(_decoded(decoder, messages[2:]))
    np.testing.assert_array_equal(acc, gyr)


def test_units_follow_the_range():
    counts = np.array([[16384, 0, -16384]], dtype=np.int16)
    registers = REGISTERS[Imu.BMI160]
    decoder = protocol.MetaMotionDecoder(
        imu=Imu.BMI160, rate_hz=100, acc_range_g=2.0, gyr_range_dps=250.0
    )
    decoder.feed(NOTIFY_UUID, protocol.encode_message(3, registers.acc_single, counts))
    (block,) = decoder.feed(
        NOTIFY_UUID, protocol.encode_message(0x13, registers.gyr_single, counts)
    )
    np.testing.assert_allclose(block.acc, [[9.80665, 0.0, -9.80665]])
    np.testing.assert_allclose(np.rad2deg(block.gyr), [[16384 / 131.2, 0.0, -16384 / 131.2]])


@pytest.mark.parametrize("length", [0, 1, 3, 19, 21])
def test_messages_of_another_length_are_refused(length):
    data = next(iter(_messages(1)))
    wrong = (data + b"\0")[:length]
    with pytest.raises(DecodeError):
        _decoder().feed(NOTIFY_UUID, wrong)


def test_answers_to_questions_are_no_samples():
    assert _decoder().feed(NOTIFY_UUID, bytes.fromhex("118c46a00f")) == ()
    assert decode_battery(bytes.fromhex("118c46a00f")) == 70
    assert decode_battery(bytes.fromhex("118cff")) is None
    assert decode_module(bytes.fromhex("03800401"), ACC_MODULE) == 4
    assert decode_module(bytes.fromhex("0380"), ACC_MODULE) is None
    with pytest.raises(DecodeError):
        decode_module(bytes.fromhex("1380"), ACC_MODULE)


@given(imus, st.sampled_from([25.0, 50.0, 100.0, 200.0]))
def test_start_and_stop_touch_both_sensors_alike(imu, rate):
    settings = ImuSettings(imu, rate, 16.0, 2000.0)
    for commands in (settings.encode_start(), settings.encode_stop()):
        assert sorted(c[1:] for c in commands if c[0] == 3) == sorted(
            c[1:] for c in commands if c[0] == 0x13
        )


def test_an_unknown_chip_in_a_recording_is_reported():
    settings = {"imu": 2, "rate_hz": 100, "acc_range_g": 16, "gyr_range_dps": 2000}
    with pytest.raises(InputError, match="unknown chip 2"):
        protocol.MetaMotionDecoder.from_recipe(DecoderRecipe(protocol.PROTOCOL, settings))
