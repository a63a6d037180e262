"""What every fusion engine offers: filters that start level, run on, and can be resumed."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.spatial.transform import Rotation

from imu_valgus.model import FloatArray

LEVELLING_S = 0.5
"""Time at the start whose mean specific force gives the first tilt.

Long enough to average noise and the start of a step, short enough that a person has not turned.
"""


@dataclass(frozen=True, slots=True, eq=False)
class FilterState:
    """Everything a filter remembers, opaque but for its engine's adapter.

    Parameters
    ----------
    engine
        Name of the engine it belongs to.
    values
        Numbers by the adapter's own names, each flattened.
    """

    engine: str
    values: tuple[tuple[str, tuple[float, ...]], ...]


class RunningFilter(Protocol):
    """A causal orientation filter of one sensor at a fixed rate."""

    def update(self, gyr: FloatArray, acc: FloatArray) -> Rotation:
        """Take in samples and return sensor-to-earth rotations after each.

        Parameters
        ----------
        gyr, acc
            Angular velocity in rad/s and specific force in m/s² in the sensor frame, shape (3,)
            for one sample or (n, 3) for n in a row; finite.

        Returns
        -------
        Rotation
            Single, or n of them; earth has z up and a heading that the start of the run fixed.
        """

    def state(self) -> FilterState:
        """Return what is needed to resume the run with the next sample."""


class OrientationEngine(Protocol):
    """A fusion algorithm that estimates orientation from gyroscope and accelerometer."""

    @property
    def name(self) -> str:
        """The public name, as `--fusion` takes it."""

    def start(
        self,
        rate_hz: float,
        *,
        acc: FloatArray | None = None,
        state: FilterState | None = None,
    ) -> RunningFilter:
        """Start a run, or resume one.

        Parameters
        ----------
        rate_hz
            Sampling rate.
        acc
            Specific force of the first moments in m/s², shape (n, 3), to start level from; without
            it the filter starts from the first sample that comes.
        state
            Of an earlier run of the same engine at the same rate; `acc` is then not needed.
        """


def tilt_from_gravity(acc: FloatArray) -> Rotation:
    """Sensor-to-earth rotation of least angle that brings the mean specific force upright.

    Parameters
    ----------
    acc
        Specific force, shape (n, 3); all zeros give the identity.
    """
    mean = np.atleast_2d(acc).mean(axis=0)
    length = float(np.linalg.norm(mean))
    if length == 0.0:
        return Rotation.identity()
    up = mean / length
    axis = np.cross(up, [0.0, 0.0, 1.0])
    sine = float(np.linalg.norm(axis))
    if sine < 1e-9:
        return Rotation.identity() if up[2] > 0 else Rotation.from_rotvec([np.pi, 0.0, 0.0])
    return Rotation.from_rotvec(axis / sine * np.arctan2(sine, up[2]))
