"""Samples at the end of a sensor's range."""

from typing import Final

import numpy as np

from imu_valgus.model import BoolArray, FloatArray

LEAST_ACC_RANGE_M_S2: Final = 15.0
"""Flat tops below this are rest, not range: the smallest range on the market is 2 g."""

LEAST_GYR_RANGE_RAD_S: Final = 4.0
"""The smallest common range is 250 deg/s, 4.36 rad/s."""

_FLAT_TOP: Final = 2e-4
"""Samples within this share of the largest count as equal to it; two counts of 16 bits are less."""

_LEAST_COUNT: Final = 3
"""The largest value of unclipped data stands alone; three equal ones are a flat top."""


def find_saturated(values: FloatArray, *, least_range: float) -> BoolArray:
    """Mark samples at the end of the range, told by a flat top of the extreme value.

    Parameters
    ----------
    values
        Samples, shape (n, 3).
    least_range
        Flat tops below this do not count, in the unit of `values`.

    Returns
    -------
    BoolArray
        True where any axis is at its end, shape (n,).
    """
    is_saturated = np.zeros(len(values), dtype=np.bool_)
    for axis in values.T:
        for signed in (axis, -axis):
            top = float(np.nanmax(signed, initial=0.0))
            if top < least_range:
                continue
            is_top = signed >= (1.0 - _FLAT_TOP) * top
            if np.count_nonzero(is_top) >= _LEAST_COUNT:
                is_saturated |= is_top
    return is_saturated
