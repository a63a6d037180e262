"""Adapter of vqf, and the only module that imports it.

vqf's scalar-first quaternions and its own state dictionary do not leave this module.

D. Laidig and T. Seel (2023), VQF: Highly accurate IMU orientation estimation with bias estimation
and magnetic disturbance rejection, Information Fusion 91, doi:10.1016/j.inffus.2022.10.014.
"""

from importlib.util import find_spec
from typing import Any, Final

import numpy as np
from scipy.spatial.transform import Rotation

from imu_valgus.conventions import GRAVITY_M_S2
from imu_valgus.errors import InputError
from imu_valgus.model import FloatArray
from imu_valgus.orientation.filters import FilterState, RunningFilter, at_sample_time

IS_INSTALLED = find_spec("vqf") is not None
"""Whether vqf is there; it has no wheel for Python 3.14 yet."""

RUNNING_PARAMETERS: Final = {"biasSigmaRest": 0.3}
"""A person at rest sways. With vqf's default of 0.03 deg/s it takes sway for bias, although the
bias is already removed, and tilts in squats get worse by a third (docs/fusion.md)."""

OFFLINE_PARAMETERS: Final = {"biasSigmaRest": 0.3, "biasSigmaInit": 0.1, "tauAcc": 5.0}
"""With the bias removed, and looking ahead, a longer average of gravity serves better in walking,
because it leaves less of the steps. The error stays under a degree if 0.3 deg/s of bias remain."""


class VqfEngine:
    """Versatile quaternion-based filter without magnetometer; it won the comparison of engines.

    Whole recordings go through its offline variant, which has no lag.
    """

    name = "vqf"

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
            If vqf is not installed, or the state is another engine's.
        """
        _check_installed()
        return _VqfFilter(rate_hz, level, state)

    def estimate(self, gyr: FloatArray, acc: FloatArray, rate_hz: float) -> Rotation:
        """Run vqf's offline variant, which looks ahead; see `OrientationEngine.estimate`.

        Raises
        ------
        InputError
            If vqf is not installed.
        """
        _check_installed()
        from vqf import offlineVQF  # noqa: PLC0415  (absent on some Pythons)

        samples = [np.array(values, dtype=np.float64, order="C") for values in (gyr, acc)]
        result = offlineVQF(*samples, None, 1.0 / rate_hz, dict(OFFLINE_PARAMETERS))
        return at_sample_time(Rotation.from_quat(result["quat6D"], scalar_first=True), gyr, rate_hz)


def _check_installed() -> None:
    if not IS_INSTALLED:
        raise InputError(
            "The engine 'vqf' needs the package vqf, which is not installed (it has no wheel "
            "for Python 3.14 yet). Choose 'ahrs-madgwick', or use Python 3.11 to 3.13."
        )


class _VqfFilter:
    def __init__(self, rate_hz: float, level: Rotation | None, state: FilterState | None) -> None:
        from vqf import VQF  # noqa: PLC0415  (absent on some Pythons)

        self._rate_hz = rate_hz
        self._filter = VQF(1.0 / rate_hz, **RUNNING_PARAMETERS)
        if state is not None:
            self._filter.state = _restored(self._filter.state, state)
        elif level is not None:
            self._filter.state = _levelled(self._filter, level)

    def update(self, gyr: FloatArray, acc: FloatArray) -> Rotation:
        # vqf reads raw memory: anything but contiguous doubles would be misread.
        gyr = np.ascontiguousarray(gyr, dtype=np.float64)
        acc = np.ascontiguousarray(acc, dtype=np.float64)
        if gyr.ndim == 1:
            self._filter.update(gyr, acc)
            after = self._filter.getQuat6D()
        else:
            after = self._filter.updateBatch(gyr, acc)["quat6D"]
        return at_sample_time(Rotation.from_quat(after, scalar_first=True), gyr, self._rate_hz)

    def state(self) -> FilterState:
        remembered: dict[str, Any] = self._filter.state
        values = tuple(
            (name, tuple(float(x) for x in np.atleast_1d(value)))
            for name, value in remembered.items()
        )
        return FilterState(VqfEngine.name, values)


def _levelled(fusion: Any, level: Rotation) -> dict[str, Any]:
    """Return the state of a vqf whose low-pass filter has already settled on this level."""
    state: dict[str, Any] = fusion.state
    up = level.inv().apply([0.0, 0.0, GRAVITY_M_S2])
    low_pass = [np.array(fusion.coeffs[name]) for name in ("accLpB", "accLpA")]
    settled = [np.asarray(fusion.filterInitialState(axis, *low_pass)).tolist() for axis in up]
    state["gyrQuat"] = [1.0, 0.0, 0.0, 0.0]
    state["accQuat"] = level.as_quat(scalar_first=True).tolist()
    state["lastAccLp"] = up.tolist()
    state["accLpState"] = [value for axis in settled for value in axis]
    return state


def _restored(template: dict[str, Any], state: FilterState) -> dict[str, Any]:
    """Convert the flattened numbers back to the types in vqf's own state."""
    if state.engine != VqfEngine.name:
        raise InputError(
            f"The state is of a run of '{state.engine}', not of '{VqfEngine.name}'. Resume a run "
            "with the engine that started it."
        )
    restored: dict[str, Any] = {}
    for name, values in state.values:
        kind = type(template[name])
        restored[name] = list(values) if kind is list else kind(values[0])
    return restored
