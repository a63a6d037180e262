"""How often the progress verdict is wrong on simulated courses with known change.

The package is used as it is: every course is fitted by ``progress.line.fit_lines``, the person's
repeatability is estimated from simulated repeat sessions, and ``progress.verdict.judge`` decides.
"""

import math
from dataclasses import dataclass

import numpy as np

from imu_valgus.model import FloatArray
from imu_valgus.progress.line import FEWEST_SESSIONS, fit_lines
from imu_valgus.progress.repeatability import Repeatability, estimate_repeatability
from imu_valgus.progress.trend import MDC_BLOCK
from imu_valgus.progress.verdict import Verdict, judge


@dataclass(frozen=True, slots=True)
class CourseSettings:
    """The courses that are simulated.

    Parameters
    ----------
    n_courses
        Number of courses for each correlation and true change.
    weeks, n_planned
        Length in weeks, and number of planned sessions, evenly spread (three a week and one to
        start).
    missing_share
        Chance that a session does not take place; at least six do.
    spread_deg
        True standard deviation between sessions.
    odd_session_spreads
        Range of the extra deviation of the one odd session, in units of `spread_deg`; None for
        courses without one.
    correlations
        Correlations between the deviations of neighbouring planned sessions.
    seed
        Seed of all random numbers.
    """

    n_courses: int = 2000
    weeks: float = 6.0
    n_planned: int = 19
    missing_share: float = 0.15
    spread_deg: float = 3.0
    odd_session_spreads: tuple[float, float] | None = (3.0, 6.0)
    correlations: tuple[float, ...] = (0.0, 0.2, 0.4)
    seed: int = 20261122


@dataclass(frozen=True, slots=True)
class CorrelationResult:
    """Results at one correlation.

    Parameters
    ----------
    correlation
        True correlation of neighbouring planned sessions.
    changed_without_change
        Share of courses without true change that were called changed.
    changed_at_twice_mdc
        The same share with a true change of twice the MDC of single sessions.
    changed_at_twice_block_mdc
        The same share with twice the MDC of three sessions against three.
    coverage
        Share of 95 % intervals that hold the true change.
    median_half_width_deg
        Median half-width of these intervals.
    """

    correlation: float
    changed_without_change: float
    changed_at_twice_mdc: float
    changed_at_twice_block_mdc: float
    coverage: float
    median_half_width_deg: float


@dataclass(frozen=True, slots=True)
class ProgressBenchmark:
    """Results at all correlations.

    Parameters
    ----------
    settings
        Settings of the simulation, seed included.
    twice_mdc_deg, twice_block_mdc_deg
        The true changes: twice the MDC of single sessions, and of three against three.
    results
        Results at each correlation.
    """

    settings: CourseSettings
    twice_mdc_deg: float
    twice_block_mdc_deg: float
    results: tuple[CorrelationResult, ...]

    @property
    def coverage(self) -> float:
        """Mean coverage over all correlations."""
        return float(np.mean([result.coverage for result in self.results]))


def run_progress_benchmark(settings: CourseSettings | None = None) -> ProgressBenchmark:
    """Simulate courses and count wrong verdicts.

    Parameters
    ----------
    settings
        Settings of the courses; None for the defaults, which take about twenty seconds.

    Returns
    -------
    ProgressBenchmark
        Shares of courses called changed, and coverage of the intervals.
    """
    settings = settings or CourseSettings()
    true = Repeatability(settings.spread_deg, math.nan, math.nan, 0)
    twice_single = 2.0 * true.mdc_single
    twice_block = 2.0 * true.mdc_blocks(MDC_BLOCK, MDC_BLOCK)
    results = tuple(
        _at_correlation(correlation, (0.0, twice_single, twice_block), settings, seed)
        for correlation, seed in zip(
            settings.correlations,
            np.random.SeedSequence(settings.seed).spawn(len(settings.correlations)),
            strict=True,
        )
    )
    return ProgressBenchmark(settings, twice_single, twice_block, results)


def _at_correlation(
    correlation: float,
    changes: tuple[float, float, float],
    settings: CourseSettings,
    seed: np.random.SeedSequence,
) -> CorrelationResult:
    rng = np.random.default_rng(seed)
    shares = []
    inside: list[bool] = []
    half_widths: list[float] = []
    for true_change in changes:
        weeks, values = _simulate_courses(correlation, true_change, settings, rng)
        fit = fit_lines(weeks, values)
        change, low, high = (
            slope * fit.span_weeks for slope in (fit.slope, fit.slope_low, fit.slope_high)
        )
        truth = true_change / settings.weeks * fit.span_weeks
        inside.extend((low <= truth) & (truth <= high))
        half_widths.extend(0.5 * (high - low))
        verdicts = [
            judge(size, low=bottom, high=top, mdc=_own_mdc(rng, settings))
            for size, bottom, top in zip(change, low, high, strict=True)
        ]
        shares.append(float(np.mean([verdict is Verdict.BEYOND for verdict in verdicts])))
    return CorrelationResult(
        correlation=correlation,
        changed_without_change=shares[0],
        changed_at_twice_mdc=shares[1],
        changed_at_twice_block_mdc=shares[2],
        coverage=float(np.mean(inside)),
        median_half_width_deg=float(np.median(half_widths)),
    )


def _own_mdc(rng: np.random.Generator, settings: CourseSettings) -> float:
    """Return the MDC that a person measures with three re-donnings and three further days."""
    sessions = settings.spread_deg * rng.standard_normal((2, 3))
    return estimate_repeatability(sessions.tolist()).mdc_blocks(MDC_BLOCK, MDC_BLOCK)


def _simulate_courses(
    correlation: float, true_change: float, settings: CourseSettings, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Simulate sessions on a line with correlated deviations, some missing, one odd.

    Weeks and values have the shape (n_courses, n_planned); values are NaN where a session is
    missing, and the true change in degrees is that from the first planned session to the last.
    """
    shape = (settings.n_courses, settings.n_planned)
    weeks = np.broadcast_to(np.linspace(0.0, settings.weeks, shape[1]), shape)
    fresh = rng.standard_normal(shape)
    deviation = fresh.copy()
    for i in range(1, shape[1]):
        deviation[:, i] = (
            correlation * deviation[:, i - 1] + np.sqrt(1.0 - correlation**2) * fresh[:, i]
        )
    is_recorded = rng.random(shape) >= settings.missing_share
    fewest = np.argsort(rng.random(shape), axis=1)[:, :FEWEST_SESSIONS]
    np.put_along_axis(is_recorded, fewest, values=True, axis=1)
    if settings.odd_session_spreads is not None:
        odd = np.where(is_recorded, rng.random(shape), -1.0).argmax(axis=1)
        size = rng.uniform(*settings.odd_session_spreads, shape[0])
        deviation[np.arange(shape[0]), odd] += size * rng.choice([-1.0, 1.0], shape[0])
    values = true_change * weeks / settings.weeks + settings.spread_deg * deviation
    return np.array(weeks), np.where(is_recorded, values, np.nan)
