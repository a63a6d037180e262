"""Tilts against gravity, in words."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from imu_valgus.kinematics import medial_tilt_rad, sagittal_tilt_rad
from imu_valgus.model import OrientationSeries, Side

FACING_X = Rotation.from_matrix([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
FORWARDS, LEFT, _ = np.eye(3)


def standing_turned(about: np.ndarray, degrees: float) -> OrientationSeries:
    rotation = Rotation.from_rotvec(np.radians(degrees) * about) * FACING_X
    return OrientationSeries(np.zeros(1), Rotation.concatenate([rotation]), np.array([True]))


def test_raised_thigh_tilts_positive() -> None:
    thigh = standing_turned(LEFT, -50.0)
    assert thigh.to_earth.apply([0.0, -1.0, 0.0])[0] @ FORWARDS > 0.5
    np.testing.assert_allclose(np.degrees(sagittal_tilt_rad(thigh)), [50.0])


@pytest.mark.parametrize("side", list(Side))
def test_knee_over_the_midline_is_medial_tilt_of_the_shank(side: Side) -> None:
    # Looking forwards, the top of a right shank goes to the left.
    shank = standing_turned(FORWARDS, -side.sign * 8.0)
    top = shank.to_earth.apply([0.0, 1.0, 0.0])[0]
    assert side.sign * (top @ LEFT) > 0.1
    np.testing.assert_allclose(np.degrees(medial_tilt_rad(shank, side=side)), [8.0])


@pytest.mark.parametrize("heading", [-170.0, 30.0, 95.0])
def test_tilts_do_not_know_the_heading(heading: float) -> None:
    shank = standing_turned(FORWARDS, -6.0)
    turned = OrientationSeries(
        shank.time_s,
        Rotation.from_euler("z", [[heading]], degrees=True) * shank.to_earth,
        shank.is_known,
    )
    for side in Side:
        np.testing.assert_allclose(
            medial_tilt_rad(turned, side=side), medial_tilt_rad(shank, side=side), atol=1e-12
        )
