"""Five virtual sensors of four makes on a simulated person: what ``--demo`` shows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from imu_valgus.model import Placement
from imu_valgus.model.protocol import ProtocolStep
from imu_valgus.sensors.ble import Radio
from imu_valgus.virtual_sensors.air import radio_over
from imu_valgus.virtual_sensors.peripherals.dot import DotPeripheral
from imu_valgus.virtual_sensors.peripherals.metamotion import MetaMotionPeripheral
from imu_valgus.virtual_sensors.peripherals.movesense import MovesensePeripheral
from imu_valgus.virtual_sensors.peripherals.open_profile import OpenProfilePeripheral
from imu_valgus.virtual_sensors.peripherals.peripheral import VirtualPeripheral
from imu_valgus.virtual_sensors.peripherals.witmotion import WitMotionPeripheral
from imu_valgus.virtual_sensors.radio import SimulatedRadio
from imu_valgus.virtual_sensors.sensor import SensorBehaviour, SimulatedSensor, StillMotion
from imu_valgus.virtual_sensors.wearer import Wearer, simulate_wearer

__all__ = ["Demo", "demo_sensors", "start_demo"]


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
        # Its clock rolls over half a minute after the start: nothing may be seen of it.
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

_LYING_AROUND: Final = ("E1:00:5E:00:00:06", "WT901DEMO")
"""A sensor that nobody wears: a scan hears more than the own sensors."""


@dataclass(frozen=True, slots=True, eq=False)
class Demo:
    """A virtual world with a person in it.

    Parameters
    ----------
    radio
        Hears the virtual sensors.
    air
        What the radio listens to.
    placements
        By address.
    wearer
        The person.
    """

    radio: Radio
    air: SimulatedRadio
    placements: Mapping[str, Placement]
    wearer: Wearer

    def begin(self) -> None:
        """Let the person begin now (inside the event loop)."""
        self.wearer.begin(self.air.now_s)


def demo_sensors(wearer: Wearer) -> tuple[SimulatedSensor, ...]:
    """Make the sensors that the person wears, and one that lies around."""
    worn = [
        SimulatedSensor(
            one.address,
            one.make(),
            wearer.motions[one.placement],
            behaviour=one.behaviour,
            seed=number,
        )
        for number, one in enumerate(_SENSORS)
    ]
    address, name = _LYING_AROUND
    return (*worn, SimulatedSensor(address, WitMotionPeripheral(name), StillMotion()))


def start_demo(steps: Sequence[ProtocolStep], *, seed: int = 1) -> Demo:
    """Make the virtual world for a protocol.

    Raises
    ------
    MissingExtraError
        If bleak is not installed: the demo goes through the same door as real sensors.
    """
    wearer = simulate_wearer(steps, seed=seed)
    air = SimulatedRadio(demo_sensors(wearer))
    placements = {one.address: one.placement for one in _SENSORS}
    return Demo(radio_over(air), air, placements, wearer)
