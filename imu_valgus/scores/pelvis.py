"""What the pelvis does in a step-up: by how much its free side drops, and by how much it turns.

The drop is an inclination: it rests on gravity alone. The turn about the vertical comes from the
gyroscope; from the standing before a repetition to its end it drifts by less than half a degree.
Raters of the lateral step-down note a pelvis that is "not level or turned" (Piva et al. 2006,
PMC1557500) without a limit in degrees, so none is applied here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imu_valgus.model import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class PelvisMotion:
    """The pelvis over one recording, seen from the leading leg.

    Parameters
    ----------
    drop_deg
        Frontal inclination: positive where the side of the free leg is lower, shape (n,).
    turn_deg
        Turn about the vertical without jumps: positive where the side of the free leg comes
        forwards, shape (n,); its zero means nothing.
    """

    drop_deg: FloatArray
    turn_deg: FloatArray


def pelvis_columns(
    motion: PelvisMotion | None, before: slice, loaded: Sequence[slice]
) -> dict[str, float]:
    """Measure how far the pelvis drops and turns while the leading leg is loaded.

    Parameters
    ----------
    motion
        None without a pelvis sensor.
    before
        Quiet standing before the repetition.
    loaded
        The parts in which the leading leg carries the body.

    Returns
    -------
    dict of float
        Largest drop of the free side, and largest turn to either side with its sign; both as
        change from the standing before, NaN where not known; nothing without a pelvis sensor.

    Examples
    --------
    >>> drop = np.array([1.0, 1.0, 3.0, 6.0, 2.0])
    >>> pelvis_columns(PelvisMotion(drop, -drop), slice(0, 2), [slice(2, 5)])
    {'pelvis_drop_peak_deg': 5.0, 'pelvis_turn_peak_deg': -5.0}
    """
    if motion is None:
        return {}
    drop, turn = (
        np.concatenate([values[part] for part in loaded]) - _mean(values[before])
        for values in (motion.drop_deg, motion.turn_deg)
    )
    return {
        "pelvis_drop_peak_deg": _largest(drop, drop),
        "pelvis_turn_peak_deg": _largest(turn, np.abs(turn)),
    }


def _largest(values: FloatArray, by: FloatArray) -> float:
    known = np.isfinite(by)
    return float(values[known][np.argmax(by[known])]) if known.any() else float("nan")


def _mean(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")
