"""One estimate of a joint's relative heading over a recording, from all evidence.

Unknowns: the relative heading at knots a few seconds apart; a constant pose offset (how far neutral
stance is from both segments facing the same way); a constant bias of the acceleration method for
each kind of movement (skin and tilt that err in step with it); a steady drift rate; and a random
walk of that rate, like that of the gyroscopes' biases, away from the static trials in which they
were measured.

Observed: static trials (heading plus pose offset), windows of shared acceleration (heading plus
bias), and the slowness of drift. All are weighed in one linear least-squares problem. The
uncertainty is that of its solution, given how well static trials usually repeat. Nothing pulls the
pose towards neutral between static trials.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imu_valgus.heading.acceleration import HeadingObservations
from imu_valgus.heading.problem import HeadingProblem, bias_random_walk, spread_knots
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
        Spread that sets the weight of static trials: within a donning some people stand
        differently on purpose.
    pose_noise_sd_rad
        Spread with which most people repeat their stance within a donning (own choice, about what
        the simulator's people do); it enters the uncertainty.
    acceleration_bias_sd_rad
        Constant error of the acceleration method if its windows are not grouped by movement (from
        simulation, both soft-tissue laws).
    drift_sd_rad_s
        Steady rate at which the two headings drift apart: gyroscope bias left after calibration.
    bias_random_walk_sd_rad_s_sqrt_s
        Random walk of that rate away from the nearest static trial: the bias of two consumer
        sensors, each as in `imu_valgus.calibration.gyro_bias`.
    random_walk_knot_s, most_random_walk_knots
        Spacing of the knots of that random walk, and their largest number.
    walk_sd_rad_sqrt_s
        Random walk of the heading about that rate.
    gap_sd_rad_s
        Growth of uncertainty per second of gap.
    most_knots
        Largest number of knots; in long recordings they are spread further apart.
    knot_s
        Spacing of the knots of the heading.
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

_FAR_FROM_TRIALS_S = 120.0
"""Half a turn of drift takes longer than this, so nearer windows are not needed for the guess."""

_PIECE_S = 60.0
_LEAST_AGREEMENT = 0.8
_FEWEST_WINDOWS = 3
"""Pieces of this length guide the guess if this many windows agree this well."""


@dataclass(frozen=True, slots=True)
class StandingAnchor:
    """Relative heading in one static trial.

    Parameters
    ----------
    time_s
        Mean time of the static trial.
    offset_rad
        Turn about the vertical that brings the distal frame closest to the proximal one, radians.
    """

    time_s: float
    offset_rad: float


@dataclass(frozen=True, slots=True)
class PosePrior:
    """Prior of the pose offset.

    Parameters
    ----------
    offset_rad, sd_rad
        Mean and standard uncertainty.
    """

    offset_rad: float
    sd_rad: float


@dataclass(frozen=True, slots=True, eq=False)
class SmoothedHeading:
    """Relative heading over time, with its uncertainty.

    Parameters
    ----------
    offset_rad
        Turn of the distal frame onto the proximal heading, shape (n,).
    sd_rad
        Standard uncertainty of its level, shape (n,).
    pose_offset_rad, pose_offset_sd_rad
        Angle between the two segments in neutral stance, and its standard uncertainty.
    change_sd_rad
        Standard uncertainty relative to the static trials of the same recording, shape (n,).
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
    """Estimate a relative heading from static trials, accelerations and the slowness of drift.

    Parameters
    ----------
    time_s
        Sample times, shape (n,).
    anchors
        Relative headings in static trials; at least one, or one observation.
    observations
        Relative headings from shared accelerations.
    is_known
        False in gaps, where the heading may jump, shape (n,).
    pose_prior
        Pose offset according to other recordings of the donning; None for people in general.
    settings
        See `SmootherSettings`.

    Returns
    -------
    SmoothedHeading
        Heading and uncertainty at every sample.

    Raises
    ------
    ValueError
        If there is no anchor and no observation.
    """
    if not anchors and not len(observations):
        raise ValueError("A heading needs at least one standing anchor or acceleration window.")
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
    measured_rad = np.array([anchor.offset_rad for anchor in anchors])
    reference = first_guess(knots_s, at_s, measured_rad, observations)
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
    problem.add_static_trials(
        at_s,
        wrap_angle(measured_rad - np.interp(at_s, knots_s, reference)),
        np.full(at_s.size, settings.pose_repeat_sd_rad),
    )
    problem.add_drift(np.diff(reference), step_variance)
    # Windows overlap by half, so each carries only part of the information that it seems to.
    window_sd = usual_sd = observations.sd_rad * np.sqrt(1.5)
    for _ in range(_REWEIGHTINGS):
        solution = problem.solve(window_residual, window_sd)
        off = np.abs(problem.residual(window_residual, solution)) / usual_sd
        window_sd = usual_sd * np.sqrt(np.maximum(off / settings.outlier_sd, 1.0))
    solution = problem.solve(window_residual, window_sd)
    trial_share = (settings.pose_noise_sd_rad / settings.pose_repeat_sd_rad) ** 2
    covariance = problem.covariance(window_sd, trial_share=trial_share)
    return _on_samples(time_s, knots_s, reference, solution, covariance)


