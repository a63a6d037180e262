"""The open firmware profile: bytes to samples and back, clocks, counters, refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from support.blocks import assert_same_blocks

from imu_valgus.errors import DecodeError, InputError
from imu_valgus.sensors.packets import BlockFlag, DecoderRecipe
from imu_valgus.sensors.protocols import open_profile as protocol
from imu_valgus.sensors.protocols.open_profile import (
    ClockReply,
    DeviceDescription,
    StreamState,
)

kinds = st.sampled_from([protocol.KIND_ACC_GYR, protocol.KIND_ACC_GYR_MAG])
u16 = st.integers(0, 2**16 - 1)
u32 = st.integers(0, 2**32 - 1)


@st.composite
def packets(draw: st.DrawFn) -> protocol.DataPacket:
    kind = draw(kinds)
    shape = (draw(st.integers(1, 19)), protocol.CHANNELS[kind])
    counts = draw(arrays(np.int16, shape))
    return protocol.DataPacket(kind, draw(st.booleans()), draw(u16), draw(u32), counts)


def decoder() -> protocol.OpenProfileDecoder:
    return protocol.OpenProfileDecoder(rate_hz=104.0, scales=protocol.Scales(16.0, 2000.0))


@given(packets())
def test_a_packet_comes_back_as_it_was_encoded(packet: protocol.DataPacket) -> None:
    found = protocol.decode_data(protocol.encode_data(packet))
    assert (found.kind, found.is_overrun, found.index, found.t_us) == (
        *(packet.kind, packet.is_overrun, packet.index, packet.t_us),
    )
    np.testing.assert_array_equal(found.counts, packet.counts)


@given(packets(), st.integers(-7, 7).filter(bool))
def test_a_packet_of_another_length_is_refused(packet: protocol.DataPacket, change: int) -> None:
    data = protocol.encode_data(packet)
    wrong = data[:change] if change < 0 else data + bytes(change)
    with pytest.raises(DecodeError):
        decoder().feed(protocol.DATA_UUID, wrong)


def test_full_scale_counts_mean_16_g_and_2000_degrees_per_second() -> None:
    # 0x4000 is half of the full scale: 8 g = 78.4532 m/s2, 1000 deg/s = 17.4533 rad/s.
    data = bytes.fromhex("01 01 0500 40420f00 0040 0000 00c0 0040 0000 00c0".replace(" ", ""))
    (block,) = decoder().feed(protocol.DATA_UUID, data)
    np.testing.assert_allclose(block.acc, [[78.4532, 0.0, -78.4532]], atol=1e-9)
    np.testing.assert_allclose(block.gyr, [[17.4532925, 0.0, -17.4532925]], atol=1e-6)
    assert (block.counter, block.counter_modulus, block.device_ticks) == (5, 65536, 1_000_000)
    assert block.mag is None
    assert block.flags is BlockFlag.NONE


@given(arrays(np.float64, (4, 9), elements=st.floats(-15.9, 15.9)))
def test_physical_values_survive_within_half_a_count(values: np.ndarray) -> None:
    scales = protocol.Scales(2.0, 1000.0)
    found = scales.to_physical(scales.to_counts(values))
    half_counts = np.repeat([2 * 9.80665 / 65536, np.deg2rad(1000.0) / 65536, 1 / 32], 3)
    assert (np.abs(found - values) <= half_counts * 1.0001).all()


def test_a_value_beyond_the_range_is_limited_and_flagged_as_clipped() -> None:
    scales = protocol.Scales(2.0, 250.0)
    counts = scales.to_counts(np.array([[99.0, -99.0, 0.0, 0.0, 0.0, 0.0]]))
    data = protocol.encode_data(protocol.DataPacket(protocol.KIND_ACC_GYR, True, 0, 0, counts))
    (block,) = protocol.OpenProfileDecoder(rate_hz=100, scales=scales).feed(
        protocol.DATA_UUID, data
    )
    assert block.flags == BlockFlag.CLIPPED | BlockFlag.OVERRUN
    np.testing.assert_allclose(block.acc, [[2 * 9.80665, -2 * 9.80665, 0.0]], rtol=1e-4)


def test_notifications_of_other_characteristics_hold_no_samples() -> None:
    assert decoder().feed(protocol.CLOCK_UUID, bytes(12)) == ()


@pytest.mark.parametrize(("mtu", "n"), [(22, 0), (23, 1), (185, 14), (247, 19)])
def test_samples_per_packet_fill_the_mtu(mtu: int, n: int) -> None:
    assert protocol.max_samples_per_packet(mtu, protocol.KIND_ACC_GYR) == n


@given(st.builds(StreamState, st.booleans(), u16, u16, u16, st.integers(0, 255), kinds))
def test_the_state_comes_back(state: StreamState) -> None:
    assert StreamState.decode(state.encode()) == state
    command = state.encode_command()
    assert command[0] == 3
    assert StreamState.decode(command).rate_hz == state.rate_hz


@given(
    st.builds(
        DeviceDescription, st.booleans(), u16, u16, u16, u16, st.binary(min_size=6, max_size=6)
    )
)
def test_the_description_comes_back(description: DeviceDescription) -> None:
    assert len(description.encode()) == 20
    assert DeviceDescription.decode(description.encode()) == description


@given(u32, u32, u32)
def test_the_clock_reply_comes_back(cookie: int, received: int, sent: int) -> None:
    reply = ClockReply(cookie, received, sent)
    assert ClockReply.decode(reply.encode()) == reply


def test_a_description_of_another_version_is_refused() -> None:
    data = bytearray(DeviceDescription(False, 104, 16, 2000, 4, b"abcdef").encode())
    data[0] = 2
    with pytest.raises(DecodeError, match="version 2"):
        DeviceDescription.decode(bytes(data))


def test_the_recipe_makes_the_same_decoder_and_a_damaged_one_is_reported() -> None:
    settings = {"rate_hz": 104.0, "acc_range_g": 16.0, "gyr_range_dps": 2000.0}
    data = bytes.fromhex("0101050040420f000040000000c00040000000c0")
    recipe = DecoderRecipe(protocol.PROTOCOL, settings)
    again = protocol.OpenProfileDecoder.from_recipe(recipe).feed(protocol.DATA_UUID, data)
    assert len(again) == 1
    assert_same_blocks(again, decoder().feed(protocol.DATA_UUID, data))
    with pytest.raises(InputError, match="acc_range_g"):
        protocol.OpenProfileDecoder.from_recipe(DecoderRecipe("x", {"rate_hz": 104}))
