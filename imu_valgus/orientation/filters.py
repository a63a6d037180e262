"""The protocol of all fusion engines: filters that start level, run on and can be resumed."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.spatial.transform import Rotation

from imu_valgus.model import FloatArray
from imu_valgus.rotations import compose


@dataclass(frozen=True, slots=True, eq=False)
class FilterState:
    """Everything a filter remembers; only the adapter of its engine can read it.

    Parameters
    ----------
    engine
        Name of the engine.
    values
        Pairs of a name, chosen by the adapter, and its numbers, flattened.
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
            Single, or series of n; earth has z up and the heading that the run started with.
        """

    def state(self) -> FilterState:
        """Return all that is needed to resume the run with the next sample."""


class OrientationEngine(Protocol):
    """A fusion algorithm that estimates orientation from gyroscope and accelerometer."""

    @property
    def name(self) -> str:
        """Name of the engine, as `--fusion` takes it."""

    def start(
        self,
        rate_hz: float,
        *,
        level: Rotation | None = None,
        state: FilterState | None = None,
    ) -> RunningFilter:
        """Start a run, or resume one.

        Parameters
        ----------
        rate_hz
            Sampling rate.
        level
            Sensor-to-earth rotation just before the first sample; without it the filter levels
            itself on its samples.
        state
            State of an earlier run of the same engine at the same rate; overrides `level`.

        Returns
        -------
        RunningFilter
            Filter that is ready for the first, or the next, sample.
        """

    def estimate(self, gyr: FloatArray, acc: FloatArray, rate_hz: float) -> Rotation:
        """Estimate the orientation over a whole stretch without gaps.

        Parameters
        ----------
        gyr, acc
            Angular velocity in rad/s and specific force in m/s², shape (n, 3); finite.
        rate_hz
            Sampling rate.

        Returns
        -------
        Rotation
            n sensor-to-earth rotations. Engines that can look ahead do so; others run causally.
        """


def at_sample_time(to_earth: Rotation, gyr: FloatArray, rate_hz: float) -> Rotation:
    """Turn orientations from the ends of the sampling periods back to the times of the samples.

    A sample of the gyroscope is the mean rate over the period around its time. Once a filter has
    taken it in, its orientation is that at the end of this period. That is half a period too late:
    1.5 deg between thigh and shank when the knee turns at 300 deg/s, at 100 Hz.

    Parameters
    ----------
    to_earth
        Sensor-to-earth orientation after taking in each sample, single or series of n.
    gyr
        Samples in rad/s, shape (3,) or (n, 3).
    rate_hz
        Sampling rate.

    Returns
    -------
    Rotation
        Sensor-to-earth orientation at the time of each sample.
    """
    return compose(to_earth, Rotation.from_rotvec(np.asarray(gyr) * (-0.5 / rate_hz)))
