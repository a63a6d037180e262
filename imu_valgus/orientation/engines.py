"""The fusion engines by name, and the orientation of a whole stream."""

import itertools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from imu_valgus.errors import InputError
from imu_valgus.model import OrientationSeries, SensorStream, Span
from imu_valgus.orientation._ahrs import MADGWICK, MAHONY
from imu_valgus.orientation._vqf import IS_INSTALLED, VqfEngine
from imu_valgus.orientation.filters import OrientationEngine
from imu_valgus.orientation.gaps import BridgedStream, bridge_short_gaps, heading_carried_on
from imu_valgus.orientation.levelling import level_at_rests

ENGINES: Final[Mapping[str, OrientationEngine]] = MappingProxyType(
    {engine.name: engine for engine in (VqfEngine(), MADGWICK, MAHONY)}
)
"""Fusion engines by the name that `--fusion` takes."""

BEST_ENGINE: Final = VqfEngine.name
"""The engine that won the comparison in docs/fusion.md."""

DEFAULT_ENGINE: Final = BEST_ENGINE if IS_INSTALLED else MADGWICK.name
"""The best engine, or the second best where that is not installed."""


def find_engine(name: str) -> OrientationEngine:
    """Find an engine by name.

    Parameters
    ----------
    name
        A name of `ENGINES`.

    Returns
    -------
    OrientationEngine
        The engine, which may still need a package that is not installed.

    Raises
    ------
    InputError
        If there is no engine of this name.
    """
    if name not in ENGINES:
        raise InputError(f"There is no fusion engine '{name}'. Choose one of {', '.join(ENGINES)}.")
    return ENGINES[name]


def estimate_orientation(
    stream: SensorStream, *, engine: str = DEFAULT_ENGINE
) -> OrientationSeries:
    """Estimate sensor-to-earth orientation from gyroscope and accelerometer.

    Parameters
    ----------
    stream
        Uniform samples with the gyroscope bias removed. Rows of NaN are gaps.
    engine
        A name of `ENGINES`.

    Returns
    -------
    OrientationSeries
        z up, heading arbitrary and drifting slowly. Gaps of up to 0.1 s are bridged and count as
        known. Longer gaps are not known: after one, the tilt is found anew from the next three
        seconds, and the heading is assumed to have turned on as it did around the gap.

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
    bridged = bridge_short_gaps(stream)
    if len(stream) < 2 or not bridged.pieces:
        complete = np.count_nonzero(np.isfinite(np.hstack([stream.gyr, stream.acc])).all(axis=1))
        raise InputError(
            f"Only {complete} of the {len(stream)} samples hold both gyroscope and accelerometer, "
            "too few to estimate an orientation. Record again, or leave this sensor out."
        )
    runs = _runs(chosen, bridged, stream.rate_hz)
    return OrientationSeries(
        stream.time_s, _over_gaps(runs, bridged.pieces, len(stream)), bridged.is_known
    )


def _runs(engine: OrientationEngine, bridged: BridgedStream, rate_hz: float) -> list[Rotation]:
    """Estimate each piece anew, with its heading carried on over the gap before it."""
    runs: list[Rotation] = []
    for index, piece in enumerate(bridged.pieces):
        gyr, acc = bridged.gyr[piece.slice], bridged.acc[piece.slice]
        to_earth = level_at_rests(engine.estimate(gyr, acc, rate_hz), gyr, acc, rate_hz)
        if runs:
            gap = Span(bridged.pieces[index - 1].stop, piece.start)
            to_earth = heading_carried_on(runs[-1], to_earth, bridged, gap, rate_hz)
        runs.append(to_earth)
    return runs


def _over_gaps(runs: list[Rotation], pieces: tuple[Span, ...], n: int) -> Rotation:
    """Join the runs by interpolation over the gaps; the ends keep the nearest orientation."""
    first, last = pieces[0].start, pieces[-1].stop
    quaternions = np.empty((n, 4))
    for piece, run in zip(pieces, runs, strict=True):
        quaternions[piece.slice] = run.as_quat()
    quaternions[:first] = quaternions[first]
    quaternions[last:] = quaternions[last - 1]
    for before, after in itertools.pairwise(pieces):
        ends = [before.stop - 1, after.start]
        inside = np.arange(before.stop, after.start)
        bridge = Slerp(ends, Rotation.from_quat(quaternions[ends]))(inside)
        quaternions[before.stop : after.start] = bridge.as_quat()
    return Rotation.from_quat(quaternions)
