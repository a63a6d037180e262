"""How a thigh sensor twists on the bone as the leg moves: the bent knee shows it.

Skin and muscle turn a thigh sensor about the leg in step with the bend of hip and knee, with load,
and against the rotation of the hip itself (the skin stays behind the bone). All of it looks like
hip rotation. The bent knee tells some of it: turned by ε about the leg, a thigh frame shows knee
adduction wrong by ε·sin(flexion). Here ε is a sum of four drives, and the knee adductions of all
movements of a donning are regressed on it, beside what a true knee may do.

**How loose the skin is** differs between people by more than anything else, so it is not assumed:
the regression is done for several levels of looseness, each with priors in proportion, and the
results are averaged by how well each explains the data (marginal likelihood). Firm skin then gets
small corrections and small uncertainties, loose skin large ones.

**The lag** (how much of the hip's rotation the skin hides) shows only where the hip rotates with
a bent knee that is known not to give way: in seated hip rotation. Without that test nothing is
amplified.

The idea of the bent knee as a witness of axial errors is that of functional calibration by the
knee's plane; that thigh skin hides a large part of hip rotation is known from bone pins and
fluoroscopy (Cappozzo et al. 1996, doi:10.1016/0268-0033(95)00046-1; Peters et al. 2010,
doi:10.1016/j.gaitpost.2009.09.004). The form of the model and the sizes of its priors are our own
choices, set on simulated people (docs/how-it-works.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imu_valgus.model import FloatArray, Task

HIP_UNIT_DEG = 40.0
KNEE_UNIT_DEG = 60.0
LARGEST_DRIVE = 1.5


@dataclass(frozen=True, slots=True)
class SkinTwistSettings:
    """Priors for looseness one, and what a true knee does, in degrees.

    Parameters
    ----------
    hip, knee, load
        Standard deviation of the twist per unit of each drive.
    lag, lag_sd, lag_floor
        Share of hip rotation that the skin hides: mean and spread at looseness one, and a spread
        that is left at none.
    largest_lag
        Beyond it the correction would mostly amplify noise.
    abduction, abduction_sd
        Knee abduction that a loaded leg really goes through per unit of load drive.
    follow_sd, own_follow_sd
        Adduction that follows flexion: common to all movements, and of one movement.
    level_sd, curve_sd
        Offset of each movement, and curvature with flexion.
    noise, n_effective
        Scatter of knee adduction, and how many independent samples a movement has.
    loosenesses
        Levels that are weighed against each other, equally likely beforehand.
    """

    hip: float = 1.6
    knee: float = 1.9
    load: float = 3.5
    lag: float = 0.35
    lag_sd: float = 0.12
    lag_floor: float = 0.04
    largest_lag: float = 0.6
    abduction: float = 1.0
    abduction_sd: float = 2.0
    follow_sd: float = 1.5
    own_follow_sd: float = 1.0
    level_sd: float = 1.0
    curve_sd: float = 1.5
    noise: float = 1.5
    n_effective: float = 40.0
    loosenesses: tuple[float, ...] = (0.1, 0.3, 0.6, 1.0, 1.5, 2.2)


DEFAULT_SETTINGS = SkinTwistSettings()

LOADED_TASKS = (Task.STEP_UP, Task.SQUAT)
"""Where a true abduction under load is allowed for."""

_AXIAL, _LAG = 0, 4
_N_TWIST = 5


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
        """Regressors of the twist: constant, hip, knee, load, hidden rotation; shape (n, 5)."""
        one = np.ones_like(self.hip)
        return np.stack([one, self.hip, self.knee, self.load, -self.rotation_deg], axis=-1)


@dataclass(frozen=True, slots=True, eq=False)
class KneeWitness:
    """Knee adduction in one kind of movement, thinned out, and the drives beside it.

    Parameters
    ----------
    task
        The movement.
    drives
        At m samples.
    flexion_rad, adduction_deg
        Of the knee; adduction relative to neutral stance, shape (m,).
    """

    task: Task
    drives: TwistDrives
    flexion_rad: FloatArray
    adduction_deg: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class SkinTwist:
    """The twist of one thigh sensor as far as the donning shows it.

    Parameters
    ----------
    coefficients, covariance
        Degrees per column of :meth:`TwistDrives.as_columns`, shape (5,) and (5, 5); the first is
        a constant error of the frame.
    looseness, looseness_square
        Mean of the looseness and of its square after the data.
    hidden_share
        Share of the hip's rotation that the skin hides, as the seated test shows it; None without
        that test, and then nothing is amplified.
    """

    coefficients: FloatArray
    covariance: FloatArray
    looseness: float
    looseness_square: float
    hidden_share: float | None = None

    @property
    def constant_deg(self) -> float:
        """What is there in neutral stance already: the error of the frame itself."""
        return float(self.coefficients[_AXIAL])

    def twist_deg(self, drives: TwistDrives) -> FloatArray:
        """Twist since neutral stance: how much too much internal rotation shows, shape (n,)."""
        return np.asarray(drives.as_columns()[:, 1:] @ self.coefficients[1:])

    def variance_deg2(self, drives: TwistDrives) -> FloatArray:
        """Variance of :meth:`twist_deg` by the model itself, shape (n,)."""
        columns = drives.as_columns()[:, 1:]
        return np.asarray(np.sum((columns @ self.covariance[1:, 1:]) * columns, axis=1))


def estimate_skin_twist(
    witnesses: Sequence[KneeWitness],
    *,
    axial_sd_deg: float,
    settings: SkinTwistSettings = DEFAULT_SETTINGS,
) -> SkinTwist:
    """Estimate the twist of one thigh sensor from the knee adductions of a donning.

    Parameters
    ----------
    witnesses
        One per kind of movement; may be empty, then the priors are returned.
    axial_sd_deg
        How well the thigh frame is known about the leg.
    settings
        Priors.
    """
    columns, values, weights = _equations(witnesses, settings)
    fits = [
        _fit(columns, values, weights, _prior(len(witnesses), axial_sd_deg, loose, settings))
        for loose in settings.loosenesses
    ]
    evidence = np.array([fit[2] for fit in fits])
    share = np.exp(evidence - evidence.max())
    share /= share.sum()
    mean = np.sum([part * fit[0] for part, fit in zip(share, fits, strict=True)], axis=0)
    spread = [fit[1] + np.outer(fit[0] - mean, fit[0] - mean) for fit in fits]
    covariance = np.sum([part * one for part, one in zip(share, spread, strict=True)], axis=0)
    loose = np.array(settings.loosenesses)
    is_tested = any(one.task is Task.SEATED_HIP_ROTATION for one in witnesses)
    limit = settings.largest_lag / (1.0 - settings.largest_lag) if is_tested else 0.0
    twist = _limited(mean[:_N_TWIST], covariance[:_N_TWIST, :_N_TWIST], limit)
    hidden = float(twist[_LAG] / (1.0 + twist[_LAG])) if is_tested else None
    return SkinTwist(
        twist,
        covariance[:_N_TWIST, :_N_TWIST],
        float(share @ loose),
        float(share @ loose**2),
        hidden,
    )


def _limited(mean: FloatArray, covariance: FloatArray, limit: float) -> FloatArray:
    """Hold the lag between zero and a limit; the other coefficients follow as the data demand."""
    held = min(max(mean[_LAG], 0.0), limit)
    moved: FloatArray = mean + covariance[:, _LAG] / covariance[_LAG, _LAG] * (held - mean[_LAG])
    moved[_LAG] = held
    return moved


def _equations(
    witnesses: Sequence[KneeWitness], settings: SkinTwistSettings
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Stack the regressors: twist, then what the knee may do in common, by movement, by load."""
    n = len(witnesses)
    blocks = []
    for number, seen in enumerate(witnesses):
        sine, m = np.sin(seen.flexion_rad), seen.adduction_deg.size
        own = np.zeros((m, 3 * n))
        own[:, number] = 1.0
        own[:, n + number] = seen.drives.knee
        if seen.task in LOADED_TASKS:
            own[:, 2 * n + number] = seen.drives.load
        common = np.stack([seen.drives.knee, 1.0 - np.cos(seen.flexion_rad)], axis=-1)
        blocks.append(np.hstack([seen.drives.as_columns() * sine[:, None], common, own]))
    if not blocks:
        return np.empty((0, _N_TWIST + 2)), np.empty(0), np.empty(0)
    weights = [
        np.full(one.adduction_deg.size, settings.n_effective / one.adduction_deg.size)
        for one in witnesses
    ]
    values = np.concatenate([one.adduction_deg for one in witnesses])
    return np.vstack(blocks), values, np.concatenate(weights) / settings.noise**2