def first_guess(
    knots_s: FloatArray,
    at_s: FloatArray,
    measured_rad: FloatArray,
    observations: HeadingObservations,
) -> FloatArray:
    """Guess the heading to within half a turn, so that all evidence can be unwrapped.

    The guess goes through the static trials, and through the windows far from any of them: half an
    hour of drift can turn the heading right round. Near static trials windows do not count,
    because a few odd ones in a row could turn the guess round.

    Parameters
    ----------
    knots_s
        Times of the guess, shape (k,).
    at_s, measured_rad
        Times of the static trials, and the headings there in radians, shape (m,).
    observations
        Headings from shared accelerations.

    Returns
    -------
    ndarray, shape (k,)
        Headings in radians, not wrapped.
    """
    far = np.ones(len(observations), dtype=np.bool_)
    if at_s.size:
        far = np.abs(observations.time_s[:, None] - at_s).min(axis=1) > _FAR_FROM_TRIALS_S
    piece_s, piece_rad = _agreeing_pieces(observations, far)
    order = np.argsort(np.concatenate([at_s, piece_s]), kind="stable")
    times_s = np.concatenate([at_s, piece_s])[order]
    turns = np.unwrap(np.concatenate([measured_rad, piece_rad])[order])
    if not times_s.size:
        pointer = np.exp(1j * observations.offset_rad) / observations.sd_rad**2
        return np.full(knots_s.size, float(np.angle(pointer.sum())))
    return np.asarray(np.interp(knots_s, times_s, turns))


def _agreeing_pieces(
    observations: HeadingObservations, usable: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Mean time and heading of the minutes in which several windows agree."""
    if not usable.any():
        return np.empty(0), np.empty(0)
    time_s, weights = observations.time_s[usable], observations.sd_rad[usable] ** -2
    pointers = weights * np.exp(1j * observations.offset_rad[usable])
    _, member, count = np.unique(
        np.floor(time_s / _PIECE_S), return_inverse=True, return_counts=True
    )
    total = np.bincount(member, pointers.real) + 1j * np.bincount(member, pointers.imag)
    weight = np.bincount(member, weights)
    agree = (np.abs(total) > _LEAST_AGREEMENT * weight) & (count >= _FEWEST_WINDOWS)
    middle_s = np.bincount(member, weights * time_s) / weight
    return middle_s[agree], np.angle(total)[agree]


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
    """Variance of the heading's random walk from knot to knot, gaps included."""
    variance = settings.walk_sd_rad_sqrt_s**2 * np.diff(knots_s)
    edges = np.flatnonzero(np.diff(np.concatenate([[True], is_known, [True]]).astype(np.int8)))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        length_s = float(time_s[stop - 1] - time_s[start])
        middle = 0.5 * (time_s[start] + time_s[stop - 1])
        step = int(np.clip(np.searchsorted(knots_s, middle) - 1, 0, variance.size - 1))
        variance[step] += (settings.gap_sd_rad_s * length_s) ** 2
    return np.asarray(variance)


def _on_samples(
    time_s: FloatArray,
    knots_s: FloatArray,
    reference: FloatArray,
    solution: FloatArray,
    covariance: FloatArray,
) -> SmoothedHeading:
    """Interpolate the solution at the knots to all samples."""
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
