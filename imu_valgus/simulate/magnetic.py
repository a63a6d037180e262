"""The magnetic field of the earth, and of iron in a building."""

from dataclasses import dataclass

import numpy as np

from imu_valgus.model import FloatArray


@dataclass(frozen=True, slots=True)
class MagneticField:
    """Field in the room, in µT; earth frame x towards magnetic north where the heading is 0.

    Parameters
    ----------
    horizontal_ut, down_ut
        The earth's field; defaults are of the size found in central Europe (own choice).
    iron_a_m2
        Typical moment of the magnetised parts under the floor; 0 for none. 4 A m² bends the
        heading by about 30 degrees (standard deviation) 5 cm above the floor and by 1 degree at
        1 m; de Vries et al. (2009), Gait & Posture 29:535, measured 29 and 3 in a laboratory.
    spacing_m, depth_m
        Distance between the parts, and how deep they lie.
    seed
        Of the parts' moments.
    """

    horizontal_ut: float = 20.0
    down_ut: float = 44.0
    iron_a_m2: float = 0.0
    spacing_m: float = 1.2
    depth_m: float = 0.15
    seed: int = 0

    def at(self, position_m: FloatArray) -> FloatArray:
        """Field at positions in earth, shape (n, 3)."""
        field = np.tile([self.horizontal_ut, 0.0, -self.down_ut], (len(position_m), 1))
        if self.iron_a_m2 == 0.0:
            return field
        low = np.floor(position_m[:, :2].min(axis=0) / self.spacing_m).astype(int) - 1
        high = np.ceil(position_m[:, :2].max(axis=0) / self.spacing_m).astype(int) + 1
        for i in range(low[0], high[0] + 1):
            for j in range(low[1], high[1] + 1):
                rng = np.random.default_rng([self.seed, i + 2**20, j + 2**20])
                moment = self.iron_a_m2 * rng.standard_normal(3)
                jitter = rng.uniform(-0.4, 0.4, size=2)
                part = [(i + jitter[0]) * self.spacing_m, (j + jitter[1]) * self.spacing_m]
                field += _dipole_ut(position_m - [*part, -self.depth_m], moment)
        return field


def _dipole_ut(offset_m: FloatArray, moment_a_m2: FloatArray) -> FloatArray:
    """Field of a magnetic dipole (Jackson, Classical Electrodynamics, 3rd ed., eq. 5.56)."""
    distance = np.linalg.norm(offset_m, axis=1, keepdims=True)
    way = offset_m / distance
    along = way @ moment_a_m2
    return np.asarray(0.1 * (3.0 * way * along[:, None] - moment_a_m2) / distance**3)
