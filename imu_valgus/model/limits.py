"""What can be true of a person and a recording: one set of rules for every way in."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["LENGTHS_M", "RATE_HZ", "STEP_S", "is_possible"]

LENGTHS_M: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "height_m": (0.5, 2.6),
        "step_height_m": (0.01, 0.8),
        "thigh_length_m": (0.1, 0.8),
        "shank_length_m": (0.1, 0.8),
    }
)
"""Possible range of each length by its key; a value outside of it is in another unit."""

RATE_HZ: Final = (10.0, 1000.0)
"""Samples per second that a motion sensor can be asked for."""

STEP_S: Final = (1.0, 6 * 3600.0)
"""Possible length of one step of a recording, in seconds."""


def is_possible(value: float, limits: tuple[float, float]) -> bool:
    """Whether a number lies within limits; NaN does not.

    Parameters
    ----------
    value
        Value from outside.
    limits
        Least and greatest possible value.

    Returns
    -------
    bool
        True if it lies between the limits.

    Examples
    --------
    >>> is_possible(172.0, LENGTHS_M["height_m"])
    False
    """
    return math.isfinite(value) and limits[0] <= value <= limits[1]
