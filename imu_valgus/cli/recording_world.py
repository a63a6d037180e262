"""The real world or the virtual one, as a take needs it."""

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
    """Radio, people and memory of a take.

    Parameters
    ----------
    radio
        The adapter, real or not.
    plan
        Of the take, its timetable fitting the world.
    memory
        Where sensors sit.
    begin
        To be called when the protocol begins.
    """

    radio: Radio
    plan: TakePlan
    memory: PlacementMemory
    begin: Callable[[], None]

    @property
    def is_unknown(self) -> bool:
        """Whether nothing is known of where any sensor sits."""
        return not self.memory.sensors and not self.plan.places

    def take(
        self, monitor: TakeMonitor, loop: asyncio.AbstractEventLoop
    ) -> Coroutine[Any, Any, None]:
        """Make the coroutine that records, to be run in `loop`."""
        clock_ns = loop.time_ns if isinstance(loop, VirtualTimeLoop) else time.perf_counter_ns
        return record_take(
            self.radio,
            self.plan,
            self.memory,
            monitor,
            on_begin=self.begin,
            clock_ns=clock_ns,
        )

    @staticmethod
    def loop_factory(*, is_virtual: bool) -> Callable[[], asyncio.AbstractEventLoop]:
        """Choose the event loop: real time, or time that leaps."""
        return VirtualTimeLoop if is_virtual else asyncio.new_event_loop

    def remember(self, placed: Mapping[Placement, KnownSensor]) -> PlacementMemory:
        """Add what was recorded just now to the memory."""
        return self.memory.remembering(remembered(placed))


def real_world(plan: TakePlan, home: Path) -> World:
    """Make the world of this computer's adapter.

    Raises
    ------
    MissingExtraError
        If bleak is not installed.
    InputError
        If the memory of placements cannot be read.
    """
    return World(Radio(), plan, PlacementMemory.load(home), lambda: None)


def demo_world(plan: TakePlan) -> World:
    """Make the virtual world with a simulated person who does what the plan says.

    Raises
    ------
    MissingExtraError
        If bleak is not installed.
    """
    demo = start_demo(plan.steps)
    plan = replace(
        plan,
        timetable=demo.wearer.tasks,
        places={**demo.placements, **plan.places},
        info=_completed(plan.info, demo.wearer.info),
        scan_s=1.5,
    )
    return World(demo.radio, plan, PlacementMemory(), demo.begin)


def _completed(info: SessionInfo, person: SessionInfo) -> SessionInfo:
    """Fill in what was not told from the simulated person."""
    missing = {
        entry.name: getattr(person, entry.name)
        for entry in fields(SessionInfo)
        if getattr(info, entry.name) is None
    }
    return replace(info, **missing)
