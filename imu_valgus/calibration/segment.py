"""Sensor-to-segment rotation of every sensor, from all evidence of the donning.

Standing gives the long axis (up), movements give the medio-lateral axis. The frame is the weighted
least-squares rotation from these two observed directions to where they must be in the segment
(Wahba 1965, doi:10.1137/1007077), solved by singular value decomposition. Its covariance is the
inverse of the information that the observations carry.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from imu_valgus.calibration.axes import AxisObservation, bend_checks
from imu_valgus.calibration.rests import StaticTrial, mean_up
from imu_valgus.calibration.signs import SignVote, vote_from_obliquity, vote_on_sign
from imu_valgus.calibration.standing import static_trial_checks
from imu_valgus.model import (
    FloatArray,
    Grade,
    Placement,
    Segment,
    SegmentFrame,
    Task,
    TaskSpan,
    worst_grade,
)

_UP = np.array([0.0, 1.0, 0.0])
_RIGHT = np.array([0.0, 0.0, 1.0])

_TASK_WORDS: Mapping[Task, str] = {
    Task.SQUAT: "squats",
    Task.SIT: "sitting down and standing up",
    Task.TRUNK_BOW: "bows",
    Task.SEATED_KNEE_EXTENSION: "seated knee extensions",
    Task.LEG_SWING: "leg swings",
    Task.WALK: "walking",
    Task.STEP_UP: "step-ups",
}

_STANCE_TILT_SD_DEG: Mapping[Segment, tuple[float, float]] = {
    Segment.PELVIS: (1.0, 13.0),
    Segment.THIGH: (1.6, 3.6),
    Segment.SHANK: (2.4, 3.6),
    Segment.FOOT: (4.0, 2.5),
}
"""Spread between people of the tilt of a segment's long axis in neutral stance, in its frontal and
its sagittal plane: two thirds of people are within it. Own choices: the shank follows the width of
the stance, most people tip their pelvis forwards by about ten degrees, and few stand with their
knees quite straight."""


@dataclass(frozen=True, slots=True)
class SegmentSettings:
    """Uncertainty of the observations and limits of the grades.

    Parameters
    ----------
    standing_sd_rad
        Uncertainty of the long axis from standing, for its weight: posture and accelerometer bias
        (20 mg of bias are 1.15 degrees).
    common_axis_sd_rad
        Error that several movements share when they show the axis of a leg's segment: skin and
        posture. On simulated people the axis of the pelvis has none of it.
    unknown_axis_sd_rad
        Uncertainty about the long axis if no movement showed the medio-lateral axis.
    axes_warn_deg, axes_fail_deg
        Disagreement of the axes from different movements above which the frame is fair or poor.
    axial_fair_deg, axial_poor_deg
        Standard uncertainty about the long axis above which the frame is fair or poor.
    """

    standing_sd_rad: float = np.radians(2.0)
    common_axis_sd_rad: float = np.radians(3.0)
    unknown_axis_sd_rad: float = np.radians(45.0)
    axes_warn_deg: float = 15.0
    axes_fail_deg: float = 30.0
    axial_fair_deg: float = 7.5
    axial_poor_deg: float = 15.0


DEFAULT_SETTINGS = SegmentSettings()


@dataclass(frozen=True, slots=True, eq=False)
class MovementEvidence:
    """Movements of one recording, which decide the signs of the axes.

    Parameters
    ----------
    time_s
        Sample times, shape (n,).
    ups
        Up over time in each sensor's frame, unit vectors, shape (n, 3), NaN where not known.
    movements
        Movements with their times.
    """

    time_s: FloatArray
    ups: Mapping[Placement, FloatArray]
    movements: tuple[TaskSpan, ...]


def estimate_segment_frames(
    trials: Sequence[StaticTrial],
    observations: Sequence[AxisObservation],
    evidence: Sequence[MovementEvidence],
    *,
    settings: SegmentSettings = DEFAULT_SETTINGS,
) -> Mapping[Placement, SegmentFrame]:
    """Estimate the sensor-to-segment rotation of every sensor that has a static trial.

    Parameters
    ----------
    trials
        Static trials of the donning, at least one.
    observations
        Medio-lateral axes observed in movements, of either sign.
    evidence
        Movements that decide the signs, by recording.
    settings
        See `SegmentSettings`.

    Returns
    -------
    Mapping of Placement to SegmentFrame
        Rotation of each sensor with its covariance, grade and reasons.
    """
    labelled = [trial for trial in trials if trial.is_labelled]
    neutral = mean_up(labelled or list(trials))
    return {
        placement: _frame_of(
            placement,
            neutral=neutral,
            trials=trials,
            observations=[found for found in observations if found.placement is placement],
            evidence=evidence,
            settings=settings,
        )
        for placement in neutral
    }


def _frame_of(
    placement: Placement,
    *,
    neutral: Mapping[Placement, FloatArray],
    trials: Sequence[StaticTrial],
    observations: Sequence[AxisObservation],
    evidence: Sequence[MovementEvidence],
    settings: SegmentSettings,
) -> SegmentFrame:
    up = neutral[placement]
    stood_s = sum(trial.duration_s for trial in trials if placement in trial.up)
    checks = static_trial_checks(placement, up, trials)
    # Observed axes are already horizontal in standing.
    axes = [(observation.axis, observation.sd_rad) for observation in observations]
    common_sd_rad = 0.0 if placement is Placement.PELVIS else settings.common_axis_sd_rad
    axis, axial_sd_rad = _mean_axis(axes, up, common_sd_rad, settings)
    vote = _vote(placement, axis, neutral, evidence)
    if not axes:
        checks.append((Grade.POOR, "No movement showed which way the segment bends."))
    elif not vote.is_decided:
        checks.append((Grade.POOR, "Front and back could not be found from the movements."))
    elif vote.is_contested:
        checks.append((Grade.FAIR, "Movements contradict each other about front and back."))
    checks += bend_checks(placement, observations)
    checks += _axis_checks(axes, axis, axial_sd_rad, settings)
    medio_lateral = vote.sign * axis
    weights = 1.0 / np.array([settings.standing_sd_rad, axial_sd_rad]) ** 2
    rotation, _ = Rotation.align_vectors([_UP, _RIGHT], [up, medio_lateral], weights=weights)
    frontal_sd, sagittal_sd = np.radians(_STANCE_TILT_SD_DEG[placement.segment])
    return SegmentFrame(
        placement,
        rotation,
        np.diag([frontal_sd**2, axial_sd_rad**2, sagittal_sd**2]),
        worst_grade(grade for grade, _ in checks),
        tuple(reason for _, reason in checks),
        (f"standing {stood_s:.1f} s", *_evidence_words(observations)),
    )


def _mean_axis(
    axes: Sequence[tuple[FloatArray, float]],
    up: FloatArray,
    common_sd_rad: float,
    settings: SegmentSettings,
) -> tuple[FloatArray, float]:
    """Weighted mean of axes without sign, and its uncertainty about the long axis."""
    if not axes:
        any_horizontal = np.cross(up, np.eye(3)[int(np.argmin(np.abs(up)))])
        return any_horizontal / np.linalg.norm(any_horizontal), settings.unknown_axis_sd_rad
    moment = np.zeros((3, 3))
    for axis, sd_rad in axes:
        moment += np.outer(axis, axis) / sd_rad**2
    mean = np.linalg.eigh(moment)[1][:, 2]
    information = sum(1.0 / sd_rad**2 for _, sd_rad in axes)
    # Observations that disagree by more than they claim make the mean less certain.
    chi2 = sum((_axis_angle_rad(axis, mean) / sd_rad) ** 2 for axis, sd_rad in axes)
    inflation = max(1.0, chi2 / max(len(axes) - 1, 1))
    variance = inflation / information + common_sd_rad**2
    return np.asarray(mean), float(np.sqrt(variance))


def _axis_angle_rad(axis: FloatArray, other: FloatArray) -> float:
    return float(np.arccos(np.clip(abs(axis @ other), 0.0, 1.0)))


def _vote(
    placement: Placement,
    axis: FloatArray,
    neutral: Mapping[Placement, FloatArray],
    evidence: Sequence[MovementEvidence],
) -> SignVote:
    vote = vote_on_sign(
        axis,
        placement=placement,
        up=neutral[placement],
        recordings=[
            (item.time_s, item.ups[placement], item.movements)
            for item in evidence
            if placement in item.ups
        ],
    )
    if placement is Placement.PELVIS:
        walks = [(item.time_s, item.ups, item.movements) for item in evidence]
        vote = vote + vote_from_obliquity(axis, up=neutral, recordings=walks)
    return vote


def _axis_checks(
    axes: Sequence[tuple[FloatArray, float]],
    mean: FloatArray,
    axial_sd_rad: float,
    settings: SegmentSettings,
) -> list[tuple[Grade, str]]:
    if not axes:
        return []
    checks: list[tuple[Grade, str]] = []
    apart = float(np.degrees(max(_axis_angle_rad(axis, mean) for axis, _ in axes)))
    if apart > settings.axes_warn_deg:
        grade = Grade.POOR if apart > settings.axes_fail_deg else Grade.FAIR
        checks.append(
            (grade, f"Different movements show bending axes up to {apart:.0f}° from their mean.")
        )
    axial_deg = float(np.degrees(axial_sd_rad))
    if axial_deg > settings.axial_fair_deg:
        grade = Grade.POOR if axial_deg > settings.axial_poor_deg else Grade.FAIR
        checks.append((grade, f"The bending axis is known only to ±{axial_deg:.0f}°."))
    return checks


def _evidence_words(observations: Sequence[AxisObservation]) -> list[str]:
    total: dict[Task, float] = {}
    for observation in observations:
        total[observation.task] = total.get(observation.task, 0.0) + observation.duration_s
    return [f"{_TASK_WORDS[task]} {seconds:.0f} s" for task, seconds in total.items()]
