"""What finished angles, rates and movements give away about a calibration."""

import numpy as np
import pytest

from imu_valgus.calibration.axes import AxisObservation, bend_checks
from imu_valgus.calibration.plausibility import (
    doubts_from_coherence,
    doubts_from_knees,
    doubts_from_rates,
)
from imu_valgus.model import Grade, Joint, JointAngles, Placement, Side, Task

THIGH, SHANK = Placement.THIGH_RIGHT, Placement.SHANK_RIGHT
FLEXION = 5.0 + 55.0 * np.abs(np.sin(np.linspace(0.0, 30.0, 3000)))


def knee(adduction: np.ndarray, rotation: np.ndarray, flexion: np.ndarray = FLEXION) -> JointAngles:
    angles = np.stack([flexion, adduction, rotation], axis=-1)
    time_s = np.arange(len(flexion)) / 100.0
    return JointAngles(Joint.KNEE, Side.RIGHT, time_s, angles, np.ones_like(angles))


NOISE = np.random.default_rng(1).standard_normal(3000)


def test_a_plausible_knee_raises_no_doubt() -> None:
    assert doubts_from_knees([knee(NOISE, 5.0 * NOISE)]) == {}


@pytest.mark.parametrize(
    ("angles", "words"),
    [
        (knee(0.2 * FLEXION + 0.2 * NOISE, NOISE), "turned about the leg by about 11°"),
        (knee(NOISE, 20.0 * NOISE), "Tibial rotation covers"),
        (knee(10.0 * NOISE, NOISE), "Knee adduction covers"),
        (knee(NOISE, NOISE, FLEXION - 40.0), "overextend"),
    ],
)
def test_an_implausible_knee_is_doubted(angles: JointAngles, words: str) -> None:
    doubts = doubts_from_knees([angles])
    assert list(doubts) == [THIGH]
    assert words in " ".join(doubts[THIGH])


def test_a_thigh_that_turns_faster_than_its_shank_is_probably_a_shank() -> None:
    assert doubts_from_rates({THIGH: 1.5, SHANK: 2.5}) == {}
    assert set(doubts_from_rates({THIGH: 2.5, SHANK: 1.5})) == {THIGH, SHANK}


def test_neighbours_that_feel_different_movements_are_doubted() -> None:
    assert doubts_from_coherence({(THIGH, SHANK): 0.95}) == {}
    assert doubts_from_coherence({(THIGH, SHANK): float("nan")}) == {}
    doubts = doubts_from_coherence({(THIGH, SHANK): 0.6})
    assert "loose" in doubts[SHANK][0]


def squat(range_deg: float, planarity: float) -> AxisObservation:
    return AxisObservation(
        THIGH, Task.SQUAT, np.array([0.0, 0.0, 1.0]), 0.1, planarity, range_deg, 10.0
    )


def test_shallow_and_crooked_squats_are_graded_down_unless_another_was_good() -> None:
    assert bend_checks(THIGH, [squat(80.0, 0.99)]) == []
    shallow = bend_checks(THIGH, [squat(25.0, 0.99)])
    assert shallow[0][0] is Grade.FAIR
    assert "only 25°" in shallow[0][1]
    assert "one plane" in bend_checks(THIGH, [squat(80.0, 0.8)])[0][1]
    assert bend_checks(THIGH, [squat(25.0, 0.8), squat(80.0, 0.99)]) == []
    assert bend_checks(SHANK, [squat(25.0, 0.8)]) == []
