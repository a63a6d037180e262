"""Samples as read from a file: one sensor, one clock, nothing checked yet."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imu_valgus.model import BoolArray, FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class RawSamples:
    """Content of one sensor's file, in the sensor frame and in the units that the file claims.

    Parameters
    ----------
    source
        File name for messages.
    time_s
        Times as written, perhaps unsorted, repeated or with holes, shape (n,).
    acc, gyr
        Specific force and angular velocity, shape (n, 3); NaN if the file has none.
    mag
        Magnetic flux density in µT, shape (n, 3), or None.
    sensor_id
        Serial number or tag of the sensor, None if the file has none.
    has_certain_units
        Whether the file format fixes the units, so that they need not be estimated.
    """

    source: str
    time_s: FloatArray
    acc: FloatArray
    gyr: FloatArray
    mag: FloatArray | None = None
    sensor_id: str | None = None
    has_certain_units: bool = False

    def __len__(self) -> int:
        return int(self.time_s.size)

    def rows(self, index: npt.NDArray[np.int64] | BoolArray) -> "RawSamples":
        """Return the selected rows, in the order of `index`."""
        return RawSamples(
            self.source,
            self.time_s[index],
            self.acc[index],
            self.gyr[index],
            None if self.mag is None else self.mag[index],
            self.sensor_id,
            self.has_certain_units,
        )
