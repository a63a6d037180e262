"""Front and back of the pelvis from walking: the side of the swinging leg drops.

In mid-swing the pelvis hangs a few degrees towards the swinging leg (mean obliquity of ±4 degrees
in Schwartz et al. 2008, doi:10.1016/j.jbiomech.2008.03.015). Gravity sees that, whatever the
heading, and it tells right from left, hence front from back.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.signal import find_peaks

from imu_valgus.calibration.signs import SignVote
from imu_valgus.model import (
    FloatArray,
    Placement,
    Segment,
    Side,
    Task,
    TaskSpan,
    samples_of_task,
)

LEAST_SWING_TILT_DEG = 25.0
"""A shank that tilts less is not in mid-swing."""

VOTE_PER_DEGREE = 4.0
"""Obliquity is small but regular: a degree of it weighs as much as this much skew of a bend."""


def vote_from_obliquity(
    axis: FloatArray,
    *,
    up: Mapping[Placement, FloatArray],
    recordings: Sequence[tuple[FloatArray, Mapping[Placement, FloatArray], Sequence[TaskSpan]]],
) -> SignVote:
    """Let the drop of the swinging side vote on whether a candidate pelvis axis points right.

    Parameters
    ----------
    axis
        Candidate medio-lateral axis in the pelvis sensor's frame, shape (3,).
    up
        Up in standing in each sensor's frame, shape (3,).
    recordings
        For each recording: times (n,), up over time by sensor (n, 3), and what was done when.

    Returns
    -------
    SignVote
        Empty (0 against 0) without walking or shanks.
    """
    drops_deg: list[float] = []
    for time_s, ups, movements in recordings:
        if Placement.PELVIS not in ups:
            continue
        walking = samples_of_task(time_s, movements, Task.WALK)
        # Positive when the candidate's end hangs down.
        drop_deg = -np.degrees(np.arcsin(np.clip(ups[Placement.PELVIS] @ axis, -1.0, 1.0)))
        usable = walking & np.isfinite(drop_deg)
        if not usable.any():
            continue
        mean_deg = float(drop_deg[usable].mean())
        for side in Side:
            shank = Placement.of(Segment.SHANK, side)
            if shank not in ups or shank not in up:
                continue
            tilt = np.degrees(np.arccos(np.clip(ups[shank] @ up[shank], -1.0, 1.0)))
            swings, _ = find_peaks(np.nan_to_num(tilt), height=LEAST_SWING_TILT_DEG)
            swings = swings[usable[swings]]
            if swings.size >= 3:
                drops_deg.append(side.sign * float(drop_deg[swings].mean() - mean_deg))
    total = VOTE_PER_DEGREE * float(np.sum(drops_deg)) if drops_deg else 0.0
    return SignVote(max(total, 0.0), max(-total, 0.0))
