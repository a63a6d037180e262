"""Stillness on made-up sway, bias, gaps and slow turning, and on real recordings."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from imu_valgus.conventions import ACC_COLUMNS, GYR_COLUMNS
from imu_valgus.model import AlignedRecording, Placement, SensorStream, Span
from imu_valgus.signals.stillness import find_sensor_still_spans, find_still_spans

REAL = Path("../shared/real")
RATE = 100.0


def made_stream(
    parts: list[tuple[str, float]],
    *,
    rate_hz: float = RATE,
    bias_deg_s: tuple[float, float, float] = (0.0, 0.0, 0.0),
    mounting: Rotation | None = None,
    seed: int = 0,
) -> SensorStream:
    """Simulate standing that sways like people, and movements, one after the other."""
    rng = np.random.default_rng(seed)
    kinds = np.repeat([kind for kind, _ in parts], [round(s * rate_hz) for _, s in parts])
    n = kinds.size
    time_s = np.arange(n) / rate_hz
    sway = gaussian_filter1d(rng.normal(size=(n, 3)), 0.15 * rate_hz, axis=0)
    angle = np.deg2rad(0.08) * sway / sway.std()
    move = (kinds == "move").astype(float)
    bend = 0.6 * np.sin(2 * np.pi * 0.7 * time_s) * gaussian_filter1d(move, 0.05 * rate_hz)
    angle[:, 1] += bend
    turning = np.where(kinds == "turn", np.deg2rad(10.0), 0.0)
    angle[:, 2] += np.cumsum(turning) / rate_hz
    gyr = np.gradient(angle, 1.0 / rate_hz, axis=0)
    acc = 9.81 * np.column_stack([-np.sin(angle[:, 1]), np.sin(angle[:, 0]), np.cos(angle[:, 1])])
    acc[:, 0] += 2.0 * np.gradient(gyr[:, 1], 1.0 / rate_hz) * 0.2
    turned = mounting or Rotation.identity()
    noisy = np.random.default_rng(seed + 1)
    gyr = turned.apply(gyr) + np.deg2rad(bias_deg_s) + noisy.normal(scale=0.003, size=(n, 3))
    acc = turned.apply(acc) + noisy.normal(scale=0.02, size=(n, 3))
    return SensorStream(time_s, acc, gyr)


def recorded(**streams: SensorStream) -> AlignedRecording:
    first = next(iter(streams.values()))
    by_place = {Placement(name): stream for name, stream in streams.items()}
    return AlignedRecording("made", first.time_s, RATE, by_place)


@given(
    bias=st.tuples(*[st.floats(-6, 6)] * 3),
    seed=st.integers(0, 1000),
    rate_hz=st.sampled_from([25.0, 60.0, 100.0, 400.0]),
)
@settings(max_examples=25, deadline=None)
def test_standing_is_found_whatever_the_bias_mounting_and_rate(bias, seed, rate_hz):
    mounting = Rotation.random(rng=np.random.default_rng(seed))
    stream = made_stream(
        [("still", 3.0), ("move", 5.0), ("still", 2.0)],
        rate_hz=rate_hz,
        bias_deg_s=bias,
        mounting=mounting,
        seed=seed,
    )
    spans = find_sensor_still_spans(stream, rate_hz)
    assert len(spans) == 2
    assert spans[0].start == 0
    # Gravity is watched half a window ahead, so standing ends up to that early, never much late.
    assert 3.0 - 0.45 <= spans[0].stop / rate_hz <= 3.0 + 0.15
    assert 8.0 - 0.15 <= spans[1].start / rate_hz <= 8.0 + 0.45
    assert spans[1].stop == len(stream)


def test_a_short_calm_between_two_movements_is_found():
    stream = made_stream([("move", 4.0), ("still", 1.0), ("move", 4.0)])
    (span,) = find_sensor_still_spans(stream, RATE)
    assert 380 <= span.start <= 430
    assert 470 <= span.stop <= 520


def test_slow_turning_about_the_vertical_is_not_stillness():
    stream = made_stream([("still", 4.0), ("turn", 4.0), ("still", 4.0)])
    spans = find_sensor_still_spans(stream, RATE)
    assert [len(span) > 300 for span in spans] == [True, True]
    assert not any(span.start < 600 < span.stop for span in spans)


def test_one_moving_sensor_is_enough_to_be_not_still():
    still = made_stream([("still", 8.0)])
    moving = made_stream([("still", 2.0), ("move", 6.0)], seed=3)
    assert find_still_spans(recorded(thigh_right=still)) == (Span(0, 800),)
    (span,) = find_still_spans(recorded(thigh_right=still, shank_right=moving))
    assert span.stop < 260


def test_a_sensor_that_stopped_early_does_not_decide_and_without_any_sensor_nothing_is_still():
    whole = made_stream([("still", 8.0)])
    dead = np.where(np.arange(800)[:, None] < 300, whole.gyr, np.nan)
    stopped = SensorStream(whole.time_s, whole.acc, dead)
    assert find_still_spans(recorded(pelvis=stopped, thigh_left=whole)) == (Span(0, 800),)
    assert find_still_spans(recorded(pelvis=stopped)) == (Span(0, 300),)


def test_a_lost_packet_does_not_break_standing_but_a_long_gap_does():
    whole = made_stream([("still", 8.0)])
    for lost, expected in ((8, 1), (40, 2)):
        acc = whole.acc.copy()
        acc[400 : 400 + lost] = np.nan
        stream = SensorStream(whole.time_s, acc, whole.gyr)
        assert len(find_sensor_still_spans(stream, RATE)) == expected


@pytest.mark.parametrize("n", [0, 1, 3, 49])
def test_recordings_shorter_than_a_window_hold_no_standing(n):
    stream = SensorStream(np.arange(n) / RATE, np.ones((n, 3)), np.zeros((n, 3)))
    assert find_sensor_still_spans(stream, RATE) == ()


def test_nothing_but_holes_is_not_still():
    hollow = np.full((300, 3), np.nan)
    stream = SensorStream(np.arange(300) / RATE, hollow, hollow)
    assert find_sensor_still_spans(stream, RATE) == ()


def real_recording(folder: str) -> AlignedRecording:
    path = REAL / folder
    if not path.is_dir():
        pytest.skip(f"Real recordings are not beside the checkout: {path} is missing.")
    tables = {Placement(f.name.split(".")[0]): pd.read_csv(f) for f in path.glob("*.csv.gz")}
    start = max(table.time_s.iloc[0] for table in tables.values())
    stop = min(table.time_s.iloc[-1] for table in tables.values())
    time_s = np.arange(start, stop, 1.0 / RATE)

    def on_clock(table: pd.DataFrame, columns: tuple[str, ...]) -> np.ndarray:
        return np.column_stack([np.interp(time_s, table.time_s, table[c]) for c in columns])

    streams = {
        place: SensorStream(time_s, on_clock(table, ACC_COLUMNS), on_clock(table, GYR_COLUMNS))
        for place, table in tables.items()
    }
    return AlignedRecording(folder, time_s, RATE, streams)


def test_a_real_person_standing_three_seconds_is_still_all_the_time():
    aligned = real_recording("biostamp_walk/static")
    assert find_still_spans(aligned) == (Span(0, len(aligned)),)


def test_standing_before_real_squats_is_found_and_the_squats_are_not():
    aligned = real_recording("biostamp_walk/air_squats")
    spans = find_still_spans(aligned)
    assert len(spans[0]) >= 150
    assert spans[0].stop < 220
    assert not any(span.stop > 250 and span.start < 1550 for span in spans)


def test_real_walking_holds_no_standing():
    aligned = real_recording("full_body_walk")
    assert not any(span.stop > 5600 for span in find_still_spans(aligned))
    assert sum(len(span) for span in find_still_spans(aligned)) > 2500
