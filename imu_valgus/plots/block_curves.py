"""Mean curves of a block of sessions with their spread."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imu_valgus.model import FloatArray, GaitCurve, RepetitionCurves
from imu_valgus.plots.gait_curves import TRANSVERSE_MOTION, mean_level_deg

__all__ = ["STANDING_PERCENT", "BlockCurve", "gait_block", "step_up_block"]

STANDING_PERCENT = 4
"""The first hundredths of a step-up: the person still stands with both feet on the floor."""


@dataclass(frozen=True, slots=True, eq=False)
class BlockCurve:
    """Mean of the sessions of a block and their spread.

    Parameters
    ----------
    mean_deg
        Mean of the sessions' mean curves, NaN where no session has it, shape (101,).
    sd_deg
        Standard deviation between the sessions; of a single session that between its strides or
        repetitions; NaN where not known, shape (101,).
    n_sessions
        How many sessions have a curve.
    """

    mean_deg: FloatArray
    sd_deg: FloatArray
    n_sessions: int

    @property
    def is_between_sessions(self) -> bool:
        """Whether the spread is that between sessions."""
        return self.n_sessions > 1


def gait_block(curves: Sequence[GaitCurve], *, removes_level: bool) -> BlockCurve:
    """Average the gait curves of a block, one per session.

    Parameters
    ----------
    curves
        Of one angle and side.
    removes_level
        Whether every session's curve of a rotation loses its own mean first, because its level
        depends on how the sensors were put on that day.
    """
    known = [one for one in curves if np.isfinite(one.mean_deg).any()]
    means = [
        one.mean_deg - mean_level_deg(one)
        if removes_level and one.motion == TRANSVERSE_MOTION
        else one.mean_deg
        for one in known
    ]
    return _block(means, [one.sd_deg for one in known])


def step_up_block(curves: Sequence[RepetitionCurves], *, removes_level: bool) -> BlockCurve:
    """Average the step-ups of a block, one entry per session.

    Parameters
    ----------
    curves
        Of one angle and side.
    removes_level
        Whether every repetition of a rotation starts from zero: from the standing before it.
    """
    means, spreads = [], []
    for one in curves:
        values = one.curves_deg
        if removes_level and one.motion == TRANSVERSE_MOTION:
            values = values - _mean_of_known(values[:, : STANDING_PERCENT + 1].T)[:, None]
        if np.isfinite(values).any():
            means.append(_mean_of_known(values))
            spreads.append(_sd_of_known(values))
    return _block(means, spreads)


def _block(means: Sequence[FloatArray], spreads: Sequence[FloatArray]) -> BlockCurve:
    if not means:
        nothing = np.full(101, np.nan)
        return BlockCurve(nothing, nothing, 0)
    stacked = np.array(means)
    sd = spreads[0] if len(means) == 1 else _sd_of_known(stacked)
    return BlockCurve(_mean_of_known(stacked), sd, len(means))


def _mean_of_known(values: FloatArray) -> FloatArray:
    """Mean over the first axis without what is not known; NaN where nothing is."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0.0).sum(axis=0)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def _sd_of_known(values: FloatArray) -> FloatArray:
    """Spread over the first axis (n - 1); NaN with fewer than two known values."""
    count = np.isfinite(values).sum(axis=0)
    away = np.where(np.isfinite(values), values - _mean_of_known(values), 0.0)
    variance = (away**2).sum(axis=0) / np.maximum(count - 1, 1)
    return np.asarray(np.where(count > 1, np.sqrt(variance), np.nan))
