"""How a thigh sensor twists on the bone as the leg moves, estimated from the bent knee.

Skin and muscle twist a thigh sensor about the leg in step with the bend of hip and knee, with load,
and against the rotation of the hip itself (the skin stays behind the bone). All of it looks like
hip rotation. The bent knee shows some of it: twisted by ε about the leg, a thigh frame shows knee
adduction wrong by ε·sin(flexion). Here ε is a sum of drives, and the knee adductions of all
movements of a donning are regressed on it, beside what a true knee may do.

**How loose the skin is** differs between people by more than anything else, so it is not assumed:
the regression runs for several levels of looseness, each with priors in proportion. The results
are averaged by how well each explains the data (marginal likelihood) and by what slides under the
sensors. Firm skin then gets small corrections and small uncertainties, loose skin large ones.

**Sliding says beforehand how large a twist to expect.** Two sensors beside a joint must share its
acceleration. What no lever arms explain (`imu_valgus.calibration.lever_arms`) is skin that slides,
and a little noise; and skin that slides also twists. The relation was found on simulated people
under two laws of skin. On the one real leg at hand the mismatch was larger than on any simulated
one, so that leg counts as very loose.

**No law of skin is assumed to be exact**: small bent drives are added to the proportional ones,
load may work differently in a squat than on a step, and the strap may tilt sideways with the bend
of the hip.

**The lag** (how much of the hip's rotation the skin hides) shows only where the hip rotates with
a bent knee that is known not to give way: in seated hip rotation. Without that test nothing is
amplified.

To use the bent knee as evidence of axial errors is the idea of functional calibration by the
knee's plane. That thigh skin hides a large part of hip rotation is known from bone pins and
fluoroscopy (Cappozzo et al. 1996, doi:10.1016/0268-0033(95)00046-1; Peters et al. 2010,
doi:10.1016/j.gaitpost.2009.09.004). The form of the model and the sizes of its priors are our own
choices, set on simulated people (docs/how-it-works.md).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imu_valgus.model import FloatArray, Joint, Task

HIP_UNIT_DEG, KNEE_UNIT_DEG = 40.0, 60.0
"""Flexion that counts as one in the drives of hip and knee."""

LARGEST_DRIVE = 1.5
"""Largest value of the load drive."""

_CEILING_DEG = 8.0
"""Rotation beyond which part of the skin follows the bone again: own choice."""

_MISMATCH_FLOOR = 0.013
"""Mismatch with firm skin, as a share of the distal sensor's acceleration: noise, tilt and joints
that are not points."""

_MISMATCH_SLOPE = {Joint.HIP: 0.053, Joint.KNEE: 0.025}
"""Mismatch at looseness one, as a share of the distal sensor's acceleration."""

_MISMATCH_SPREAD = 0.4
"""Relative standard deviation of the mismatch: sliding and twisting of the skin are related, but
not the same. Larger than on simulated people (0.2 to 0.3): own choice."""

_LOADED_TASKS = (Task.STEP_UP, Task.SQUAT)
"""Movements in which a true abduction under load is allowed for."""

_USUAL_ROTATION_DEG = 10.0
"""Shown rotation of the hip at which the hidden share is stated."""

_AXIAL, _LAG, _CEILING = 0, 4, 5
_N_TWIST = 9
"""Columns of `TwistDrives.as_columns`, and their number."""


@dataclass(frozen=True, slots=True, eq=False)
class TwistDrives:
    """What may twist the skin, sample by sample, relative to neutral stance.

    Parameters
    ----------
    hip, knee
        Flexion in units of 40 and 60 degrees, shape (n,).
    load
        Knee drive while the leg carries the body, else 0, shape (n,).
    rotation_deg
        Internal rotation of the hip as the sensors show it, shape (n,).
    """

    hip: FloatArray
    knee: FloatArray
    load: FloatArray
    rotation_deg: FloatArray

    def as_columns(self) -> FloatArray:
        """Build the regressors of the twist, shape (n, 9).

        Constant, hip, knee, load, hidden rotation; hidden rotation up to a ceiling; and how far
        hip, knee and load bend away from proportion, each zero at zero and at one.
        """
        return np.stack(
            [
                np.ones_like(self.hip),
                self.hip,
                self.knee,
                self.load,
                -self.rotation_deg,
                -_up_to_ceiling(self.rotation_deg),
                np.tanh(self.hip) / np.tanh(1.0) - self.hip,
                self.knee * np.abs(self.knee) - self.knee,
                self.load**2 - self.load,
            ],
            axis=-1,
        )


