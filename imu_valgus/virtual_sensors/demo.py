"""The virtual world that ``--demo`` shows: five sensors of four makes on a simulated person."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from imu_valgus.model import Placement
from imu_valgus.model.protocol import ProtocolStep
from imu_valgus.sensors.ble import Radio
from imu_valgus.virtual_sensors.bleak_backend import radio_over
from imu_valgus.virtual_sensors.peripherals.dot import DotPeripheral
from imu_valgus.virtual_sensors.peripherals.metamotion import MetaMotionPeripheral
from imu_valgus.virtual_sensors.peripherals.movesense import MovesensePeripheral
from imu_valgus.virtual_sensors.peripherals.open_profile import OpenProfilePeripheral
from imu_valgus.virtual_sensors.peripherals.peripheral import VirtualPeripheral
from imu_valgus.virtual_sensors.peripherals.witmotion import WitMotionPeripheral
from imu_valgus.virtual_sensors.radio import SimulatedRadio
from imu_valgus.virtual_sensors.sensor import SensorBehaviour, SimulatedSensor, StillMotion
from imu_valgus.virtual_sensors.wearer import Wearer, simulate_wearer

__all__ = ["Demo", "start_demo"]


@dataclass(frozen=True, slots=True)
class _DemoSensor:
    placement: Placement
    address: str
    make: Callable[[], VirtualPeripheral]
    behaviour: SensorBehaviour


_SENSORS: Final = (
    _DemoSensor(
        Placement.PELVIS,
        "E1:00:5E:00:00:01",
        lambda: MetaMotionPeripheral("05DE01"),
        SensorBehaviour(rate_error=-0.004),
    ),
    _DemoSensor(
        Placement.THIGH_RIGHT,
        "E1:00:5E:00:00:02",
        lambda: OpenProfilePeripheral(b"DEMO02", name="OVP-02"),
        # Its clock rolls over half a minute after the start; the recording must not show it.
        SensorBehaviour(uptime_s=2**32 * 1e-6 - 30.0, clock_error_ppm=23.0),
    ),
    _DemoSensor(
        Placement.SHANK_RIGHT,
        "E1:00:5E:00:00:03",
        lambda: OpenProfilePeripheral(b"DEMO03", name="OVP-03", battery_percent=77),
        SensorBehaviour(uptime_s=812.0, clock_error_ppm=-31.0),
    ),
    _DemoSensor(
        Placement.THIGH_LEFT,
        "D4:22:CD:00:00:04",
        lambda: DotPeripheral("D4:22:CD:00:00:04"),
        SensorBehaviour(uptime_s=55.0, clock_error_ppm=12.0, lost_share=0.002),
    ),
    _DemoSensor(
        Placement.SHANK_LEFT,
        "E1:00:5E:00:00:05",
        lambda: MovesensePeripheral("214030000005"),
        SensorBehaviour(uptime_s=3600.0, clock_error_ppm=-8.0),
    ),
)

_UNWORN_ADDRESS, _UNWORN_NAME = "E1:00:5E:00:00:06", "WT901DEMO"
"""A sensor that nobody wears: a scan hears more than the sensors in use."""


@dataclass(frozen=True, slots=True, eq=False)
class Demo:
    """A virtual world with a person in it.

    Parameters
    ----------
    radio
        Radio that hears the virtual sensors.
    air
        Virtual air behind the radio.
    placements
        Placement of each worn sensor by its address.
    wearer
        Person who wears the sensors.
    """

    radio: Radio
    air: SimulatedRadio
    placements: Mapping[str, Placement]
    wearer: Wearer

    def begin(self) -> None:
        """Let the person begin now; call this inside the event loop."""
        self.wearer.begin(self.air.now_s)


def start_demo(steps: Sequence[ProtocolStep], *, seed: int = 1) -> Demo:
    """Make the virtual world for a protocol.

    Parameters
    ----------
    steps
        Steps of the protocol that the person goes through.
    seed
        The same seed gives the same person and movement.

    Returns
    -------
    Demo
        The virtual world.

    Raises
    ------
    MissingExtraError
        If bleak is not installed: the demo uses the same Bluetooth code as real sensors.
    """
    wearer = simulate_wearer(steps, seed=seed)
    worn = [
        SimulatedSensor(
            sensor.address,
            sensor.make(),
            wearer.motions[sensor.placement],
            behaviour=sensor.behaviour,
            seed=number,
        )
        for number, sensor in enumerate(_SENSORS)
    ]
    unworn = SimulatedSensor(_UNWORN_ADDRESS, WitMotionPeripheral(_UNWORN_NAME), StillMotion())
    air = SimulatedRadio([*worn, unworn])
    placements = {sensor.address: sensor.placement for sensor in _SENSORS}
    return Demo(radio_over(air), air, placements, wearer)
