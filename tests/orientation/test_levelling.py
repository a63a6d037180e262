"""Levelling at rests: removes what a filter smears, leaves movement and heading alone."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from imu_valgus.model import SensorStream
from imu_valgus.orientation import estimate_orientation
from imu_valgus.orientation.levelling import level_at_rests

RATE = 100.0


def tilt_deg(to_earth: Rotation) -> np.ndarray:
    up = to_earth.inv().apply([0.0, 0.0, 1.0])
    return np.rad2deg(np.arctan2(np.linalg.norm(up[:, :2], axis=1), up[:, 2]))


@pytest.mark.parametrize("n", [1, 3, 40, 1000])
def test_a_tilt_error_at_rest_goes_and_the_heading_stays(n):
    wrong = Rotation.from_euler("ZX", [70.0, 3.0], degrees=True)
    series = Rotation.concatenate([wrong] * n)
    rest = np.tile([0.0, 0.0, 9.81], (n, 1))
    levelled = level_at_rests(series, np.zeros((n, 3)), rest, RATE)
    assert tilt_deg(levelled).max() < 0.02
    assert levelled.as_euler("ZXY", degrees=True)[:, 0] == pytest.approx(70.0, abs=0.01)


def test_movement_far_from_any_rest_is_left_as_it_was():
    n = 3000
    rng = np.random.default_rng(0)
    moving = np.arange(n) >= 1000
    acc = np.array([0.0, 0.0, 9.81]) + np.where(moving[:, None], rng.normal(size=(n, 3)) * 3, 0.0)
    series = Rotation.concatenate([Rotation.from_euler("X", 2.0, degrees=True)] * n)
    levelled = level_at_rests(series, np.zeros((n, 3)), acc, RATE)
    assert tilt_deg(levelled)[:900].max() < 0.2
    assert tilt_deg(levelled)[1350:] == pytest.approx(2.0)


def test_standing_just_before_setting_off_is_not_tilted_by_setting_off():
    n = 2000
    t = np.arange(n) / RATE
    rng = np.random.default_rng(1)
    start = gaussian_filter1d(((t > 10) & (t < 12)).astype(float), 10) * 0.8
    bounce = np.where(t > 10.2, 3.0, 0.0)[:, None] * np.sin(2 * np.pi * 1.9 * t)[:, None]
    acc = np.array([0.0, 0.0, 9.81]) + bounce + rng.normal(scale=0.05, size=(n, 3))
    acc[:, 0] += start
    stream = SensorStream(t, acc, rng.normal(scale=0.002, size=(n, 3)))
    series = estimate_orientation(stream)
    assert tilt_deg(series.to_earth)[800:980].max() < 0.3


def test_nothing_felt_changes_nothing():
    series = Rotation.random(50, rng=np.random.default_rng(2))
    same = level_at_rests(series, np.zeros((50, 3)), np.zeros((50, 3)), RATE)
    assert np.array_equal(same.as_quat(), series.as_quat())
