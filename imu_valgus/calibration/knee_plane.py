"""The thigh's medio-lateral axis from the plane in which the knee bends.

A hip that flexes swings the thigh about the pelvis' axis, whichever way the thigh itself is turned,
so no movement of the hip shows the thigh's own axis. The knee does: it bends about the thigh's
medio-lateral axis. As it bends, the shank's long axis moves, in the thigh's frame, in a plane
perpendicular to that axis. A thigh frame turned about the leg by s makes the plane look tilted:
knee adduction then seems to grow by s·sin(flexion). Here s is the regression coefficient, with
priors for what a true knee does (adduction that changes with flexion) and for the frontal tilt of
the frame.

The method needs the absolute relative heading of thigh and shank (`imu_valgus.heading`). A heading
error turns the plane as well, and enters the uncertainty in full.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from imu_valgus.model import FloatArray, SegmentFrame, Task


@dataclass(frozen=True, slots=True)
class KneePlaneSettings:
    """Priors and limits; the sizes of soft-tissue twist come from simulation with two laws.

    Parameters
    ----------
    noise_rad, n_effective
        Scatter of knee adduction about its mean, and the number of independent samples of a
        movement.
    axial_sd_rad
        Prior of the turn of the thigh frame about the leg.
    frontal_sd_rad
        Prior of the frontal tilt of the thigh frame and of adduction that follows extension.
    level_sd_rad
        Prior of the constant knee adduction.
    least_range_rad
        Least range of flexion; a smaller one shows no plane.
    walk_sd_rad, other_sd_rad
        Error that remains after the regression, in walking and in other movements: skin that
        twists with the bend, and true adduction that follows flexion.
    common_sd_rad
        Error that all movements share and averaging does not remove.
    stance_sd_rad
        Spread between people of hip rotation in neutral stance (own choice, see
        `imu_valgus.pipeline.headings`): how far the hip's bending axis may be from the thigh's.
    """

    noise_rad: float = np.radians(2.0)
    n_effective: float = 40.0
    axial_sd_rad: float = np.radians(15.0)
    frontal_sd_rad: float = np.radians(3.0)
    level_sd_rad: float = np.radians(6.0)
    least_range_rad: float = np.radians(25.0)
    walk_sd_rad: float = np.radians(2.5)
    other_sd_rad: float = np.radians(4.0)
    common_sd_rad: float = np.radians(1.5)
    stance_sd_rad: float = np.radians(5.0)


DEFAULT_SETTINGS = KneePlaneSettings()


@dataclass(frozen=True, slots=True)
class KneePlaneObservation:
    """How far a thigh frame is turned about the leg, according to one movement.

    Parameters
    ----------
    task
        The movement.
    turn_rad
        Turn of the true medio-lateral axis about the long axis of the frame.
    sd_rad
        Standard uncertainty, heading included.
    """

    task: Task
    turn_rad: float
    sd_rad: float


def observe_knee_plane(
    shank_in_thigh: FloatArray,
    *,
    task: Task,
    heading_sd_rad: float,
    settings: KneePlaneSettings = DEFAULT_SETTINGS,
) -> KneePlaneObservation | None:
    """Measure in one movement how far the thigh frame is turned about the leg.

    Parameters
    ----------
    shank_in_thigh
        Direction of the shank's long axis in the thigh frame, with the physical relative heading
        applied, shape (n, 3); only known samples of the movement.
    task
        The movement.
    heading_sd_rad
        Standard uncertainty of that heading.
    settings
        See `KneePlaneSettings`.

    Returns
    -------
    KneePlaneObservation or None
        None if the knee bends too little.
    """
    if len(shank_in_thigh) < 50:
        return None
    forwards, up, right = shank_in_thigh.T
    flexion = np.arctan2(-forwards, up)
    if np.ptp(np.percentile(flexion, [2.0, 98.0])) < settings.least_range_rad:
        return None
    regressors = np.stack([forwards, up, np.ones_like(up)], axis=-1)
    weight = settings.n_effective / (len(up) * settings.noise_rad**2)
    prior = np.array([settings.axial_sd_rad, settings.frontal_sd_rad, settings.level_sd_rad])
    normal = weight * (regressors.T @ regressors) + np.diag(prior**-2.0)
    covariance = np.linalg.inv(normal)
    slopes = covariance @ (weight * (regressors.T @ right))
    remaining = settings.walk_sd_rad if task is Task.WALK else settings.other_sd_rad
    variance = covariance[0, 0] + remaining**2 + heading_sd_rad**2
    return KneePlaneObservation(task, float(-slopes[0]), float(np.sqrt(variance)))


def turned_about_leg(
    frame: SegmentFrame,
    observations: Sequence[KneePlaneObservation],
    *,
    settings: KneePlaneSettings = DEFAULT_SETTINGS,
) -> SegmentFrame:
    """Combine what the knee says about a thigh frame with what is already known of it.

    Parameters
    ----------
    frame
        Thigh frame from standing and inclination. Its axial uncertainty is that of the bending
        hip's axis, from which the thigh's own axis differs by the person's stance.
    observations
        Measurements in the movements of the donning; may be empty.
    settings
        See `KneePlaneSettings`.

    Returns
    -------
    SegmentFrame
        Frame turned about its long axis, with its new uncertainty and the evidence named.
    """
    covariance = np.array(frame.covariance_rad2)
    before = float(covariance[1, 1]) + settings.stance_sd_rad**2
    if not observations:
        covariance[1, 1] = before
        return replace(frame, covariance_rad2=covariance)
    precision = np.array([1.0 / observation.sd_rad**2 for observation in observations])
    turns = np.array([observation.turn_rad for observation in observations])
    knee = float((precision * turns).sum() / precision.sum())
    knee_variance = float(1.0 / precision.sum()) + settings.common_sd_rad**2
    share = before / (before + knee_variance)
    covariance[1, 1] = share * knee_variance
    return replace(
        frame,
        sensor_to_segment=Rotation.from_euler("y", -share * knee) * frame.sensor_to_segment,
        covariance_rad2=covariance,
        evidence=(*frame.evidence, "the plane in which the knee bends"),
    )
