"""The stated covariance is that of the errors, also where stands err less than they are weighed."""

import numpy as np
import pytest

from imu_valgus.heading.knots import Wander, between, bias_random_walk
from imu_valgus.heading.problem import HeadingProblem

KNOTS_S = np.linspace(0.0, 60.0, 7)
WINDOW_S = np.linspace(5.0, 55.0, 11)
GROUPS = np.array([0, 1] * 5 + [0], dtype=np.intp)
STAND_S = np.array([2.0, 30.0, 58.0])
MEAN, SD = np.zeros(4), np.array([6.0, 0.8, 3.0, 0.05])
"""Pose offset, two biases, drift rate; everything here in degrees."""
STAND_SD, WINDOW_SD, STEP_SD = 1.0, 1.5, 0.6
N_DRAWS = 3000


@pytest.fixture(scope="module")
def random_walk() -> Wander:
    known = bias_random_walk(KNOTS_S[::3], pinned_s=STAND_S, sd_rad_s_sqrt_s=0.004)
    return Wander(known.knots_s, known.precision + 1e-3 * np.eye(known.knots_s.size))


def errors(random_walk: Wander, trial_share: float) -> tuple[np.ndarray, np.ndarray]:
    """Return errors of heading and of change from stance in many draws, and the stated ones."""
    rng = np.random.default_rng(7)
    wandering = np.linalg.cholesky(np.linalg.inv(random_walk.precision))
    stated: np.ndarray | None = None
    found = []
    for _ in range(N_DRAWS):
        pose, *biases, rate = MEAN + SD * rng.standard_normal(4)
        rates = rate + between(random_walk.knots_s, KNOTS_S[:-1] + 5.0) @ (
            wandering @ rng.standard_normal(random_walk.knots_s.size)
        )
        steps = 10.0 * rates + STEP_SD * rng.standard_normal(KNOTS_S.size - 1)
        # Nothing is known of the level beforehand: any will do.
        heading = np.concatenate([[3.0], 3.0 + np.cumsum(steps)])
        problem = HeadingProblem(
            KNOTS_S, constants=(MEAN, SD), random_walk=random_walk, windows=(WINDOW_S, GROUPS)
        )
        stand_noise = np.sqrt(trial_share) * STAND_SD * rng.standard_normal(STAND_S.size)
        problem.add_stands(
            STAND_S,
            between(KNOTS_S, STAND_S) @ heading + pose + stand_noise,
            np.full(STAND_S.size, STAND_SD),
        )
        problem.add_drift(np.zeros(KNOTS_S.size - 1), np.full(KNOTS_S.size - 1, STEP_SD**2))
        window_sd = np.full(WINDOW_S.size, WINDOW_SD)
        seen = between(KNOTS_S, WINDOW_S) @ heading + np.array(biases)[GROUPS]
        seen += WINDOW_SD * rng.standard_normal(WINDOW_S.size)
        solution = problem.solve(seen, window_sd)
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


@pytest.mark.parametrize("stand_share", [1.0, 0.36])
def test_the_stated_uncertainty_is_that_of_the_errors(
    random_walk: Wander, trial_share: float
) -> None:
    found, stated = errors(random_walk, trial_share)
    np.testing.assert_allclose(np.sqrt(np.mean(found**2, axis=0)), stated, rtol=0.06)


def test_caution_that_is_not_needed_makes_it_smaller(random_walk: Wander) -> None:
    cautious, usual = (errors(random_walk, share)[1] for share in (1.0, 0.36))
    assert (usual < cautious).all()
    assert (usual < 0.9 * cautious)[KNOTS_S.size :].any()
