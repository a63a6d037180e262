"""Knots in time, random walks between static trials, and a covariance that covers the errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from imu_valgus.heading.problem import (
    HeadingProblem,
    RandomWalk,
    between,
    bias_random_walk,
    spread_knots,
)

KNOTS_S = np.linspace(0.0, 60.0, 7)
WINDOW_S = np.linspace(5.0, 55.0, 11)
GROUPS = np.array([0, 1] * 5 + [0], dtype=np.intp)
TRIAL_S = np.array([2.0, 30.0, 58.0])
MEAN, SD = np.zeros(4), np.array([6.0, 0.8, 3.0, 0.05])
"""Pose offset, two biases, drift rate; everything here in degrees."""
TRIAL_SD, WINDOW_SD, STEP_SD = 1.0, 1.5, 0.6
N_DRAWS = 3000
WALK_RAD_S_SQRT_S = 1e-4


@pytest.fixture(scope="module")
def random_walk() -> RandomWalk:
    known = bias_random_walk(KNOTS_S[::3], pinned_s=TRIAL_S, sd_rad_s_sqrt_s=0.004)
    return RandomWalk(known.knots_s, known.precision + 1e-3 * np.eye(known.knots_s.size))


def errors(random_walk: RandomWalk, trial_share: float) -> tuple[np.ndarray, np.ndarray]:
    """Return errors of heading and of change from stance in many draws, and the stated ones."""
    rng = np.random.default_rng(7)
    spread_of_rates = np.linalg.cholesky(np.linalg.inv(random_walk.precision))
    stated: np.ndarray | None = None
    found = []
    for _ in range(N_DRAWS):
        pose, *biases, rate = MEAN + SD * rng.standard_normal(4)
        rates = rate + between(random_walk.knots_s, KNOTS_S[:-1] + 5.0) @ (
            spread_of_rates @ rng.standard_normal(random_walk.knots_s.size)
        )
        steps = 10.0 * rates + STEP_SD * rng.standard_normal(KNOTS_S.size - 1)
        # Nothing is known of the level beforehand: any will do.
        heading = np.concatenate([[3.0], 3.0 + np.cumsum(steps)])
        problem = HeadingProblem(
            KNOTS_S, constants=(MEAN, SD), random_walk=random_walk, windows=(WINDOW_S, GROUPS)
        )
        trial_noise = np.sqrt(trial_share) * TRIAL_SD * rng.standard_normal(TRIAL_S.size)
        problem.add_static_trials(
            TRIAL_S,
            between(KNOTS_S, TRIAL_S) @ heading + pose + trial_noise,
            np.full(TRIAL_S.size, TRIAL_SD),
        )
        problem.add_drift(np.zeros(KNOTS_S.size - 1), np.full(KNOTS_S.size - 1, STEP_SD**2))
        window_sd = np.full(WINDOW_S.size, WINDOW_SD)
        measured = between(KNOTS_S, WINDOW_S) @ heading + np.array(biases)[GROUPS]
        measured += WINDOW_SD * rng.standard_normal(WINDOW_S.size)
        solution = problem.solve(measured, window_sd)
        level = solution[: KNOTS_S.size] - heading
        found.append(np.concatenate([level, level + solution[KNOTS_S.size] - pose]))
        if stated is None:
            covariance = problem.covariance(window_sd, trial_share=trial_share)
            change = np.eye(covariance.shape[0])[: KNOTS_S.size]
            both = np.concatenate([change, change])
            both[KNOTS_S.size :, KNOTS_S.size] = 1.0
            stated = np.sqrt(np.diag(both @ covariance @ both.T))
    assert stated is not None
    return np.array(found), stated


@pytest.mark.parametrize("trial_share", [1.0, 0.36])
def test_the_stated_uncertainty_is_that_of_the_errors(
    random_walk: RandomWalk, trial_share: float
) -> None:
    found, stated = errors(random_walk, trial_share)
    assert_allclose(np.sqrt(np.mean(found**2, axis=0)), stated, rtol=0.06)


def test_caution_that_is_not_needed_makes_it_smaller(random_walk: RandomWalk) -> None:
    cautious, usual = (errors(random_walk, share)[1] for share in (1.0, 0.36))
    assert (usual < cautious).all()
    assert (usual < 0.9 * cautious)[KNOTS_S.size :].any()


@given(st.floats(3.0, 2000.0), st.floats(0.5, 30.0), st.integers(1, 80))
def test_a_straight_line_is_reproduced_between_knots(
    length_s: float, gap_s: float, most: int
) -> None:
    time_s = np.linspace(10.0, 10.0 + length_s, 500)
    knots_s = spread_knots(time_s, gap_s=gap_s, most=most)
    assert_allclose(between(knots_s, time_s) @ (3.0 * knots_s - 1.0), 3.0 * time_s - 1.0)


@given(st.floats(3.0, 2000.0), st.floats(0.5, 30.0), st.integers(1, 80))
def test_knots_are_as_close_as_asked_for_unless_that_is_too_many(
    length_s: float, gap_s: float, most: int
) -> None:
    time_s = np.linspace(0.0, length_s, 500)
    knots_s = spread_knots(time_s, gap_s=gap_s, most=most)
    assert 2 <= knots_s.size <= most + 1
    assert np.diff(knots_s).max() <= gap_s + 1e-6 or knots_s.size == most + 1
    assert knots_s[0] <= time_s[0] <= time_s[-1] <= knots_s[-1]


def test_beyond_the_ends_the_last_knot_counts() -> None:
    rows = between(np.array([0.0, 1.0, 2.0]), np.array([-5.0, 9.0]))
    assert_allclose(rows, [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])


def _sd(knots_s: np.ndarray, pinned_s: list[float]) -> np.ndarray:
    known = bias_random_walk(
        knots_s, pinned_s=np.array(pinned_s), sd_rad_s_sqrt_s=WALK_RAD_S_SQRT_S
    )
    return np.sqrt(np.diag(np.linalg.inv(known.precision)))


def test_the_rate_walks_with_the_root_of_the_time_since_the_static_trial() -> None:
    sd = _sd(np.linspace(0.0, 1600.0, 81), [0.0])
    assert_allclose(sd[[20, 80]], WALK_RAD_S_SQRT_S * np.sqrt([400.0, 1600.0]), rtol=0.02)


def test_between_two_static_trials_it_is_a_bridge() -> None:
    sd = _sd(np.linspace(0.0, 1600.0, 81), [0.0, 1600.0])
    assert_allclose(sd[40], WALK_RAD_S_SQRT_S * np.sqrt(1600.0) / 2.0, rtol=0.02)
    assert max(sd[0], sd[80]) < 0.2 * sd[40]


def test_without_a_static_trial_the_first_moment_counts_as_one() -> None:
    knots_s = np.linspace(0.0, 1600.0, 81)
    assert_allclose(_sd(knots_s, []), _sd(knots_s, [0.0]))
