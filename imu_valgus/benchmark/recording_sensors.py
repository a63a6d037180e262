"""The virtual sensors of the recording benchmark: they tell the true time, and have troubles."""

from typing import TYPE_CHECKING, Final

import numpy as np

from imu_valgus.devices.protocols.dot_peripheral import DotPeripheral
from imu_valgus.devices.protocols.metamotion_peripheral import MetaMotionPeripheral
from imu_valgus.devices.protocols.movesense_peripheral import MovesensePeripheral
from imu_valgus.devices.protocols.open_profile_peripheral import OpenProfilePeripheral
from imu_valgus.devices.protocols.witmotion_peripheral import WitMotionPeripheral
from imu_valgus.devices.simulated_sensor import SensorBehaviour, SimulatedSensor
from imu_valgus.model import FloatArray

if TYPE_CHECKING:
    from imu_valgus.devices.protocols.peripheral import VirtualPeripheral

__all__ = ["troubled_sensors", "true_turns"]

_TURN_RAD_S: Final = 20.0
"""Angular velocity of the true-time signal: 1146 °/s, inside every sensor's range."""


class _TrueTime:
    """Motion whose direction of turning tells the time; a `Motion`."""

    def at(self, time_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """One turn of the vector per second."""
        angle = 2.0 * np.pi * time_s
        zeros = np.zeros_like(angle)
        gyr = _TURN_RAD_S * np.stack([np.cos(angle), np.sin(angle), zeros], axis=1)
        return np.tile([0.0, 0.0, 9.81], (angle.size, 1)), gyr


def troubled_sensors(seconds: float, seed: int) -> tuple[SimulatedSensor, ...]:
    """Make five sensors with five kinds of trouble, spread over a recording.

    Parameters
    ----------
    seconds
        Of the recording.
    seed
        Of the losses.
    """
    at = seconds / 120.0
    rollover_s = 2**32 * 1e-6 - 60.0 * at
    makes: tuple[tuple[VirtualPeripheral, SensorBehaviour], ...] = (
        (
            OpenProfilePeripheral(b"BENCH1", name="OVP-01"),
            SensorBehaviour(
                uptime_s=rollover_s,
                clock_error_ppm=40.0,
                lost_share=0.01,
                hang_ups_s=(20.0 * at,),
                absences_s=((90.0 * at, 90.0 * at + 13.0),),
            ),
        ),
        (
            DotPeripheral("D4:22:CD:00:00:0B"),
            SensorBehaviour(
                clock_error_ppm=-35.0,
                lost_share=0.005,
                absences_s=((30.0 * at, 30.0 * at + 6.0),),
            ),
        ),
        (
            MovesensePeripheral("214030000012"),
            SensorBehaviour(clock_error_ppm=20.0, silences_s=(50.0 * at,)),
        ),
        (
            MetaMotionPeripheral("05BE13"),
            SensorBehaviour(rate_error=-0.004, hang_ups_s=(70.0 * at,)),
        ),
        (WitMotionPeripheral("WT901BENCH"), SensorBehaviour(rate_error=0.003)),
    )
    return tuple(
        SimulatedSensor(
            f"C0:BE:00:00:00:{number:02X}",
            peripheral,
            _TrueTime(),
            behaviour=behaviour,
            seed=100 * seed + number,
        )
        for number, (peripheral, behaviour) in enumerate(makes)
    )


def true_turns(gyr: FloatArray) -> FloatArray:
    """Return the true times of samples modulo 1 s, from angular velocities of shape (n, 3)."""
    turns: FloatArray = np.arctan2(gyr[:, 1], gyr[:, 0]) / (2.0 * np.pi)
    return turns
