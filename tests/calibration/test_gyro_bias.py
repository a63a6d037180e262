"""Gyroscope bias against known truth: sway, drift, short stands, missing stands, gaps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from imu_valgus.calibration.gyro_bias import estimate_gyro_bias, remove_gyro_bias
from imu_valgus.errors import AlreadyCalibratedError
from imu_valgus.model import AlignedRecording, GyroBias, Placement, SensorStream, Severity, Span

RATE = 100.0
PLACE = Placement.SHANK_LEFT


def swaying(
    length_s: float,
    *,
    bias_deg_s: np.ndarray,
    seed: int,
    sway_deg: float = 0.3,
    lean_deg_s: float = 0.0,
    start_s: float = 0.0,
) -> SensorStream:
    """Make a standing person: sway about all axes, steady lean, any mounting, bias, noise."""
    rng = np.random.default_rng(seed)
    n = round(length_s * RATE)
    pad = 1000
    noise = rng.normal(size=(n + 2 * pad, 3))
    sway = sum(gaussian_filter1d(noise, s * RATE, axis=0) * np.sqrt(s) for s in (0.1, 0.3, 0.8))
    angle = np.deg2rad(sway_deg) * (sway / sway.std(axis=0))[pad:-pad]
    angle[:, 1] += np.deg2rad(lean_deg_s) * np.arange(n) / RATE
    to_earth = Rotation.random(rng=rng) * Rotation.from_euler("XYZ", angle)
    turned = (to_earth[:-1].inv() * to_earth[1:]).as_rotvec() * RATE
    gyr = np.vstack([turned, turned[-1:]]) + np.deg2rad(bias_deg_s)
    acc = to_earth.inv().apply([0.0, 0.0, 9.81])
    return SensorStream(
        start_s + np.arange(n) / RATE,
        acc + rng.normal(scale=0.03, size=acc.shape),
        gyr + rng.normal(scale=0.002, size=acc.shape),
    )


def alone(stream: SensorStream, name: str = "standing") -> AlignedRecording:
    return AlignedRecording(name, stream.time_s, RATE, {PLACE: stream})


def whole(*recordings: AlignedRecording) -> dict[str, list[Span]]:
    return {recording.name: [Span(0, len(recording))] for recording in recordings}


def test_the_uncertainty_of_a_static_trial_covers_its_error_at_every_length():
    bias = np.array([1.5, -4.0, 0.7])
    for length_s in (1.6, 3.0, 10.0):
        ratios = []
        for seed in range(60):
            recording = alone(swaying(length_s, bias_deg_s=bias, seed=seed))
            found, _ = estimate_gyro_bias([recording], whole(recording))
            of_shank = found["standing"][PLACE]
            worst = np.abs(np.rad2deg(of_shank.bias_rad_s[0]) - bias).max()
            ratios.append(worst / np.rad2deg(of_shank.sd_rad_s[0]))
        assert np.mean(np.array(ratios) < 2.0) > 0.8, length_s
        assert np.median(ratios) > 0.15, "uncertainty far too large says nothing"


@given(seed=st.integers(0, 500), bias=st.tuples(*[st.floats(-6, 6)] * 3))
@settings(max_examples=20, deadline=None)
def test_ten_seconds_of_standing_give_the_bias_within_a_fifth_of_a_degree(seed, bias):
    recording = alone(swaying(10.0, bias_deg_s=np.array(bias), seed=seed))
    found, _ = estimate_gyro_bias([recording], whole(recording))
    error = np.rad2deg(found["standing"][PLACE].bias_rad_s[0]) - bias
    assert np.abs(error).max() < 0.2


def test_slowly_leaning_over_is_not_taken_for_bias():
    stream = swaying(4.0, bias_deg_s=np.array([1.0, 1.0, 1.0]), seed=4, lean_deg_s=1.5)
    found, _ = estimate_gyro_bias([alone(stream)], whole(alone(stream)))
    error = np.rad2deg(found["standing"][PLACE].bias_rad_s[0]) - 1.0
    plain = np.rad2deg(stream.gyr.mean(axis=0)) - 1.0
    assert np.linalg.norm(plain) > 1.3
    assert np.linalg.norm(error) < 0.35


def test_bias_drift_between_two_static_trials_is_followed_linearly_and_reported():
    first = swaying(10.0, bias_deg_s=np.array([0.0, 0.0, 0.0]), seed=1, sway_deg=0.1)
    last = swaying(10.0, bias_deg_s=np.array([1.0, 0.0, 0.0]), seed=2, sway_deg=0.1)
    time_s = np.arange(8000) / RATE
    fill = np.ones((6000, 3))
    stream = SensorStream(
        time_s,
        np.vstack([first.acc, fill, last.acc]),
        np.vstack([first.gyr, fill, last.gyr]),
    )
    recording = alone(stream)
    trials = {"standing": [Span(0, 1000), Span(7000, 8000)]}
    found, findings = estimate_gyro_bias([recording], trials)
    bias = found["standing"][PLACE]
    assert bias.time_s == pytest.approx([4.995, 74.995])
    assert np.rad2deg(bias.bias_rad_s[:, 0]) == pytest.approx([0.0, 1.0], abs=0.1)
    without = remove_gyro_bias(stream, bias)
    assert np.rad2deg(1.0 - without.gyr[4000, 0]) == pytest.approx(0.5, abs=0.1)
    assert [f.code for f in findings] == ["gyro_bias_drift"]


def test_a_recording_without_a_static_trial_borrows_with_a_larger_uncertainty_and_says_so():
    good = alone(swaying(10.0, bias_deg_s=np.array([2.0, 0.0, 0.0]), seed=3), "standing")
    walk = alone(swaying(60.0, bias_deg_s=np.array([2.0, 0.0, 0.0]), seed=5), "walk")
    found, findings = estimate_gyro_bias([good, walk], {"standing": [Span(0, 1000)]})
    measured, borrowed = found["standing"][PLACE], found["walk"][PLACE]
    assert borrowed.bias_rad_s == pytest.approx(measured.bias_rad_s)
    assert borrowed.sd_rad_s[0] > measured.sd_rad_s[0]
    assert [(f.code, f.recording) for f in findings] == [("gyro_bias_borrowed", "walk")]
    assert findings[0].severity is Severity.NOTE


def test_without_any_static_trial_the_bias_is_left_alone_and_a_warning_given():
    walk = alone(swaying(30.0, bias_deg_s=np.array([2.0, 0.0, 0.0]), seed=5), "walk")
    found, (finding,) = estimate_gyro_bias([walk], {})
    assert not found["walk"][PLACE].bias_rad_s.any()
    assert np.rad2deg(found["walk"][PLACE].sd_rad_s[0]) == pytest.approx(3.0)
    assert finding.severity is Severity.WARNING
    assert finding.code == "gyro_bias_unknown"
    assert "left shank" in finding.message


def test_a_bad_short_trial_does_not_spoil_what_a_good_one_knows():
    truth = np.array([1.0, 0.0, 0.0])
    good = alone(swaying(8.0, bias_deg_s=truth, seed=6), "standing")
    stirred = alone(swaying(1.8, bias_deg_s=np.add(truth, [0, 0, 6.0]), seed=7), "squat")
    found, findings = estimate_gyro_bias([good, stirred], whole(good, stirred))
    for name in ("standing", "squat"):
        assert np.rad2deg(found[name][PLACE].bias_rad_s[0]) == pytest.approx(truth, abs=0.35)
    assert [f.code for f in findings] == ["gyro_bias_stand_below_wanted"]


def test_a_sensor_switched_off_between_recordings_gets_a_bias_for_each():
    first = alone(swaying(8.0, bias_deg_s=np.array([3.0, 0.0, 0.0]), seed=8), "one")
    second = alone(swaying(8.0, bias_deg_s=np.array([-1.0, 0.0, 0.0]), seed=9), "two")
    found, _ = estimate_gyro_bias([first, second], whole(first, second))
    assert np.rad2deg(found["one"][PLACE].bias_rad_s[0, 0]) == pytest.approx(3.0, abs=0.25)
    assert np.rad2deg(found["two"][PLACE].bias_rad_s[0, 0]) == pytest.approx(-1.0, abs=0.25)


def test_a_large_bias_is_reported_once():
    hot = alone(swaying(8.0, bias_deg_s=np.array([7.0, 0.0, 0.0]), seed=8))
    _, (finding,) = estimate_gyro_bias([hot], whole(hot))
    assert finding.code == "gyro_bias_large"
    assert "7.0 deg/s" in finding.message or "6.9 deg/s" in finding.message


def test_lost_samples_and_dead_sensors_inside_a_static_trial_do_no_harm():
    stream = swaying(8.0, bias_deg_s=np.array([1.0, 2.0, 3.0]), seed=10)
    gyr, acc = stream.gyr.copy(), stream.acc.copy()
    gyr[200:260] = np.nan
    acc[500:505] = np.nan
    recording = alone(SensorStream(stream.time_s, acc, gyr))
    found, _ = estimate_gyro_bias([recording], whole(recording))
    bias = found["standing"][PLACE]
    error = np.rad2deg(bias.bias_rad_s[0]) - [1.0, 2.0, 3.0]
    assert np.abs(error).max() < 3.0 * np.rad2deg(bias.sd_rad_s[0])
    intact, _ = estimate_gyro_bias([alone(stream)], whole(alone(stream)))
    assert bias.sd_rad_s[0] < 1.3 * intact["standing"][PLACE].sd_rad_s[0]
    dead = alone(SensorStream(stream.time_s, np.zeros_like(acc), gyr))
    _, (finding,) = estimate_gyro_bias([dead], whole(dead))
    assert finding.code == "gyro_bias_unknown"


def test_the_bias_is_removed_once_and_never_twice():
    stream = swaying(2.0, bias_deg_s=np.zeros(3), seed=0, start_s=50.0)
    bias = GyroBias(np.array([50.0, 51.0]), np.array([[0, 0, 0], [1.0, 0, 0]]), np.ones(2))
    removed = remove_gyro_bias(stream, bias)
    assert (stream.gyr - removed.gyr)[[0, 50, 100, 199], 0] == pytest.approx([0, 0.5, 1, 1])
    assert np.array_equal(removed.acc, stream.acc)
    with pytest.raises(AlreadyCalibratedError, match="already removed"):
        remove_gyro_bias(removed, bias)
