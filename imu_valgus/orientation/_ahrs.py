"""Adapter of ahrs, and the only module that imports it.

ahrs calls its frame "NED" but expects a specific force of +g on an axis that points up: its
Madgwick and Mahony filters return sensor-to-earth with z up, as we want it (other filters of ahrs
do not). Its Mahony default k_I = 0.3 diverges without a magnetometer, and ahrs refuses k_I = 0:
hence 1e-9.

S. O. H. Madgwick, A. J. L. Harrison and R. Vaidyanathan (2011), Estimation of IMU and MARG
orientation using a gradient descent algorithm, doi:10.1109/ICORR.2011.5975346.
R. Mahony, T. Hamel and J.-M. Pflimlin (2008), Nonlinear complementary filters on the special
orthogonal group, doi:10.1109/TAC.2008.923738.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from ahrs.filters import Madgwick, Mahony
from scipy.spatial.transform import Rotation

from imu_valgus.errors import InputError
from imu_valgus.model import FloatArray
from imu_valgus.orientation.filters import FilterState, RunningFilter, at_sample_time
from imu_valgus.orientation.levelling import LEVELLING_S, level_from_motion, tilt_from_gravity

MADGWICK_GAIN = 0.01
"""Rate in rad/s at which gravity may adjust the tilt. With the bias removed, a third of ahrs'
default halves the tilt error in walking (docs/fusion.md)."""

MAHONY_PROPORTIONAL_GAIN = 0.1
"""In rad/s per rad: a time constant of 10 s, for the same reason."""

MAHONY_INTEGRAL_GAIN = 1e-9
"""In effect zero, which ahrs refuses: the bias is removed beforehand."""


class AhrsEngine:
    """One filter of ahrs as an `OrientationEngine`.

    Parameters
    ----------
    name
        Name of the engine, as `--fusion` takes it.
    make
        Function that builds the filter of ahrs for a sampling rate in Hz.
    """

    def __init__(self, name: str, make: Callable[[float], Any]) -> None:
        self._name = name
        self._make = make

    @property
    def name(self) -> str:
        """Name of the engine, as `--fusion` takes it."""
        return self._name

    def start(
        self,
        rate_hz: float,
        *,
        level: Rotation | None = None,
        state: FilterState | None = None,
    ) -> RunningFilter:
        """Start or resume a run; see `OrientationEngine.start`.

        Raises
        ------
        InputError
            If the state is another engine's.
        """
        if state is not None and state.engine != self._name:
            raise InputError(
                f"The state is of a run of '{state.engine}', not of '{self._name}'. Resume a run "
                "with the engine that started it."
            )
        return _AhrsFilter(self._name, self._make(rate_hz), rate_hz, level=level, state=state)

    def estimate(self, gyr: FloatArray, acc: FloatArray, rate_hz: float) -> Rotation:
        """Run causally from a level start; see `OrientationEngine.estimate`."""
        first = slice(0, max(round(LEVELLING_S * rate_hz), 1))
        level = level_from_motion(gyr[first], acc[first], rate_hz)
        return self.start(rate_hz, level=level).update(gyr, acc)


class _AhrsFilter:
    def __init__(
        self,
        name: str,
        fusion: Any,
        rate_hz: float,
        *,
        level: Rotation | None,
        state: FilterState | None,
    ) -> None:
        self._name = name
        self._rate_hz = rate_hz
        self._fusion = fusion
        self._quaternion: FloatArray | None = None
        if state is not None:
            values = dict(state.values)
            self._quaternion = np.array(values["quaternion"]) if values["quaternion"] else None
            if values["bias"]:
                self._fusion.b = np.array(values["bias"])
        elif level is not None:
            self._quaternion = level.as_quat(scalar_first=True)

    def update(self, gyr: FloatArray, acc: FloatArray) -> Rotation:
        gyr = np.asarray(gyr, dtype=np.float64)
        acc = np.asarray(acc, dtype=np.float64)
        if gyr.ndim == 1:
            after = self._step(gyr, acc)
        else:
            steps = [self._step(rate, force) for rate, force in zip(gyr, acc, strict=True)]
            after = np.reshape(steps, (-1, 4))
        return at_sample_time(Rotation.from_quat(after, scalar_first=True), gyr, self._rate_hz)

    def _step(self, gyr: FloatArray, acc: FloatArray) -> FloatArray:
        before = self._quaternion
        if before is None:
            before = tilt_from_gravity(acc).as_quat(scalar_first=True)
        # ahrs returns its own Quaternion type.
        after = np.asarray(self._fusion.updateIMU(before, gyr, acc), dtype=np.float64)
        self._quaternion = after
        return after

    def state(self) -> FilterState:
        quaternion = () if self._quaternion is None else tuple(self._quaternion.tolist())
        bias = tuple(self._fusion.b.tolist()) if hasattr(self._fusion, "b") else ()
        return FilterState(self._name, (("quaternion", quaternion), ("bias", bias)))


MADGWICK = AhrsEngine(
    "ahrs-madgwick", lambda rate_hz: Madgwick(frequency=rate_hz, gain=MADGWICK_GAIN)
)
MAHONY = AhrsEngine(
    "ahrs-mahony",
    lambda rate_hz: Mahony(
        frequency=rate_hz,
        k_P=MAHONY_PROPORTIONAL_GAIN,
        k_I=MAHONY_INTEGRAL_GAIN,
        b0=np.zeros(3),
    ),
)
