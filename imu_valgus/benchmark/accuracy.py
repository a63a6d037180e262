"""Accuracy on simulated people with known truth, engine by engine and stage by stage."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from imu_valgus.conventions import MOTIONS
from imu_valgus.model import (
    Analysis,
    FloatArray,
    Joint,
    JointAngles,
    Repetition,
    Task,
    TaskSpan,
    samples_of_task,
)
from imu_valgus.pipeline import AngleStages, Settings, analyse
from imu_valgus.simulate import (
    RecordingTruth,
    SimulatedSession,
    SimulationSettings,
    SoftTissue,
    SoftTissueLaw,
    SoftTissueLevel,
    demo_session,
)

TASKS = (Task.WALK, Task.STEP_UP)

OWN_STAGES: tuple[tuple[str, Settings], ...] = (
    (
        "vqf, stands",
        Settings(stages=AngleStages(sees_accelerations=False, sees_knee_plane=False)),
    ),
    ("+ accelerations", Settings(stages=AngleStages(sees_knee_plane=False))),
    ("+ knee plane (default)", Settings()),
)
"""Our stages switched on one after another."""

VARIANTS: tuple[tuple[str, Settings], ...] = (
    *OWN_STAGES,
    ("ahrs-madgwick, all", Settings(fusion="ahrs-madgwick")),
    ("ahrs-mahony, all", Settings(fusion="ahrs-mahony")),
)
"""What is compared: our stages switched on one after another, then the other engines."""

_STANDING_BEFORE_S = 0.4


@dataclass(frozen=True, slots=True)
class AccuracyRow:
    """Errors of one angle under one variant, in degrees, means over legs.

    Parameters
    ----------
    level, law, variant, joint, motion
        Soft tissue, what was run, and which angle.
    rmse_deg, demeaned_deg
        By task, in the order of `TASKS`: with the level, and after removing the mean.
    coverage
        By task: share of true values within one standard uncertainty.
    excursion_mae_deg
        Mean absolute error of the step-up excursion per repetition.
    cpu_s
        CPU time per session.
    n_legs
        How many legs.
    """

    level: str
    law: str
    variant: str
    joint: Joint
    motion: str
    rmse_deg: tuple[float, ...]
    demeaned_deg: tuple[float, ...]
    coverage: tuple[float, ...]
    excursion_mae_deg: float
    cpu_s: float
    n_legs: int


def measure_accuracy(
    *,
    seeds: Sequence[int],
    levels: Sequence[SoftTissueLevel] = tuple(SoftTissueLevel),
    law: SoftTissueLaw = SoftTissueLaw.LINEAR,
    variants: Sequence[tuple[str, Settings]] = VARIANTS,
    tell: Callable[[str], None] = lambda _step: None,
) -> tuple[AccuracyRow, ...]:
    """Measure every variant on the same simulated people.

    Parameters
    ----------
    seeds
        One person each.
    levels, law
        Soft tissue.
    variants
        Name and settings of what is run.
    tell
        Called with the name of each step.
    """
    rows: list[AccuracyRow] = []
    for level in levels:
        tell(f"Simulating {len(seeds)} people, soft tissue {level}")
        tissue = SimulationSettings(soft_tissue=SoftTissue(level=level, law=law))
        people = [demo_session(seed, settings=tissue) for seed in seeds]
        for name, settings in variants:
            tell(f"Soft tissue {level}: {name}")
            start = time.process_time()
            analyses = [analyse(person.session, settings=settings) for person in people]
            cpu_s = (time.process_time() - start) / len(people)
            pairs = list(zip(people, analyses, strict=True))
            rows += _rows(pairs, level=level, law=law, variant=name, cpu_s=cpu_s)
    return tuple(rows)


def _rows(
    pairs: Sequence[tuple[SimulatedSession, Analysis]],
    *,
    level: SoftTissueLevel,
    law: SoftTissueLaw,
    variant: str,
    cpu_s: float,
) -> list[AccuracyRow]:
    rows: list[AccuracyRow] = []
    for joint in (Joint.HIP, Joint.KNEE):
        legs = [leg for person, analysis in pairs for leg in _legs(person, analysis, joint)]
        if not legs:
            continue
        errors = np.array([leg.errors for leg in legs])  # leg, task, kind, motion
        excursions = np.array([leg.excursion_mae_deg for leg in legs])
        means = np.nanmean(errors, axis=0)
        for index, motion in enumerate(MOTIONS):
            rows.append(
                AccuracyRow(
                    str(level),
                    str(law),
                    variant,
                    joint,
                    motion,
                    rmse_deg=_as_floats(means[:, 0, index]),
                    demeaned_deg=_as_floats(means[:, 1, index]),
                    coverage=_as_floats(means[:, 2, index]),
                    excursion_mae_deg=float(np.nanmean(excursions[:, index])),
                    cpu_s=cpu_s,
                    n_legs=len(legs),
                )
            )
    return rows


def _as_floats(values: FloatArray) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


@dataclass(frozen=True, slots=True, eq=False)
class _Leg:
    """Errors by task, kind (rmse, demeaned, coverage) and motion; excursion error by motion."""

    errors: FloatArray
    excursion_mae_deg: FloatArray


def _legs(person: SimulatedSession, analysis: Analysis, joint: Joint) -> list[_Leg]:
    legs: list[_Leg] = []
    for recording in analysis.recordings:
        truth = person.truth[recording.name]
        for found in recording.angles:
            if found.joint is joint:
                true = _on_clock(truth.joint(joint, found.side), found.time_s)
                errors = [_errors(found, true, truth.tasks, task) for task in TASKS]
                legs.append(_Leg(np.array(errors), _excursion_errors(found, true, truth)))
    return legs


def _on_clock(true: JointAngles, time_s: FloatArray) -> FloatArray:
    columns = [np.interp(time_s, true.time_s, true.angles_deg[:, i]) for i in range(3)]
    return np.stack(columns, axis=-1)


def _errors(
    found: JointAngles, true: FloatArray, tasks: Sequence[TaskSpan], task: Task
) -> FloatArray:
    inside = samples_of_task(found.time_s, tasks, task, side=found.side)
    inside &= np.isfinite(found.angles_deg[:, 0])
    if not inside.any():
        return np.full((3, 3), np.nan)
    error = (found.angles_deg - true)[inside]
    covered = np.abs(error) <= found.sd_deg[inside]
    return np.array([np.sqrt(np.mean(error**2, axis=0)), error.std(axis=0), covered.mean(axis=0)])


def _excursion_errors(found: JointAngles, true: FloatArray, truth: RecordingTruth) -> FloatArray:
    """Mean absolute error of the excursions of all step-ups of the leg, by motion."""
    # At the knee the excursions of interest are abduction and external rotation.
    signs = np.array([1.0, -1.0, -1.0]) if found.joint is Joint.KNEE else np.ones(3)
    errors = [
        _excursion(found.time_s, signs * found.angles_deg, repetition)
        - _excursion(found.time_s, signs * true, repetition)
        for repetition in truth.repetitions
        if repetition.task is Task.STEP_UP and repetition.side is found.side
    ]
    return np.asarray(np.nanmean(np.abs(errors), axis=0)) if errors else np.full(3, np.nan)


def _excursion(time_s: FloatArray, angles: FloatArray, repetition: Repetition) -> FloatArray:
    before = (time_s >= repetition.start_s - _STANDING_BEFORE_S) & (time_s < repetition.start_s)
    during = (time_s >= repetition.start_s) & (time_s <= repetition.end_s)
    return np.asarray(angles[during].max(axis=0) - angles[before].mean(axis=0))
