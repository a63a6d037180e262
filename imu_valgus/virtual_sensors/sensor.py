"""A virtual sensor that samples a motion on its own clock, with faults.

Every virtual radio carries these sensors. The `VirtualPeripheral` inside answers with the protocol
of its model.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from imu_valgus.model import FloatArray
from imu_valgus.virtual_sensors.peripherals.peripheral import (
    MotionSamples,
    Notification,
    VirtualPeripheral,
)

__all__ = ["Motion", "SensorBehaviour", "SimulatedSensor", "StillMotion"]


class Motion(Protocol):
    """What a sensor measures as a function of the virtual world's time."""

    def at(self, time_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return specific force in m/s² and angular velocity in rad/s, each shape (n, 3)."""
        ...


class StillMotion:
    """A sensor that lies on a table."""

    def at(self, time_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return gravity on z and no rotation."""
        acc = np.tile([0.0, 0.0, 9.81], (time_s.size, 1))
        return acc, np.zeros((time_s.size, 3))


@dataclass(frozen=True, slots=True)
class SensorBehaviour:
    """Faults of a virtual sensor and its link.

    Parameters
    ----------
    uptime_s
        Time since power-on when the world begins; decides when the sensor's clock rolls over.
    clock_error_ppm
        How much faster its clock runs than the world's.
    rate_error
        Relative error of its true sampling rate.
    lost_share
        Share of notifications that never arrive.
    hang_ups_s
        Times at which it ends the link.
    absences_s
        Spans in which it is out of range: it is not heard and links die.
    silences_s
        Times from which it measures but sends nothing until the next connection.
    mtu
        Largest ATT MTU that it agrees to.
    """

    uptime_s: float = 100.0
    clock_error_ppm: float = 0.0
    rate_error: float = 0.0
    lost_share: float = 0.0
    hang_ups_s: tuple[float, ...] = ()
    absences_s: tuple[tuple[float, float], ...] = ()
    silences_s: tuple[float, ...] = ()
    mtu: int = 247


class SimulatedSensor:
    """One virtual sensor.

    Parameters
    ----------
    address
        Address on the virtual air.
    peripheral
        Protocol of the model.
    motion
        Motion to measure.
    behaviour
        Faults; the defaults of `SensorBehaviour` when None.
    seed
        Seed of the random losses.
    """

    def __init__(
        self,
        address: str,
        peripheral: VirtualPeripheral,
        motion: Motion,
        *,
        behaviour: SensorBehaviour | None = None,
        seed: int = 0,
    ) -> None:
        self.address = address
        self.peripheral = peripheral
        self.behaviour = behaviour or SensorBehaviour()
        self.generated = 0
        self._motion = motion
        self._rng = np.random.default_rng(seed)
        self._rate_hz = 0.0
        self._begin_s = 0.0
        self._taken = 0
        self._hang_ups = list(self.behaviour.hang_ups_s)
        self._silences = list(self.behaviour.silences_s)
        self._is_silent = False

    def is_present(self, now_s: float) -> bool:
        """Whether it can be heard."""
        return not any(start <= now_s < end for start, end in self.behaviour.absences_s)

    def wants_to_hang_up(self, now_s: float) -> bool:
        """Whether it ends its link now; each planned time counts once."""
        if self._hang_ups and now_s >= self._hang_ups[0]:
            self._hang_ups.pop(0)
            return True
        return False

    def on_connect(self, *, mtu: int) -> int:
        """Accept a central that offers an ATT MTU; return the MTU agreed on."""
        agreed = min(mtu, self.behaviour.mtu)
        self._is_silent = False
        self.peripheral.on_connect(mtu=agreed)
        return agreed

    def measure(self, now_s: float) -> list[Notification]:
        """Sample up to now; return the notifications that reach the air."""
        if self._silences and now_s >= self._silences[0]:
            self._silences.pop(0)
            self._is_silent = True
        rate_hz = self.peripheral.streaming_rate_hz
        if rate_hz != self._rate_hz:
            self._rate_hz, self._begin_s, self._taken = rate_hz, now_s, 0
        if rate_hz == 0.0:
            return []
        true_hz = rate_hz * (1.0 + self.behaviour.rate_error)
        # The first sample is taken at once, each later one when its time has come.
        due = int((now_s - self._begin_s) * true_hz) + 1 - self._taken
        if due <= 0:
            return []
        time_s = self._begin_s + (self._taken + np.arange(due)) / true_hz
        self._taken += due
        self.generated += due
        device_s = self.behaviour.uptime_s + time_s * (1.0 + self.behaviour.clock_error_ppm * 1e-6)
        acc, gyr = self._motion.at(time_s)
        produced = self.peripheral.produce(MotionSamples.of(device_s, acc, gyr))
        if self._is_silent:
            return []
        lost_share = self.behaviour.lost_share
        if lost_share == 0.0:
            return produced
        return [packet for packet in produced if self._rng.random() >= lost_share]