@dataclass(frozen=True, slots=True, eq=False)
class KneeWitness:
    """Knee adduction in one kind of movement, thinned out, with the drives at the same samples.

    Parameters
    ----------
    task
        Kind of movement.
    drives
        Drives at m samples.
    flexion_rad, adduction_deg
        Knee flexion in radians, and adduction relative to neutral stance, shape (m,).
    """

    task: Task
    drives: TwistDrives
    flexion_rad: FloatArray
    adduction_deg: FloatArray


@dataclass(frozen=True, slots=True)
class SkinTwistSettings:
    """Priors at looseness one, and what a true knee does, in degrees.

    Parameters
    ----------
    hip, knee, load
        Standard deviation of the twist per unit of each drive.
    bent
        The same for the part of each drive that bends away from proportion.
    own_load
        The same for load in movements other than step-ups.
    tilt
        Sideways tilt of the strap per unit of hip drive.
    lag, lag_sd, lag_floor
        Share of hip rotation that the skin hides: mean and spread at looseness one, and the spread
        that remains at looseness zero.
    ceiling_sd
        Spread of the part of the lag that ends at a rotation of eight degrees.
    largest_lag
        Largest lag that is used; beyond it the correction would mostly amplify noise.
    abduction, abduction_sd
        True knee abduction of a loaded leg per unit of load drive.
    follow_sd, own_follow_sd
        Adduction that follows flexion: in all movements alike, and in one movement only.
    level_sd, curve_sd
        Offset of each movement, and curvature with flexion.
    noise, n_effective
        Scatter of knee adduction, and the number of independent samples of a movement.
    loosenesses
        Levels that are weighed against each other, equally likely beforehand.
    """

    hip: float = 1.6
    knee: float = 1.9
    load: float = 3.5
    bent: float = 0.3
    own_load: float = 1.0
    tilt: float = 0.5
    lag: float = 0.35
    lag_sd: float = 0.12
    lag_floor: float = 0.04
    ceiling_sd: float = 0.2
    largest_lag: float = 0.5
    abduction: float = 1.0
    abduction_sd: float = 2.0
    follow_sd: float = 1.5
    own_follow_sd: float = 1.0
    level_sd: float = 1.0
    curve_sd: float = 1.5
    noise: float = 1.5
    n_effective: float = 80.0
    loosenesses: tuple[float, ...] = (0.1, 0.3, 0.6, 1.0, 1.5, 2.2)


DEFAULT_SETTINGS = SkinTwistSettings()


@dataclass(frozen=True, slots=True, eq=False)
class SkinTwist:
    """The twist of one thigh sensor as far as the donning shows it.

    Parameters
    ----------
    coefficients, covariance
        Degrees per column of :meth:`TwistDrives.as_columns`, shape (9,) and (9, 9); the first is
        a constant error of the frame.
    looseness, looseness_square
        Posterior mean of the looseness and of its square.
    hidden_share
        Share of the hip's rotation (of ten degrees shown) that the skin hides according to the
        seated test; None without that test, and then nothing is amplified.
    """

    coefficients: FloatArray
    covariance: FloatArray
    looseness: float
    looseness_square: float
    hidden_share: float | None = None

    @property
    def constant_deg(self) -> float:
        """Twist that is already there in neutral stance: the error of the frame itself."""
        return float(self.coefficients[_AXIAL])

    @property
    def allowed_share(self) -> float:
        """Share of the hip's rotation that the coefficients restore, defined as `hidden_share`."""
        return _hidden_share(self.coefficients)

    def twist_deg(self, drives: TwistDrives) -> FloatArray:
        """Compute the twist since neutral stance, positive for excess internal rotation, (n,)."""
        return np.asarray(drives.as_columns()[:, 1:] @ self.coefficients[1:])

    def variance_deg2(self, drives: TwistDrives) -> FloatArray:
        """Compute the variance of :meth:`twist_deg` within the model, shape (n,)."""
        columns = drives.as_columns()[:, 1:]
        return np.asarray(np.sum((columns @ self.covariance[1:, 1:]) * columns, axis=1))


