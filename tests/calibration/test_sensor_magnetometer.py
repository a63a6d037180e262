"""The ellipsoid calibration against magnetometers with known iron."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imu_valgus.calibration.sensor_magnetometer import calibrate_magnetometer
from imu_valgus.errors import InputError


def turned_around(rng: np.random.Generator, n: int = 3000) -> np.ndarray:
    field = rng.normal(size=(n, 3))
    return 48.0 * field / np.linalg.norm(field, axis=1, keepdims=True)


def iron(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    soft = rng.normal(scale=0.1, size=(3, 3))
    return np.eye(3) + 0.5 * (soft + soft.T), rng.uniform(-80, 80, 3)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_hard_and_soft_iron_are_found(seed):
    rng = np.random.default_rng(seed)
    soft, hard = iron(rng)
    field = turned_around(rng)
    readings = field @ soft.T + hard + rng.normal(scale=0.3, size=field.shape)
    found = calibrate_magnetometer(readings, field_ut=48.0)
    assert found.offset == pytest.approx(hard, abs=0.5)
    assert found.matrix == pytest.approx(np.linalg.inv(soft), abs=0.02)
    assert np.abs(found.applied(readings) - field).max() < 3.0


def test_without_a_given_field_the_mean_radius_is_kept():
    rng = np.random.default_rng(1)
    found = calibrate_magnetometer(turned_around(rng) @ np.diag([1.1, 1.0, 1 / 1.1]))
    assert np.cbrt(np.linalg.det(found.matrix)) == pytest.approx(1.0, abs=1e-3)


def test_holes_are_left_out():
    rng = np.random.default_rng(2)
    readings = turned_around(rng)
    readings[::7] = np.nan
    assert calibrate_magnetometer(readings).offset == pytest.approx([0, 0, 0], abs=0.1)


def test_turning_about_one_axis_only_is_not_enough():
    rng = np.random.default_rng(3)
    angle = rng.uniform(0, 2 * np.pi, 2000)
    flat = 40.0 * np.column_stack([np.cos(angle), np.sin(angle), 0 * angle + 0.5])
    with pytest.raises(InputError, match="turn the sensor slowly through all directions"):
        calibrate_magnetometer(flat + rng.normal(scale=0.3, size=flat.shape))


def test_a_cap_of_the_sphere_is_not_enough():
    rng = np.random.default_rng(4)
    field = turned_around(rng)
    with pytest.raises(InputError, match="a part of the directions only"):
        calibrate_magnetometer(field[field[:, 2] > 42.0])


@pytest.mark.parametrize("n", [0, 50])
def test_too_few_samples_are_refused(n):
    with pytest.raises(InputError, match=f"only {n} magnetometer samples"):
        calibrate_magnetometer(np.ones((n, 3)))


def test_a_dead_magnetometer_is_refused():
    with pytest.raises(InputError, match="do not lie on an ellipsoid"):
        calibrate_magnetometer(np.zeros((500, 3)))


def test_a_field_that_changes_meanwhile_is_refused():
    rng = np.random.default_rng(5)
    field = turned_around(rng) * rng.uniform(0.6, 1.4, size=(3000, 1))
    with pytest.raises(InputError, match="field varied by"):
        calibrate_magnetometer(field)
