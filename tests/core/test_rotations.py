"""Rotation arithmetic against scipy's own."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from imu_valgus.rotations import about_earth_z, compose, wrap_angle


@given(st.integers(0, 2**32 - 1))
def test_compose_equals_scipys_product(seed: int) -> None:
    rng = np.random.default_rng(seed)
    left, right = Rotation.random(7, rng=rng), Rotation.random(7, rng=rng)
    for a, b in [(left, right), (left[0], right), (left, right[0]), (left[0], right[0])]:
        ours, theirs = compose(a, b), a * b
        assert ours.single == theirs.single
        np.testing.assert_allclose(ours.as_matrix(), theirs.as_matrix(), atol=1e-12)


def test_about_earth_z_turns_x_towards_y() -> None:
    turned = about_earth_z(np.array([np.pi / 2])).apply([1.0, 0.0, 0.0])
    np.testing.assert_allclose(turned, [[0.0, 1.0, 0.0]], atol=1e-12)


@given(st.floats(-1e3, 1e3))
def test_wrapped_angle_points_the_same_way(angle: float) -> None:
    wrapped = float(wrap_angle(np.array(angle)))
    assert -np.pi <= wrapped < np.pi
    np.testing.assert_allclose(np.exp(1j * wrapped), np.exp(1j * angle), atol=1e-9)
