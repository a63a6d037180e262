"""Turns of a sideways movement: how often the knee goes in and out."""

import numpy as np

from imu_valgus.model import FloatArray

REVERSAL_DEG = 1.5
"""A sideways movement of the knee that turns back by less is not counted (score specification)."""


def count_turns(values: FloatArray) -> int:
    """Count direction changes between swings larger than the limit.

    Parameters
    ----------
    values
        Sideways inclination in degrees without gaps, shape (n,).

    Returns
    -------
    int
        A movement out and back is one.

    Examples
    --------
    >>> count_turns(np.array([0.0, 3.0, 2.5, 4.0, 0.0]))
    1
    """
    # A loop over the few local extremes: each decides whether the last direction still holds.
    slope = np.sign(np.diff(values))
    turning = np.flatnonzero(np.diff(slope[slope != 0.0]) != 0.0) + 1
    extremes = values[
        np.concatenate([[0], np.flatnonzero(slope != 0.0)[turning], [values.size - 1]])
    ]
    count, direction = 0, 0.0
    # Until the first large swing both ends wait: it may begin at the lowest or the highest value.
    low = high = float(extremes[0])
    for extreme in extremes[1:]:
        low, high = min(low, float(extreme)), max(high, float(extreme))
        rose, fell = float(extreme) - low, high - float(extreme)
        moved = rose if rose > fell else -fell
        if abs(moved) > REVERSAL_DEG and np.sign(moved) != direction:
            count += direction != 0.0
            direction = float(np.sign(moved))
        if direction > 0.0 and extreme == high:
            low = high
        elif direction < 0.0 and extreme == low:
            high = low
    return count
