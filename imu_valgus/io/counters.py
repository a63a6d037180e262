"""Device counters that wrap, as continuous numbers on a base shared by several files."""

from collections.abc import Sequence

import numpy as np

from imu_valgus.model import FloatArray


def unwrap_counter(values: FloatArray, *, bits: int) -> FloatArray:
    """Continue a counter over its rollovers.

    A step is taken as the shorter way round, so that packets out of order step back and are not
    read as almost a full turn forwards; gaps of up to half a turn are followed.

    Parameters
    ----------
    values
        Counter readings, whole numbers, NaN where unreadable, shape (n,).
    bits
        Width of the counter.

    Returns
    -------
    FloatArray
        Continuous readings that start at the first one, shape (n,).

    Examples
    --------
    >>> import numpy as np
    >>> unwrap_counter(np.array([65534.0, 65535.0, 0.0, 3.0]), bits=16).tolist()
    [65534.0, 65535.0, 65536.0, 65539.0]
    """
    result = np.full(values.shape, np.nan)
    known = np.isfinite(values)
    read = values[known]
    if read.size:
        steps = shorter_way(np.diff(read), bits=bits)
        result[known] = read[0] + np.concatenate([[0.0], np.cumsum(steps)])
    return result


def shared_base(firsts: Sequence[float], *, bits: int) -> list[float]:
    """Place the first readings of several files relative to the earliest of them.

    Examples
    --------
    >>> shared_base([65530.0, 4.0, 65533.0], bits=16)
    [0.0, 10.0, 3.0]
    """
    offsets = shorter_way(np.asarray(firsts) - firsts[0], bits=bits)
    return [float(offset) for offset in offsets - offsets.min()]


def shorter_way(steps: FloatArray, *, bits: int) -> FloatArray:
    """Bring steps of a wrapping counter into [-half, half) of its turn."""
    turn = float(2**bits)
    return np.asarray((steps + turn / 2) % turn - turn / 2, dtype=np.float64)
