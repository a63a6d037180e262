"""Errors of one joint of one leg against the known truth, and whether its uncertainty covers them.

Two uncertainties are checked, each against its own error:

* **level**: the angle against the true angle, with ``sd_deg``;
* **change within the donning**: the angle minus its mean in the labelled static trials of the
  recording, against the same difference of the true angle, with ``change_sd_deg``. Change is
  counted from neutral stance because ``JointAngles.change_sd_deg`` is stated for that.

The samples of one leg share one heading and one frame, so their errors are far from independent.
Besides the share of samples there is therefore one value per leg and task: whether the mean error
over the task lies within the root mean square of the stated uncertainty.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imu_valgus.model import (
    BoolArray,
    FloatArray,
    Joint,
    JointAngles,
    Repetition,
    Side,
    Task,
    samples_of_task,
)
from imu_valgus.simulate import RecordingTruth
from imu_valgus.simulate.truth_errors import angles_at

TASKS = (Task.WALK, Task.STEP_UP)
"""Tasks that errors are measured in, and the order of every value that is given by task."""

_STANDING_BEFORE_S = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """How an uncertainty covers the errors of one leg, by task and motion, shape (t, 3) each.

    Parameters
    ----------
    share
        Share of samples whose error is within one standard uncertainty, 0 to 1.
    is_mean_held
        1 where the mean error over the task is within the stated uncertainty, else 0.
    error_deg, sd_deg
        Root mean squares of the error and of the stated uncertainty.
    """

    share: FloatArray
    is_mean_held: FloatArray
    error_deg: FloatArray
    sd_deg: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Excursions:
    """Step-up excursions of one leg by repetition and motion, shape (k, 3) each, in degrees.

    An excursion is the largest angle within the repetition minus the mean of standing just before.
    At the knee, adduction and rotation count as abduction and external rotation.

    Parameters
    ----------
    found, true
        Measured and true excursions.
    sd
        Stated uncertainty of change where the largest angle was found.
    """

    found: FloatArray
    true: FloatArray
    sd: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class LegErrors:
    """Errors of one joint of one leg.

    Parameters
    ----------
    joint, side
        Which joint.
    demeaned_deg
        Root mean square error after removing the mean over the task, shape (t, 3).
    level, change
        Coverage of the two kinds of error (see the module).
    excursions
        Excursions of the step-ups that this leg leads.
    """

    joint: Joint
    side: Side
    demeaned_deg: FloatArray
    level: Held
    change: Held
    excursions: Excursions


def leg_errors(found: JointAngles, truth: RecordingTruth) -> LegErrors:
    """Compare one joint of an analysis with the truth of its recording.

    Parameters
    ----------
    found
        Angles of the analysis.
    truth
        Truth of the simulated recording.

    Returns
    -------
    LegErrors
        Errors of that joint; NaN in tasks that were not done.
    """
    true = true_angles(found, truth)
    error = found.angles_deg - true
    is_known = np.isfinite(error[:, 0])
    standing = samples_of_task(found.time_s, truth.tasks, Task.STANDING) & is_known
    # Without a static trial there is no zero for change, so it is NaN.
    neutral = error[standing].mean(axis=0) if standing.any() else np.full(3, np.nan)
    masks = [
        samples_of_task(found.time_s, truth.tasks, task, side=found.side) & is_known
        for task in TASKS
    ]
    return LegErrors(
        found.joint,
        found.side,
        np.array([error[m].std(axis=0) if m.any() else np.full(3, np.nan) for m in masks]),
        level=_held(error, found.sd_deg, masks),
        change=_held(error - neutral, found.change_sd_deg, masks),
        excursions=_excursions(found, true, truth.repetitions),
    )


def true_angles(found: JointAngles, truth: RecordingTruth) -> FloatArray:
    """Return the true angles at the sample times of the angles found.

    Parameters
    ----------
    found
        Angles of the analysis.
    truth
        Truth of the simulated recording.

    Returns
    -------
    ndarray, shape (n, 3)
        Flexion, adduction and internal rotation in degrees.
    """
    return angles_at(truth.joint(found.joint, found.side), found.time_s)


def _held(error: FloatArray, sd: FloatArray, masks: Sequence[BoolArray]) -> Held:
    values = np.array([_held_in(error[mask], sd[mask]) for mask in masks])
    return Held(*np.moveaxis(values, 1, 0))


def _held_in(error: FloatArray, sd: FloatArray) -> FloatArray:
    """Return share, mean held, error and uncertainty of one task by motion, shape (4, 3)."""
    if error.size == 0 or not np.isfinite(error).all():
        return np.full((4, 3), np.nan)
    stated = np.sqrt(np.mean(sd**2, axis=0))
    share = np.mean(np.abs(error) <= sd, axis=0)
    is_mean_held = np.abs(error.mean(axis=0)) <= stated
    return np.array([share, is_mean_held, np.sqrt(np.mean(error**2, axis=0)), stated])


def _excursions(
    found: JointAngles, true: FloatArray, repetitions: Sequence[Repetition]
) -> Excursions:
    signs = np.array([1.0, -1.0, -1.0]) if found.joint is Joint.KNEE else np.ones(3)
    rows = [
        _excursion(found, signs, true, repetition)
        for repetition in repetitions
        if repetition.task is Task.STEP_UP and repetition.side is found.side
    ]
    return Excursions(*np.moveaxis(np.array(rows).reshape(-1, 3, 3), 1, 0))


def _excursion(
    found: JointAngles, signs: FloatArray, true: FloatArray, repetition: Repetition
) -> FloatArray:
    """Return found and true excursion and the stated uncertainty by motion, shape (3, 3)."""
    start_s = repetition.start_s
    before = (found.time_s >= start_s - _STANDING_BEFORE_S) & (found.time_s < start_s)
    during = (found.time_s >= start_s) & (found.time_s <= repetition.end_s)
    measured, true = signs * found.angles_deg, signs * true
    if not np.isfinite(measured[before | during]).all():
        return np.full((3, 3), np.nan)
    top = measured[during].argmax(axis=0)
    return np.array(
        [
            measured[during].max(axis=0) - measured[before].mean(axis=0),
            true[during].max(axis=0) - true[before].mean(axis=0),
            found.change_sd_deg[during][top, np.arange(3)],
        ]
    )
