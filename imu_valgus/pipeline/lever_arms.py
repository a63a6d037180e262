"""Lever arms of all joints of a donning, and how loosely the sensors sit on their bones."""

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
        By joint and placement, segment axes, shape (3,).
    mismatches
        By joint: what no levers explain of the acceleration that both sensors must share, as a
        share of it (`imu_valgus.calibration.lever_arms`); only joints whose levers were fitted.
    """

    lever_arms_m: Mapping[tuple[JointOfSide, Placement], FloatArray]
    mismatches: Mapping[JointOfSide, float]

    def fitted_knees_m(self) -> dict[Placement, FloatArray]:
        """Levers to the knees that the movement showed, by sensor."""
        return {
            placement: lever_arm
            for (key, placement), lever_arm in self.lever_arms_m.items()
            if key[0] is Joint.KNEE and key in self.mismatches
        }


def expected_lever_arms(segments: Sequence[Segments], lengths: SegmentLengths) -> DonningLeverArms:
    """Levers as body size suggests, for all joints that the worn sensors allow."""
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
    """Correct the levers by what the sensors' accelerations say in all recordings.

    Parameters
    ----------
    prepared, headings
        The recordings and the relative headings of their joints.
    frames
        Sensor-to-segment calibration.
    expected
        Levers to start from, and to keep where the joint hardly moves.
    """
    fits: dict[JointOfSide, list[LeverArmFit]] = {}
    for one, turned in zip(prepared, headings, strict=True):
        for key, heading in turned.items():
            fit = _fit(one, key, heading, frames, expected)
            if fit is not None:
                fits.setdefault(key, []).append(fit)
    lever_arms = dict(expected.lever_arms_m)
    for (joint, side), found in fits.items():
        proximal, distal = placements_of(joint, side)
        weights = np.array([fit.duration_s for fit in found])
        for placement, corrections in (
            (proximal, [fit.proximal_m for fit in found]),
            (distal, [fit.distal_m for fit in found]),
        ):
            if placement is not None:
                mean = np.average(corrections, axis=0, weights=weights)
                lever_arms[(joint, side), placement] = lever_arms[(joint, side), placement] + mean
    return DonningLeverArms(lever_arms, {key: _mean_mismatch(found) for key, found in fits.items()})


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
    known = [prepared.orientations[placement].is_known for placement in pair]
    usable = np.logical_and(*known)
    distal = rotate(
        prepared.orientations[heading.distal].to_earth,
        np.nan_to_num(aligned.streams[heading.distal].acc),
    )
    # Two minutes of movement suffice: the rest is not worth its time.
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


def _mean_mismatch(fits: Sequence[LeverArmFit]) -> float:
    squares = np.array([fit.mismatch for fit in fits]) ** 2
    return float(np.sqrt(np.average(squares, weights=[fit.duration_s for fit in fits])))
