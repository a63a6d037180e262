"""Doubts about a calibration: what finished angles, rates and accelerations show to be wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from imu_valgus.model import (
    BoolArray,
    FloatArray,
    Grade,
    Joint,
    JointAngles,
    Placement,
    Segment,
    SegmentFrame,
    Side,
    worst_grade,
)


@dataclass(frozen=True, slots=True)
class PlausibilitySettings:
    """Limits beyond which a calibration is doubted.

    Parameters
    ----------
    rotation_range_deg, adduction_range_deg, hyperextension_deg
        Values beyond what a knee does in the movements recorded here (own choice).
    crosstalk_r2, crosstalk_slope
        If adduction follows flexion this closely, the thigh frame is turned about the leg.
    least_coherence
        Least coherence of the slow accelerations of two segments at their joint. Below it, one of
        the two sensors is loose or sits elsewhere.
    exchange_ratio
        The shank turns faster than the thigh in walking. A thigh that turns this many times as
        fast as the shank is probably a shank.
    """

    rotation_range_deg: float = 40.0
    adduction_range_deg: float = 25.0
    hyperextension_deg: float = 15.0
    crosstalk_r2: float = 0.5
    crosstalk_slope: float = 0.1
    least_coherence: float = 0.8
    exchange_ratio: float = 1.3


DEFAULT_SETTINGS = PlausibilitySettings()


def doubts_from_knees(
    knees: Sequence[JointAngles], *, settings: PlausibilitySettings = DEFAULT_SETTINGS
) -> Mapping[Placement, tuple[str, ...]]:
    """Look for impossible knee angles and for adduction that is really flexion.

    Parameters
    ----------
    knees
        Knee angles of all recordings, any side; other joints are ignored.
    settings
        See `PlausibilitySettings`.

    Returns
    -------
    Mapping of Placement to tuple of str
        Reasons to doubt the frame of that sensor.
    """
    doubts: dict[Placement, tuple[str, ...]] = {}
    for side in Side:
        of_side = [k.angles_deg for k in knees if k.joint is Joint.KNEE and k.side is side]
        if not of_side:
            continue
        angles = np.concatenate(of_side)
        angles = angles[np.isfinite(angles).all(axis=1)]
        if len(angles) < 100:
            continue
        reasons = tuple(_knee_reasons(angles, settings))
        if reasons:
            doubts[Placement.of(Segment.THIGH, side)] = reasons
    return doubts


def doubts_from_rates(
    walking_rms_rad_s: Mapping[Placement, float],
    *,
    settings: PlausibilitySettings = DEFAULT_SETTINGS,
) -> Mapping[Placement, tuple[str, ...]]:
    """Look for an exchanged thigh and shank: the shank turns faster in walking.

    Parameters
    ----------
    walking_rms_rad_s
        Root mean square of each sensor's angular rate while walking.
    settings
        See `PlausibilitySettings`.

    Returns
    -------
    Mapping of Placement to tuple of str
        Reasons to doubt thigh and shank of a leg.
    """
    doubts: dict[Placement, tuple[str, ...]] = {}
    for side in Side:
        thigh, shank = Placement.of(Segment.THIGH, side), Placement.of(Segment.SHANK, side)
        if thigh not in walking_rms_rad_s or shank not in walking_rms_rad_s:
            continue
        if walking_rms_rad_s[thigh] > settings.exchange_ratio * walking_rms_rad_s[shank]:
            reason = (
                f"The {thigh.words} sensor turns faster than the {shank.words} sensor while "
                "walking: thigh and shank are probably exchanged."
            )
            doubts[thigh] = doubts[shank] = (reason,)
    return doubts


def doubts_from_coherence(
    coherences: Mapping[tuple[Placement, Placement], float],
    *,
    settings: PlausibilitySettings = DEFAULT_SETTINGS,
) -> Mapping[Placement, tuple[str, ...]]:
    """Look for a loose sensor: neighbours must feel the same slow acceleration at their joint.

    Parameters
    ----------
    coherences
        Coherence of the accelerations by pair of neighbouring sensors (proximal, distal), 0 to 1,
        NaN where unknown.
    settings
        See `PlausibilitySettings`.

    Returns
    -------
    Mapping of Placement to tuple of str
        Reasons to doubt the distal sensor of a pair.
    """
    doubts: dict[Placement, tuple[str, ...]] = {}
    for (proximal, distal), coherence in coherences.items():
        if coherence < settings.least_coherence:
            reason = (
                f"The {proximal.words} and the {distal.words} sensor do not feel the same "
                "movement of the joint between them: is one of them loose?"
            )
            doubts[distal] = (*doubts.get(distal, ()), reason)
    return doubts


def doubts_from_phase(
    thigh_rates: Mapping[Side, FloatArray],
    shank_rates: Mapping[Side, FloatArray],
    walking: BoolArray,
) -> Mapping[Placement, tuple[str, ...]]:
    """Look for a thigh and a shank that carry the same side but sit on different legs.

    Parameters
    ----------
    thigh_rates, shank_rates
        Angular rates about the segment's z axis by side, shape (n,), NaN in gaps.
    walking
        Samples in walking bouts, shape (n,).

    Returns
    -------
    Mapping of Placement to tuple of str
        Reasons to doubt all four sensors; empty unless both legs wear sensors.
    """
    if len(set(thigh_rates) & set(shank_rates)) < 2 or not walking.any():
        return {}
    same = sum(_correlation(thigh_rates[side], shank_rates[side], walking) for side in Side)
    crossed = sum(
        _correlation(thigh_rates[side], shank_rates[side.other], walking) for side in Side
    )
    if crossed <= same:
        return {}
    reason = (
        "Each thigh moves in step with the other leg's shank: "
        "left and right are probably exchanged on thighs or shanks."
    )
    return {
        Placement.of(segment, side): (reason,)
        for segment in (Segment.THIGH, Segment.SHANK)
        for side in Side
    }


def with_doubts(
    frames: Mapping[Placement, SegmentFrame],
    doubts: Mapping[Placement, tuple[str, ...]],
    grade: Grade,
) -> dict[Placement, SegmentFrame]:
    """Lower the grade of doubted frames and add the reasons.

    Parameters
    ----------
    frames
        Frames by sensor.
    doubts
        Reasons to doubt a sensor.
    grade
        Highest grade that a doubted frame keeps.

    Returns
    -------
    dict of Placement to SegmentFrame
        All frames, doubted or not.
    """
    return {
        placement: replace(
            frame,
            grade=worst_grade([frame.grade, grade]),
            reasons=frame.reasons + doubts[placement],
        )
        if doubts.get(placement)
        else frame
        for placement, frame in frames.items()
    }


def _knee_reasons(angles: FloatArray, settings: PlausibilitySettings) -> list[str]:
    reasons: list[str] = []
    flexion, adduction, rotation = angles.T
    rotation_range = float(np.ptp(np.percentile(rotation, [2.0, 98.0])))
    adduction_range = float(np.ptp(np.percentile(adduction, [2.0, 98.0])))
    extended = float(np.percentile(flexion, 1.0))
    if rotation_range > settings.rotation_range_deg:
        reasons.append(f"Tibial rotation covers {rotation_range:.0f}°, more than a knee does.")
    if adduction_range > settings.adduction_range_deg:
        reasons.append(f"Knee adduction covers {adduction_range:.0f}°, more than a knee does.")
    if extended < -settings.hyperextension_deg:
        reasons.append(
            f"The knee seems to overextend by {-extended:.0f}°: is a sensor in the wrong place?"
        )
    bent = (flexion > 10.0) & (flexion < 70.0)
    if np.count_nonzero(bent) > 100:
        slope, r2 = _regression(flexion[bent], adduction[bent])
        if r2 > settings.crosstalk_r2 and abs(slope) > settings.crosstalk_slope:
            turn_deg = np.degrees(np.arctan(abs(slope)))
            reasons.append(
                f"Knee adduction follows flexion: the thigh frame is probably turned about the "
                f"leg by about {turn_deg:.0f}°."
            )
    return reasons


def _regression(x: FloatArray, y: FloatArray) -> tuple[float, float]:
    covariance = np.cov(x, y)
    slope = covariance[0, 1] / max(covariance[0, 0], 1e-12)
    r2 = covariance[0, 1] ** 2 / max(covariance[0, 0] * covariance[1, 1], 1e-12)
    return float(slope), float(r2)


def _correlation(x: FloatArray, y: FloatArray, mask: BoolArray) -> float:
    usable = mask & np.isfinite(x) & np.isfinite(y)
    return float(np.corrcoef(x[usable], y[usable])[0, 1]) if np.count_nonzero(usable) > 10 else 0.0
