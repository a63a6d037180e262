"""Heading from standing anchors: drift goes, valgus stays, doubt is told."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from imu_valgus.heading import estimate_relative_heading
from imu_valgus.model import OrientationSeries, Placement, RelativeHeading, Span
from imu_valgus.rotations import about_earth_z, compose

RATE_HZ = 100.0
UPRIGHT = Rotation.from_matrix([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])


def upright(n: int, heading_rad: np.ndarray, known: np.ndarray | None = None) -> OrientationSeries:
    rotation = compose(about_earth_z(heading_rad), UPRIGHT)
    is_known = np.ones(n, dtype=np.bool_) if known is None else known
    return OrientationSeries(np.arange(n) / RATE_HZ, rotation, is_known)


def estimate(
    thigh: OrientationSeries, shank: OrientationSeries, stands: list[Span]
) -> RelativeHeading:
    return estimate_relative_heading(
        thigh,
        shank,
        placements=(Placement.THIGH_RIGHT, Placement.SHANK_RIGHT),
        stands=stands,
        moving=np.ones(len(thigh), dtype=np.bool_),
    )


@given(st.floats(-3.0, 3.0), st.floats(-0.005, 0.005))
def test_linear_drift_between_two_stands_is_removed(start_rad: float, drift_rad_s: float) -> None:
    n = 6000
    time_s = np.arange(n) / RATE_HZ
    drift = start_rad + drift_rad_s * time_s
    found = estimate(upright(n, np.zeros(n)), upright(n, drift), [Span(0, 300), Span(5700, n)])
    error = np.angle(np.exp(1j * (found.offset_rad + drift)))[150:5850]
    np.testing.assert_allclose(error, 0.0, atol=1e-9)
    closure = -np.degrees(drift_rad_s) * (time_s[5700:].mean() - time_s[:300].mean())
    assert found.closure_deg == pytest.approx(closure, abs=1e-6)


def test_ten_degrees_of_true_rotation_between_stands_stay_ten_degrees() -> None:
    n = 3000
    true_rad = np.zeros(n)
    true_rad[500:2500] = np.radians(10.0)
    found = estimate(upright(n, np.zeros(n)), upright(n, true_rad), [Span(0, 400), Span(2600, n)])
    left = np.degrees(found.offset_rad + true_rad)[500:2500]
    np.testing.assert_allclose(left, 10.0, atol=1e-9)


def test_uncertainty_grows_away_from_stands_and_is_smallest_at_them() -> None:
    n = 12000
    still = np.zeros(n)
    two = estimate(upright(n, still), upright(n, still), [Span(0, 300), Span(n - 300, n)])
    one = estimate(upright(n, still), upright(n, still), [Span(0, 300)])
    assert one.sd_rad[-1] > two.sd_rad[-1]
    assert one.sd_rad[-1] > one.sd_rad[150]
    assert two.closure_deg == pytest.approx(0.0, abs=1e-9)
    assert one.closure_deg is None


def test_a_gap_takes_the_blame_for_a_jump() -> None:
    n = 6000
    known = np.ones(n, dtype=np.bool_)
    known[3000:3050] = False
    jump = np.where(np.arange(n) < 3025, 0.0, np.radians(15.0))
    found = estimate(
        upright(n, np.zeros(n)), upright(n, jump, known), [Span(0, 300), Span(5700, n)]
    )
    error = np.degrees(found.offset_rad + jump)
    assert np.abs(error[400:2990]).max() < 0.5
    assert np.abs(error[3060:5600]).max() < 0.5
    assert found.sd_rad[3025] > 2.0 * found.sd_rad[1500]


def test_without_a_stand_the_level_is_called_unknown() -> None:
    n = 1000
    found = estimate(upright(n, np.zeros(n)), upright(n, np.full(n, 0.3)), [])
    assert found.n_anchors == 0
    assert found.closure_deg is None
    assert np.degrees(found.sd_rad).min() >= 9.9


def test_a_stand_without_samples_is_no_anchor() -> None:
    n = 1000
    known = np.ones(n, dtype=np.bool_)
    known[:200] = False
    found = estimate(upright(n, np.zeros(n)), upright(n, np.zeros(n), known), [Span(0, 200)])
    assert found.n_anchors == 0
