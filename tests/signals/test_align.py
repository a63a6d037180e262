"""Onto one clock: no delay, true amplitude, no aliasing, gaps kept."""

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imu_valgus.errors import InputError
from imu_valgus.model import Placement, Recording, SensorStream, Task, TaskSpan
from imu_valgus.signals.align import align_recording
from imu_valgus.signals.resample import resample

RATES = [
    (60.0, 100.0),
    (250.0, 100.0),
    (104.0, 100.0),
    (1000.0, 100.0),
    (100.0, 100.0),
    (25.0, 100.0),
]


def sample_times(rate_hz: float, *, jitter: float, duration_s: float = 30.0) -> np.ndarray:
    """Give times off the output grid, each off its place by up to `jitter` periods."""
    n = round(duration_s * rate_hz)
    offsets = np.random.default_rng(11).uniform(-jitter, jitter, n)
    return 7.1234 + (np.arange(n) + offsets) / rate_hz


def response(
    rate_hz: float, output_hz: float, tone_hz: float, jitter: float
) -> tuple[float, float]:
    """Gain and delay in seconds of a tone, fitted over the middle of the recording."""
    time_s = sample_times(rate_hz, jitter=jitter)
    grid_s = np.arange(math.ceil(time_s[0] * output_hz), time_s[-1] * output_hz) / output_hz
    tone = np.sin(2 * np.pi * tone_hz * time_s)[:, None]
    found = resample(tone, time_s=time_s, grid_s=grid_s, rate_hz=output_hz)[:, 0]
    middle = slice(len(grid_s) // 5, -len(grid_s) // 5)
    phase = 2 * np.pi * tone_hz * grid_s[middle]
    design = np.stack([np.sin(phase), np.cos(phase)], axis=1)
    (a, b), *_ = np.linalg.lstsq(design, found[middle], rcond=None)
    return math.hypot(a, b), -math.atan2(b, a) / (2 * np.pi * tone_hz)


@pytest.mark.parametrize(("rate_hz", "output_hz"), RATES)
@pytest.mark.parametrize("jitter", [0.0, 0.2])
@pytest.mark.parametrize("share", [0.02, 0.1, 0.2, 0.3, 0.4])
def test_there_is_no_delay_and_the_amplitude_is_true(
    rate_hz: float, output_hz: float, jitter: float, share: float
) -> None:
    gain, delay_s = response(rate_hz, output_hz, share * min(rate_hz, output_hz), jitter)
    assert abs(delay_s) < 2e-4
    assert gain == pytest.approx(1.0, abs=0.02 if share <= 0.3 else 0.08)


@pytest.mark.parametrize("rate_hz", [250.0, 400.0, 1000.0])
@pytest.mark.parametrize("tone_hz", [62.0, 80.0, 99.0, 110.0])
def test_what_the_lower_rate_cannot_carry_is_removed(rate_hz: float, tone_hz: float) -> None:
    time_s = sample_times(rate_hz, jitter=0.0)
    grid_s = np.arange(math.ceil(time_s[0] * 100), time_s[-1] * 100) / 100
    tone = np.sin(2 * np.pi * tone_hz * time_s)[:, None]
    found = resample(tone, time_s=time_s, grid_s=grid_s, rate_hz=100.0)
    assert np.sqrt(np.mean(found[50:-50] ** 2)) < 0.01


@pytest.mark.parametrize(("rate_hz", "output_hz"), RATES)
def test_a_constant_stays_constant_to_the_very_ends(rate_hz: float, output_hz: float) -> None:
    time_s = sample_times(rate_hz, jitter=0.2, duration_s=4.0)
    grid_s = np.arange(math.ceil(time_s[0] * output_hz), time_s[-1] * output_hz) / output_hz
    found = resample(
        np.full((time_s.size, 1), 9.81), time_s=time_s, grid_s=grid_s, rate_hz=output_hz
    )
    np.testing.assert_allclose(found, 9.81, rtol=2e-3)


@pytest.mark.parametrize(("rate_hz", "output_hz"), RATES)
def test_noise_is_not_blown_up_at_the_ends(rate_hz: float, output_hz: float) -> None:
    time_s = sample_times(rate_hz, jitter=0.1, duration_s=4.0)
    grid_s = np.arange(math.ceil(time_s[0] * output_hz), time_s[-1] * output_hz) / output_hz
    noise = np.random.default_rng(5).normal(size=(time_s.size, 50))
    found = resample(noise, time_s=time_s, grid_s=grid_s, rate_hz=output_hz)
    ends = np.concatenate([found[:5], found[-5:]])
    assert np.sqrt(np.mean(ends**2)) < 1.5


def stream(time_s: np.ndarray) -> SensorStream:
    swing = np.sin(2 * np.pi * time_s)[:, None]
    return SensorStream(time_s, 9.81 + swing * [0.0, 1.0, 2.0], swing * [1.0, -1.0, 0.5])


def aligned(**times: np.ndarray) -> dict[str, SensorStream]:
    streams = {Placement(name): stream(time_s) for name, time_s in times.items()}
    found, _ = align_recording(Recording("walk", streams))
    return {str(place): one for place, one in found.streams.items()}


class TestGaps:
    @settings(max_examples=60, deadline=None)
    @given(
        rate_hz=st.sampled_from([60.0, 100.0, 104.0, 250.0]),
        first=st.integers(20, 200),
        length=st.integers(1, 80),
        as_nan=st.booleans(),
        start_s=st.floats(0.0, 100.0),
    )
    def test_long_gaps_stay_empty_and_short_ones_are_bridged(
        self, rate_hz: float, first: int, length: int, as_nan: bool, start_s: float
    ) -> None:
        time_s = start_s + np.arange(400) / rate_hz
        lost = slice(first, first + length)
        if as_nan:
            whole = stream(time_s)
            acc, gyr = whole.acc.copy(), whole.gyr.copy()
            acc[lost], gyr[lost] = np.nan, np.nan
            sensor = SensorStream(time_s, acc, gyr)
        else:
            sensor = stream(np.delete(time_s, lost))
        found, _ = align_recording(Recording("walk", {Placement.PELVIS: sensor}))
        before, after = time_s[first - 1], time_s[first + length]
        inside = (found.time_s > before + 1e-5) & (found.time_s < after - 1e-5)
        missing = np.isnan(found.streams[Placement.PELVIS].gyr).all(axis=1)
        is_long = after - before > 0.1 + 1e-5
        if abs(after - before - 0.1) > 2e-5:
            # A sample at the very edge of the gap may count either way.
            edges = np.array([before, after])
            clear = np.abs(found.time_s[:, None] - edges).min(axis=1) > 2e-5
            np.testing.assert_array_equal(missing[clear], (inside & is_long)[clear])
        truth = stream(found.time_s).gyr
        known = ~missing
        np.testing.assert_allclose(
            found.streams[Placement.PELVIS].gyr[known], truth[known], atol=0.03
        )

    def test_channels_have_gaps_of_their_own(self) -> None:
        whole = stream(np.arange(300) / 60.0)
        gyr = whole.gyr.copy()
        gyr[100:150] = np.nan
        sensor = SensorStream(whole.time_s, whole.acc, gyr)
        found, _ = align_recording(Recording("walk", {Placement.PELVIS: sensor}))
        one = found.streams[Placement.PELVIS]
        assert np.isfinite(one.acc).all()
        assert np.isnan(one.gyr).any()

    def test_a_sensor_that_stops_early_takes_nothing_from_the_others(self) -> None:
        time_s = np.arange(1000) / 100.0
        found = aligned(thigh_right=time_s, shank_right=time_s[:600])
        assert np.isfinite(found["thigh_right"].gyr).all()
        assert np.isfinite(found["shank_right"].gyr[:600]).all()
        assert np.isnan(found["shank_right"].gyr[600:]).all()


class TestClock:
    def test_it_starts_at_a_whole_multiple_of_its_period(self) -> None:
        found = aligned(
            thigh_right=3.1234 + np.arange(200) / 60.0, shank_right=3.2 + np.arange(200) / 60.0
        )
        time_s = found["thigh_right"].time_s
        assert time_s[0] == 3.13
        np.testing.assert_allclose(time_s * 100.0, np.round(time_s * 100.0), atol=1e-9)
        np.testing.assert_array_equal(time_s, found["shank_right"].time_s)

    def test_samples_that_are_on_it_already_are_not_touched(self) -> None:
        time_s = np.round(40.0 + np.arange(500) * 0.01, 6)
        found = aligned(pelvis=time_s)
        np.testing.assert_array_equal(found["pelvis"].acc, stream(time_s).acc)

    def test_a_clock_of_the_day_works_as_well_as_one_from_zero(self) -> None:
        offsets = np.arange(300) / 60.0 + 0.0037
        small, large = aligned(pelvis=offsets), aligned(pelvis=1.7e9 + offsets)
        n = min(len(small["pelvis"]), len(large["pelvis"]))
        np.testing.assert_allclose(large["pelvis"].gyr[:n], small["pelvis"].gyr[:n], atol=1e-4)

    def test_tasks_quality_and_names_are_carried(self) -> None:
        task = TaskSpan(Task.WALK, 0.5, 2.0)
        sensor = SensorStream(
            np.arange(200) / 60.0, np.ones((200, 3)), np.ones((200, 3)), None, "id", "cal"
        )
        found, findings = align_recording(Recording("walk", {Placement.PELVIS: sensor}, (task,)))
        assert (found.name, found.tasks, found.rate_hz) == ("walk", (task,), 100.0)
        one = found.streams[Placement.PELVIS]
        assert (one.sensor_id, one.calibration_id) == ("id", "cal")
        assert found.quality[Placement.PELVIS].received_share == 1.0
        assert [f.code for f in findings] == ["rate_raised"]

    def test_other_analysis_rates_can_be_chosen(self) -> None:
        sensor = stream(np.arange(500) / 100.0)
        found, _ = align_recording(Recording("walk", {Placement.PELVIS: sensor}), rate_hz=50.0)
        assert (found.rate_hz, len(found)) == (50.0, 250)

    def test_a_clock_that_would_fill_the_memory_is_refused(self) -> None:
        sensor = stream(np.array([0.0, 1e7]))
        with pytest.raises(InputError, match="hours"):
            align_recording(Recording("walk", {Placement.PELVIS: sensor}))

    def test_a_sensor_whose_clock_jumps_is_named_with_the_jump(self) -> None:
        time_s = np.arange(500) / 100.0
        jumped = stream(np.append(time_s[:-1], 1e5))
        streams = {Placement.PELVIS: stream(time_s), Placement.FOOT_LEFT: jumped}
        with pytest.raises(InputError, match=r"left foot jumps from 4\.98 s to 100000\.00 s"):
            align_recording(Recording("walk", streams))

    def test_sensors_hours_apart_are_named(self) -> None:
        time_s = np.arange(500) / 100.0
        streams = {Placement.PELVIS: stream(time_s + 8e4), Placement.FOOT_LEFT: stream(time_s)}
        with pytest.raises(InputError, match=r"left foot ends at 4\.99 s, but the pelvis starts"):
            align_recording(Recording("walk", streams))

    def test_nothing_to_align_is_refused(self) -> None:
        with pytest.raises(InputError, match="has no samples"):
            align_recording(Recording("walk", {}))


@settings(max_examples=60, deadline=None)
@given(
    gaps=st.lists(st.floats(1e-5, 0.5), min_size=0, max_size=40),
    rate_hz=st.sampled_from([25.0, 100.0, 333.0]),
)
def test_any_increasing_clock_gives_bounded_values(gaps: list[float], rate_hz: float) -> None:
    time_s = np.cumsum([0.3, *gaps])
    values = np.where(np.arange(time_s.size) % 2 == 0, 1.0, -1.0)[:, None]
    first, last = math.ceil(time_s[0] * rate_hz), math.floor(time_s[-1] * rate_hz)
    grid_s = np.arange(first, last + 1) / rate_hz
    found = resample(values, time_s=time_s, grid_s=grid_s, rate_hz=rate_hz)
    assert found.shape == (grid_s.size, 1)


def test_ten_minutes_of_five_sensors_take_well_under_half_a_second_of_cpu() -> None:
    places = list(Placement)[:5]
    rng = np.random.default_rng(1)
    time_s = 1.2345 + (np.arange(60_000) + rng.uniform(-0.05, 0.05, 60_000)) / 100.0
    sensor = SensorStream(time_s, rng.normal(size=(60_000, 3)), rng.normal(size=(60_000, 3)))
    recording = Recording("walk", dict.fromkeys(places, sensor))
    start = time.process_time()
    align_recording(recording)
    assert time.process_time() - start < 1.0  # about 0.3 on an idle machine; twice shared
