"""Orientation of a sensor or a segment over time."""

from dataclasses import dataclass

from scipy.spatial.transform import Rotation

from imu_valgus.model._check import BoolArray, FloatArray, frozen_bools, frozen_floats


@dataclass(frozen=True, slots=True, eq=False)
class OrientationSeries:
    """Rotations from a sensor's or a segment's frame to earth (z up, heading arbitrary).

    Parameters
    ----------
    time_s
        Sample times in seconds, shape (n,).
    to_earth
        n rotations; ``to_earth.apply(v)`` takes a vector of the frame to earth.
    is_known
        False where the rotation merely bridges a gap and must not be reported, shape (n,).

    Raises
    ------
    ValueError
        If the lengths do not agree.
    """

    time_s: FloatArray
    to_earth: Rotation
    is_known: BoolArray

    def __post_init__(self) -> None:
        time_s = frozen_floats(self.time_s, name="time_s", shape=(None,))
        object.__setattr__(self, "time_s", time_s)
        known = frozen_bools(self.is_known, name="is_known", shape=(time_s.size,))
        object.__setattr__(self, "is_known", known)
        if len(self.to_earth) != time_s.size:
            msg = f"Expected {time_s.size} rotations, got {len(self.to_earth)}."
            raise ValueError(msg)

    def __len__(self) -> int:
        return int(self.time_s.size)
