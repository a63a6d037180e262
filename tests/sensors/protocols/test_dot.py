"""Movella DOT: payloads, reconstruction from orientation, control, information."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from imu_valgus.errors import DecodeError, InputError
from imu_valgus.sensors.packets import BlockFlag, DecoderRecipe
from imu_valgus.sensors.protocols import dot
from imu_valgus.sensors.protocols.dot import ControlState, DotInformation, decode_battery

modes = st.sampled_from(list(dot.PayloadMode))


def _floats(n, limit):
    return st.tuples(*[st.floats(-limit, limit, width=32)] * n)


@st.composite
def payloads(draw):
    mode = draw(modes)
    has_rates = mode is not dot.PayloadMode.EXTENDED_QUATERNION
    has_quat = mode in {dot.PayloadMode.CUSTOM_5, dot.PayloadMode.EXTENDED_QUATERNION}
    counts = st.tuples(*[st.integers(-32768, 32767)] * 3)
    return mode, dot.DotPayload(
        draw(st.integers(0, 2**32 - 1)),
        quat=(0.5, -0.5, 0.5, -0.5) if has_quat else None,
        acc_m_s2=draw(_floats(3, 156.0)) if has_rates else None,
        gyr_dps=draw(_floats(3, 2000.0)) if has_rates else None,
        mag_counts=draw(counts) if mode is dot.PayloadMode.RATE_WITH_MAG else None,
        free_acc_m_s2=None if has_rates else draw(_floats(3, 156.0)),
        is_clipped=False if has_rates else draw(st.booleans()),
    )


@given(payloads())
def test_a_payload_comes_back_as_it_was_encoded(mode_and_payload):
    mode, payload = mode_and_payload
    data = dot.encode_payload(mode, payload)
    assert len(data) == dot.PAYLOAD_LENGTHS[mode.characteristic]
    assert dot.decode_payload(mode, data) == payload
    assert dot.decode_payload(mode, data[: mode.size]) == payload


@given(payloads(), st.integers(0, 300))
def test_a_payload_that_was_cut_or_lengthened_is_refused(mode_and_payload, length):
    mode, payload = mode_and_payload
    data = dot.encode_payload(mode, payload).ljust(300, b"\0")[:length]
    decoder = dot.DotDecoder(mode=mode, rate_hz=60)
    if mode.size <= length <= dot.PAYLOAD_LENGTHS[mode.characteristic]:
        assert len(decoder.feed(mode.characteristic, data)) == 1
    else:
        with pytest.raises(DecodeError):
            decoder.feed(mode.characteristic, data)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 400.0])
def test_numbers_that_no_sensor_measures_are_refused(value):
    payload = dot.DotPayload(0, acc_m_s2=(value, 0.0, 0.0), gyr_dps=(0.0, 0.0, 0.0))
    with pytest.raises(DecodeError, match="acceleration"):
        dot.decode_payload(dot.PayloadMode.RATE, dot.encode_payload(dot.PayloadMode.RATE, payload))


def test_a_quaternion_far_from_unit_length_is_refused():
    zeros = (0.0, 0.0, 0.0)
    payload = dot.DotPayload(0, quat=(0.5, 0.0, 0.0, 0.0), acc_m_s2=zeros, gyr_dps=zeros)
    mode = dot.PayloadMode.CUSTOM_5
    with pytest.raises(DecodeError, match=r"norm 0\.5"):
        dot.decode_payload(mode, dot.encode_payload(mode, payload))


def _lying_on_its_side(t_us, angle_rad):
    # Turned about x by `angle_rad`: gravity's reaction leaves z and goes to y.
    quat = (float(np.cos(angle_rad / 2)), float(np.sin(angle_rad / 2)), 0.0, 0.0)
    payload = dot.DotPayload(t_us, quat=quat, free_acc_m_s2=(0.0, 0.0, 1.0))
    return dot.encode_payload(dot.PayloadMode.EXTENDED_QUATERNION, payload)


def test_extended_quaternion_gives_specific_force_and_mean_angular_velocity():
    mode = dot.PayloadMode.EXTENDED_QUATERNION
    decoder = dot.DotDecoder(mode=mode, rate_hz=60)
    wrap = 2**32
    first, second = wrap - 10_000, 6_667  # the clock passes its wrap between the two
    (block,) = decoder.feed(mode.characteristic, _lying_on_its_side(first, np.pi / 2))
    np.testing.assert_allclose(block.acc, [[0.0, 10.80665, 0.0]], atol=1e-5)
    assert np.isnan(block.gyr).all()
    (block,) = decoder.feed(mode.characteristic, _lying_on_its_side(second, np.pi / 2 + 0.05))
    np.testing.assert_allclose(block.gyr, [[0.05 / 0.016667, 0.0, 0.0]], atol=1e-4)
    assert block.flags is BlockFlag.RECONSTRUCTED


def test_the_computed_angular_velocity_is_in_the_sensor_frame():
    mode = dot.PayloadMode.EXTENDED_QUATERNION
    decoder = dot.DotDecoder(mode=mode, rate_hz=60)
    before = Rotation.from_rotvec([np.pi / 2, 0.0, 0.0])
    after = before * Rotation.from_rotvec([0.0, 0.1, 0.02])
    for t_us, turn in ((0, before), (16_667, after)):
        quat = tuple(np.roll(turn.as_quat(), 1))
        payload = dot.DotPayload(t_us, quat=quat, free_acc_m_s2=(0.0, 0.0, 0.0))
        (block,) = decoder.feed(mode.characteristic, dot.encode_payload(mode, payload))
    np.testing.assert_allclose(block.gyr, [[0.0, 0.1 / 0.016667, 0.02 / 0.016667]], atol=1e-4)


def test_no_angular_velocity_is_computed_over_a_gap_or_a_reset():
    mode = dot.PayloadMode.EXTENDED_QUATERNION
    decoder = dot.DotDecoder(mode=mode, rate_hz=60)
    decoder.feed(mode.characteristic, _lying_on_its_side(0, 0.0))
    (block,) = decoder.feed(mode.characteristic, _lying_on_its_side(33_333, 0.1))
    assert np.isnan(block.gyr).all()
    decoder.reset()
    (block,) = decoder.feed(mode.characteristic, _lying_on_its_side(50_000, 0.2))
    assert np.isnan(block.gyr).all()


def test_the_status_word_shows_clipping_but_a_new_magnetometer_value_does_not():
    mode = dot.PayloadMode.EXTENDED_QUATERNION
    data = bytearray(_lying_on_its_side(0, 0.0))
    for status, clipped in ((0x0200, False), (0x0100, True), (0x0001, True)):
        data[32:34] = status.to_bytes(2, "little")
        assert dot.decode_payload(mode, bytes(data)).is_clipped is clipped


def test_a_mode_without_motion_in_a_recording_is_reported():
    with pytest.raises(InputError, match="mode 6"):
        dot.DotDecoder.from_recipe(DecoderRecipe(dot.PROTOCOL, {"mode": 6, "rate_hz": 60}))


@given(st.text("abcXYZ 09", max_size=16), st.sampled_from([1, 4, 20, 60]), st.integers(0, 1))
def test_changing_rate_and_profile_leaves_the_rest_of_control_alone(tag, rate, profile):
    before = bytearray(ControlState.encode(tag, rate_hz=30, profile=0))
    before[3:7] = b"\x1e\x00\x0a\x05"
    state = ControlState.decode(bytes(before))
    change = state.encode_change(rate_hz=rate, profile=profile)
    assert change[0] == 0b11_0000
    assert change[1:24] == before[1:24]
    after = ControlState.decode(change)
    assert (after.tag, after.rate_hz, after.profile) == (tag.rstrip("\0"), rate, profile)


def test_information_comes_back_and_shows_the_address_as_printed():
    information = DotInformation("D4:CA:6E:F1:69:3D", "1.6.2", 12345678901, "XS-T01")
    data = information.encode()
    assert data[:6].hex() == "3d69f16ecad4"
    assert DotInformation.decode(data) == information


def test_an_impossible_charge_is_refused():
    assert decode_battery(b"\x50\x01") == (80, True)
    with pytest.raises(DecodeError):
        decode_battery(b"\xff\x00")
