"""Lever arms from the sensors to the joints, from body size and from the movement itself.

**Body size** gives a first estimate, good enough for slow accelerations. Segment lengths are shares
of body height (Drillis and Contini 1966, as tabulated by Winter 2009, doi:10.1002/9780470549148:
thigh 0.245, shank 0.246, foot height 0.039), unless they were measured with a tape. The sensor is
assumed to sit half-way down its segment.

**The movement** refines it. Thigh and shank meet in the knee: carried there along the right lever
arms, the samples of both sensors give the same acceleration. Least squares corrects the lever arms,
with a prior around body size, in the frequency band of walking and stepping. What no pair of lever
arms explains is skin that slides over the bone. Its size is the one thing a recording says about
how loosely the sensors sit without any assumption about the person's joints.

Seel, Schauer and Raisch 2012, doi:10.1109/CCA.2012.6402423, find lever arms from the length of the
two accelerations. Here the relative heading is known, so the whole vectors are compared.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.signal import butter, sosfiltfilt
from scipy.spatial.transform import Rotation

from imu_valgus.model import (
    BoolArray,
    FloatArray,
    IntArray,
    Joint,
    Placement,
    Segment,
    SessionInfo,
    Side,
)
from imu_valgus.rotations import rotate

_TYPICAL_HEIGHT_M = 1.70
_THIGH_SHARE, _SHANK_SHARE, _FOOT_SHARE = 0.245, 0.246, 0.039

_SACRUM_TO_HIP_M = np.array([0.10, -0.06, 0.085])
"""Forwards, up, to the side: a pelvis sensor over the sacrum; own choice for an adult."""

_FURTHEST = 1.2
"""Largest distance of a segment's end from its sensor, as a share of its length. Own choice."""

_FILTER_MARGIN_S = 3.0
"""Longer than the filter of the band rings."""


@dataclass(frozen=True, slots=True)
class SegmentLengths:
    """Lengths of the leg's segments in metres, by tape measure or from body height.

    Parameters
    ----------
    thigh_m
        From the hip to the knee.
    shank_m
        From the knee to the ankle.
    foot_height_m
        Height of the ankle above the sole.
    """

    thigh_m: float
    shank_m: float
    foot_height_m: float


@dataclass(frozen=True, slots=True)
class LeverArmFitSettings:
    """Band, priors and how much movement the fit needs.

    Parameters
    ----------
    band_hz
        Frequency band of the fit: above the band that headings are read from, so that their errors
        matter little, and below the ringing of skin after heel strikes.
    rate_low_pass_hz
        Cut-off for the angular rate, whose derivative carries accelerations along lever arms.
    along_sd_m, across_sd_m
        How far a sensor may sit from where it is expected, along its segment and across it: own
        choice. On a real leg, with the shank's sensor above the ankle, 14 cm along were found.
    noise_m_s2
        Scatter of the mismatch of one independent sample.
    independent_per_s
        Independent samples in a second of this band.
    least_s, most_s
        Least movement that is needed, and the most that is used.
    least_acceleration_m_s2
        Root mean square over a second below which the joint does not move enough.
    """

    band_hz: tuple[float, float] = (0.6, 3.0)
    rate_low_pass_hz: float = 12.0
    along_sd_m: float = 0.08
    across_sd_m: float = 0.04
    noise_m_s2: float = 0.5
    independent_per_s: float = 4.0
    least_s: float = 10.0
    most_s: float = 120.0
    least_acceleration_m_s2: float = 0.3


DEFAULT_SETTINGS = LeverArmFitSettings()


@dataclass(frozen=True, slots=True, eq=False)
class JointEnd:
    """What one sensor says about the joint at the end of its segment.

    Parameters
    ----------
    acceleration
        Specific force of the joint in earth, with the expected lever arm, shape (n, 3), m/s².
    at_sensor
        Specific force at the sensor itself in earth, shape (n, 3), m/s².
    per_lever_arm
        Derivative of `acceleration` by the lever arm in segment axes, shape (n, 3, 3), 1/s².
    """

    acceleration: FloatArray
    at_sensor: FloatArray
    per_lever_arm: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class LeverArmFit:
    """Corrections of the two lever arms of a joint, and what no lever arms explain.

    Parameters
    ----------
    proximal_m, distal_m
        Vectors to be added to the lever arms, segment axes, shape (3,).
    proximal_sd_m, distal_sd_m
        Their standard uncertainty, shape (3,).
    mismatch
        Root mean square of the residual acceleration, as a share of that of the distal sensor.
    duration_s
        Duration of the movement used.
    """

    proximal_m: FloatArray
    distal_m: FloatArray
    proximal_sd_m: FloatArray
    distal_sd_m: FloatArray
    mismatch: float
    duration_s: float


