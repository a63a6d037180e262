"""Movesense: packets of arrays, joined from parts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from imu_valgus.errors import DecodeError, InputError
from imu_valgus.sensors.packets import DecoderRecipe, StampedSample
from imu_valgus.sensors.protocols import movesense as protocol

u32 = st.integers(0, 2**32 - 1)


def _packet(number=0, *, channels=6, n=8):
    values = np.arange(n * channels, dtype=np.float32).reshape(channels // 3, n, 3)
    return protocol.MotionPacket(number, values)


def _parts(number, *, channels=6, n=8, most_bytes=158):
    packet = _packet(number, channels=channels, n=n)
    return protocol.encode_notifications(packet, 99, most_bytes=most_bytes)


def _decoded(decoder, parts):
    return [block for part in parts for block in decoder.feed(protocol.DATA_UUID, part)]


@given(u32, st.sampled_from([6, 9]), st.integers(1, 16), st.data())
def test_a_packet_comes_back_as_it_was_encoded(time_ms, channels, n, data):
    elements = st.floats(-300, 300, width=32)
    values = data.draw(arrays(np.float32, (channels // 3, n, 3), elements=elements))
    packet = protocol.MotionPacket(time_ms, values)
    found = protocol.decode_packet(packet.encode(), channels=channels)
    assert found.time_ms == time_ms
    np.testing.assert_array_equal(found.channels, values)


@pytest.mark.parametrize(
    ("channels", "rate", "length"), [(6, 104, 198), (9, 52, 150), (9, 104, 294)]
)
def test_packets_have_the_lengths_that_clients_report(channels, rate, length):
    n = protocol.samples_per_packet(rate)
    assert len(_packet(channels=channels, n=n).encode()) + 2 == length


@given(st.sampled_from([6, 9]), st.sampled_from([13.0, 52.0, 104.0, 208.0]), st.integers(20, 500))
def test_however_a_packet_is_cut_its_samples_are_the_same(channels, rate, most_bytes):
    n = protocol.samples_per_packet(rate)
    decoder = protocol.MovesenseDecoder(rate_hz=rate, channels=channels)
    parts = _parts(5, channels=channels, n=n, most_bytes=most_bytes)
    (block,) = _decoded(decoder, parts)
    expected = _packet(channels=channels, n=n).channels
    np.testing.assert_allclose(block.acc, expected[0])
    np.testing.assert_allclose(np.rad2deg(block.gyr), expected[1], rtol=1e-6)
    assert block.device_ticks == 5
    if channels == 9:
        np.testing.assert_allclose(block.mag, expected[2])


def test_a_packet_whose_rest_never_came_is_dropped_and_the_next_is_whole():
    decoder = protocol.MovesenseDecoder(rate_hz=104, channels=6)
    first, second = _parts(1), _parts(2)
    assert len(first) == 2
    blocks = _decoded(decoder, [first[0], *second])
    assert [block.device_ticks for block in blocks] == [2]


def test_a_rest_without_its_start_is_refused():
    decoder = protocol.MovesenseDecoder(rate_hz=104, channels=6)
    with pytest.raises(DecodeError, match="start"):
        decoder.feed(protocol.DATA_UUID, _parts(1)[1])
    assert len(_decoded(decoder, _parts(2))) == 1


def test_a_rest_with_another_reference_is_refused():
    decoder = protocol.MovesenseDecoder(rate_hz=104, channels=6)
    start, rest = _parts(1)
    decoder.feed(protocol.DATA_UUID, start)
    with pytest.raises(DecodeError):
        decoder.feed(protocol.DATA_UUID, bytes([3, 98]) + rest[2:])
    assert len(_decoded(decoder, _parts(2))) == 1


def test_half_a_packet_before_a_reset_is_forgotten():
    decoder = protocol.MovesenseDecoder(rate_hz=104, channels=6)
    start, rest = _parts(1)
    decoder.feed(protocol.DATA_UUID, start)
    decoder.reset()
    with pytest.raises(DecodeError):
        decoder.feed(protocol.DATA_UUID, rest)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e5])
def test_numbers_that_cannot_be_measured_are_refused(value):
    packet = _packet()
    packet.channels[0, 3, 1] = value
    decoder = protocol.MovesenseDecoder(rate_hz=104, channels=6)
    parts = protocol.encode_notifications(packet, 99, most_bytes=500)
    with pytest.raises(DecodeError, match="ranges"):
        _decoded(decoder, parts)


def test_the_recipe_keeps_which_sample_is_stamped():
    recipe = DecoderRecipe(protocol.PROTOCOL, {"rate_hz": 104, "channels": 6, "stamps": "last"})
    (block,) = _decoded(protocol.MovesenseDecoder.from_recipe(recipe), _parts(1))
    assert block.clock is not None
    assert block.clock.stamps is StampedSample.LAST
    with pytest.raises(InputError, match="7 channels"):
        protocol.MovesenseDecoder.from_recipe(
            DecoderRecipe(protocol.PROTOCOL, {"rate_hz": 104, "channels": 7})
        )


def test_answers_are_distinct_from_data_and_refusals_from_consent():
    answer = protocol.encode_answer(99, 404)
    assert protocol.is_answer_to(answer, 99)
    assert not protocol.is_answer_to(answer, 98)
    assert protocol.is_refusal(answer)
    assert not protocol.is_refusal(protocol.encode_answer(99, 200))
    decoder = protocol.MovesenseDecoder(rate_hz=104, channels=6)
    assert decoder.feed(protocol.DATA_UUID, answer) == ()