def estimate_skin_twist(
    witnesses: Sequence[KneeWitness],
    *,
    axial_sd_deg: float,
    mismatches: Mapping[Joint, float] | None = None,
    settings: SkinTwistSettings = DEFAULT_SETTINGS,
) -> SkinTwist:
    """Estimate the twist of one thigh sensor from the knee adductions of a donning.

    Parameters
    ----------
    witnesses
        One per kind of movement; if empty, the priors are returned.
    axial_sd_deg
        Standard uncertainty of the thigh frame about the leg.
    mismatches
        What no lever arms explain at hip and knee, see `looseness_log_likelihood`.
    settings
        See `SkinTwistSettings`.

    Returns
    -------
    SkinTwist
        Average over the levels of looseness.
    """
    columns, values, weights = _equations(witnesses, settings)
    loose = np.array(settings.loosenesses)
    tasks = [witness.task for witness in witnesses]
    fits = [
        _fit(columns, values, weights, _prior(tasks, axial_sd_deg, level, settings))
        for level in loose
    ]
    evidence = np.array([fit[2] for fit in fits]) + looseness_log_likelihood(
        loose, mismatches or {}
    )
    share = np.exp(evidence - evidence.max())
    share /= share.sum()
    mean = np.sum([part * fit[0] for part, fit in zip(share, fits, strict=True)], axis=0)
    spreads = [fit[1] + np.outer(fit[0] - mean, fit[0] - mean) for fit in fits]
    covariance = np.sum(
        [part * spread for part, spread in zip(share, spreads, strict=True)], axis=0
    )
    is_tested = Task.SEATED_HIP_ROTATION in tasks
    limit = settings.largest_lag / (1.0 - settings.largest_lag) if is_tested else 0.0
    twist = _limited(mean[:_N_TWIST], covariance[:_N_TWIST, :_N_TWIST], limit)
    return SkinTwist(
        twist,
        covariance[:_N_TWIST, :_N_TWIST],
        float(share @ loose),
        float(share @ loose**2),
        _hidden_share(mean) if is_tested else None,
    )


def looseness_log_likelihood(
    looseness: FloatArray, mismatches: Mapping[Joint, float]
) -> FloatArray:
    """Compute how likely the mismatches of one leg's joints are at each level of looseness.

    Parameters
    ----------
    looseness
        Levels of looseness, shape (n,).
    mismatches
        Mismatch of each joint, see `LeverArmFit`; one beyond that expected at the greatest
        looseness counts as that one.

    Returns
    -------
    FloatArray
        Logarithm of the likelihood up to a constant, shape (n,); zero without a mismatch.
    """
    total = np.zeros_like(looseness)
    for joint, slope in _MISMATCH_SLOPE.items():
        if joint in mismatches:
            expected = np.hypot(_MISMATCH_FLOOR, slope * looseness)
            mismatch = min(mismatches[joint], float(expected.max()))
            total -= 0.5 * (np.log(max(mismatch, 1e-6) / expected) / _MISMATCH_SPREAD) ** 2
    return total


def _hidden_share(twist: FloatArray) -> float:
    """Share of the true rotation that is hidden where the sensors show a usual rotation."""
    share = float(_up_to_ceiling(np.array(_USUAL_ROTATION_DEG))) / _USUAL_ROTATION_DEG
    hidden = max(float(twist[_LAG] + twist[_CEILING] * share), 0.0)
    return hidden / (1.0 + hidden)


def _up_to_ceiling(rotation_deg: FloatArray) -> FloatArray:
    """Rotation that levels off at `_CEILING_DEG`, shape as given."""
    return _CEILING_DEG * np.tanh(rotation_deg / _CEILING_DEG)


def _limited(mean: FloatArray, covariance: FloatArray, limit: float) -> FloatArray:
    """Hold the lag between zero and a limit; the other coefficients follow by their covariance."""
    both = [_LAG, _CEILING]
    total = float(mean[both].sum())
    if 0.0 <= total <= limit:
        return mean
    held = mean[both] * (limit / total) if total > limit > 0.0 else np.zeros(2)
    gain = np.linalg.solve(covariance[np.ix_(both, both)], held - mean[both])
    moved: FloatArray = mean + covariance[:, both] @ gain
    moved[both] = held
    return moved