def segment_lengths(info: SessionInfo) -> SegmentLengths:
    """Find the lengths of the leg's segments.

    Parameters
    ----------
    info
        Session with measured lengths, or at least the body height.

    Returns
    -------
    SegmentLengths
        As measured, else from body height, else those of a person of 1.70 m.
    """
    height = info.height_m or _TYPICAL_HEIGHT_M
    return SegmentLengths(
        info.thigh_length_m or _THIGH_SHARE * height,
        info.shank_length_m or _SHANK_SHARE * height,
        _FOOT_SHARE * height,
    )


def lever_arm_to(
    joint: Joint, *, placement: Placement, side: Side, lengths: SegmentLengths
) -> FloatArray:
    """Estimate the lever arm from a sensor to a joint of its segment from body size.

    Parameters
    ----------
    joint
        Hip, knee or ankle.
    placement
        Where the sensor sits; its segment must end in that joint.
    side
        Side of the joint.
    lengths
        Segment lengths of the leg.

    Returns
    -------
    ndarray, shape (3,)
        Metres, segment axes: x anterior, y up, z right.

    Raises
    ------
    KeyError
        If the segment does not end in the joint.
    """
    if placement is Placement.PELVIS:
        return np.asarray(_SACRUM_TO_HIP_M * [1.0, 1.0, side.sign], dtype=np.float64)
    up_m = {
        (Segment.THIGH, Joint.HIP): 0.5 * lengths.thigh_m,
        (Segment.THIGH, Joint.KNEE): -0.5 * lengths.thigh_m,
        (Segment.SHANK, Joint.KNEE): 0.5 * lengths.shank_m,
        (Segment.SHANK, Joint.ANKLE): -0.5 * lengths.shank_m,
        (Segment.FOOT, Joint.ANKLE): 0.5 * lengths.foot_height_m,
    }
    return np.array([0.0, up_m[placement.segment, joint], 0.0])


def stretch_of_movement(
    force: FloatArray,
    *,
    usable: BoolArray,
    rate_hz: float,
    settings: LeverArmFitSettings = DEFAULT_SETTINGS,
) -> slice | None:
    """Find the part of a recording that holds as much movement as the fit uses.

    Parameters
    ----------
    force
        Specific force at the distal sensor in earth, any heading, shape (n, 3), m/s².
    usable
        Samples with both sensors known, shape (n,).
    rate_hz
        Sampling rate.
    settings
        See `LeverArmFitSettings`.

    Returns
    -------
    slice or None
        Samples of that part and a margin for the filter; None if there is too little movement.
    """
    movement = _movement_in_band(force[:, :, None], usable, rate_hz, settings)
    if movement is None:
        return None
    _, chosen = movement
    # Whole seconds, so that the fit looks at the same ones.
    margin = round(rate_hz) * math.ceil(_FILTER_MARGIN_S)
    return slice(max(int(chosen[0]) - margin, 0), min(int(chosen[-1]) + margin, usable.size))


def joint_end(
    acc: FloatArray,
    gyr: FloatArray,
    to_earth: Rotation,
    sensor_to_segment: Rotation,
    *,
    lever_arm_m: FloatArray,
    rate_hz: float,
    settings: LeverArmFitSettings = DEFAULT_SETTINGS,
) -> JointEnd:
    """Carry one sensor's samples to a joint of its segment.

    Parameters
    ----------
    acc, gyr
        Samples on the analysis clock, gyroscope bias removed, shape (n, 3), m/s² and rad/s.
    to_earth
        Sensor-to-earth orientation in the heading that both sensors share, n rotations.
    sensor_to_segment
        Rotation of the sensor's frame to that of its segment.
    lever_arm_m
        Expected vector from the sensor to the joint, segment axes, shape (3,).
    rate_hz
        Sampling rate.
    settings
        See `LeverArmFitSettings`.

    Returns
    -------
    JointEnd
        The joint as this sensor shows it, n samples.
    """
    sections = butter(2, min(settings.rate_low_pass_hz, 0.45 * rate_hz), fs=rate_hz, output="sos")
    gyr = sosfiltfilt(sections, np.nan_to_num(gyr), axis=0)
    omega = rotate(sensor_to_segment, gyr)
    turning, swirling = _skew(np.gradient(omega, axis=0) * rate_hz), _skew(omega)
    segment_to_earth = to_earth.as_matrix() @ sensor_to_segment.as_matrix().T
    per_lever_arm = segment_to_earth @ (turning + swirling @ swirling)
    force = rotate(to_earth, np.nan_to_num(acc))
    return JointEnd(force + per_lever_arm @ lever_arm_m, force, per_lever_arm)


