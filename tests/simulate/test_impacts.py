"""Contacts ring through the leg: at once, shortly, and as strongly as asked."""

import numpy as np
import pytest

from imu_valgus.model import Side
from imu_valgus.simulate.impacts import add_impacts
from imu_valgus.simulate.pose import INTERNAL_RATE_HZ, N_CHANNELS, column

AT_S = 0.5013
CHANNELS = [("knee_flexion", 0.1), ("hip_flexion", 0.05), ("foot_pitch", 0.2)]


def rung(strength=1.0, side=Side.LEFT):
    rows = np.zeros((600, N_CHANNELS))
    add_impacts(rows, side, np.array([AT_S]), strength)
    return rows


@pytest.mark.parametrize(("name", "least_deg"), CHANNELS)
def test_each_joint_of_the_leg_rings_after_the_contact_and_comes_to_rest(name, least_deg):
    angle = rung()[:, column(name, Side.LEFT)]
    time_s = np.arange(angle.size) / INTERNAL_RATE_HZ
    np.testing.assert_allclose(angle[time_s < AT_S - 0.002], 0.0, atol=1e-9)
    assert np.abs(angle).max() > least_deg
    assert AT_S < time_s[np.argmax(np.abs(angle))] < AT_S + 0.05
    np.testing.assert_allclose(angle[time_s > AT_S + 0.25], 0.0, atol=1e-3)
    np.testing.assert_allclose(rung()[:, column(name, Side.RIGHT)], 0.0)


def test_a_softer_contact_rings_less_in_proportion():
    np.testing.assert_allclose(rung(strength=0.25), 0.25 * rung(), atol=1e-12)


def test_a_contact_at_the_very_end_is_left_out():
    rows = np.zeros((100, N_CHANNELS))
    add_impacts(rows, Side.RIGHT, np.array([0.1999, 5.0]), 1.0)
    np.testing.assert_array_equal(rows, 0.0)
