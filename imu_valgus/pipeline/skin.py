"""Estimate how skin twists under the thigh sensors, take it out of the angles, and report it.

The bent knee shows the twist (`imu_valgus.calibration.skin_twist`). Outside of walks all of it is
taken out. In walking only a part is taken out, besides the constant error of the thigh's frame: in
simulation three quarters would serve best, but on the one real leg with an optical reference a
quarter brings tibial rotation nearer to the reference, and a half makes knee adduction worse by
more than it gains. What is left in enters the uncertainty of thigh and shank about their long axes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from imu_valgus.calibration.skin_twist import (
    HIP_UNIT_DEG,
    KNEE_UNIT_DEG,
    LARGEST_DRIVE,
    KneeWitness,
    SkinTwist,
    TwistDrives,
    estimate_skin_twist,
)
from imu_valgus.kinematics import AxialErrors
from imu_valgus.model import (
    Finding,
    FloatArray,
    Joint,
    JointAngles,
    Placement,
    Segment,
    SegmentFrame,
    Severity,
    Side,
    Task,
)
from imu_valgus.pipeline.prepare import PreparedRecording
from imu_valgus.pipeline.segments import Segments, is_unusable, mask_of_task
from imu_valgus.pipeline.step_ups import found_step_ups
from imu_valgus.rotations import compose

_MODEL_FACTOR, _LEFT_IN_FACTOR = 0.1, 2.2
_MISFIT_DEG, _WOBBLE_DEG = 1.1, 0.3
_LEVEL_FRAME_FACTOR, _LEVEL_FACTOR, _LEVEL_LEFT_IN_FACTOR = 0.05, 0.1, 1.5
_LEVEL_DEG = 1.1
_SHANK_KNEE_DEG, _SHANK_LOAD_DEG = 1.2, 1.8
"""Size of the uncertainty from skin: factors on the variance of the model and of the twist that is
left in, misfit per unit of drive, and twist of the shank's skin. Set on simulated people 201 to
216, 301 to 316, 401 to 424 and 501 to 544 so that about two thirds of the true values lie within
one standard uncertainty, at three levels of skin under two laws. The model's own variance has
little weight because the misfit of its form, which also grows with looseness, stands for most of
it."""

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
"""Time in which the weight moves from one leg to the other on a step; our own choice."""

_SHARE_IN_SQUATS = 0.6
"""Load on each leg in a squat: half the body and a little more, as muscles oppose each other."""

_SMOOTH_S, _SMOOTH_IN_WALKS_S = 0.15, 0.08
"""Smoothing of hip rotation. Faster rotation is skin that wobbles; the lag would amplify it, and a
peak picked from the amplified signal would be too large. Walking is quicker, and less is taken out
of it."""

_FADE_S = 0.25
"""Width of the fade between walking and other movement."""

_REMOVED_IN_WALKS = 0.25
"""Share of the twist that is taken out in walking."""

_LOADED_TASKS = frozenset({Task.STEP_UP, Task.SQUAT})
"""Only after these tasks is the skin reported."""

_SAME_SHARE = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class SkinOfRecording:
    """Twist and uncertainty from skin in one recording.

    Parameters
    ----------
    twists_rad
        Internal rotation to take out, by segment of the leg, shape (n,).
    errors
        Standard uncertainty about the long axis, by thigh and shank.
    """

    twists_rad: Mapping[Placement, FloatArray]
    errors: Mapping[Placement, AxialErrors]


@dataclass(frozen=True, slots=True, eq=False)
class SkinOfDonning:
    """Skin in all recordings of a donning, and frames with the axial uncertainty it leaves.

    Parameters
    ----------
    recordings
        Twist and uncertainty, in the order of the session.
    frames
        Sensor-to-segment calibration of all sensors.
    thighs
        Estimated twist of each thigh that has an estimate.
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
        The recordings, and their joint angles with the skin left in.
    frames
        Sensor-to-segment calibration.
    mismatches
        Acceleration that no lever arms explain, by joint (`imu_valgus.pipeline.lever_arms`).
    is_removed
        Whether the twist is taken out; what is left in enters the uncertainty.

    Returns
    -------
    SkinOfDonning
        Legs without a thigh or shank sensor, or without a static trial, have no estimate.
    """
    twists: list[dict[Placement, FloatArray]] = [{} for _ in prepared]
    errors: list[dict[Placement, AxialErrors]] = [{} for _ in prepared]
    updated, thighs = dict(frames), dict[Placement, SkinTwist]()
    for side in Side:
        thigh, shank, foot = (Placement.of(part, side) for part in _LEG)
        legs = [_leg(*pair, side) for pair in zip(prepared, angles, strict=True)]
        if not {thigh, shank} <= frames.keys() or is_unusable(frames[thigh]):
            continue
        neutral = _neutral_deg([leg for leg in legs if leg is not None])
        if neutral is None:
            continue
        drives = [None if leg is None else _drives(leg, neutral) for leg in legs]
        skin = estimate_skin_twist(
            _witnesses(legs, drives, neutral),
            axial_sd_deg=float(np.degrees(np.sqrt(frames[thigh].covariance_rad2[1, 1]))),
            mismatches={joint: value for (joint, leg), value in mismatches.items() if leg is side},
        )
        updated[thigh] = _with_axial_variance(frames[thigh], skin, is_removed=is_removed)
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
            # Shank and foot turn along, so that neutral stance stays the zero of the knee.
            twists[number][shank] = twists[number][foot] = everywhere
            errors[number][thigh] = _thigh_errors(skin, smooth, 1.0 - removed)
            errors[number][shank] = _shank_errors(skin, smooth)
    recordings = (SkinOfRecording(*pair) for pair in zip(twists, errors, strict=True))
    return SkinOfDonning(tuple(recordings), updated, thighs)


def without_twist(segments: Segments, skin: SkinOfRecording) -> Segments:
    """Return the segments with the twist of the thighs' skin taken out of both legs.

    Parameters
    ----------
    segments
        Segment-to-earth orientations of one recording.
    skin
        Twist in the same recording.

    Returns
    -------
    Segments
        The same segments; those without an estimated twist are unchanged.
    """
    corrected = dict(segments)
    for place, series in segments.items():
        if place in skin.twists_rad and place.side is not None:
            turn_rad = -place.side.sign * skin.twists_rad[place]
            turn = Rotation.from_rotvec(turn_rad[:, None] * _LONG_AXIS)
            corrected[place] = replace(series, to_earth=compose(series.to_earth, turn))
    return corrected


def skin_findings(
    skins: Mapping[Placement, SkinTwist],
    prepared: Sequence[PreparedRecording],
    *,
    is_removed: bool,
) -> Iterator[Finding]:
    """Report what the skin does to the rotation of legs that were bent under load.

    Parameters
    ----------
    skins
        Estimated twist by thigh.
    prepared
        The recordings; without step-ups or squats in them nothing is reported.
    is_removed
        Whether the twist was taken out of the angles.

    Yields
    ------
    Finding
        Notes with the codes ``skin_left_in``, ``skin_lag_measured`` and ``skin_lag_unknown``.
    """
    if not is_removed:
        message = (
            "The twist of the skin on the thighs was left in the angles, as requested. Knee "
            "adduction is as the sensors show it, and hip rotation may read too small or too large."
        )
        yield Finding(Severity.NOTE, "skin_left_in", message)
        return
    if _LOADED_TASKS.isdisjoint(
        span.task for recording in prepared for span in recording.movements
    ):
        return
    for place, skin in skins.items():
        if skin.hidden_share is not None:
            message = (
                f"Under the {place.words} sensor the skin hides about "
                f"{100.0 * skin.hidden_share:.0f} % of the hip's rotation, measured in seated hip "
                f"rotation. {_allowance(skin.hidden_share, skin.allowed_share)}"
            )
            yield Finding(Severity.NOTE, "skin_lag_measured", message, placement=place)
    unmeasured = [place.words for place, skin in skins.items() if skin.hidden_share is None]
    if unmeasured:
        message = (
            f"It was not measured how much of the hip's rotation the skin under the "
            f"{' and '.join(unmeasured)} sensor{'s' * (len(unmeasured) > 1)} hides, so hip "
            "rotation may read too small. Record seated hip rotation, three times in and out with "
            "each leg."
        )
        yield Finding(Severity.NOTE, "skin_lag_unknown", message)


def _allowance(hidden: float, allowed: float) -> str:
    if hidden - allowed < _SAME_SHARE:
        return "The angles allow for this, in walking for a part of it."
    return (
        f"The angles allow for {100.0 * allowed:.0f} %, because more would mostly amplify noise, "
        "so hip rotation may read too small. A firmer strap helps."
    )


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
    """Return hip flexion, hip rotation, knee flexion, knee adduction in degrees, shape (n, 4)."""
    hip, knee = leg.hip, leg.knee
    return np.stack(
        [hip.flexion_deg, hip.internal_rotation_deg, knee.flexion_deg, knee.adduction_deg], axis=-1
    )


def _neutral_deg(legs: Sequence[_Leg]) -> FloatArray | None:
    """Return the mean of the columns over all static trials, shape (4,); None without any."""
    trials = [_columns(leg)[trial.span.slice] for leg in legs for trial in leg.prepared.trials]
    rows = np.concatenate(trials) if trials else np.empty((0, 4))
    rows = rows[np.isfinite(rows).all(axis=1)]
    return np.asarray(rows.mean(axis=0)) if len(rows) else None


def _drives(leg: _Leg, neutral: FloatArray) -> TwistDrives:
    change = _columns(leg) - neutral
    hip, knee = change[:, 0] / HIP_UNIT_DEG, change[:, 2] / KNEE_UNIT_DEG
    bend = np.nan_to_num(np.clip(knee, 0.0, LARGEST_DRIVE))
    return TwistDrives(hip, knee, bend * _loaded_share(leg, hip), change[:, 1])


def _loaded_share(leg: _Leg, hip: FloatArray) -> FloatArray:
    """Return the share of the body that the leg carries, 0 to 1, shape (n,)."""
    prepared, side = leg.prepared, leg.side
    share = np.zeros(hip.size)
    ramp = max(round(_TRANSFER_S * prepared.aligned.rate_hz), 1)
    sample = np.arange(hip.size)
    for step_up in found_step_ups(prepared):
        if step_up.side is side and step_up.phases:
            _lift, placed, _rise, _top, _lower, bottom = step_up.phases
            up, down = (sample - placed) / ramp, 1.0 - (sample - bottom) / ramp
            share = np.maximum(share, np.clip(np.minimum(up, down), 0.0, 1.0))
    share[mask_of_task(prepared, Task.SQUAT, side=side)] = _SHARE_IN_SQUATS
    extending = np.gradient(gaussian_filter1d(np.nan_to_num(hip), 5.0)) < 0.0
    walking = mask_of_task(prepared, Task.WALK, side=side)
    share[walking] = extending[walking]
    return share


def _witnesses(
    legs: Sequence[_Leg | None], drives: Sequence[TwistDrives | None], neutral: FloatArray
) -> list[KneeWitness]:
    """Gather the knee adduction in each kind of movement from all recordings."""
    witnesses: list[KneeWitness] = []
    for task in _WITNESS_TASKS:
        parts = [
            _thinned(leg, drive, task)
            for leg, drive in zip(legs, drives, strict=True)
            if leg is not None and drive is not None
        ]
        table = np.concatenate(parts) if parts else np.empty((0, 6))
        if len(table) >= _FEWEST_SAMPLES:
            hip, knee, load, rotation, flexion, adduction = table.T
            witnesses.append(
                KneeWitness(
                    task,
                    TwistDrives(hip, knee, load, rotation),
                    flexion_rad=np.radians(flexion),
                    adduction_deg=adduction - neutral[3],
                )
            )
    return witnesses


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
    """Return one outside of walks and zero inside, with a short fade, shape (n,)."""
    outside = (~mask_of_task(prepared, Task.WALK)).astype(np.float64)
    faded = gaussian_filter1d(outside, _FADE_S * prepared.aligned.rate_hz, mode="nearest")
    return np.asarray(np.minimum(outside, faded))


def _smoothed(drives: TwistDrives, outside: FloatArray, rate_hz: float) -> TwistDrives:
    """Smooth hip rotation and bridge gaps, so that a gap in one joint leaves none in the other."""
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


def _with_axial_variance(frame: SegmentFrame, skin: SkinTwist, *, is_removed: bool) -> SegmentFrame:
    """Replace the variance of a thigh frame about the leg by what the skin estimate leaves."""
    left_deg2 = _LEVEL_FRAME_FACTOR * skin.covariance[0, 0] + _LEVEL_DEG**2 * skin.looseness_square
    if not is_removed:
        left_deg2 += skin.constant_deg**2
    covariance = np.array(frame.covariance_rad2)
    covariance[1, 1] = np.radians(1.0) ** 2 * left_deg2
    return replace(frame, covariance_rad2=covariance)


def _thigh_errors(skin: SkinTwist, drives: TwistDrives, left_in: FloatArray) -> AxialErrors:
    """Add up the model's variance, its misfit, and the share of the twist left in, shape (n,)."""
    model = skin.variance_deg2(drives)
    left_in2 = (left_in * skin.twist_deg(drives)) ** 2
    bend = drives.hip**2 + drives.knee**2
    unknown = skin.looseness_square * (_MISFIT_DEG**2 * bend + _WOBBLE_DEG**2)
    change = _MODEL_FACTOR * model + _LEFT_IN_FACTOR * left_in2 + unknown
    level = _LEVEL_FACTOR * model + _LEVEL_LEFT_IN_FACTOR * left_in2
    return AxialErrors(np.radians(np.sqrt(level)), np.radians(np.sqrt(change)))


def _shank_errors(skin: SkinTwist, drives: TwistDrives) -> AxialErrors:
    """Allow for the twist of the shank's skin, which no movement shows."""
    twist = np.hypot(_SHANK_KNEE_DEG * drives.knee, _SHANK_LOAD_DEG * drives.load)
    sd = np.radians(np.sqrt(skin.looseness_square) * twist)
    return AxialErrors(sd, sd)
