"""Lever arms fitted on made-up joints whose lever arms and skin are known, and doubts from them."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from imu_valgus.calibration.lever_arms import (
    JointEnd,
    SegmentLengths,
    doubts_from_lever_arms,
    fit_lever_arms,
    joint_end,
    stretch_of_movement,
)
from imu_valgus.model import Placement, SensorStream
from imu_valgus.rotations import rotate

RATE_HZ = 100.0
GRAVITY = np.array([0.0, 0.0, 9.81])
LENGTHS = SegmentLengths(thigh_m=0.42, shank_m=0.42, foot_height_m=0.07)
THIGH, SHANK = Placement.THIGH_RIGHT, Placement.SHANK_RIGHT


def swing(
    lever_arm_m: np.ndarray, path_m: np.ndarray, *, amplitude: np.ndarray, phase: float
) -> tuple[SensorStream, Rotation]:
    """Return what a sensor reports that hangs on a joint and swings about it."""
    time_s = np.arange(len(path_m)) / RATE_HZ
    wave = np.sin(2.0 * np.pi * time_s[:, None] * [0.9, 1.3, 1.1] + phase + [0.0, 1.0, 2.0])
    to_earth = Rotation.from_rotvec(amplitude * wave)
    at = path_m - to_earth.apply(lever_arm_m)
    force = np.gradient(np.gradient(at, 1.0 / RATE_HZ, axis=0), 1.0 / RATE_HZ, axis=0) + GRAVITY
    quaternion = (to_earth[:-1].inv() * to_earth[1:]).as_rotvec() * RATE_HZ
    gyr = np.vstack([quaternion[:1], 0.5 * (quaternion[1:] + quaternion[:-1]), quaternion[-1:]])
    return SensorStream(time_s=time_s, acc=to_earth.apply(force, inverse=True), gyr=gyr), to_earth


def joint(
    *, skin_mm: float = 0.0, seconds: int = 40, size: float = 1.0
) -> tuple[list[tuple[SensorStream, Rotation]], list[np.ndarray]]:
    """Return two sensors beside one joint, and their true lever arms."""
    time_s = np.arange(seconds * RATE_HZ) / RATE_HZ
    path = size * 0.1 * np.sin(2.0 * np.pi * time_s[:, None] * [0.8, 1.7, 1.2] + [0.0, 0.5, 1.0])
    lever_arms = [np.array([-0.05, -0.22, 0.02]), np.array([0.01, 0.28, -0.03])]
    slid = path + 1e-3 * skin_mm * np.sin(2.0 * np.pi * time_s[:, None] * [2.1, 1.4, 2.6])
    turns = np.array([0.15, 0.1, 0.4])
    return [
        swing(lever_arms[0], slid, amplitude=size * turns, phase=0.3),
        swing(lever_arms[1], path, amplitude=size * 1.5 * turns, phase=2.0),
    ], lever_arms


def ends(
    sensors: list[tuple[SensorStream, Rotation]], expected: list[np.ndarray]
) -> list[JointEnd]:
    return [
        joint_end(
            stream.acc,
            stream.gyr,
            turn,
            Rotation.identity(),
            lever_arm_m=lever_arm,
            rate_hz=RATE_HZ,
        )
        for (stream, turn), lever_arm in zip(sensors, expected, strict=True)
    ]


def everywhere(sensors: list[tuple[SensorStream, Rotation]]) -> np.ndarray:
    return np.ones(len(sensors[0][0].time_s), dtype=bool)


def test_lever_arms_that_are_centimetres_off_are_found() -> None:
    sensors, true = joint()
    expected = [np.array([0.0, -0.2, 0.0]), np.array([0.0, 0.2, 0.0])]
    found = fit_lever_arms(*ends(sensors, expected), usable=everywhere(sensors), rate_hz=RATE_HZ)
    assert found is not None
    np.testing.assert_allclose(expected[0] + found.proximal_m, true[0], atol=0.006)
    np.testing.assert_allclose(expected[1] + found.distal_m, true[1], atol=0.006)
    assert found.mismatch < 0.02


def test_skin_that_slides_shows_as_mismatch_in_proportion() -> None:
    mismatches = []
    for skin_mm in (0.0, 4.0, 8.0):
        sensors, true = joint(skin_mm=skin_mm)
        found = fit_lever_arms(*ends(sensors, true), usable=everywhere(sensors), rate_hz=RATE_HZ)
        assert found is not None
        mismatches.append(found.mismatch)
    assert mismatches[0] < 0.02
    assert mismatches[2] == pytest.approx(2.0 * mismatches[1], rel=0.2)


def test_a_joint_that_hardly_moves_says_nothing() -> None:
    sensors, true = joint(size=0.005)
    usable = everywhere(sensors)
    assert fit_lever_arms(*ends(sensors, true), usable=usable, rate_hz=RATE_HZ) is None


def test_too_little_usable_movement_says_nothing() -> None:
    sensors, true = joint()
    usable = everywhere(sensors)
    usable[500:] = False
    assert fit_lever_arms(*ends(sensors, true), usable=usable, rate_hz=RATE_HZ) is None
    usable = everywhere(sensors)
    assert fit_lever_arms(*ends(sensors, true), usable=usable[:100], rate_hz=RATE_HZ) is None


def test_gaps_do_not_reach_the_lever_arms() -> None:
    sensors, true = joint()
    stream, turn = sensors[0]
    acc = np.array(stream.acc)
    usable = everywhere(sensors)
    for start in range(1000, 4000, 1000):
        acc[start : start + 300] = np.nan
        usable[start : start + 300] = False
    broken = [(replace(stream, acc=acc), turn), sensors[1]]
    whole = fit_lever_arms(*ends(sensors, true), usable=everywhere(sensors), rate_hz=RATE_HZ)
    found = fit_lever_arms(*ends(broken, true), usable=usable, rate_hz=RATE_HZ)
    assert whole is not None
    assert found is not None
    np.testing.assert_allclose(found.proximal_m, whole.proximal_m, atol=0.002)
    assert found.mismatch < whole.mismatch + 0.003


def test_the_uncertainty_says_what_the_movement_does_not_show() -> None:
    """A lever arm along the only axis of turning adds no acceleration: it stays as expected."""
    time_s = np.arange(4000) / RATE_HZ
    path = 0.1 * np.sin(2.0 * np.pi * time_s[:, None] * [0.8, 0.0, 1.2])
    about_y = np.array([0.0, 0.4, 0.0])
    lever_arms = [np.array([0.0, -0.2, 0.1]), np.array([0.0, 0.2, 0.1])]
    sensors = [
        swing(lever_arms[0], path, amplitude=about_y, phase=0.3),
        swing(lever_arms[1], path, amplitude=1.5 * about_y, phase=2.0),
    ]
    found = fit_lever_arms(*ends(sensors, lever_arms), usable=everywhere(sensors), rate_hz=RATE_HZ)
    assert found is not None
    assert found.proximal_sd_m[1] == pytest.approx(0.08, rel=0.05)
    assert found.proximal_sd_m[2] < 0.02


def cut(part: slice, sensors: list[tuple[SensorStream, Rotation]]) -> list[JointEnd]:
    expected = [np.array([0.0, -0.2, 0.0]), np.array([0.0, 0.2, 0.0])]
    return [
        joint_end(
            stream.acc[part],
            stream.gyr[part],
            turn[part],
            Rotation.identity(),
            lever_arm_m=lever_arm,
            rate_hz=RATE_HZ,
        )
        for (stream, turn), lever_arm in zip(sensors, expected, strict=True)
    ]


def test_a_stretch_that_suffices_gives_the_same_lever_arms_as_the_whole_recording() -> None:
    sensors, _ = joint(seconds=300)
    usable = everywhere(sensors)
    usable[:2050] = False  # the movement begins late, and not on a whole second
    stream, turn = sensors[1]
    part = stretch_of_movement(rotate(turn, stream.acc), usable=usable, rate_hz=RATE_HZ)
    assert part is not None
    assert 1500 < part.start <= 2050
    assert part.stop - part.start < 1.1 * 120.0 * RATE_HZ
    whole = fit_lever_arms(*cut(slice(None), sensors), usable=usable, rate_hz=RATE_HZ)
    found = fit_lever_arms(*cut(part, sensors), usable=usable[part], rate_hz=RATE_HZ)
    assert whole is not None
    assert found is not None
    assert found.duration_s == whole.duration_s
    np.testing.assert_allclose(found.proximal_m, whole.proximal_m, atol=1e-5)
    np.testing.assert_allclose(found.mismatch, whole.mismatch, rtol=1e-3)


def test_a_recording_without_movement_has_no_such_stretch() -> None:
    (_, (stream, turn)), _ = joint(size=0.005)
    force = rotate(turn, stream.acc)
    usable = np.ones(len(stream.time_s), dtype=bool)
    assert stretch_of_movement(force, usable=usable, rate_hz=RATE_HZ) is None
    assert stretch_of_movement(force[:100], usable=usable[:100], rate_hz=RATE_HZ) is None


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
def test_knees_elsewhere_are_doubted(placement: Placement, along_m: float, words: str) -> None:
    doubts = doubts_from_lever_arms({placement: np.array([0.0, along_m, 0.0])}, LENGTHS)
    assert words in doubts[placement][0]
