"""One estimate of a joint's relative heading over a recording, from everything that shows it.

Unknowns: the relative heading at knots a few seconds apart, a constant pose offset (how far the
neutral stance is from both segments facing the same way), a constant bias of the acceleration
method for each kind of movement (skin and tilt that err in step with it), a steady rate of drift
and how that rate wanders, as the gyroscopes' biases do, away from the stands in which they were
measured. Observed: standing poses (heading plus pose offset), windows of shared acceleration
(heading plus bias), and the slowness of drift. All are weighed in one linear least-squares problem;
the uncertainty is that of its solution, given how well stands usually repeat. Nothing pulls the
pose towards neutral between stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imu_valgus.heading.acceleration import HeadingObservations
from imu_valgus.heading.anchors import StandingAnchor
from imu_valgus.heading.first_guess import first_guess
from imu_valgus.heading.knots import bias_random_walk, spread_knots
from imu_valgus.heading.problem import HeadingProblem
from imu_valgus.model import BoolArray, FloatArray, IntArray
from imu_valgus.rotations import wrap_angle


@dataclass(frozen=True, slots=True)
class SmootherSettings:
    """How the evidence is weighed.

    Parameters
    ----------
    pose_offset_sd_rad
        Spread between people of the relative axial pose in neutral stance. 6 degrees: between
        the 4 to 9.5 degrees that gait laboratories see (Schwartz et al. 2008,
        doi:10.1016/j.jbiomech.2008.03.015, marker placement included).
    pose_repeat_sd_rad
        What stands are weighed by: within a donning some people stand differently on purpose.
    pose_noise_sd_rad
        How well most people repeat their stance within a donning (own choice, about what the
        simulator's people do); it enters the uncertainty.
    acceleration_bias_sd_rad
        Constant error of the acceleration method where its windows are not told apart by movement
        (from simulation, both soft-tissue laws).
    drift_sd_rad_s
        Steady rate at which the two headings part: gyroscope bias left after calibration.
    bias_random_walk_sd_rad_s_sqrt_s
        How that rate wanders away from the nearest stand: the bias of two consumer sensors, each
        as in `imu_valgus.calibration.gyro_bias`.
    random_walk_knot_s, most_random_walk_knots
        Spacing of the knots of the wandering rate, and how many there are at most.
    walk_sd_rad_sqrt_s
        Random walk about that rate.
    gap_sd_rad_s
        Growth of uncertainty per second of gap.
    most_knots
        Knots are spread further apart in long recordings to stay below this.
    knot_s
        Spacing of knots.
    outlier_sd
        Observations further off than this many standard deviations lose weight.
    """

    pose_offset_sd_rad: float = np.radians(6.0)
    pose_repeat_sd_rad: float = np.radians(1.0)
    pose_noise_sd_rad: float = np.radians(0.6)
    acceleration_bias_sd_rad: float = np.radians(1.2)
    drift_sd_rad_s: float = np.radians(0.06)
    bias_random_walk_sd_rad_s_sqrt_s: float = np.radians(0.005) * np.sqrt(2.0)
    random_walk_knot_s: float = 20.0
    most_random_walk_knots: int = 90
    walk_sd_rad_sqrt_s: float = np.radians(0.1)
    gap_sd_rad_s: float = np.radians(60.0)
    most_knots: int = 250
    knot_s: float = 2.0
    outlier_sd: float = 2.5


DEFAULT_SETTINGS = SmootherSettings()

_REWEIGHTINGS = 2
"""Rounds in which windows that do not fit lose weight."""


@dataclass(frozen=True, slots=True)
class PosePrior:
    """The pose offset as something else knows it.

    Parameters
    ----------
    offset_rad, sd_rad
        Mean and standard uncertainty.
    """

    offset_rad: float
    sd_rad: float


@dataclass(frozen=True, slots=True, eq=False)
class SmoothedHeading:
    """Relative heading over time with what is known about its level.

    Parameters
    ----------
    offset_rad
        Turn of the distal frame onto the proximal heading, shape (n,).
    sd_rad
        Standard uncertainty of its level, shape (n,).
    pose_offset_rad, pose_offset_sd_rad
        How far neutral stance is from facing the same way, and how well that is known.
    change_sd_rad
        Standard uncertainty of the heading relative to the stands of the same recording, (n,).
    """

    offset_rad: FloatArray
    sd_rad: FloatArray
    pose_offset_rad: float
    pose_offset_sd_rad: float
    change_sd_rad: FloatArray


def smooth_heading(
    time_s: FloatArray,
    *,
    anchors: Sequence[StandingAnchor],
    observations: HeadingObservations,
    is_known: BoolArray,
    pose_prior: PosePrior | None = None,
    settings: SmootherSettings = DEFAULT_SETTINGS,
) -> SmoothedHeading:
    """Weigh stands, accelerations and slowness of drift in one least-squares estimate.

    Parameters
    ----------
    time_s
        Sample times, shape (n,).
    anchors
        Relative headings seen in neutral standing; at least one, or one observation.
    observations
        Relative headings seen in shared accelerations.
    is_known
        False in gaps, where the heading may jump, shape (n,).
    pose_prior
        The pose offset as other recordings of the donning know it; None for people in general.
    settings
        See `SmootherSettings`.

    Raises
    ------
    ValueError
        If there is no anchor and no observation.
    """
    if not anchors and not len(observations):
        raise ValueError("Expected at least one standing anchor or acceleration window, got none.")
    knots_s = spread_knots(time_s, gap_s=settings.knot_s, most=settings.most_knots)
    step_variance = _step_variance(time_s, is_known, knots_s, settings)
    groups, biases = _biases(observations, settings)
    at_s = np.array([anchor.time_s for anchor in anchors])
    random_walk = bias_random_walk(
        spread_knots(
            time_s, gap_s=settings.random_walk_knot_s, most=settings.most_random_walk_knots
        ),
        pinned_s=at_s,
        sd_rad_s_sqrt_s=settings.bias_random_walk_sd_rad_s_sqrt_s,
    )
    seen = np.array([anchor.offset_rad for anchor in anchors])
    reference = first_guess(knots_s, at_s, seen, observations)
    # The unknowns are corrections to the first guess, whose own steps count as drift too.
    window_residual = wrap_angle(
        observations.offset_rad - np.interp(observations.time_s, knots_s, reference)
    )
    pose = pose_prior or PosePrior(0.0, settings.pose_offset_sd_rad)
    constants = (pose, *biases, PosePrior(0.0, settings.drift_sd_rad_s))
    problem = HeadingProblem(
        knots_s,
        constants=(
            np.array([prior.offset_rad for prior in constants]),
            np.array([prior.sd_rad for prior in constants]),
        ),
        random_walk=random_walk,
        windows=(observations.time_s, groups),
    )
    problem.add_stands(
        at_s,
        wrap_angle(seen - np.interp(at_s, knots_s, reference)),
        np.full(at_s.size, settings.pose_repeat_sd_rad),
    )
    problem.add_drift(np.diff(reference), step_variance)
    # Windows overlap by half: each carries only part of what it seems to.
    window_sd = observations.sd_rad * np.sqrt(1.5)
    for _ in range(_REWEIGHTINGS):
        solution = problem.solve(window_residual, window_sd)
        window_sd = _robust_sd(observations, problem.misfit(window_residual, solution), settings)
    solution = problem.solve(window_residual, window_sd)
    trial_share = (settings.pose_noise_sd_rad / settings.pose_repeat_sd_rad) ** 2
    covariance = problem.covariance(window_sd, trial_share=trial_share)
    return _on_samples(time_s, knots_s, reference, solution, covariance)


def _biases(
    observations: HeadingObservations, settings: SmootherSettings
) -> tuple[IntArray, tuple[PosePrior, ...]]:
    """Group of every window, and the prior of the error that each group shares."""
    if observations.group is None:
        alone = PosePrior(0.0, settings.acceleration_bias_sd_rad)
        return np.zeros(len(observations), dtype=np.intp), (alone,)
    return observations.group, tuple(PosePrior(0.0, sd) for sd in observations.group_bias_sd_rad)


def _step_variance(
    time_s: FloatArray, is_known: BoolArray, knots_s: FloatArray, settings: SmootherSettings
) -> FloatArray:
    variance = settings.walk_sd_rad_sqrt_s**2 * np.diff(knots_s)
    edges = np.flatnonzero(np.diff(np.concatenate([[True], is_known, [True]]).astype(np.int8)))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        length_s = float(time_s[stop - 1] - time_s[start])
        middle = 0.5 * (time_s[start] + time_s[stop - 1])
        step = int(np.clip(np.searchsorted(knots_s, middle) - 1, 0, variance.size - 1))
        variance[step] += (settings.gap_sd_rad_s * length_s) ** 2
    return np.asarray(variance)


def _robust_sd(
    observations: HeadingObservations, misfit: FloatArray, settings: SmootherSettings
) -> FloatArray:
    sd = observations.sd_rad * np.sqrt(1.5)
    off = np.abs(misfit) / sd
    return np.asarray(sd * np.sqrt(np.maximum(off / settings.outlier_sd, 1.0)))


def _on_samples(
    time_s: FloatArray,
    knots_s: FloatArray,
    reference: FloatArray,
    solution: FloatArray,
    covariance: FloatArray,
) -> SmoothedHeading:
    n = knots_s.size
    variance = np.diag(covariance)[:n]
    # Heading minus heading in neutral stance: their common error cancels.
    pose = covariance[n, n]
    change = variance + pose + 2.0 * covariance[:n, n]
    return SmoothedHeading(
        offset_rad=np.asarray(np.interp(time_s, knots_s, reference + solution[:n])),
        sd_rad=np.sqrt(np.interp(time_s, knots_s, variance)),
        pose_offset_rad=float(solution[n]),
        pose_offset_sd_rad=float(np.sqrt(pose)),
        change_sd_rad=np.sqrt(np.maximum(np.interp(time_s, knots_s, change), 0.0)),
    )
