"""The world that a recording takes place in: this computer's radio, or virtual sensors."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from imu_valgus.model import Placement, SessionInfo
from imu_valgus.recorder.placement_memory import PlacementMemory
from imu_valgus.recorder.setup import KnownSensor, remembered
from imu_valgus.recorder.take import TakeMonitor, TakePlan, record_take
from imu_valgus.sensors.ble import Radio
from imu_valgus.virtual_sensors.demo import start_demo
from imu_valgus.virtual_sensors.virtual_time import VirtualTimeLoop

__all__ = ["World", "demo_world", "real_world"]


@dataclass(slots=True, eq=False)
class World:
    """Radio, plan and placements of one take.

    Parameters
    ----------
    radio
        The Bluetooth adapter, real or virtual.
    plan
        Plan of the take, with a timetable that fits this world.
    memory
        Remembered placements of sensors.
    begin
        Called when the protocol begins.
    """

    radio: Radio
    plan: TakePlan
    memory: PlacementMemory
    begin: Callable[[], None]

    @property
    def is_unknown(self) -> bool:
        """Whether no sensor's placement is known."""
        return not self.memory.sensors and not self.plan.places

    def take(
        self, monitor: TakeMonitor, loop: asyncio.AbstractEventLoop
    ) -> Coroutine[Any, Any, None]:
        """Make the coroutine that records, for running in `loop` and watching by `monitor`."""
        clock_ns = loop.time_ns if isinstance(loop, VirtualTimeLoop) else time.perf_counter_ns
        return record_take(
            self.radio, self.plan, self.memory, monitor, on_begin=self.begin, clock_ns=clock_ns
        )

    @staticmethod
    def loop_factory(*, is_virtual: bool) -> Callable[[], asyncio.AbstractEventLoop]:
        """Choose an event loop: in virtual time, which skips all waiting, or in real time."""
        return VirtualTimeLoop if is_virtual else asyncio.new_event_loop

    def remember(self, placed: Mapping[Placement, KnownSensor]) -> PlacementMemory:
        """Return the memory with these placements added."""
        return self.memory.remembering(remembered(placed))


def real_world(plan: TakePlan, home: Path) -> World:
    """Make a world with this computer's Bluetooth adapter.

    Parameters
    ----------
    plan
        Plan of the take.
    home
        Folder that holds the remembered placements.

    Returns
    -------
    World
        World with real sensors.

    Raises
    ------
    MissingExtraError
        If bleak is not installed.
    InputError
        If the remembered placements cannot be read.
    """
    return World(Radio(), plan, PlacementMemory.load(home), lambda: None)


def demo_world(plan: TakePlan) -> World:
    """Make a virtual world with a simulated person who does what the plan says.

    Parameters
    ----------
    plan
        Plan of the take. The simulated person adds placements, a timetable, and what the plan does
        not say about the person.

    Returns
    -------
    World
        World with virtual sensors, and the plan with what the person adds.

    Raises
    ------
    MissingExtraError
        If bleak is not installed.
    """
    demo = start_demo(plan.steps)
    missing = {
        entry.name: getattr(demo.wearer.info, entry.name)
        for entry in fields(SessionInfo)
        if getattr(plan.info, entry.name) is None
    }
    plan = replace(
        plan,
        timetable=demo.wearer.tasks,
        places={**demo.placements, **plan.places},
        info=replace(plan.info, **missing),
        scan_s=1.5,
    )
    return World(demo.radio, plan, PlacementMemory(), demo.begin)
