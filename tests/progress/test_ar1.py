"""The fit beside three independent ones: dense matrices, statsmodels, and R's nlme."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imu_valgus.progress.ar1 import (
    estimate_correlation,
    leave_one_out_t,
    packed,
    profile,
)

# Level of Lake Huron in feet, the data set LakeHuron of R (Brockwell and Davis 1991, appendix A),
# in nineteen of its years, counted from 1875.
YEARS = np.array([0, 1, 3, 4, 6, 10, 11, 12, 15, 19, 20, 23, 24, 25, 29, 32, 33, 39, 40.0])
LEVELS = np.array(
    [580.38, 581.86, 580.8, 579.79, 580.42, 581.44, 581.68, 581.17, 579.91, 579.67, 578.44,
     579.09, 579.35, 578.82, 579.8, 579.89, 580.01, 578.92, 578.09]
)  # fmt: skip


def _dense(rho: float) -> np.ndarray:
    gap = np.median(np.diff(YEARS))
    return rho ** (np.abs(YEARS[:, None] - YEARS[None, :]) / gap)


def test_best_rho_slope_and_likelihood_are_those_of_nlme():
    # gls(y ~ t, correlation = corCAR1(form = ~ t), method = "REML"), nlme 3.1-162, R 4.2.2.
    course = packed(YEARS[None], LEVELS[None])
    rho = estimate_correlation(course).rho
    fit = profile(course, rho[:, None])
    per_year = rho[0] ** (1 / course.median_gap[0])
    assert per_year == pytest.approx(0.598109563246828, abs=1e-6)
    assert fit.slope[0, 0] == pytest.approx(-0.0552495595748257, abs=1e-6)
    assert np.sqrt(fit.slope_variance[0, 0]) == pytest.approx(0.0211171577270127, abs=1e-6)
    assert np.sqrt(fit.variance[0, 0]) == pytest.approx(0.828991686586331, abs=1e-6)
    assert fit.log_likelihood[0, 0] == pytest.approx(-23.4978502624039, abs=1e-6)
    at_zero = fit.level[0, 0] - fit.slope[0, 0] * course.middle[0]
    assert at_zero == pytest.approx(580.950494336943, abs=1e-6)


@pytest.mark.parametrize("rho", [0.0, 0.1, 0.5, 0.9])
def test_line_at_a_given_rho_is_that_of_statsmodels(rho):
    gls = pytest.importorskip("statsmodels.regression.linear_model").GLS
    course = packed(YEARS[None], LEVELS[None])
    fit = profile(course, np.array([[rho]]))
    x = np.column_stack([np.ones_like(YEARS), YEARS - YEARS.mean()])
    peer = gls(LEVELS, x, sigma=_dense(rho)).fit()
    assert fit.level[0, 0] == pytest.approx(peer.params[0], abs=1e-6)
    assert fit.slope[0, 0] == pytest.approx(peer.params[1], abs=1e-6)
    assert fit.variance[0, 0] == pytest.approx(peer.scale, abs=1e-6)
    assert fit.level_variance[0, 0] == pytest.approx(peer.cov_params()[0, 0], abs=1e-6)
    assert fit.slope_variance[0, 0] == pytest.approx(peer.cov_params()[1, 1], abs=1e-6)
    assert fit.covariance[0, 0] == pytest.approx(peer.cov_params()[0, 1], abs=1e-6)


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.8])
def test_restricted_likelihood_is_that_of_the_dense_formula(rho):
    # Harville 1974, doi:10.1093/biomet/61.2.383, with matrices instead of differences.
    course = packed(YEARS[None], LEVELS[None])
    fit = profile(course, np.array([[rho]]))
    x = np.column_stack([np.ones_like(YEARS), YEARS])
    v = fit.variance[0, 0] * _dense(rho)
    inverse = np.linalg.inv(v)
    information = x.T @ inverse @ x
    residual = LEVELS - x @ np.linalg.solve(information, x.T @ inverse @ LEVELS)
    expected = -0.5 * (
        (YEARS.size - 2) * np.log(2 * np.pi)
        + np.linalg.slogdet(v)[1]
        + np.linalg.slogdet(information)[1]
        + residual @ inverse @ residual
    )
    assert fit.log_likelihood[0, 0] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("rho", [0.0, 0.4])
def test_leave_one_out_t_is_that_of_a_shift_of_each_session_in_statsmodels(rho):
    gls = pytest.importorskip("statsmodels.regression.linear_model").GLS
    found = leave_one_out_t(packed(YEARS[None], LEVELS[None]), np.array([rho]))[0]
    for i in range(YEARS.size):
        shift = np.eye(YEARS.size)[i]
        x = np.column_stack([np.ones_like(YEARS), YEARS, shift])
        peer = gls(LEVELS, x, sigma=_dense(rho)).fit()
        assert found[i] == pytest.approx(abs(peer.tvalues[2]), abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(7, 25))
def test_absent_sessions_and_company_of_other_courses_change_nothing(seed, n):
    rng = np.random.default_rng(seed)
    weeks = np.sort(rng.uniform(0, 6, n))
    values = rng.normal(0, 3, n)
    alone = estimate_correlation(packed(weeks[None], values[None]))
    padded_weeks = np.tile(np.concatenate([weeks, rng.uniform(0, 6, 3)]), (2, 1))
    padded = np.tile(np.concatenate([values, [np.nan] * 3]), (2, 1))
    padded[1, :n] = rng.normal(0, 3, n)
    together = estimate_correlation(packed(padded_weeks, padded))
    assert together.rho[0] == pytest.approx(alone.rho[0], abs=1e-7)
    assert together.var_log_variance[0] == pytest.approx(alone.var_log_variance[0], rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.1, 100), st.floats(-50, 50), st.floats(0.1, 50))
def test_units_of_time_and_value_do_not_matter(seed, stretch, shift, scale):
    rng = np.random.default_rng(seed)
    weeks, values = np.sort(rng.uniform(0, 6, 15))[None], rng.normal(0, 3, (1, 15))
    plain = estimate_correlation(packed(weeks, values))
    other = estimate_correlation(packed(stretch * weeks, scale * values + shift))
    assert other.rho[0] == pytest.approx(plain.rho[0], abs=1e-5)
    assert other.var_log_variance[0] == pytest.approx(plain.var_log_variance[0], rel=1e-5)
