"""Skin that twists under the thigh sensors: seen by the bent knee, taken out of the angles.

In walking only a part of the twist is taken out beside the constant error of the thigh's frame. In
simulation three quarters would serve best; on the one real leg with an optical reference a quarter
brings tibial rotation nearer to it and a half makes knee adduction worse by more than it gains.
What is left in enters the uncertainty.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from imu_valgus.calibration.skin_drives import (
    HIP_UNIT_DEG,
    KNEE_UNIT_DEG,
    LARGEST_DRIVE,
    KneeWitness,
    TwistDrives,
)
from imu_valgus.calibration.skin_twist import SkinTwist, estimate_skin_twist
from imu_valgus.kinematics import AxialErrors
from imu_valgus.model import (
    FloatArray,
    Joint,
    JointAngles,
    Placement,
    Segment,
    SegmentFrame,
    Side,
    Task,
)
from imu_valgus.pipeline.prepare import PreparedRecording
from imu_valgus.pipeline.segments import Segments, is_unusable, mask_of_task
from imu_valgus.pipeline.skin_errors import shank_errors, thigh_errors, with_axial_variance
from imu_valgus.pipeline.step_up_labels import found_step_ups
from imu_valgus.rotations import compose

_WITNESS_TASKS = (
    Task.SQUAT,
    Task.SEATED_KNEE_EXTENSION,
    Task.SEATED_HIP_ROTATION,
    Task.WALK,
    Task.STEP_UP,
)
_LEG = (Segment.THIGH, Segment.SHANK, Segment.FOOT)
_LONG_AXIS = np.array([0.0, 1.0, 0.0])
_THINNED_S = 0.1
_FEWEST_SAMPLES = 15
_TRANSFER_S = 0.3
"""Time in which the weight moves from one leg to the other on a step: own choice."""
_SHARE_IN_SQUATS = 0.6
"""Half the body, and a little: muscles work against each other."""
_SMOOTH_S, _SMOOTH_IN_WALKS_S = 0.15, 0.08
"""Rotation faster than this is skin that wobbles, and the lag would amplify it; a peak picked from
what is amplified would be too large. Walking is quicker, and less is taken out of it."""
_FADE_S = 0.25
_REMOVED_IN_WALKS = 0.25
"""Share of the twist."""


@dataclass(frozen=True, slots=True, eq=False)
class SkinOfRecording:
    """What to do about the skin in one recording.

    Parameters
    ----------
    twists_rad
        By segment of the leg: internal rotation to be taken out, shape (n,).
    errors
        By thigh and shank: standard uncertainty about the long axis.
    """

    twists_rad: Mapping[Placement, FloatArray]
    errors: Mapping[Placement, AxialErrors]


@dataclass(frozen=True, slots=True, eq=False)
class SkinOfDonning:
    """Skin in all recordings of a donning, and frames with the axial uncertainty it leaves.

    Parameters
    ----------
    recordings
        In the order of the session.
    frames
        Of all sensors.
    thighs
        The estimate of each thigh that has one.
    """

    recordings: tuple[SkinOfRecording, ...]
    frames: Mapping[Placement, SegmentFrame]
    thighs: Mapping[Placement, SkinTwist]


def estimate_skin(
    prepared: Sequence[PreparedRecording],
    angles: Sequence[Sequence[JointAngles]],
    frames: Mapping[Placement, SegmentFrame],
    *,
    mismatches: Mapping[tuple[Joint, Side], float],
    is_removed: bool,
) -> SkinOfDonning:
    """Estimate how the skin of both thighs twists in all recordings of a donning.

    Parameters
    ----------
    prepared, angles
        The recordings and their joint angles with the skin left in.
    frames
        Sensor-to-segment calibration.
    mismatches
        By joint: what no levers explain (`imu_valgus.pipeline.lever_arms`).
    is_removed
        Whether the twist is to be taken out; what is left in enters the uncertainty.
    """
    twists: list[dict[Placement, FloatArray]] = [{} for _ in prepared]
    errors: list[dict[Placement, AxialErrors]] = [{} for _ in prepared]
    updated, thighs = dict(frames), dict[Placement, SkinTwist]()
    for side in Side:
        thigh, shank, foot = (Placement.of(part, side) for part in _LEG)
        legs = [_leg(one, joints, side) for one, joints in zip(prepared, angles, strict=True)]
        if not {thigh, shank} <= frames.keys() or is_unusable(frames[thigh]):
            continue
        neutral = _neutral_deg([leg for leg in legs if leg is not None])
        if neutral is None:
            continue
        drives = [None if leg is None else _drives(leg, neutral) for leg in legs]
        axial_sd_deg = float(np.degrees(np.sqrt(frames[thigh].covariance_rad2[1, 1])))
        skin = estimate_skin_twist(
            _witnesses(legs, drives, neutral),
            axial_sd_deg=axial_sd_deg,
            mismatches={joint: value for (joint, leg), value in mismatches.items() if leg is side},
        )
        updated[thigh] = with_axial_variance(frames[thigh], skin, is_removed=is_removed)
        thighs[thigh] = skin
        for number, (leg, drive) in enumerate(zip(legs, drives, strict=True)):
            if leg is None or drive is None:
                continue
            outside = _outside_walks(leg.prepared)
            removed = is_removed * (_REMOVED_IN_WALKS + (1.0 - _REMOVED_IN_WALKS) * outside)
            smooth = _smoothed(drive, outside, leg.prepared.aligned.rate_hz)
            constant, twist = np.radians(skin.constant_deg), np.radians(skin.twist_deg(smooth))
            everywhere = np.full_like(removed, constant if is_removed else 0.0)
            twists[number][thigh] = everywhere + twist * removed
            # What hangs below is turned along, so that neutral stance stays the zero of the knee.
            twists[number][shank] = twists[number][foot] = everywhere
            errors[number][thigh] = thigh_errors(skin, smooth, 1.0 - removed)
            errors[number][shank] = shank_errors(skin, smooth)
    recordings = (SkinOfRecording(*pair) for pair in zip(twists, errors, strict=True))
    return SkinOfDonning(tuple(recordings), updated, thighs)


def without_twist(segments: Segments, skin: SkinOfRecording) -> Segments:
    """Turn the legs back by what the skin of their thighs twisted."""
    return {
        place: series
        if place not in skin.twists_rad or place.side is None
        else replace(
            series,
            to_earth=compose(
                series.to_earth,
                _about_leg(-place.side.sign * skin.twists_rad[place]),
            ),
        )
        for place, series in segments.items()
    }


def _about_leg(turn_rad: FloatArray) -> Rotation:
    return Rotation.from_rotvec(turn_rad[:, None] * _LONG_AXIS)


@dataclass(frozen=True, slots=True, eq=False)
class _Leg:
    prepared: PreparedRecording
    side: Side
    hip: JointAngles
    knee: JointAngles


def _leg(prepared: PreparedRecording, angles: Sequence[JointAngles], side: Side) -> _Leg | None:
    joints = {joint.joint: joint for joint in angles if joint.side is side}
    hip = joints.get(Joint.HIP, joints.get(Joint.FEMUR))
    if hip is None or Joint.KNEE not in joints:
        return None
    return _Leg(prepared, side, hip, joints[Joint.KNEE])


def _columns(leg: _Leg) -> FloatArray:
    """Hip flexion, hip rotation, knee flexion, knee adduction in degrees, shape (n, 4)."""
    hip, knee = leg.hip, leg.knee
    return np.stack(
        [hip.flexion_deg, hip.internal_rotation_deg, knee.flexion_deg, knee.adduction_deg], axis=-1
    )


def _neutral_deg(legs: Sequence[_Leg]) -> FloatArray | None:
    """Mean of the columns over all stands, shape (4,); None where nobody stands."""
    stands = [_columns(leg)[stand.span.slice] for leg in legs for stand in leg.prepared.stands]
    rows = np.concatenate(stands) if stands else np.empty((0, 4))
    rows = rows[np.isfinite(rows).all(axis=1)]
    return np.asarray(rows.mean(axis=0)) if len(rows) else None


def _drives(leg: _Leg, neutral: FloatArray) -> TwistDrives:
    away = _columns(leg) - neutral
    hip, knee = away[:, 0] / HIP_UNIT_DEG, away[:, 2] / KNEE_UNIT_DEG
    bend = np.nan_to_num(np.clip(knee, 0.0, LARGEST_DRIVE))
    return TwistDrives(hip, knee, bend * _loaded_share(leg, hip), away[:, 1])


def _loaded_share(leg: _Leg, hip: FloatArray) -> FloatArray:
    """How far the leg carries the body: on a step, in squats, in stance; shape (n,)."""
    prepared, side = leg.prepared, leg.side
    share = np.zeros(hip.size)
    ramp = max(round(_TRANSFER_S * prepared.aligned.rate_hz), 1)
    at = np.arange(hip.size)
    for found in found_step_ups(prepared):
        if found.side is side and found.phases:
            _lift, placed, _rise, _top, _lower, bottom = found.phases
            up, down = (at - placed) / ramp, 1.0 - (at - bottom) / ramp
            share = np.maximum(share, np.clip(np.minimum(up, down), 0.0, 1.0))
    share[mask_of_task(prepared, Task.SQUAT, side=side)] = _SHARE_IN_SQUATS
    extending = np.gradient(gaussian_filter1d(np.nan_to_num(hip), 5.0)) < 0.0
    walking = mask_of_task(prepared, Task.WALK, side=side)
    share[walking] = extending[walking]
    return share


def _witnesses(
    legs: Sequence[_Leg | None], drives: Sequence[TwistDrives | None], neutral: FloatArray
) -> list[KneeWitness]:
    """Gather the knee adductions of the same movement from all recordings."""
    found: list[KneeWitness] = []
    for task in _WITNESS_TASKS:
        parts = [
            _thinned(leg, drive, task)
            for leg, drive in zip(legs, drives, strict=True)
            if leg is not None and drive is not None
        ]
        table = np.concatenate(parts) if parts else np.empty((0, 6))
        if len(table) >= _FEWEST_SAMPLES:
            hip, knee, load, rotation, flexion, adduction = table.T
            found.append(
                KneeWitness(
                    task,
                    TwistDrives(hip, knee, load, rotation),
                    flexion_rad=np.radians(flexion),
                    adduction_deg=adduction - neutral[3],
                )
            )
    return found


def _thinned(leg: _Leg, drives: TwistDrives, task: Task) -> FloatArray:
    table = np.stack(
        [
            drives.hip,
            drives.knee,
            drives.load,
            drives.rotation_deg,
            leg.knee.flexion_deg,
            leg.knee.adduction_deg,
        ],
        axis=-1,
    )
    usable = mask_of_task(leg.prepared, task, side=leg.side) & np.isfinite(table).all(axis=1)
    return table[usable][:: max(round(_THINNED_S * leg.prepared.aligned.rate_hz), 1)]


def _outside_walks(prepared: PreparedRecording) -> FloatArray:
    """One outside of walks, zero inside, with a short fade; shape (n,)."""
    outside = (~mask_of_task(prepared, Task.WALK)).astype(np.float64)
    faded = gaussian_filter1d(outside, _FADE_S * prepared.aligned.rate_hz, mode="nearest")
    return np.asarray(np.minimum(outside, faded))


def _smoothed(drives: TwistDrives, outside: FloatArray, rate_hz: float) -> TwistDrives:
    """Bridge gaps, so that one sensor's gap leaves no hole in the other joint, and calm rotation.

    Where a joint's own sensors have a gap its angles stay unknown all the same.
    """
    rotation = _bridged(drives.rotation_deg)
    calm = gaussian_filter1d(rotation, _SMOOTH_S * rate_hz)
    quick = gaussian_filter1d(rotation, _SMOOTH_IN_WALKS_S * rate_hz)
    rotation = quick + outside * (calm - quick)
    return TwistDrives(_bridged(drives.hip), _bridged(drives.knee), drives.load, rotation)


def _bridged(values: FloatArray) -> FloatArray:
    known = np.flatnonzero(np.isfinite(values))
    if known.size == 0:
        return np.zeros_like(values)
    return np.asarray(np.interp(np.arange(values.size), known, values[known]))
