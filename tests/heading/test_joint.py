"""Heading of a joint: drift goes, valgus stays, doubt shows, accelerations give the level."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from imu_valgus.heading import (
    HeadingObservations,
    PosePrior,
    estimate_relative_heading,
    observe_heading,
)
from imu_valgus.heading.joint import standing_anchors
from imu_valgus.model import OrientationSeries, Placement, RelativeHeading, Span
from imu_valgus.rotations import about_earth_z, compose

RATE_HZ = 100.0
UPRIGHT = Rotation.from_matrix([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
NO_WINDOWS = HeadingObservations(np.empty(0), np.empty(0), np.empty(0))


def upright(heading_rad: np.ndarray, known: np.ndarray | None = None) -> OrientationSeries:
    n = heading_rad.size
    rotation = compose(about_earth_z(heading_rad), UPRIGHT)
    is_known = np.ones(n, dtype=np.bool_) if known is None else known
    return OrientationSeries(np.arange(n) / RATE_HZ, rotation, is_known)


def estimate(
    shank: OrientationSeries,
    trials: list[Span],
    observed: HeadingObservations = NO_WINDOWS,
    prior: PosePrior | None = None,
) -> RelativeHeading:
    """Estimate with a thigh that keeps its heading."""
    n = len(shank)
    return estimate_relative_heading(
        upright(np.zeros(n)),
        shank,
        placements=(Placement.THIGH_RIGHT, Placement.SHANK_RIGHT),
        trials=trials,
        accelerations=observed,
        pose_prior=prior,
        moving=np.ones(n, dtype=np.bool_),
    )


@settings(max_examples=25)
@given(st.floats(-3.0, 3.0), st.floats(-0.002, 0.002))
def test_steady_drift_between_static_trials_is_removed(
    start_rad: float, drift_rad_s: float
) -> None:
    drift = start_rad + drift_rad_s * np.arange(6000) / RATE_HZ
    found = estimate(upright(drift), [Span(0, 300), Span(2900, 3100), Span(5700, 6000)])
    error = np.angle(np.exp(1j * (found.offset_rad + drift)))
    assert np.degrees(np.abs(error[150:5850]).max()) < 0.5
    closure = -np.degrees(drift_rad_s) * 57.0
    assert found.closure_deg == pytest.approx(closure, abs=0.2)


def test_ten_degrees_of_true_rotation_between_static_trials_stay_ten_degrees() -> None:
    true_rad = np.zeros(3000)
    true_rad[500:2500] = np.radians(10.0)
    found = estimate(upright(true_rad), [Span(0, 400), Span(2600, 3000)])
    left = np.degrees(found.offset_rad + true_rad)[500:2500]
    np.testing.assert_allclose(left, 10.0, atol=0.01)


def test_accelerations_distinguish_a_turned_stance_from_a_turned_heading() -> None:
    # The person stands with the shank turned by 12 degrees; the headings agree.
    stance = np.radians(12.0)
    shank = upright(np.full(6000, stance))
    at_s = np.arange(5.0, 55.0, 2.0)
    observed = HeadingObservations(at_s, np.zeros(25), np.full(25, np.radians(3.0)))
    blind = estimate(shank, [Span(0, 300), Span(5700, 6000)])
    informed = estimate(shank, [Span(0, 300), Span(5700, 6000)], observed)
    assert np.degrees(np.abs(blind.offset_rad + stance).max()) < 0.5, "taken for straight"
    assert np.degrees(blind.sd_rad.min()) > 5.0
    assert np.degrees(np.abs(informed.offset_rad).max()) < 1.0, "observed to be turned"
    assert np.degrees(informed.sd_rad.max()) < 2.5
    pose_error = abs(informed.pose_offset_rad + stance)
    assert pose_error < 2.0 * informed.pose_offset_sd_rad < np.radians(4.0)
    assert informed.n_windows == 25


def test_a_wild_window_does_not_move_the_estimate_much() -> None:
    at_s = np.arange(5.0, 55.0, 2.0)
    offsets = np.zeros(25)
    offsets[12] = np.radians(60.0)
    observed = HeadingObservations(at_s, offsets, np.full(25, np.radians(3.0)))
    found = estimate(upright(np.zeros(6000)), [Span(0, 300), Span(5700, 6000)], observed)
    assert np.degrees(np.abs(found.offset_rad).max()) < 1.5


def test_a_walk_without_a_static_trial_knows_its_level_from_the_others() -> None:
    at_s = np.arange(5.0, 55.0, 2.0)
    observed = HeadingObservations(at_s, np.full(25, 0.2), np.full(25, np.radians(3.0)))
    prior = PosePrior(np.radians(-8.0), np.radians(1.5))
    found = estimate(upright(np.zeros(6000)), [], observed, prior)
    assert np.degrees(np.abs(found.offset_rad - 0.2).max()) < 0.5
    assert np.degrees(found.pose_offset_rad) == pytest.approx(-8.0, abs=0.5)
    assert np.degrees(found.change_sd_rad.max()) < 3.5
    assert found.n_anchors == 0


def test_change_since_standing_is_better_known_than_the_level() -> None:
    found = estimate(upright(np.zeros(6000)), [Span(0, 300), Span(5700, 6000)])
    assert np.degrees(found.change_sd_rad.max()) < 2.5
    assert (found.change_sd_rad < found.sd_rad).all()


def test_a_gap_takes_the_blame_for_a_jump() -> None:
    known = np.ones(6000, dtype=np.bool_)
    known[3000:3050] = False
    jump = np.where(np.arange(6000) < 3025, 0.0, np.radians(15.0))
    found = estimate(upright(jump, known), [Span(0, 300), Span(5700, 6000)])
    error = np.degrees(found.offset_rad + jump)
    assert np.abs(error[400:2700]).max() < 1.0
    assert np.abs(error[3300:5600]).max() < 1.0
    unmarked = estimate(upright(jump), [Span(0, 300), Span(5700, 6000)])
    assert np.abs(np.degrees(unmarked.offset_rad + jump)[400:2700]).max() > 3.0
    assert found.sd_rad[3025] > unmarked.sd_rad[3025]


def test_without_any_evidence_the_level_is_called_unknown() -> None:
    found = estimate(upright(np.full(1000, 0.3)), [])
    assert (found.n_anchors, found.n_windows) == (0, 0)
    assert found.closure_deg is None
    assert np.degrees(found.sd_rad).min() >= 9.9


def test_a_static_trial_without_samples_is_no_anchor() -> None:
    known = np.ones(1000, dtype=np.bool_)
    known[:200] = False
    shank = upright(np.zeros(1000), known)
    assert standing_anchors(upright(np.zeros(1000)), shank, [Span(0, 200)]) == ()


def shared_acceleration(n: int, seed: int) -> np.ndarray:
    """Slow horizontal acceleration of a body that starts and stops."""
    rng = np.random.default_rng(seed)
    slow = np.cumsum(rng.standard_normal((n // 100 + 4, 2)), axis=0)
    steps = np.linspace(0.0, slow.shape[0] - 1.0, n)
    track = [np.interp(steps, np.arange(slow.shape[0]), column) for column in slow.T]
    return np.asarray(0.5 * (track[0] + 1j * track[1]))


@settings(max_examples=25)
@given(st.floats(-3.1, 3.1), st.integers(0, 2**31))
def test_the_turn_between_two_accelerations_is_read_off(turn_rad: float, seed: int) -> None:
    n = 3000
    acceleration = shared_acceleration(n, seed)
    observed = observe_heading(
        np.arange(n) / RATE_HZ,
        acceleration,
        acceleration * np.exp(-1j * turn_rad),
        turn_rate_rad_s=np.zeros(n),
        is_known=np.ones(n, dtype=np.bool_),
        rate_hz=RATE_HZ,
    )
    assert len(observed) > 0
    np.testing.assert_allclose(np.exp(1j * (observed.offset_rad - turn_rad)), 1.0, atol=1e-6)
    assert np.degrees(observed.sd_rad.min()) >= 2.0


def test_unlike_accelerations_and_turning_are_trusted_less_and_gaps_not_at_all() -> None:
    n = 6000
    acceleration = shared_acceleration(n, 1)
    noisy = acceleration + 0.2 * shared_acceleration(n, 2)
    known = np.ones(n, dtype=np.bool_)
    still = np.zeros(n)

    def windows(distal: np.ndarray, turning: np.ndarray, known: np.ndarray) -> HeadingObservations:
        return observe_heading(
            np.arange(n) / RATE_HZ,
            acceleration,
            distal,
            turn_rate_rad_s=turning,
            is_known=known,
            rate_hz=RATE_HZ,
        )

    clean = windows(acceleration, still, known)
    assert np.median(windows(noisy, still, known).sd_rad) > np.median(clean.sd_rad)
    assert np.median(windows(acceleration, still + 1.5, known).sd_rad) > np.median(clean.sd_rad)
    gappy = known.copy()
    gappy[3000:3020] = False
    kept = windows(acceleration, still, gappy).time_s
    assert not ((kept > 26.0) & (kept < 34.0)).any()
    assert len(kept) > 0