def fit_lever_arms(
    proximal: JointEnd,
    distal: JointEnd,
    *,
    usable: BoolArray,
    rate_hz: float,
    settings: LeverArmFitSettings = DEFAULT_SETTINGS,
) -> LeverArmFit | None:
    """Correct the two lever arms of a joint so that both sensors agree on its acceleration.

    Parameters
    ----------
    proximal, distal
        The joint as either sensor shows it, n samples each.
    usable
        Samples of movement with both sensors known, shape (n,).
    rate_hz
        Sampling rate.
    settings
        See `LeverArmFitSettings`.

    Returns
    -------
    LeverArmFit or None
        None if there is too little movement.
    """
    # Everything is linear in the lever arms: filter the regressors like the accelerations.
    terms = np.concatenate(
        [
            (distal.acceleration - proximal.acceleration)[:, :, None],
            proximal.per_lever_arm,
            -distal.per_lever_arm,
            distal.at_sensor[:, :, None],
        ],
        axis=2,
    )
    movement = _movement_in_band(terms, usable, rate_hz, settings)
    if movement is None:
        return None
    banded, chosen = movement
    equations = banded[chosen, :, :-1].reshape(-1, 7)
    mismatch, regressors = equations[:, 0], equations[:, 1:]
    weight = settings.independent_per_s / (rate_hz * settings.noise_m_s2**2)
    across, along = settings.across_sd_m**-2, settings.along_sd_m**-2
    normal = weight * (regressors.T @ regressors) + np.diag([across, along, across] * 2)
    covariance = np.linalg.inv(normal)
    lever_arms = covariance @ (weight * (regressors.T @ mismatch))
    sd = np.sqrt(np.diag(covariance))
    residual = mismatch - regressors @ lever_arms
    moved = banded[chosen, :, -1].ravel()
    return LeverArmFit(
        lever_arms[:3],
        lever_arms[3:],
        sd[:3],
        sd[3:],
        float(np.linalg.norm(residual) / np.linalg.norm(moved)),
        chosen.size / rate_hz,
    )


def doubts_from_lever_arms(
    knees_m: Mapping[Placement, FloatArray], lengths: SegmentLengths
) -> Mapping[Placement, tuple[str, ...]]:
    """Look for knees that are not where a thigh or shank ends.

    Parameters
    ----------
    knees_m
        Fitted lever arms from thigh and shank sensors to the knee, segment axes, shape (3,).
    lengths
        Segment lengths of the leg.

    Returns
    -------
    Mapping of Placement to tuple of str
        Reasons to doubt that sensor.
    """
    doubts: dict[Placement, tuple[str, ...]] = {}
    for placement, lever_arm in knees_m.items():
        is_thigh = placement.segment is Segment.THIGH
        length_m = lengths.thigh_m if is_thigh else lengths.shank_m
        towards_m = float(-lever_arm[1] if is_thigh else lever_arm[1])
        where = "below" if is_thigh else "above"
        if not 0.0 < towards_m < _FURTHEST * length_m:
            reason = (
                f"By its accelerations the knee lies {100.0 * towards_m:.0f} cm {where} the "
                f"{placement.words} sensor, where it cannot be: is the sensor on that segment, and "
                "is the body height right?"
            )
            doubts[placement] = (reason,)
    return doubts


def _movement_in_band(
    values: FloatArray, usable: BoolArray, rate_hz: float, settings: LeverArmFitSettings
) -> tuple[FloatArray, IntArray] | None:
    """Filter values (n, 3, k) and find where the last of the k moves enough; None: too little."""
    if usable.size < 4.0 * rate_hz:
        return None
    low, high = settings.band_hz
    sections = butter(2, [low, min(high, 0.45 * rate_hz)], btype="band", fs=rate_hz, output="sos")
    banded = sosfiltfilt(sections, np.where(usable[:, None, None], values, 0.0), axis=0)
    chosen = _moving(banded[:, :, -1], usable, rate_hz, settings)
    return None if chosen.size < settings.least_s * rate_hz else (banded, chosen)


def _moving(
    acceleration: FloatArray, usable: BoolArray, rate_hz: float, settings: LeverArmFitSettings
) -> IntArray:
    """Find the samples of whole seconds of movement, at most `most_s` of them."""
    size = round(rate_hz)
    n = usable.size // size
    power = np.sum(acceleration[: n * size] ** 2, axis=1).reshape(n, size).mean(axis=1)
    whole = usable[: n * size].reshape(n, size).all(axis=1)
    # Next to a second that is not usable, the filter shows its edge.
    inner = whole & np.roll(whole, 1) & np.roll(whole, -1)
    seconds = np.flatnonzero(inner & (power > settings.least_acceleration_m_s2**2))
    seconds = seconds[: int(settings.most_s)]
    return np.asarray((seconds[:, None] * size + np.arange(size)).ravel())


def _skew(vectors: FloatArray) -> FloatArray:
    """Matrices of the cross product with each of n vectors (n, 3), shape (n, 3, 3)."""
    x, y, z = vectors.T
    zero = np.zeros_like(x)
    rows = [[zero, -z, y], [z, zero, -x], [-y, x, zero]]
    return np.moveaxis(np.array(rows), 2, 0)
