"""Polar Verity Sense: acceleration and angular velocity joined by their times.

The two come in frames of their own with their own times. They are joined sample by sample: each
acceleration with the angular velocity nearest in time, at most half a period away; what has no
partner is dropped, and is missed by its time.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import constants

from imu_valgus.devices.packets import DecoderRecipe, SampleBlock
from imu_valgus.devices.protocols.polar_commands import DATA_UUID
from imu_valgus.devices.protocols.polar_frames import CLOCK, Frame, Measurement, decode_frame
from imu_valgus.errors import DecodeError
from imu_valgus.model import FloatArray

PROTOCOL: Final = "polar-pmd"

_LONGEST_WAIT_S: Final = 2.0
"""The other sensor's frames come once a second or more often."""
_RATE_TOLERANCE: Final = 0.1
_ACC_LIMIT_G: Final = 2 * 16.0
_GYR_LIMIT_DPS: Final = 2 * 2000.0
_ACC_IN_G: Final = 0
"""Frame type whose factor gives g; the other gives thousandths of g."""

Times = npt.NDArray[np.int64]


class _Stream:
    """Samples of one sensor that wait for their partners."""

    def __init__(self, period_ns: float) -> None:
        self._period_ns = period_ns
        self._most = max(1, round(_LONGEST_WAIT_S * 1e9 / period_ns))
        self._last_ns: int | None = None
        self.time_ns: Times = np.empty(0, dtype=np.int64)
        self.values: FloatArray = np.empty((0, 3))

    def add(self, last_ns: int, values: FloatArray) -> None:
        n = len(values)
        period = self._period_ns
        if self._last_ns is not None:
            since_last = (last_ns - self._last_ns) / n
            # The true rate differs from the nominal one; after a lost frame it cannot be seen.
            if abs(since_last / period - 1.0) < _RATE_TOLERANCE:
                period = since_last
        self._last_ns = last_ns
        before_last = np.rint(period * np.arange(n - 1, -1, -1)).astype(np.int64)
        self.time_ns = np.append(self.time_ns, last_ns - before_last)[-self._most :]
        self.values = np.vstack([self.values, values])[-self._most :]

    def drop(self, n: int) -> None:
        self.time_ns = self.time_ns[n:]
        self.values = self.values[n:]


class PolarDecoder:
    """Decoder of one sensor's acceleration and angular velocity.

    Parameters
    ----------
    rate_hz
        Nominal rate of both.
    acc_factor, gyr_factor
        Of the answers to the start commands.
    """

    def __init__(self, *, rate_hz: float, acc_factor: float, gyr_factor: float) -> None:
        self._rate_hz = rate_hz
        self._factors = {Measurement.ACC: acc_factor, Measurement.GYR: gyr_factor}
        self._half_ns = 0.5e9 / rate_hz
        self.reset()

    @classmethod
    def from_recipe(cls, recipe: DecoderRecipe) -> "PolarDecoder":
        """Make the decoder that a recipe of this protocol describes."""
        return cls(
            rate_hz=recipe.number("rate_hz"),
            acc_factor=recipe.number("acc_factor"),
            gyr_factor=recipe.number("gyr_factor"),
        )

    def reset(self) -> None:
        """Forget samples that wait for a partner."""
        self._acc = _Stream(2 * self._half_ns)
        self._gyr = _Stream(2 * self._half_ns)

    def feed(self, characteristic: str, data: bytes) -> tuple[SampleBlock, ...]:
        """Decode a notification; samples come when both sensors' are there."""
        if characteristic != DATA_UUID:
            return ()
        frame = decode_frame(data)
        if frame.measurement is Measurement.ACC:
            self._acc.add(frame.last_ns, self._acceleration(frame))
        else:
            self._gyr.add(frame.last_ns, self._angular_velocity(frame))
        blocks = []
        while (block := self._next_block()) is not None:
            blocks.append(block)
        return tuple(blocks)

    def _acceleration(self, frame: Frame) -> FloatArray:
        factor = self._factors[Measurement.ACC] if frame.is_compressed else 1.0
        is_in_g = frame.is_compressed and frame.frame_type == _ACC_IN_G
        acc_g = frame.counts.astype(np.float64) * (factor if is_in_g else 1e-3 * factor)
        _check_range(acc_g, _ACC_LIMIT_G)
        return acc_g * constants.g

    def _angular_velocity(self, frame: Frame) -> FloatArray:
        gyr_dps = frame.counts.astype(np.float64) * self._factors[Measurement.GYR]
        _check_range(gyr_dps, _GYR_LIMIT_DPS)
        return np.deg2rad(gyr_dps)

    def _next_block(self) -> SampleBlock | None:
        """Join the next run of pairs; a gap of either sensor ends it, as its partners lie apart."""
        acc, gyr = self._acc, self._gyr
        while acc.time_ns.size and gyr.time_ns.size:
            n = self._run_length()
            if n:
                block = SampleBlock(
                    n=n,
                    nominal_rate_hz=self._rate_hz,
                    acc=acc.values[:n],
                    gyr=gyr.values[:n],
                    device_ticks=int(acc.time_ns[0]) % CLOCK.modulus,
                    clock=CLOCK,
                )
                acc.drop(n)
                gyr.drop(n)
                return block
            earlier = acc if acc.time_ns[0] < gyr.time_ns[0] else gyr
            earlier.drop(1)
        return None

    def _run_length(self) -> int:
        n = min(self._acc.time_ns.size, self._gyr.time_ns.size)
        acc_ns, gyr_ns = self._acc.time_ns[:n], self._gyr.time_ns[:n]
        fits = np.abs(acc_ns - gyr_ns) <= self._half_ns
        return n if fits.all() else int(np.argmin(fits))


def _check_range(values: FloatArray, limit: float) -> None:
    if not (np.abs(values) <= limit).all():
        raise DecodeError("Expected a Polar frame with values inside the sensor's ranges.")
