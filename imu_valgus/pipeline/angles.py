"""Turn segment frames into joint angles: one heading per joint, then Grood-Suntay angles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from imu_valgus.calibration.lever_arms import SegmentLengths
from imu_valgus.calibration.skin_twist import SkinTwist
from imu_valgus.kinematics import OrientationErrors, estimate_joint_angles
from imu_valgus.model import (
    Joint,
    JointAngles,
    OrientationSeries,
    Placement,
    RelativeHeading,
    Segment,
    SegmentFrame,
    Side,
)
from imu_valgus.pipeline.headings import (
    Evidence,
    JointHeadings,
    estimate_headings,
    gather_evidence,
    no_evidence,
)
from imu_valgus.pipeline.lever_arms import DonningLeverArms, expected_lever_arms, fitted_lever_arms
from imu_valgus.pipeline.prepare import PreparedRecording
from imu_valgus.pipeline.refine import refine_thighs, zero_in_standing
from imu_valgus.pipeline.segments import Segments, is_unusable, placements_of, segments_of
from imu_valgus.pipeline.skin import SkinOfRecording, estimate_skin, without_twist
from imu_valgus.rotations import about_earth_z, compose

INCLINATION_SD_RAD = float(np.radians(0.5))
"""Standard uncertainty of a segment's inclination from fusion in motion (docs/fusion.md)."""

CLOCK_SD_S = 0.003
"""How far apart the clocks of two sensors may be after alignment; our own choice."""

