"""WitMotion: frames in a stream of bytes, resynchronisation, registers, charge."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imu_valgus.errors import DecodeError
from imu_valgus.sensors.packets import BlockFlag
from imu_valgus.sensors.protocols import witmotion as protocol
from imu_valgus.sensors.protocols.witmotion import (
    FrameSplitter,
    MotionFrame,
    RegisterFrame,
    WitMotionDecoder,
    decode_motion,
    decode_register,
)

UUID = protocol.UUID_SETS[0].notify
int16 = st.integers(-32768, 32767)
threes = st.tuples(int16, int16, int16)
calendar = st.integers(0, 36525 * 86_400_000 - 1)


def _frames(n, *, is_long=False, start=0):
    return [
        MotionFrame(
            (i, 2 * i, 1000 - i), (-i, i, 7), (1, 2, 3), i * 10 if is_long else None, is_long
        ).encode()
        for i in range(start, start + n)
    ]


def _decoded(decoder, chunks):
    return [block for chunk in chunks for block in decoder.feed(UUID, chunk)]


def _numbers(blocks):
    return np.rint(np.vstack([b.acc for b in blocks])[:, 0] / 9.80665 / 16 * 32768).astype(int)


@given(threes, threes, threes, st.none() | calendar)
def test_a_frame_comes_back_as_it_was_encoded(acc, gyr, angles, calendar_ms):
    frame = MotionFrame(acc, gyr, angles, calendar_ms, is_long=calendar_ms is not None)
    assert len(frame.encode()) == (20 if calendar_ms is None else 28)
    assert decode_motion(frame.encode()) == frame


@given(st.integers(0, 65535), st.tuples(*[int16] * 8))
def test_a_register_frame_comes_back(register, values):
    frame = RegisterFrame(register, values)
    assert decode_register(frame.encode()) == frame
    assert decode_register(_frames(1)[0]) is None


@given(st.booleans(), st.lists(st.integers(1, 70), min_size=40, max_size=60))
def test_however_notifications_are_cut_the_samples_are_the_same(is_long, cuts):
    stream = b"".join(_frames(30, is_long=is_long))
    edges = [0, *itertools.takewhile(lambda at: at < len(stream), itertools.accumulate(cuts))]
    chunks = [stream[a:b] for a, b in itertools.pairwise([*edges, len(stream)])]
    blocks = _decoded(WitMotionDecoder(rate_hz=100), chunks)
    np.testing.assert_array_equal(_numbers(blocks), np.arange(30))
    assert not any(block.flags & BlockFlag.LOSS_SUSPECTED for block in blocks)


@given(st.booleans(), st.integers(2, 20), st.binary(min_size=1, max_size=60))
def test_after_garbage_the_stream_is_found_again(is_long, at, garbage):
    frames = _frames(40, is_long=is_long)
    chunks = [*frames[:at], garbage, *frames[at:]]
    blocks = []
    decoder = WitMotionDecoder(rate_hz=100)
    for chunk in chunks:
        try:
            blocks += decoder.feed(UUID, chunk)
        except DecodeError:
            assert chunk == garbage
    numbers = _numbers(blocks).tolist()
    assert numbers[: at - 1] == list(range(at - 1))
    assert numbers[-10:] == list(range(30, 40))


def test_a_missing_piece_costs_at_most_two_frames_and_is_flagged():
    frames = _frames(20)
    chunks = [*frames[:10], frames[10][:8], *frames[11:]]
    blocks = _decoded(WitMotionDecoder(rate_hz=100), chunks)
    numbers = _numbers(blocks)
    assert set(range(20)) - set(numbers.tolist()) <= {10, 11}
    assert sum(bool(block.flags & BlockFlag.LOSS_SUSPECTED) for block in blocks) == 1


def test_register_answers_in_the_stream_are_no_samples():
    answer = RegisterFrame(protocol.REGISTER_VOLTAGE, (393, 0, 0, 0, 0, 0, 0, 0)).encode()
    for is_long in (False, True):
        frames = _frames(6, is_long=is_long)
        stream = b"".join([*frames[:3], answer, *frames[3:]])
        blocks = _decoded(WitMotionDecoder(rate_hz=100), [stream])
        np.testing.assert_array_equal(_numbers(blocks), np.arange(6))


def test_long_frames_come_singly_with_their_calendar_time():
    blocks = _decoded(WitMotionDecoder(rate_hz=100), [b"".join(_frames(5, is_long=True))])
    assert [block.device_ticks for block in blocks] == [0, 10, 20, 30, 40]


def test_a_calendar_that_shows_no_date_gives_no_time():
    frames = [bytearray(frame) for frame in _frames(3, is_long=True)]
    for frame in frames:
        frame[21] = 0  # month 0
    blocks = _decoded(WitMotionDecoder(rate_hz=100), [b"".join(map(bytes, frames))])
    assert [block.device_ticks for block in blocks] == [None] * 3
    assert [block.clock for block in blocks] == [None] * 3


def test_bytes_without_any_header_are_refused():
    with pytest.raises(DecodeError, match="WitMotion"):
        WitMotionDecoder(rate_hz=100).feed(UUID, bytes(40))


@given(st.lists(st.binary(max_size=200), max_size=40))
def test_the_splitter_never_holds_more_than_two_long_frames(chunks):
    splitter = FrameSplitter()
    total = 0
    for chunk in chunks:
        total += len(chunk)
        frames = splitter.feed(chunk)
        total -= sum(map(len, frames))
        assert len(splitter._buffer) <= 56
    assert total - splitter.skipped == len(splitter._buffer)


def test_full_scale_counts_are_flagged_as_clipped():
    frames = [MotionFrame((32767, 0, 0), (0, 0, 0)).encode(), *_frames(1)]
    (block,) = _decoded(WitMotionDecoder(rate_hz=100), [b"".join(frames)])
    assert block.flags is BlockFlag.CLIPPED
    np.testing.assert_allclose(block.acc[0, 0], 16 * 9.80665, rtol=1e-4)


def test_all_variants_of_the_hardware_are_listened_to():
    for uuids in protocol.UUID_SETS:
        decoder = WitMotionDecoder(rate_hz=100)
        assert decoder.feed(uuids.notify, b"".join(_frames(3)))
    assert protocol.UUID_SETS[0].service == "0000ffe5-0000-1000-8000-00805f9a34fb"


@given(st.floats(3.0, 4.3), st.floats(3.0, 4.3))
def test_charge_grows_with_voltage_between_0_and_100(low, high):
    low, high = sorted((low, high))
    assert 0 <= protocol.charge_percent(low) <= protocol.charge_percent(high) <= 100
