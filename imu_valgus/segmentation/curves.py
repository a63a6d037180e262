"""Angles over the gait cycle or a repetition: each brought to 0 to 100 %, mean and spread."""

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
        Over the whole recording.
    strides
        Of any side; only valid ones of the joint's side are used, and of those only strides
        without a gap.

    Returns
    -------
    curves_deg : ndarray, shape (m, 101, 3)
        At 0, 1, …, 100 % of each stride; the last axis as in ``conventions.MOTIONS``.
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
        For each recording, of the same joint and side.
    side
        That side.

    Returns
    -------
    tuple of GaitCurve
        One per motion; empty without a whole valid stride.
    """
    parts = [stride_curves(one, its) for one, its in zip(angles, strides, strict=True)]
    curves = np.concatenate([part[0] for part in parts]) if parts else np.empty((0, 101, 3))
    levels = np.concatenate([part[1] for part in parts]) if parts else np.empty((0, 3))
    if len(curves) == 0:
        return ()
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
        Each repetition with the angles of the recording it is in; one joint and side, k pairs of
        which are valid.
    motion
        As in ``conventions.MOTIONS``.

    Returns
    -------
    RepetitionCurves
        Of the valid repetitions; nothing is interpolated over a gap.

    Raises
    ------
    ValueError
        If there is no pair, or they are of several joints or sides.

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
        raise ValueError("Expected the angles of exactly one joint and side.")
    valid = [(angles, one) for angles, one in pairs if one.is_valid and one.end_s > one.start_s]
    curves = np.empty((len(valid), _PERCENT.size))
    turning = np.empty(len(valid))
    for row, (angles, one) in enumerate(valid):
        duration = one.end_s - one.start_s
        at_s = one.start_s + _PERCENT * duration
        curves[row] = np.interp(
            at_s, angles.time_s, angles.motion_deg(motion), left=np.nan, right=np.nan
        )
        turning[row] = 100.0 * (one.top_s - one.start_s) / duration
    first = pairs[0][0]
    return RepetitionCurves(first.joint, motion, first.side, curves, turning)


def _interpolated(at_s: FloatArray, time_s: FloatArray, values: FloatArray) -> FloatArray:
    """Interpolate linearly; NaN spreads to every point next to it, so gaps stay gaps."""
    columns = [np.interp(at_s, time_s, values[:, index]) for index in range(values.shape[1])]
    return np.stack(columns, axis=-1)
