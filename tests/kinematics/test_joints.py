"""Joint angles: signs in words, round trips, symmetries, uncertainty."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from imu_valgus.kinematics import OrientationErrors, estimate_joint_angles
from imu_valgus.model import Joint, JointAngles, OrientationSeries, Side

# Segment axes of somebody who stands upright and faces along earth x: x forwards, y up, z right.
FACING_X = Rotation.from_matrix([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
FORWARDS, LEFT, UP = np.eye(3)


def series(*rotations: Rotation) -> OrientationSeries:
    n = len(rotations)
    return OrientationSeries(
        0.01 * np.arange(n), Rotation.concatenate(rotations), np.ones(n, dtype=np.bool_)
    )


def no_errors(n: int) -> OrientationErrors:
    return OrientationErrors(
        np.zeros((3, 3)), np.zeros((3, 3)), np.zeros(n), np.zeros(n), 0.0, False
    )


def angles_of(
    proximal: Rotation, distal: Rotation, *, joint: Joint = Joint.KNEE, side: Side = Side.RIGHT
) -> np.ndarray:
    result = estimate_joint_angles(
        series(proximal), series(distal), joint=joint, side=side, errors=no_errors(1)
    )
    return result.angles_deg[0]


def turned(about: np.ndarray, degrees: float, start: Rotation = FACING_X) -> Rotation:
    """Turn a standing segment about an earth axis by the right-hand rule."""
    return Rotation.from_rotvec(np.radians(degrees) * about) * start


def test_standing_straight_is_zero_everywhere() -> None:
    np.testing.assert_allclose(angles_of(FACING_X, FACING_X), 0.0, atol=1e-12)


def test_shank_swung_backwards_is_knee_flexion() -> None:
    shank_back = turned(LEFT, 30.0)
    ankle = shank_back.apply([0.0, -1.0, 0.0])
    assert ankle @ FORWARDS < -0.4, "the ankle must lie behind the knee in this pose"
    np.testing.assert_allclose(angles_of(FACING_X, shank_back), [30.0, 0.0, 0.0], atol=1e-9)


def test_thigh_swung_forwards_is_hip_flexion() -> None:
    thigh_forwards = turned(LEFT, -40.0)
    knee = thigh_forwards.apply([0.0, -1.0, 0.0])
    assert knee @ FORWARDS > 0.5, "the knee must lie in front of the hip in this pose"
    found = angles_of(FACING_X, thigh_forwards, joint=Joint.HIP)
    np.testing.assert_allclose(found, [40.0, 0.0, 0.0], atol=1e-9)


def test_lifted_toes_are_ankle_flexion() -> None:
    toes_up = turned(LEFT, -15.0)
    toes = toes_up.apply([1.0, 0.0, 0.0])
    assert toes @ UP > 0.2, "the toes must point up in this pose"
    found = angles_of(FACING_X, toes_up, joint=Joint.ANKLE)
    np.testing.assert_allclose(found, [15.0, 0.0, 0.0], atol=1e-9)


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("joint", [Joint.HIP, Joint.KNEE, Joint.ANKLE])
def test_distal_end_moved_to_the_midline_is_adduction(side: Side, joint: Joint) -> None:
    to_midline = LEFT * side.sign  # the midline lies to the left of a right leg
    moved = turned(FORWARDS, side.sign * 12.0)
    assert moved.apply([0.0, -1.0, 0.0]) @ to_midline > 0.15
    found = angles_of(FACING_X, moved, joint=joint, side=side)
    np.testing.assert_allclose(found, [0.0, 12.0, 0.0], atol=1e-9)


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("joint", [Joint.HIP, Joint.FEMUR, Joint.KNEE, Joint.ANKLE])
def test_front_turned_to_the_midline_is_internal_rotation(side: Side, joint: Joint) -> None:
    to_midline = LEFT * side.sign
    moved = turned(UP, side.sign * 20.0)
    assert moved.apply([1.0, 0.0, 0.0]) @ to_midline > 0.3
    found = angles_of(FACING_X, moved, joint=joint, side=side)
    np.testing.assert_allclose(found, [0.0, 0.0, 20.0], atol=1e-9)


def test_knock_knee_is_positive_valgus() -> None:
    knee_in = turned(FORWARDS, -10.0)  # the ankle moves to the right, away from the midline
    assert knee_in.apply([0.0, -1.0, 0.0]) @ LEFT < -0.1
    result = estimate_joint_angles(
        series(FACING_X), series(knee_in), joint=Joint.KNEE, side=Side.RIGHT, errors=no_errors(1)
    )
    np.testing.assert_allclose(result.valgus_deg, [10.0], atol=1e-9)


angle = st.floats(-60.0, 60.0)


@given(st.floats(-20.0, 120.0), angle, angle, st.sampled_from(Side), st.integers(0, 2**31))
def test_angles_come_back_whatever_the_heading(
    flexion: float, adduction: float, rotation: float, side: Side, seed: int
) -> None:
    turns = np.radians([-flexion, side.sign * adduction, side.sign * rotation])
    shank_to_thigh = Rotation.from_euler("ZXY", turns)
    thigh = Rotation.random(rng=np.random.default_rng(seed))
    found = angles_of(thigh, thigh * shank_to_thigh, side=side)
    np.testing.assert_allclose(found, [flexion, adduction, rotation], atol=1e-6)


@given(st.integers(0, 2**31))
def test_a_mirrored_pose_has_the_same_clinical_angles_on_the_other_side(seed: int) -> None:
    rng = np.random.default_rng(seed)
    thigh, shank = Rotation.random(rng=rng), Rotation.random(rng=rng)
    across = np.diag([1.0, 1.0, -1.0])  # segment z and the mirror plane's normal in earth

    def mirrored(rotation: Rotation) -> Rotation:
        return Rotation.from_matrix(np.diag([1.0, -1.0, 1.0]) @ rotation.as_matrix() @ across)

    right = angles_of(thigh, shank, side=Side.RIGHT)
    left = angles_of(mirrored(thigh), mirrored(shank), side=Side.LEFT)
    np.testing.assert_allclose(left, right, atol=1e-6)


def test_a_gap_stays_a_gap() -> None:
    known = np.array([True, False])
    pair = Rotation.concatenate([FACING_X, FACING_X])
    gappy = OrientationSeries(np.array([0.0, 0.01]), pair, known)
    result = estimate_joint_angles(
        gappy, series(FACING_X, FACING_X), joint=Joint.KNEE, side=Side.LEFT, errors=no_errors(2)
    )
    assert np.isfinite(result.angles_deg[0]).all()
    assert np.isnan(result.angles_deg[1]).all()
    assert np.isnan(result.sd_deg[1]).all()


def test_without_errors_the_angles_are_the_same_and_the_uncertainty_is_unknown() -> None:
    pair = (series(FACING_X), series(turned(np.array([1.0, 2.0, 0.5]), 20.0)))
    full, bare = (
        estimate_joint_angles(*pair, joint=Joint.KNEE, side=Side.RIGHT, errors=errors)
        for errors in (no_errors(1), None)
    )
    np.testing.assert_allclose(bare.angles_deg, full.angles_deg)
    assert np.isfinite(full.sd_deg).all()
    assert np.isnan(bare.sd_deg).all()
    assert np.isnan(bare.change_sd_deg).all()


def bent_knee(flexion: float) -> tuple[Rotation, Rotation]:
    """Thigh and shank of a bent leg, the thigh leaning forwards by half of it."""
    thigh = turned(LEFT, -0.5 * flexion)
    return thigh, thigh * Rotation.from_euler("Z", -flexion, degrees=True)


@pytest.mark.parametrize(
    ("flexion", "adduction_sd", "rotation_sd"), [(0.0, 0.0, 5.0), (60.0, 2.5, 4.33)]
)
def test_heading_error_becomes_adduction_as_the_knee_bends(
    flexion: float, adduction_sd: float, rotation_sd: float
) -> None:
    thigh, shank = bent_knee(flexion)
    errors = OrientationErrors(
        np.zeros((3, 3)),
        np.zeros((3, 3)),
        np.full(1, np.radians(5.0)),
        np.full(1, np.radians(1.0)),
        0.0,
        False,
    )
    result: JointAngles = estimate_joint_angles(
        series(thigh), series(shank), joint=Joint.KNEE, side=Side.RIGHT, errors=errors
    )
    assert result.sd_deg[0, 1] == pytest.approx(adduction_sd, abs=0.05)
    assert result.sd_deg[0, 2] == pytest.approx(rotation_sd, abs=0.05)
    np.testing.assert_allclose(result.change_sd_deg, result.sd_deg / 5.0, atol=1e-9)


@pytest.mark.parametrize("flexion", [0.0, 30.0, 60.0])
@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("which", ["proximal", "distal"])
@pytest.mark.parametrize("is_zeroed", [True, False])
def test_propagated_uncertainty_equals_a_small_turn_of_the_frame(
    flexion: float, axis: int, which: str, is_zeroed: bool
) -> None:
    sd_rad = 1e-5
    thigh, shank = bent_knee(flexion)
    turn = Rotation.from_rotvec(sd_rad * np.eye(3)[axis])
    wrong_thigh = thigh * turn if which == "proximal" else thigh
    wrong_shank = shank * turn if which == "distal" else shank
    zeroing = Rotation.identity()
    if is_zeroed and axis == 1 and which == "proximal":
        zeroing = turn  # the shank frame is turned along, so that standing has no rotation
    level = angles_of(wrong_thigh, wrong_shank * zeroing) - angles_of(thigh, shank)
    standing_thigh = FACING_X * turn if which == "proximal" else FACING_X
    standing_shank = FACING_X * turn if which == "distal" else FACING_X
    neutral = angles_of(standing_thigh, standing_shank * zeroing) - angles_of(FACING_X, FACING_X)
    covariance = np.zeros((3, 3))
    covariance[axis, axis] = sd_rad**2
    none = np.zeros((3, 3))
    errors = OrientationErrors(
        covariance if which == "proximal" else none,
        covariance if which == "distal" else none,
        np.zeros(1),
        np.zeros(1),
        0.0,
        is_zeroed,
    )
    result = estimate_joint_angles(
        series(thigh), series(shank), joint=Joint.KNEE, side=Side.RIGHT, errors=errors
    )
    np.testing.assert_allclose(result.sd_deg[0], np.abs(level), atol=1e-8)
    np.testing.assert_allclose(result.change_sd_deg[0], np.abs(level - neutral), atol=1e-8)


def test_series_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="equal length"):
        estimate_joint_angles(
            series(FACING_X),
            series(FACING_X, FACING_X),
            joint=Joint.KNEE,
            side=Side.LEFT,
            errors=no_errors(1),
        )
