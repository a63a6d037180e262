"""Bring angles over the gait cycle or a repetition to 0 to 100 %, and average them."""

from collections.abc import Sequence

import numpy as np

from imu_valgus.conventions import MOTIONS
from imu_valgus.model import (
    FloatArray,
    GaitCurve,
    JointAngles,
    Repetition,
    RepetitionCurves,
    Side,
    Stride,
)

_PERCENT = np.linspace(0.0, 1.0, 101)


def stride_curves(angles: JointAngles, strides: Sequence[Stride]) -> tuple[FloatArray, FloatArray]:
    """Cut the angles of one joint into its side's valid strides.

    Parameters
    ----------
    angles
        Angles over the whole recording.
    strides
        Strides of any side; only valid ones of the joint's side without a gap are used.

    Returns
    -------
    curves_deg : ndarray, shape (m, 101, 3)
        Angles at 0, 1, …, 100 % of each stride; the last axis as in ``conventions.MOTIONS``.
    level_sd_deg : ndarray, shape (m, 3)
        Mean standard uncertainty of the level within each stride.
    """
    mine = [stride for stride in strides if stride.is_valid and stride.side is angles.side]
    if not mine:
        return np.empty((0, 101, 3)), np.empty((0, 3))
    at_s = np.array([stride.start_s + _PERCENT * stride.duration_s for stride in mine])
    curves = _interpolated(at_s, angles.time_s, angles.angles_deg)
    spreads = _interpolated(at_s, angles.time_s, angles.sd_deg)
    whole = np.isfinite(curves).all(axis=(1, 2))
    return curves[whole], spreads[whole].mean(axis=1)


def mean_curves(
    angles: Sequence[JointAngles], strides: Sequence[Sequence[Stride]], *, side: Side
) -> tuple[GaitCurve, ...]:
    """Average the stride curves of one joint and side over all recordings.

    Parameters
    ----------
    angles, strides
        Angles of one joint and side, and the strides, one entry per recording.
    side
        Side of the joint.

    Returns
    -------
    tuple of GaitCurve
        One per motion; empty without a complete valid stride.
    """
    parts = [stride_curves(*pair) for pair in zip(angles, strides, strict=True)]
    if not any(len(curves) for curves, _ in parts):
        return ()
    curves, levels = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    sd = curves.std(axis=0, ddof=1) if len(curves) > 1 else np.full((101, 3), np.nan)
    return tuple(
        GaitCurve(
            joint=angles[0].joint,
            motion=motion,
            side=side,
            mean_deg=curves[:, :, index].mean(axis=0),
            sd_deg=sd[:, index],
            offset_sd_deg=float(levels[:, index].mean()),
            n_strides=len(curves),
        )
        for index, motion in enumerate(MOTIONS)
    )


def repetition_curves(
    pairs: Sequence[tuple[JointAngles, Repetition]], *, motion: str
) -> RepetitionCurves:
    """Cut the valid repetitions out of angles over time and bring them to 0 to 100 %.

    Parameters
    ----------
    pairs
        Each repetition with the angles of its recording, all of one joint and side.
    motion
        Name of the motion, as in ``conventions.MOTIONS``.

    Returns
    -------
    RepetitionCurves
        Curves of the valid repetitions; gaps are not interpolated.

    Raises
    ------
    ValueError
        If there is no pair, or if the pairs are of several joints or sides.

    Examples
    --------
    >>> from imu_valgus.model import Joint, Task
    >>> time_s = np.linspace(0.0, 2.0, 201)
    >>> ramp = np.stack([50.0 * time_s, 0 * time_s, 0 * time_s], axis=1)
    >>> angles = JointAngles(Joint.KNEE, Side.LEFT, time_s, ramp, 0 * ramp)
    >>> squat = Repetition(Task.SQUAT, None, 1, 0.0, 1.0, 2.0)
    >>> repetition_curves([(angles, squat)], motion="flexion").curves_deg[0, [0, 50, 100]]
    array([  0.,  50., 100.])
    """
    if len({(angles.joint, angles.side) for angles, _ in pairs}) != 1:
        raise ValueError("Give repetitions of exactly one joint and side.")
    valid = [(angles, rep) for angles, rep in pairs if rep.is_valid and rep.end_s > rep.start_s]
    curves = np.empty((len(valid), _PERCENT.size))
    turning = np.empty(len(valid))
    for row, (angles, rep) in enumerate(valid):
        duration = rep.end_s - rep.start_s
        at_s = rep.start_s + _PERCENT * duration
        curves[row] = np.interp(
            at_s, angles.time_s, angles.motion_deg(motion), left=np.nan, right=np.nan
        )
        turning[row] = 100.0 * (rep.top_s - rep.start_s) / duration
    joint, side = pairs[0][0].joint, pairs[0][0].side
    return RepetitionCurves(joint, motion, side, curves, turning)


def _interpolated(at_s: FloatArray, time_s: FloatArray, values: FloatArray) -> FloatArray:
    """Interpolate linearly; NaN spreads to neighbouring points, so gaps stay gaps."""
    columns = [np.interp(at_s, time_s, values[:, index]) for index in range(values.shape[1])]
    return np.stack(columns, axis=-1)
