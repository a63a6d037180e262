"""What every fusion engine offers: filters that start level, run on, and can be resumed."""

from dataclasses import dataclass
from typing import Protocol

from scipy.spatial.transform import Rotation

from imu_valgus.model import FloatArray


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
            itself on the samples that come.
        state
            Of an earlier run of the same engine at the same rate. With `level` too, the run
            goes on from that orientation and keeps what else it has learned (after a gap).
        """
