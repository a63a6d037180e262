"""Estimate the lever arms from sensors to joints, and how loosely the sensors sit on the bones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imu_valgus.calibration.lever_arms import (
    LeverArmFit,
    SegmentLengths,
    fit_lever_arms,
    joint_end,
    lever_arm_to,
    stretch_of_movement,
)
from imu_valgus.model import FloatArray, Joint, Placement, RelativeHeading, SegmentFrame, Side
from imu_valgus.pipeline.prepare import PreparedRecording
from imu_valgus.pipeline.segments import Segments, joints_of, placements_of
from imu_valgus.rotations import about_earth_z, compose, rotate

JointOfSide = tuple[Joint, Side]


@dataclass(frozen=True, slots=True, eq=False)
class DonningLeverArms:
    """Lever arms from the sensors to the joints of their segments.

    Parameters
    ----------
    lever_arms_m
        Vector from sensor to joint in segment axes, by joint and placement, shape (3,).
    mismatches
        Share of the acceleration common to both sensors that no lever arms explain, by joint
        (`imu_valgus.calibration.lever_arms`); only joints whose lever arms were fitted.
    """

    lever_arms_m: Mapping[tuple[JointOfSide, Placement], FloatArray]
    mismatches: Mapping[JointOfSide, float]

    def fitted_knees_m(self) -> dict[Placement, FloatArray]:
        """Return the fitted lever arms to the knees, by placement."""
        return {
            placement: lever_arm
            for (key, placement), lever_arm in self.lever_arms_m.items()
            if key[0] is Joint.KNEE and key in self.mismatches
        }


def expected_lever_arms(segments: Sequence[Segments], lengths: SegmentLengths) -> DonningLeverArms:
    """Derive lever arms from body size for all joints that the worn sensors form.

    Parameters
    ----------
    segments
        Segments of each recording.
    lengths
        Lengths of the leg's segments.

    Returns
    -------
    DonningLeverArms
        Expected lever arms without fits; those of the femur, which has no proximal sensor, are left
        out.
    """
    lever_arms: dict[tuple[JointOfSide, Placement], FloatArray] = {}
    for worn in segments:
        for joint, side in joints_of(worn):
            pair = placements_of(joint, side)
            for placement in pair:
                if placement is not None and None not in pair:
                    lever_arm = lever_arm_to(joint, placement=placement, side=side, lengths=lengths)
                    lever_arms[(joint, side), placement] = lever_arm
    return DonningLeverArms(lever_arms, {})


def fitted_lever_arms(
    prepared: Sequence[PreparedRecording],
    headings: Sequence[Mapping[JointOfSide, RelativeHeading]],
    frames: Mapping[Placement, SegmentFrame],
    expected: DonningLeverArms,
) -> DonningLeverArms:
    """Correct the lever arms by the sensors' accelerations in all recordings.

    Parameters
    ----------
    prepared, headings
        The recordings and the relative headings of their joints.
    frames
        Sensor-to-segment calibration.
    expected
        Lever arms to start from, kept where a joint hardly moves.

    Returns
    -------
    DonningLeverArms
        Corrections are means over recordings, weighted by the duration of movement.
    """
    fits: dict[JointOfSide, list[LeverArmFit]] = {}
    for recording, joints in zip(prepared, headings, strict=True):
        for key, heading in joints.items():
            fit = _fit(recording, key, heading, frames, expected)
            if fit is not None:
                fits.setdefault(key, []).append(fit)
    lever_arms = dict(expected.lever_arms_m)
    mismatches: dict[JointOfSide, float] = {}
    for key, fits_of_joint in fits.items():
        proximal, distal = placements_of(*key)
        weights = np.array([fit.duration_s for fit in fits_of_joint])
        for placement, corrections in (
            (proximal, [fit.proximal_m for fit in fits_of_joint]),
            (distal, [fit.distal_m for fit in fits_of_joint]),
        ):
            if placement is not None:
                mean = np.average(corrections, axis=0, weights=weights)
                lever_arms[key, placement] = lever_arms[key, placement] + mean
        squares = np.array([fit.mismatch for fit in fits_of_joint]) ** 2
        mismatches[key] = float(np.sqrt(np.average(squares, weights=weights)))
    return DonningLeverArms(lever_arms, mismatches)


def _fit(
    prepared: PreparedRecording,
    key: JointOfSide,
    heading: RelativeHeading,
    frames: Mapping[Placement, SegmentFrame],
    expected: DonningLeverArms,
) -> LeverArmFit | None:
    if heading.proximal is None:
        return None
    aligned, pair = prepared.aligned, (heading.proximal, heading.distal)
    usable = np.logical_and(*(prepared.orientations[placement].is_known for placement in pair))
    distal = rotate(
        prepared.orientations[heading.distal].to_earth,
        np.nan_to_num(aligned.streams[heading.distal].acc),
    )
    # Two minutes of movement suffice; more would only cost time.
    part = stretch_of_movement(distal, usable=usable, rate_hz=aligned.rate_hz)
    if part is None:
        return None
    ends = []
    for placement in pair:
        to_earth = prepared.orientations[placement].to_earth[part]
        if placement is heading.distal:
            to_earth = compose(about_earth_z(heading.offset_rad[part]), to_earth)
        stream = aligned.streams[placement]
        ends.append(
            joint_end(
                stream.acc[part],
                stream.gyr[part],
                to_earth,
                frames[placement].sensor_to_segment,
                lever_arm_m=expected.lever_arms_m[key, placement],
                rate_hz=aligned.rate_hz,
            )
        )
    return fit_lever_arms(*ends, usable=usable[part], rate_hz=aligned.rate_hz)
