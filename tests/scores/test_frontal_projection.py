"""The projection angle against plane geometry, with points instead of angles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imu_valgus.model import Joint, Side
from imu_valgus.scores.frontal_projection import frontal_projection_deg


def projection(hip: list[float], knee: list[float], side: Side = Side.RIGHT) -> float:
    found = frontal_projection_deg(np.array([hip]), np.array([knee]), joint=Joint.FEMUR, side=side)
    return float(found[0])


@given(st.floats(-20.0, 20.0), st.floats(-15.0, 15.0))
def test_with_straight_leg_it_is_knee_abduction(adduction, abduction):
    assert projection([0, adduction, 0], [0, -abduction, 0]) == pytest.approx(abduction)


@given(st.floats(0.0, 60.0), st.floats(-15.0, 15.0), st.floats(-20.0, 20.0), st.sampled_from(Side))
def test_both_legs_mean_the_same(flexion, adduction, rotation, side):
    angles = [flexion, adduction, rotation], [1.5 * flexion, 2.0, -3.0]
    assert projection(*angles, side=side) == pytest.approx(projection(*angles, side=side.other))


def test_turning_a_bent_leg_inwards_carries_the_shank_outwards_in_the_picture():
    still = projection([45, 0, 0], [45, 0, 0])
    turned = projection([45, 0, 10], [45, 0, 0])
    # The shank swings about the thigh: 10 degrees of turn times the sine of the knee's bend.
    assert turned - still == pytest.approx(10.0 * np.sin(np.radians(45)), abs=0.6)


def test_an_unknown_angle_gives_an_unknown_projection():
    assert np.isnan(projection([0, np.nan, 0], [0, 0, 0]))