def _equations(
    witnesses: Sequence[KneeWitness], settings: SkinTwistSettings
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Stack the regressors: twist, then what a true knee does in all movements, then in each."""
    blocks = [
        np.hstack([_in_common(witness), *_of_movement(witness, number, len(witnesses))])
        for number, witness in enumerate(witnesses)
    ]
    if not blocks:
        return np.empty((0, _N_TWIST + 2)), np.empty(0), np.empty(0)
    weights = [
        np.full(witness.adduction_deg.size, settings.n_effective / witness.adduction_deg.size)
        for witness in witnesses
    ]
    values = np.concatenate([witness.adduction_deg for witness in witnesses])
    return np.vstack(blocks), values, np.concatenate(weights) / settings.noise**2


def _in_common(witness: KneeWitness) -> FloatArray:
    """Twist as the knee shows it, and true adduction that follows flexion in every movement."""
    twist = witness.drives.as_columns() * np.sin(witness.flexion_rad)[:, None]
    follows = np.stack([witness.drives.knee, 1.0 - np.cos(witness.flexion_rad)], axis=-1)
    return np.hstack([twist, follows])


def _of_movement(witness: KneeWitness, number: int, n: int) -> list[FloatArray]:
    """Columns of one movement among n, in the order of `_prior`, shape (m, n) each."""
    drives, flexion_rad = witness.drives, witness.flexion_rad
    level, nothing = np.ones_like(flexion_rad), np.zeros_like(flexion_rad)
    loaded = drives.load if witness.task in _LOADED_TASKS else nothing
    otherwise = nothing if witness.task is Task.STEP_UP else drives.load * np.sin(flexion_rad)
    tilted = drives.hip * np.cos(flexion_rad)
    blocks = []
    for values in (level, drives.knee, loaded, otherwise, tilted):
        block = np.zeros((level.size, n))
        block[:, number] = values
        blocks.append(block)
    return blocks


def _prior(
    tasks: Sequence[Task], axial_sd_deg: float, loose: float, settings: SkinTwistSettings
) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation of every coefficient at one level of looseness.

    The sensors show (1 − lag) of the hip's rotation. Relative to what they show, everything is
    larger by 1 / (1 − lag).
    """
    n = len(tasks)
    lag = min(settings.lag * loose, settings.largest_lag)
    larger = 1.0 / (1.0 - lag)
    lag_sd = settings.lag_sd * loose + settings.lag_floor
    drives = np.array([settings.hip, settings.knee, settings.load]) * loose * larger
    bent = settings.bent * loose * larger
    sd = np.concatenate(
        [
            [axial_sd_deg, *drives, lag_sd * larger**2],
            [settings.ceiling_sd * loose * larger + 0.5 * settings.lag_floor, bent, bent, bent],
            [settings.follow_sd, settings.curve_sd],
            np.full(n, settings.level_sd),
            np.full(n, settings.own_follow_sd),
            np.full(n, settings.abduction_sd),
            np.full(n, settings.own_load * loose * larger),
            np.full(n, settings.tilt * loose),
        ]
    )
    mean = np.zeros(sd.size)
    mean[_LAG] = mean[_CEILING] = 0.5 * lag * larger
    mean[_N_TWIST + 2 + 2 * n : _N_TWIST + 2 + 3 * n] = -settings.abduction
    return mean, sd


def _fit(
    columns: FloatArray,
    values: FloatArray,
    weights: FloatArray,
    prior: tuple[FloatArray, FloatArray],
) -> tuple[FloatArray, FloatArray, float]:
    """Bayesian linear regression: mean, covariance, log marginal likelihood up to a constant."""
    prior_mean, prior_sd = prior
    precision = prior_sd**-2.0
    normal = columns.T @ (columns * weights[:, None]) + np.diag(precision)
    covariance: FloatArray = np.linalg.inv(normal).astype(np.float64)
    mean: FloatArray = covariance @ (columns.T @ (weights * values) + precision * prior_mean)
    misfit = float(np.sum(weights * (values - columns @ mean) ** 2))
    away = float(np.sum(precision * (mean - prior_mean) ** 2))
    volume = float(np.sum(np.log(precision)) - np.linalg.slogdet(normal)[1])
    return mean, covariance, 0.5 * (volume - misfit - away)
