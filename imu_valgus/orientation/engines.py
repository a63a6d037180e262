"""The fusion engines by name, and the orientation of a whole stream."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from imu_valgus.conventions import LONGEST_BRIDGED_GAP_S
from imu_valgus.errors import InputError
from imu_valgus.model import BoolArray, FloatArray, OrientationSeries, SensorStream
from imu_valgus.orientation._ahrs import MADGWICK, MAHONY
from imu_valgus.orientation._vqf import IS_INSTALLED, VqfEngine
from imu_valgus.orientation.filters import LEVELLING_S, OrientationEngine

ENGINES: Final[Mapping[str, OrientationEngine]] = MappingProxyType(
    {engine.name: engine for engine in (VqfEngine(), MADGWICK, MAHONY)}
)
"""Fusion engines by the name that `--fusion` takes."""

DEFAULT_ENGINE: Final = VqfEngine.name if IS_INSTALLED else MADGWICK.name
"""The engine that won the comparison of docs/fusion.md, or the next best where it is missing."""


def find_engine(name: str) -> OrientationEngine:
    """Find an engine by name.

    Raises
    ------
    InputError
        If there is none of this name, with the names there are.
    """
    if name not in ENGINES:
        raise InputError(
            f"Expected a fusion engine among {', '.join(ENGINES)}, found '{name}': choose one."
        )
    return ENGINES[name]


def estimate_orientation(
    stream: SensorStream, *, engine: str = DEFAULT_ENGINE
) -> OrientationSeries:
    """Estimate sensor-to-earth orientation from gyroscope and accelerometer.

    Parameters
    ----------
    stream
        Uniformly sampled; gyroscope bias removed. Rows of NaN are gaps.
    engine
        A name of `ENGINES`.

    Returns
    -------
    OrientationSeries
        z up, heading arbitrary and drifting slowly. Gaps of up to 0.1 s are bridged and known;
        longer gaps are bridged only to keep the filter running, and not known.

    Raises
    ------
    InputError
        If there are fewer than two samples, no sample is complete, or the engine is missing.

    Examples
    --------
    A sensor at rest whose y axis points up:

    >>> import numpy as np
    >>> from imu_valgus.model import SensorStream
    >>> rest = SensorStream(np.arange(50) / 100, np.tile([0, 9.81, 0], (50, 1)), np.zeros((50, 3)))
    >>> series = estimate_orientation(rest)
    >>> bool(np.allclose(series.to_earth.apply([0, 1, 0]), [0, 0, 1], atol=1e-3))
    True
    """
    chosen = find_engine(engine)
    finite = np.asarray(np.isfinite(np.hstack([stream.gyr, stream.acc])).all(axis=1))
    if len(stream) < 2 or not finite.any():
        raise InputError(
            f"Expected gyroscope and accelerometer samples to estimate orientation from, found "
            f"{np.count_nonzero(finite)} complete ones of {len(stream)}: record again, or leave "
            "this sensor out."
        )
    gyr = _bridged(stream.time_s, stream.gyr, finite)
    acc = _bridged(stream.time_s, stream.acc, finite)
    start = slice(0, max(round(LEVELLING_S * stream.rate_hz), 1))
    run = chosen.start(stream.rate_hz, acc=acc[start])
    return OrientationSeries(stream.time_s, run.update(gyr, acc), _known(finite, stream.rate_hz))


def _bridged(time_s: FloatArray, values: FloatArray, finite: BoolArray) -> FloatArray:
    """Fill gaps on straight lines, and the ends with the nearest sample."""
    if finite.all():
        return values
    known_s = time_s[finite]
    return np.column_stack([np.interp(time_s, known_s, axis) for axis in values[finite].T])


def _known(finite: BoolArray, rate_hz: float) -> BoolArray:
    """Say whether a row is known: not in gaps over 0.1 s, nor outside the first and last sample."""
    index = np.arange(finite.size)
    before = np.maximum.accumulate(np.where(finite, index, -1))
    after = np.minimum.accumulate(np.where(finite, index, finite.size)[::-1])[::-1]
    is_inside = (before >= 0) & (after < finite.size)
    # Half a period of slack: 0.1 s is ten periods at 100 Hz whatever the rounding.
    is_short = (after - before - 1) / rate_hz <= LONGEST_BRIDGED_GAP_S + 0.5 / rate_hz
    return np.asarray(finite | (is_inside & is_short))