def _prior(
    n_movements: int, axial_sd_deg: float, loose: float, settings: SkinTwistSettings
) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation of every coefficient at one looseness.

    The sensors show (1 − lag) of the hip's rotation, so relative to what they show everything is
    larger by 1 / (1 − lag).
    """
    lag = min(settings.lag * loose, settings.largest_lag)
    larger = 1.0 / (1.0 - lag)
    lag_sd = settings.lag_sd * loose + settings.lag_floor
    twist = np.array([settings.hip, settings.knee, settings.load]) * loose * larger
    sd = np.concatenate(
        [
            [axial_sd_deg, *twist, lag_sd * larger**2, settings.follow_sd, settings.curve_sd],
            np.full(n_movements, settings.level_sd),
            np.full(n_movements, settings.own_follow_sd),
            np.full(n_movements, settings.abduction_sd),
        ]
    )
    mean = np.zeros(sd.size)
    mean[_LAG] = lag * larger
    mean[sd.size - n_movements :] = -settings.abduction
    return mean, sd


def _fit(
    columns: FloatArray,
    values: FloatArray,
    weights: FloatArray,
    prior: tuple[FloatArray, FloatArray],
) -> tuple[FloatArray, FloatArray, float]:
    """Bayesian linear regression: mean, covariance, log marginal likelihood but for a constant."""
    prior_mean, prior_sd = prior
    precision = prior_sd**-2.0
    normal = columns.T @ (columns * weights[:, None]) + np.diag(precision)
    covariance: FloatArray = np.linalg.inv(normal).astype(np.float64)
    mean: FloatArray = covariance @ (columns.T @ (weights * values) + precision * prior_mean)
    misfit = float(np.sum(weights * (values - columns @ mean) ** 2))
    away = float(np.sum(precision * (mean - prior_mean) ** 2))
    volume = float(np.sum(np.log(precision)) - np.linalg.slogdet(normal)[1])
    return mean, covariance, 0.5 * (volume - misfit - away)
