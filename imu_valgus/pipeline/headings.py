"""Estimate the relative headings of all joints of a donning.

There are two passes: first each recording by itself, then again with the neutral stance that the
other recordings of the donning show. So a walk without a static trial still gets its level.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from imu_valgus.heading import (
    BODY_LEVER_ARMS,
    FITTED_LEVER_ARMS,
    HeadingObservations,
    PosePrior,
    estimate_relative_heading,
    estimate_thigh_heading,
    joint_acceleration,
    observe_heading,
)
from imu_valgus.model import (
    BoolArray,
    Joint,
    Placement,
    RelativeHeading,
    SegmentFrame,
    Side,
    Task,
)
from imu_valgus.pipeline.lever_arms import DonningLeverArms
from imu_valgus.pipeline.prepare import PreparedRecording
from imu_valgus.pipeline.segments import (
    Segments,
    joints_of,
    mask_of_task,
    placements_of,
    spans_of_task,
    turn_rate_rad_s,
)
from imu_valgus.rotations import rotate

JointHeadings = Mapping[tuple[Joint, Side], RelativeHeading]
Evidence = Mapping[tuple[Joint, Side], HeadingObservations]

_SHARED_ERROR_DEG: Mapping[Task | None, float] = {
    Task.WALK: 0.5,
    Task.STEP_UP: 2.5,
    Task.SQUAT: 6.0,
    None: 4.0,
}
_TRAILING_DEG = 0.5
"""Error that all windows of one kind of movement share (None: any other movement), found on
simulated people with fitted lever arms. It is largest where a leg bends in one plane, because skin
and tilt then vary with the only acceleration there is. The trailing leg of a step-up swings freely.
"""

_UNFITTED_FACTOR = 1.5
"""Factor on the shared error for lever arms from body size."""

_SEATED = (Task.SIT, Task.SEATED_KNEE_EXTENSION, Task.SEATED_HIP_ROTATION)
"""The body rests in these tasks: its acceleration is mostly tilt and shows no heading."""

_NO_OBSERVATIONS = HeadingObservations(np.empty(0), np.empty(0), np.empty(0))

_OTHERS_REPEAT_SD_RAD = float(np.radians(1.0))
_GENERAL_POSE_SD_RAD = float(np.radians(6.0))
_KNOWN_POSE_SD_RAD = float(np.radians(5.0))
"""Standard deviations of neutral stance: between recordings of a donning, between people, and the
largest one of a recording that the others rely on."""


def gather_evidence(
    prepared: Sequence[PreparedRecording],
    segments: Sequence[Segments],
    frames: Mapping[Placement, SegmentFrame],
    lever_arms: DonningLeverArms,
) -> list[Evidence]:
    """Observe the relative headings of all joints in the slow accelerations of all recordings.

    Parameters
    ----------
    prepared, segments
        The recordings and their segments.
    frames
        Sensor-to-segment calibration, which turns the lever arms; a coarse one is enough.
    lever_arms
        Lever arms from the sensors to the joints.

    Returns
    -------
    list of Evidence
        Observations by joint, one entry per recording.
    """
    return [
        {
            (joint, side): _observations(joint, side, recording, frames, lever_arms)
            for joint, side in joints_of(worn)
        }
        for recording, worn in zip(prepared, segments, strict=True)
    ]


def no_evidence(segments: Sequence[Segments]) -> list[Evidence]:
    """Return empty evidence, so that headings rest on static trials alone.

    Parameters
    ----------
    segments
        Segments of each recording.

    Returns
    -------
    list of Evidence
        For each recording, no observations for any joint.
    """
    return [dict.fromkeys(joints_of(worn), _NO_OBSERVATIONS) for worn in segments]


def estimate_headings(
    prepared: Sequence[PreparedRecording],
    segments: Sequence[Segments],
    evidence: Sequence[Evidence],
) -> list[JointHeadings]:
    """Estimate the relative heading of every joint in every recording of a donning.

    Parameters
    ----------
    prepared, segments, evidence
        The recordings, their segments, and the evidence from `gather_evidence`.

    Returns
    -------
    list of JointHeadings
        Headings by joint, one entry per recording.
    """
    recordings = list(zip(prepared, segments, evidence, strict=True))
    alone = [_headings(*recording, priors={}) for recording in recordings]
    if len(prepared) == 1:
        return alone
    return [
        _headings(*recording, priors=_from_others(alone, index))
        for index, recording in enumerate(recordings)
    ]


def _headings(
    prepared: PreparedRecording,
    segments: Segments,
    evidence: Evidence,
    *,
    priors: Mapping[tuple[Joint, Side], PosePrior],
) -> JointHeadings:
    trials = [trial.span for trial in prepared.trials]
    headings: dict[tuple[Joint, Side], RelativeHeading] = {}
    for joint, side in joints_of(segments):
        proximal, distal = placements_of(joint, side)
        if proximal is None:
            headings[joint, side] = estimate_thigh_heading(
                segments[distal],
                placement=distal,
                trials=trials,
                walks=spans_of_task(prepared, Task.WALK),
                rate_hz=prepared.aligned.rate_hz,
            )
            continue
        headings[joint, side] = estimate_relative_heading(
            segments[proximal],
            segments[distal],
            placements=(proximal, distal),
            trials=trials,
            accelerations=evidence[joint, side],
            pose_prior=priors.get((joint, side)),
            moving=mask_of_task(prepared, Task.WALK),
        )
    return headings


def _observations(
    joint: Joint,
    side: Side,
    prepared: PreparedRecording,
    frames: Mapping[Placement, SegmentFrame],
    lever_arms: DonningLeverArms,
) -> HeadingObservations:
    aligned = prepared.aligned
    accelerations = []
    is_known = np.ones(len(aligned), dtype=np.bool_)
    for placement in placements_of(joint, side):
        if placement is None:  # the femur's angles have no proximal sensor to compare with
            return _NO_OBSERVATIONS
        lever_arm = lever_arms.lever_arms_m[(joint, side), placement]
        orientation = prepared.orientations[placement]
        is_known &= orientation.is_known
        accelerations.append(
            joint_acceleration(
                aligned.streams[placement],
                orientation,
                lever_arm_m=rotate(frames[placement].sensor_to_segment.inv(), lever_arm),
                rate_hz=aligned.rate_hz,
            )
        )
    is_fitted = (joint, side) in lever_arms.mismatches
    observations = observe_heading(
        aligned.time_s,
        *accelerations,
        turn_rate_rad_s=turn_rate_rad_s(prepared),
        is_known=is_known,
        rate_hz=aligned.rate_hz,
        settings=FITTED_LEVER_ARMS if is_fitted else BODY_LEVER_ARMS,
    )
    return _by_movement(observations, prepared, side, 1.0 if is_fitted else _UNFITTED_FACTOR)


def _by_movement(
    observations: HeadingObservations, prepared: PreparedRecording, side: Side, factor: float
) -> HeadingObservations:
    """Group windows by the movement that their middle lies in; leave out seated ones."""
    index = np.searchsorted(prepared.aligned.time_s, observations.time_s)
    middle = np.minimum(index, len(prepared.aligned) - 1)

    def inside(task: Task, leg: Side | None = None) -> BoolArray:
        return mask_of_task(prepared, task, side=leg)[middle]

    group = np.zeros(len(observations), dtype=np.intp)
    sd_deg = [_SHARED_ERROR_DEG[None]]
    for mask, degrees in (
        (inside(Task.WALK), _SHARED_ERROR_DEG[Task.WALK]),
        (inside(Task.SQUAT), _SHARED_ERROR_DEG[Task.SQUAT]),
        (inside(Task.STEP_UP, side.other), _TRAILING_DEG),
        (inside(Task.STEP_UP, side), _SHARED_ERROR_DEG[Task.STEP_UP]),
    ):
        group[mask] = len(sd_deg)
        sd_deg.append(degrees)
    kept = ~np.any([inside(task) for task in _SEATED], axis=0)
    return HeadingObservations(
        observations.time_s[kept],
        observations.offset_rad[kept],
        observations.sd_rad[kept],
        observations.coherence,
        group[kept],
        tuple(np.radians(factor * np.array(sd_deg)).tolist()),
    )


def _from_others(
    alone: Sequence[JointHeadings], index: int
) -> Mapping[tuple[Joint, Side], PosePrior]:
    """Average the neutral stance of the other recordings of the donning that know it."""
    priors: dict[tuple[Joint, Side], PosePrior] = {}
    general = 1.0 / _GENERAL_POSE_SD_RAD**2
    for key in alone[index]:
        others = [
            headings[key]
            for other, headings in enumerate(alone)
            if other != index
            and key in headings
            and headings[key].pose_offset_sd_rad < _KNOWN_POSE_SD_RAD
        ]
        if not others:
            continue
        # Each recording includes the general prior, which may count only once.
        weights = np.array([1.0 / heading.pose_offset_sd_rad**2 - general for heading in others])
        offsets = np.array([heading.pose_offset_rad for heading in others])
        precision = float(weights.sum() + general)
        mean = float((weights * offsets).sum() / precision)
        priors[key] = PosePrior(mean, float(np.hypot(precision**-0.5, _OTHERS_REPEAT_SD_RAD)))
    return priors
