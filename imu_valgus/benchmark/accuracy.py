"""Accuracy on simulated people with known truth, engine by engine and stage by stage."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from imu_valgus.benchmark.leg_errors import TASKS, Held, LegErrors, leg_errors
from imu_valgus.benchmark.people import Worn, sessions_as_worn, simulate_person
from imu_valgus.benchmark.unseen import UNSEEN, is_touched, unseen_legs
from imu_valgus.benchmark.variants import VARIANTS
from imu_valgus.conventions import MOTIONS
from imu_valgus.model import FloatArray, Joint
from imu_valgus.pipeline import Settings, analyse
from imu_valgus.simulate import SimulatedSession, SoftTissueLaw, SoftTissueLevel
from imu_valgus.simulate.parallel import work_through


@dataclass(frozen=True, slots=True)
class Coverage:
    """How an uncertainty covers the errors of one task; both shares should be 0.68.

    Parameters
    ----------
    samples
        Share of samples whose error is within one standard uncertainty, mean over legs.
    legs
        Share of legs whose mean error over the task is within it: one value per leg, because the
        samples of one leg are not independent.
    error_deg, sd_deg
        Root mean square over legs of the error and of the stated uncertainty.
    """

    samples: float
    legs: float
    error_deg: float
    sd_deg: float


@dataclass(frozen=True, slots=True)
class ExcursionAccuracy:
    """Step-up excursions over all repetitions of all legs, in degrees.

    Parameters
    ----------
    mae_deg
        Mean absolute error, mean over legs.
    bias_deg
        Mean error, mean over legs.
    slope, intercept_deg
        Least-squares line of measured on true excursions over repetitions and people. Slope 1 and
        intercept 0 are perfect; a slope under 1 hides large excursions.
    coverage
        Share of repetitions whose error is within the stated uncertainty of change.
    n
        Number of repetitions.
    """

    mae_deg: float
    bias_deg: float
    slope: float
    intercept_deg: float
    coverage: float
    n: int


@dataclass(frozen=True, slots=True)
class AccuracyRow:
    """Errors of one angle under one variant, in degrees, means over legs.

    Parameters
    ----------
    level, law, sensors, variant, joint, motion
        Level and law of soft tissue, sensors worn, settings used, and the angle.
    rmse_deg, demeaned_deg
        Root mean square error by task, in the order of `TASKS`: with the level, and after removing
        the mean.
    level_coverage, change_coverage
        How the uncertainties of the level, and of change from neutral stance within the donning,
        cover the errors, by task (see `imu_valgus.benchmark.leg_errors`).
    excursion
        Accuracy of step-up excursions.
    n_legs
        Number of legs.
    cpu_s
        CPU time per session, which depends on the machine and is left out of comparisons.
    """

    level: str
    law: str
    sensors: str
    variant: str
    joint: Joint
    motion: str
    rmse_deg: tuple[float, ...]
    demeaned_deg: tuple[float, ...]
    level_coverage: tuple[Coverage, ...]
    change_coverage: tuple[Coverage, ...]
    excursion: ExcursionAccuracy
    n_legs: int
    cpu_s: float = field(compare=False)


@dataclass(frozen=True, slots=True)
class _Person:
    """One simulated person and what to measure on them."""

    seed: int
    level: SoftTissueLevel
    law: SoftTissueLaw
    worn: Worn
    variants: tuple[tuple[str, Settings], ...]
    with_unseen: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    """All legs of one person under one variant."""

    legs: tuple[LegErrors, ...]
    cpu_s: float


def measure_accuracy(
    *,
    seeds: Sequence[int],
    levels: Sequence[SoftTissueLevel] = tuple(SoftTissueLevel),
    law: SoftTissueLaw = SoftTissueLaw.LINEAR,
    variants: Sequence[tuple[str, Settings]] = VARIANTS,
    worn: Worn = Worn.FIVE,
    with_unseen: bool = False,
    jobs: int = 1,
    tell: Callable[[str], None] = lambda _step: None,
) -> tuple[AccuracyRow, ...]:
    """Measure every variant on the same simulated people.

    Parameters
    ----------
    seeds
        Seeds of the people.
    levels, law
        Levels and law of soft tissue.
    variants
        Names and settings to compare.
    worn
        Sensors that the analysis is given.
    with_unseen
        Whether to add rows of what no sensor sees (`imu_valgus.benchmark.unseen`).
    jobs
        Number of processes that share the people; the figures do not depend on it.
    tell
        Function called with the name of each step.

    Returns
    -------
    tuple of AccuracyRow
        Rows by level, variant and angle. What no sensor sees follows the variants of its level,
        for adduction and tibial rotation.
    """
    people = [
        _Person(seed, level, law, worn, tuple(variants), with_unseen)
        for level in levels
        for seed in seeds
    ]
    measured = work_through(
        _measure_person, people, jobs=jobs, tell=lambda step: tell(f"People: {step}")
    )
    rows: list[AccuracyRow] = []
    for level in levels:
        of_level = [
            found for person, found in zip(people, measured, strict=True) if person.level is level
        ]
        for index, (name, _) in enumerate(variants):
            of_variant = [found[index] for found in of_level]
            rows += _rows(of_variant, (str(level), str(law), str(worn), name))
        if with_unseen:
            words = (str(level), str(law), str(worn), UNSEEN)
            unseen = _rows([found[-1] for found in of_level], words)
            rows += [row for row in unseen if is_touched(row.joint, row.motion)]
    return tuple(rows)


def _measure_person(person: _Person) -> list[_Measured]:
    """Measure the variants in order, and last what no sensor sees where requested."""
    simulated = simulate_person(person.seed, level=person.level, law=person.law)
    measured = [_measure(simulated, person.worn, settings) for _, settings in person.variants]
    if person.with_unseen:
        unseen = [leg for truth in simulated.truth.values() for leg in unseen_legs(truth)]
        measured.append(_Measured(tuple(unseen), cpu_s=0.0))
    return measured


def _measure(simulated: SimulatedSession, worn: Worn, settings: Settings) -> _Measured:
    legs: list[LegErrors] = []
    sessions = sessions_as_worn(simulated.session, worn)
    start = time.process_time()
    analyses = [analyse(session, settings=settings) for session in sessions]
    cpu_s = (time.process_time() - start) / len(sessions)
    for analysis in analyses:
        for recording in analysis.recordings:
            truth = simulated.truth[recording.name]
            legs += [leg_errors(angles, truth) for angles in recording.angles]
    return _Measured(tuple(legs), cpu_s)


def _rows(measured: Sequence[_Measured], words: tuple[str, str, str, str]) -> list[AccuracyRow]:
    cpu_s = float(np.mean([person.cpu_s for person in measured]))
    rows: list[AccuracyRow] = []
    for joint in Joint:
        legs = [leg for person in measured for leg in person.legs if leg.joint is joint]
        for index, motion in enumerate(MOTIONS if legs else ()):
            rows.append(
                AccuracyRow(
                    *words,
                    joint,
                    motion,
                    rmse_deg=_means([leg.level.error_deg[:, index] for leg in legs]),
                    demeaned_deg=_means([leg.demeaned_deg[:, index] for leg in legs]),
                    level_coverage=_coverage([leg.level for leg in legs], index),
                    change_coverage=_coverage([leg.change for leg in legs], index),
                    excursion=_excursion(legs, index),
                    n_legs=len(legs),
                    cpu_s=cpu_s,
                )
            )
    return rows


def _means(by_leg: Sequence[FloatArray]) -> tuple[float, ...]:
    """Return the mean over the legs that did the task, by task; NaN where none did."""
    return tuple(_mean_known(values) for values in np.array(by_leg).T)


def _mean_known(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")


def _coverage(held: Sequence[Held], motion: int) -> tuple[Coverage, ...]:
    return tuple(
        Coverage(
            samples=_mean_known(np.array([leg.share[task, motion] for leg in held])),
            legs=_mean_known(np.array([leg.is_mean_held[task, motion] for leg in held])),
            error_deg=_rms_known([leg.error_deg[task, motion] for leg in held]),
            sd_deg=_rms_known([leg.sd_deg[task, motion] for leg in held]),
        )
        for task in range(len(TASKS))
    )


def _rms_known(values: Sequence[float]) -> float:
    return float(np.sqrt(_mean_known(np.square(values))))


def _excursion(legs: Sequence[LegErrors], motion: int) -> ExcursionAccuracy:
    errors = [leg.excursions.found[:, motion] - leg.excursions.true[:, motion] for leg in legs]
    true, found, sd = (
        np.concatenate([getattr(leg.excursions, name)[:, motion] for leg in legs])
        for name in ("true", "found", "sd")
    )
    known = np.isfinite(found)
    slope, intercept = (float("nan"), float("nan"))
    if np.count_nonzero(known) > 2:
        slope, intercept = np.polyfit(true[known], found[known], 1)
    return ExcursionAccuracy(
        mae_deg=_mean_known(np.array([_mean_known(np.abs(error)) for error in errors])),
        bias_deg=_mean_known(np.array([_mean_known(error) for error in errors])),
        slope=float(slope),
        intercept_deg=float(intercept),
        coverage=_mean_known((np.abs(found - true) <= sd)[known].astype(np.float64)),
        n=int(np.count_nonzero(known)),
    )
