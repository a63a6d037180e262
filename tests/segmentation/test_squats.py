"""Squats from tilts that are made up: what is one and what is not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imu_valgus.model import Placement
from imu_valgus.segmentation.squats import find_squats

TIME = np.arange(0.0, 12.0, 0.01)


def bend(height: float, *, start: float = 3.0, length: float = 3.0) -> np.ndarray:
    share = np.clip((TIME - start) / length, 0.0, 1.0)
    return 0.5 * height * (1.0 - np.cos(2.0 * np.pi * share))


def found(thigh: float, shank: float, other: float | None = None, length: float = 3.0):
    tilts = {
        Placement.THIGH_RIGHT: bend(thigh, length=length),
        Placement.SHANK_RIGHT: bend(shank, length=length),
    }
    if other is not None:
        tilts[Placement.THIGH_LEFT] = bend(other, length=length)
    return find_squats(TIME, tilts)


@given(st.floats(40.0, 95.0), st.floats(0.23, 0.7), st.floats(1.2, 8.0))
def test_a_bend_with_the_shank_leaning_along_is_a_squat(thigh, share, length):
    squats = found(thigh, max(share * thigh, 11.0), length=length)
    assert len(squats) == 1
    assert 0.01 * squats[0].top == pytest.approx(3.0 + 0.5 * length, abs=0.05)


@pytest.mark.parametrize(
    ("thigh", "shank", "other", "length"),
    [
        (25.0, 12.0, None, 3.0),
        (85.0, 2.0, None, 3.0),
        (85.0, 14.0, None, 3.0),
        (54.0, 52.0, None, 1.2),
        (60.0, 25.0, 5.0, 3.0),
        (60.0, 25.0, None, 0.6),
    ],
    ids=[
        "too shallow",
        "on a chair",
        "on a chair with leaning shanks",
        "a straight leg swung",
        "one leg only",
        "too quick",
    ],
)
def test_what_is_no_squat(thigh, shank, other, length):
    assert found(thigh, shank, other, length) == ()


def test_without_a_whole_leg_there_are_no_squats():
    assert find_squats(TIME, {Placement.THIGH_RIGHT: bend(70.0)}) == ()
