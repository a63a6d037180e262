"""Knees that the movement shows where no knee can be."""

import numpy as np
import pytest

from imu_valgus.calibration.lever_arms import SegmentLengths, doubts_from_lever_arms
from imu_valgus.model import Placement

LENGTHS = SegmentLengths(thigh_m=0.42, shank_m=0.42, foot_height_m=0.07)
THIGH, SHANK = Placement.THIGH_RIGHT, Placement.SHANK_RIGHT


def test_knees_within_their_segments_raise_no_doubt() -> None:
    lever_arms = {THIGH: np.array([-0.05, -0.16, 0.02]), SHANK: np.array([0.0, 0.35, -0.05])}
    assert doubts_from_lever_arms(lever_arms, LENGTHS) == {}


@pytest.mark.parametrize(
    ("placement", "along_m", "words"),
    [
        (THIGH, 0.10, "-10 cm below the right thigh"),
        (THIGH, -0.60, "60 cm below the right thigh"),
        (SHANK, -0.05, "-5 cm above the right shank"),
    ],
)
def test_knees_elsewhere_are_told(placement: Placement, along_m: float, words: str) -> None:
    doubts = doubts_from_lever_arms({placement: np.array([0.0, along_m, 0.0])}, LENGTHS)
    assert words in doubts[placement][0]
