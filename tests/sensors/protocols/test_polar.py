"""Polar PMD: compressed frames, settings, joining by time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from imu_valgus.errors import DecodeError
from imu_valgus.sensors.protocols import polar as protocol
from imu_valgus.sensors.protocols.polar import (
    CLOCK,
    DATA_UUID,
    Frame,
    Measurement,
    PolarDecoder,
    Setting,
    decode_frame,
)

PERIOD_NS = 1e9 / 52
START_NS = 800_000_000_000_000_000


def _frame(measurement, first, n, *, offset_ns=0):
    """Make a frame from sample `first` on; the first axis holds the sample's number."""
    counts = np.zeros((n, 3), dtype=np.int64)
    counts[:, 0] = np.arange(first, first + n)
    last_ns = START_NS + round((first + n - 1) * PERIOD_NS) + offset_ns
    frame_type = 1 if measurement is Measurement.ACC else 0
    return Frame(measurement, last_ns, frame_type, True, counts).encode()


def _numbers(frames):
    decoder = PolarDecoder(rate_hz=52, acc_factor=1000.0 / 9.80665 / 100, gyr_factor=0.01)
    blocks = [block for frame in frames for block in decoder.feed(DATA_UUID, frame)]
    acc = np.rint(np.vstack([b.acc for b in blocks])[:, 0] * 100).astype(int)
    gyr = np.rint(np.rad2deg(np.vstack([b.gyr for b in blocks])[:, 0]) * 100).astype(int)
    return acc, gyr, blocks


@given(st.sampled_from(Measurement), st.integers(1, 30), st.integers(0, 2**63 - 1), st.data())
def test_a_compressed_frame_comes_back_as_it_was_encoded(measurement, n, last_ns, data):
    counts = data.draw(arrays(np.int16, (n, 3))).astype(np.int64)
    frame = Frame(measurement, last_ns, 0, True, counts)
    found = decode_frame(frame.encode())
    assert (found.measurement, found.last_ns) == (measurement, last_ns)
    np.testing.assert_array_equal(found.counts, counts)


@given(st.integers(1, 30), st.data())
def test_a_plain_frame_comes_back_as_it_was_encoded(n, data):
    counts = data.draw(arrays(np.int16, (n, 3))).astype(np.int64)
    found = decode_frame(Frame(Measurement.ACC, 7, 1, False, counts).encode())
    np.testing.assert_array_equal(found.counts, counts)


@given(st.integers(1, 20), st.integers(1, 60))
def test_a_cut_frame_is_refused_or_ends_with_a_whole_block(n, cut):
    frame = Frame(Measurement.GYR, 7, 0, True, np.arange(3 * n).reshape(n, 3)).encode()
    try:
        found = decode_frame(frame[: max(0, len(frame) - cut)])
    except DecodeError:
        return
    assert len(found.counts) == 1


def test_smooth_samples_are_packed_in_few_bits():
    assert len(_frame(Measurement.ACC, 0, 36)) < 10 + 6 + 2 + 36 * 3 * 2 / 8 + 1


def test_both_sensors_are_joined_sample_by_sample():
    acc, gyr, blocks = _numbers(
        [
            *(_frame(Measurement.ACC, 0, 36), _frame(Measurement.GYR, 0, 26)),
            *(_frame(Measurement.GYR, 26, 26), _frame(Measurement.ACC, 36, 36)),
        ]
    )
    np.testing.assert_array_equal(acc, np.arange(52))
    np.testing.assert_array_equal(gyr, acc)
    first = np.cumsum([0, *map(len, blocks)])[:-1]
    expected = START_NS + np.rint(first * PERIOD_NS)
    np.testing.assert_allclose([float(b.device_ticks) for b in blocks], expected, atol=500)
    assert all(block.clock == CLOCK for block in blocks)


def test_sensors_that_start_at_different_times_are_joined_where_both_measure():
    acc, gyr, _ = _numbers([_frame(Measurement.ACC, 5, 30), _frame(Measurement.GYR, 0, 35)])
    np.testing.assert_array_equal(acc, np.arange(5, 35))
    np.testing.assert_array_equal(gyr, acc)


@pytest.mark.parametrize("offset_ms", [-8, 8])
def test_a_shift_under_half_a_period_is_no_obstacle(offset_ms):
    frames = [
        _frame(Measurement.ACC, 0, 30),
        _frame(Measurement.GYR, 0, 30, offset_ns=offset_ms * 1_000_000),
    ]
    acc, gyr, _ = _numbers(frames)
    np.testing.assert_array_equal(acc, np.arange(30))
    np.testing.assert_array_equal(gyr, acc)


@pytest.mark.parametrize("lost", [2, 3])
def test_after_a_lost_frame_only_the_samples_in_it_are_missing(lost):
    frames = [
        _frame(kind, first, 20)
        for first in range(0, 100, 20)
        for kind in (Measurement.ACC, Measurement.GYR)
    ]
    del frames[lost]
    acc, gyr, blocks = _numbers(frames)
    np.testing.assert_array_equal(acc, [*range(20), *range(40, 100)])
    np.testing.assert_array_equal(gyr, acc)
    # The gap lies between two blocks, never inside one.
    for block, first in zip(blocks, np.cumsum([0, *map(len, blocks)])[:-1], strict=True):
        assert (np.diff(acc[first : first + len(block)]) == 1).all()


def test_the_true_rate_is_learnt_from_frame_to_frame():
    decoder = PolarDecoder(rate_hz=52, acc_factor=1.0, gyr_factor=1.0)
    true_period = 1.03 * PERIOD_NS
    blocks = []
    for number in range(1, 6):
        last_ns = START_NS + round((20 * number - 1) * true_period)
        for kind, frame_type in ((Measurement.ACC, 1), (Measurement.GYR, 0)):
            data = Frame(kind, last_ns, frame_type, True, np.zeros((20, 3), dtype=np.int64))
            blocks += decoder.feed(DATA_UUID, data.encode())
    starts = np.array([block.device_ticks - START_NS for block in blocks[1:]], dtype=float)
    np.testing.assert_allclose(starts, true_period * 20 * np.arange(1, 5), atol=1000)


def test_a_frame_of_another_sensor_or_layout_is_refused():
    good = bytearray(_frame(Measurement.ACC, 0, 10))
    for at, value in ((0, 0), (0, 6), (9, 0x05), (8, 0x80)):
        bad = good.copy()
        bad[at] = value
        with pytest.raises(DecodeError):
            decode_frame(bytes(bad))


choices = st.dictionaries(
    st.sampled_from([Setting.RATE_HZ, Setting.RESOLUTION_BITS, Setting.RANGE]),
    st.lists(st.integers(0, 65535), max_size=5).map(tuple),
)


@given(choices)
def test_settings_come_back(settings):
    assert dict(protocol.decode_settings(protocol.encode_settings(settings))) == settings


def test_the_factor_of_a_start_answer_is_read():
    answer = protocol.Answer(2, 2, 0, {Setting.FACTOR: (protocol.encode_factor(0.25),)})
    assert protocol.Answer.decode(answer.encode()).factor == 0.25
    assert protocol.Answer.decode(bytes.fromhex("f002020600")).error == protocol.ALREADY_SO
    with pytest.raises(DecodeError):
        protocol.Answer.decode(b"\x0f\x02")