_FACING_X = Rotation.from_matrix([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""Upright segment frame to earth: x along earth x, y up, z to the right."""

_NO_ERROR = np.zeros((3, 3))


@dataclass(frozen=True, slots=True, eq=False)
class RecordingAngles:
    """Joint angles of one recording, and the relative headings they rest on.

    Parameters
    ----------
    angles
        Angles of each joint and side.
    headings
        Relative heading of each joint and side.
    """

    angles: tuple[JointAngles, ...]
    headings: tuple[RelativeHeading, ...]


@dataclass(frozen=True, slots=True)
class AngleStages:
    """Which optional stages of the angle estimate are used.

    Parameters
    ----------
    sees_accelerations
        Whether headings also use the slow accelerations that two neighbouring sensors share;
        otherwise they rest on static trials alone.
    sees_knee_plane
        Whether the thigh frames are corrected by the plane in which the knee bends.
    removes_skin
        Whether the twist of the thighs' skin, as the bent knee shows it, is taken out of the
        angles; otherwise it only enters the uncertainty.
    """

    sees_accelerations: bool = True
    sees_knee_plane: bool = True
    removes_skin: bool = True


ALL_STAGES = AngleStages()


@dataclass(frozen=True, slots=True, eq=False)
class DonningAngles:
    """Angles of all recordings of a donning, and the estimates they rest on.

    Parameters
    ----------
    recordings
        Angles and headings in the order of the session.
    frames
        Sensor-to-segment calibration as corrected by knee plane, neutral stance and skin.
    coherences
        Largest coherence of the slow accelerations of two neighbouring sensors over all
        recordings, 0 to 1.
    skins
        Estimated twist of the skin of each thigh.
    lever_arms
        Lever arms from sensors to joints, fitted where the movement showed them.
    """

    recordings: tuple[RecordingAngles, ...]
    frames: Mapping[Placement, SegmentFrame]
    coherences: Mapping[tuple[Placement, Placement], float]
    skins: Mapping[Placement, SkinTwist]
    lever_arms: DonningLeverArms


def angles_of_donning(
    prepared: Sequence[PreparedRecording],
    frames: Mapping[Placement, SegmentFrame],
    lengths: SegmentLengths,
    *,
    stages: AngleStages = ALL_STAGES,
) -> DonningAngles:
    """Estimate the angles of all joints that the worn sensors form, in a whole donning.

    Headings come first, with the frames as calibrated; how a frame is turned about the long axis
    does not change them. With the headings, the plane in which each knee bends corrects the thigh
    frames, and neutral stance sets the zero of shanks and feet. A first set of angles then shows
    how the skin of the thighs twists, and the final angles are made without that twist.

    Parameters
    ----------
    prepared
        Oriented sensors, one entry per recording.
    frames
        Sensor-to-segment calibration.
    lengths
        Lengths of the leg's segments.
    stages
        Optional stages to use.

    Returns
    -------
    DonningAngles
        Angles that need an unusable frame are NaN.
    """
    coarse = [segments_of(recording, frames) for recording in prepared]
    lever_arms = expected_lever_arms(coarse, lengths)
    if stages.sees_accelerations:
        evidence = gather_evidence(prepared, coarse, frames, lever_arms)
        headings = estimate_headings(prepared, coarse, evidence)
        lever_arms = fitted_lever_arms(prepared, headings, frames, lever_arms)
        evidence = gather_evidence(prepared, coarse, frames, lever_arms)
    else:
        evidence = no_evidence(coarse)
    headings = estimate_headings(prepared, coarse, evidence)
    refined = (
        refine_thighs(prepared, coarse, headings, frames) if stages.sees_knee_plane else frames
    )
    for joint in (Joint.KNEE, Joint.ANKLE):
        refined = zero_in_standing(joint, prepared, headings, refined)
    segments = [segments_of(recording, refined) for recording in prepared]
    skin = estimate_skin(
        prepared,
        [
            # Hips and knees with the skin left in, without uncertainties.
            [
                _joint(key, worn, heading, refined, None)
                for key, heading in joints.items()
                if key[0] is not Joint.ANKLE
            ]
            for worn, joints in zip(segments, headings, strict=True)
        ],
        refined,
        mismatches=lever_arms.mismatches,
        is_removed=stages.removes_skin,
    )
    recordings = tuple(
        _recording_angles(without_twist(worn, twist), joints, skin.frames, twist)
        for worn, joints, twist in zip(segments, headings, skin.recordings, strict=True)
    )
    return DonningAngles(recordings, skin.frames, _coherences(evidence), skin.thighs, lever_arms)


def _coherences(evidence: Sequence[Evidence]) -> dict[tuple[Placement, Placement], float]:
    best: dict[tuple[Placement, Placement], float] = {}
    for joints in evidence:
        for key, observations in joints.items():
            proximal, distal = placements_of(*key)
            if proximal is not None and np.isfinite(observations.coherence):
                pair = (proximal, distal)
                best[pair] = max(best.get(pair, 0.0), observations.coherence)
    return best


def _recording_angles(
    segments: Segments,
    headings: JointHeadings,
    frames: Mapping[Placement, SegmentFrame],
    skin: SkinOfRecording,
) -> RecordingAngles:
    angles = tuple(
        _joint(key, segments, heading, frames, skin) for key, heading in headings.items()
    )
    return RecordingAngles(angles, tuple(headings.values()))


def _joint(
    key: tuple[Joint, Side],
    segments: Segments,
    heading: RelativeHeading,
    frames: Mapping[Placement, SegmentFrame],
    skin: SkinOfRecording | None,
) -> JointAngles:
    """Estimate the angles of one joint; without skin, also without uncertainties."""
    joint, side = key
    proximal_place, distal_place = placements_of(joint, side)
    distal = segments[distal_place]
    facing = replace(distal, to_earth=compose(about_earth_z(heading.offset_rad), distal.to_earth))
    proximal = _upright(distal) if proximal_place is None else segments[proximal_place]
    proximal_frame = None if proximal_place is None else frames[proximal_place]
    angles = estimate_joint_angles(
        proximal,
        facing,
        joint=joint,
        side=side,
        errors=None
        if skin is None
        else replace(
            _errors(proximal_frame, frames[distal_place], heading),
            proximal_skin=None if proximal_place is None else skin.errors.get(proximal_place),
            distal_skin=skin.errors.get(distal_place),
        ),
    )
    if any(is_unusable(frame) for frame in (proximal_frame, frames[distal_place]) if frame):
        unknown = np.full_like(angles.angles_deg, np.nan)
        return JointAngles(joint, side, angles.time_s, unknown, unknown)
    return angles


def _errors(
    proximal: SegmentFrame | None, distal: SegmentFrame, heading: RelativeHeading
) -> OrientationErrors:
    return OrientationErrors(
        proximal_frame_rad2=_NO_ERROR if proximal is None else proximal.covariance_rad2,
        distal_frame_rad2=distal.covariance_rad2,
        heading_sd_rad=heading.sd_rad,
        heading_change_sd_rad=heading.change_sd_rad,
        inclination_sd_rad=INCLINATION_SD_RAD,
        clock_sd_s=CLOCK_SD_S,
        is_distal_zeroed=proximal is not None and proximal.placement.segment is not Segment.PELVIS,
    )


def _upright(like: OrientationSeries) -> OrientationSeries:
    """Stand-in for the proximal segment of the femur's angles, on the clock of another segment."""
    upright = Rotation.from_quat(np.tile(_FACING_X.as_quat(), (len(like), 1)))
    return OrientationSeries(like.time_s, upright, np.ones(len(like), dtype=np.bool_))
