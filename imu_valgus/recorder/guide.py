"""Guides the person through a protocol while the recorder runs: what to do, how long, what next.

The movement itself shows which sensor is where: the guide warns if two sensors look exchanged, and
the places of new sensors are learned by shaking one after another.
"""

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from imu_valgus.model import Placement, Segment, Side, Task, TaskSpan
from imu_valgus.model.protocol import ProtocolStep
from imu_valgus.recorder.capture import Recorder
from imu_valgus.recorder.status import SensorStatus

__all__ = ["Guide", "GuideState", "Phase", "find_exchanged", "learn_places", "shaken_sensor"]

_EXCHANGED_RATIO: Final = 1.2
"""In walking the shank turns 1.3 to 1.5 times as fast as the thigh (rms over some strides), in
recordings of people and in simulated ones. Loose straps can make the thigh 1.1 times as fast."""

_MOVES_DEG_S: Final = 15.0
_SHAKEN_DEG_S: Final = 150.0
_SHAKEN_FACTOR: Final = 3.0
_ONE_LEG_TASKS: Final = {Task.SEATED_KNEE_EXTENSION, Task.SEATED_HIP_ROTATION}

_LOOK_EVERY_S: Final = 0.25
_JUDGE_AFTER_S: Final = 3.0

_LISTEN_EVERY_S: Final = 0.1
_SHAKEN_LOOKS: Final = 8
"""The same sensor must be the shaken one for most of a second."""


def find_exchanged(
    task: Task, side: Side | None, motion_deg_s: Mapping[Placement, float]
) -> str | None:
    """Judge from their movement whether two sensors are exchanged.

    Parameters
    ----------
    task, side
        Current task, and the leg that does it.
    motion_deg_s
        Rms angular velocity over a few seconds of the task, by placement.

    Returns
    -------
    str or None
        A warning in one sentence; None if nothing looks wrong or the task cannot show it.

    Examples
    --------
    >>> motion = {Placement.THIGH_RIGHT: 180.0, Placement.SHANK_RIGHT: 110.0}
    >>> find_exchanged(Task.WALK, None, motion)
    'The sensors of right thigh and right shank look exchanged: in walking the shank turns faster.'
    """
    if task is Task.WALK:
        return next((s for side in Side if (s := _thigh_for_shank(side, motion_deg_s))), None)
    if task in _ONE_LEG_TASKS and side is not None:
        return _wrong_leg(side, motion_deg_s)
    return None


def _thigh_for_shank(side: Side, motion: Mapping[Placement, float]) -> str | None:
    thigh = motion.get(Placement.of(Segment.THIGH, side))
    shank = motion.get(Placement.of(Segment.SHANK, side))
    if thigh is None or shank is None or thigh < _MOVES_DEG_S or thigh < _EXCHANGED_RATIO * shank:
        return None
    return (
        f"The sensors of {side} thigh and {side} shank look exchanged: in walking the shank "
        "turns faster."
    )


def _wrong_leg(side: Side, motion: Mapping[Placement, float]) -> str | None:
    asked = motion.get(Placement.of(Segment.SHANK, side))
    other = motion.get(Placement.of(Segment.SHANK, side.other))
    if asked is None or other is None or other < _MOVES_DEG_S or other < 2.0 * asked:
        return None
    return (
        f"The {side.other} shank moves instead of the {side} one: either the other leg was used, "
        "or the left and right sensors are exchanged."
    )


def shaken_sensor(sensors: Sequence[SensorStatus]) -> int | None:
    """Find the sensor that is shaken while the others rest.

    Parameters
    ----------
    sensors
        Current state of all sensors.

    Returns
    -------
    int or None
        Position of the sensor; None if it is not clear.
    """
    motion = [0.0 if math.isnan(s.motion_deg_s) else s.motion_deg_s for s in sensors]
    if not motion:
        return None
    strongest = max(range(len(motion)), key=motion.__getitem__)
    others = [value for index, value in enumerate(motion) if index != strongest]
    if motion[strongest] < _SHAKEN_DEG_S or motion[strongest] < _SHAKEN_FACTOR * max([0, *others]):
        return None
    return strongest


class Phase(StrEnum):
    """What the person is doing in the protocol."""

    WAITING = "waiting"
    """Getting ready for the next step."""
    DOING = "doing"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class GuideState:
    """Where the protocol stands.

    Parameters
    ----------
    phase
        Waiting for the next step, doing it, or finished.
    number, count
        Number of the step (from 1) and of all steps.
    step
        Step that is next or in progress; None when finished.
    following
        Step after it; None after the last one.
    elapsed_s
        Time since the step began.
    """

    phase: Phase
    number: int
    count: int
    step: ProtocolStep | None
    following: ProtocolStep | None
    elapsed_s: float = 0.0


class Guide:
    """Labels the steps of a protocol, at the person's pace or by a timetable.

    Parameters
    ----------
    recorder
        Recorder that already streams when `run` begins.
    steps
        Steps of the protocol.
    timetable
        Start and end of each step, in seconds from the start of `run`; None to wait for `advance`
        before each step.
    """

    def __init__(
        self,
        recorder: Recorder,
        steps: Sequence[ProtocolStep],
        *,
        timetable: Sequence[TaskSpan] | None = None,
    ) -> None:
        self._recorder = recorder
        self._steps = tuple(steps)
        self._timetable = tuple(timetable) if timetable is not None else None
        self._advance = asyncio.Event()
        self._warned: set[str] = set()
        self._new_warnings: deque[str] = deque()
        self.state = self._state(0, Phase.WAITING)

    @property
    def is_timed(self) -> bool:
        """Whether steps begin and end by themselves."""
        return self._timetable is not None

    @classmethod
    def timetable_of(cls, steps: Sequence[ProtocolStep]) -> tuple[TaskSpan, ...]:
        """Make a timetable from 0 s on, in which steps follow each other without a pause."""
        ends = np.cumsum([step.seconds for step in steps]).tolist()
        return tuple(
            TaskSpan(step.task, end - step.seconds, end, step.side)
            for step, end in zip(steps, ends, strict=True)
        )

    def advance(self) -> None:
        """Begin the next step, or end the current one; call from the loop's thread."""
        self._advance.set()

    def take_warnings(self) -> tuple[str, ...]:
        """Return the warnings about exchanged sensors since the last call, in any thread."""
        warnings = []
        with contextlib.suppress(IndexError):  # other threads may take and add at the same time
            while True:
                warnings.append(self._new_warnings.popleft())
        return tuple(warnings)

    def _state(self, index: int, phase: Phase, elapsed_s: float = 0.0) -> GuideState:
        steps = (*self._steps, None, None)
        count = len(self._steps)
        number = min(index + 1, count)
        return GuideState(phase, number, count, steps[index], steps[index + 1], elapsed_s)

    async def run(self) -> None:
        """Run through all steps and label them in the recording."""
        loop = asyncio.get_running_loop()
        begin_s = loop.time()
        for index, step in enumerate(self._steps):
            self.state = self._state(index, Phase.WAITING)
            if self._timetable is None:
                seconds = step.seconds
                await self._advance.wait()
            else:
                span = self._timetable[index]
                seconds = span.end_s - span.start_s
                if (wait_s := begin_s + span.start_s - loop.time()) > 0:
                    await asyncio.sleep(wait_s)
            self._advance.clear()
            self._recorder.mark_task(step.task, step.side, is_tap_check=step.is_tap_check)
            await self._do(index, step, seconds)
            if not self._follows_at_once(index):
                self._recorder.mark_task(None)
        self.state = self._state(len(self._steps), Phase.FINISHED)

    def _follows_at_once(self, index: int) -> bool:
        if self._timetable is None or index + 1 >= len(self._timetable):
            return False
        return self._timetable[index + 1].start_s - self._timetable[index].end_s < 1e-3

    async def _do(self, index: int, step: ProtocolStep, seconds: float) -> None:
        """Wait until the time of a step is over or `advance` is called; judge the movement."""
        loop = asyncio.get_running_loop()
        begin_s = loop.time()
        motions: dict[Placement, list[float]] = {}
        while (elapsed_s := loop.time() - begin_s) < seconds and not self._advance.is_set():
            self.state = self._state(index, Phase.DOING, elapsed_s)
            for sensor in self._recorder.status().sensors:
                if np.isfinite(sensor.motion_deg_s):
                    motions.setdefault(sensor.sensor.placement, []).append(sensor.motion_deg_s)
            if elapsed_s > _JUDGE_AFTER_S:
                self._judge(step, motions)
            # A wait as short as a rounding residual would not advance a large time at all.
            await asyncio.sleep(max(1e-3, min(_LOOK_EVERY_S, seconds - elapsed_s)))
        self._advance.clear()

    def _judge(self, step: ProtocolStep, motions: dict[Placement, list[float]]) -> None:
        motion = {
            place: float(np.sqrt(np.mean(np.square(values[len(values) // 3 :]))))
            for place, values in motions.items()
        }
        sentence = find_exchanged(step.task, step.side, motion)
        if sentence is not None and sentence not in self._warned:
            self._warned.add(sentence)
            self._new_warnings.append(sentence)


async def learn_places(
    recorder: Recorder,
    placements: Sequence[Placement],
    ask: Callable[[Placement], None],
    *,
    skip: asyncio.Event | None = None,
    limit_s: float = 60.0,
) -> dict[Placement, int]:
    """Learn where sensors are worn: the person shakes one after another.

    Parameters
    ----------
    recorder
        Recorder that streams from all sensors in question.
    placements
        Placements to learn, in this order. Ends early when no sensor is left.
    ask
        Called with the placement whose sensor the person should shake now.
    skip
        Set by the person if there is no sensor at that placement.
    limit_s
        Longest wait for each placement in seconds; one that is not shaken in time is left out.

    Returns
    -------
    dict
        Index of the sensor in the recorder, by placement.
    """
    learned: dict[Placement, int] = {}
    skipping = skip or asyncio.Event()
    for placement in placements:
        if len(learned) == len(recorder.status().sensors):
            break
        ask(placement)
        skipping.clear()
        index = await _wait_for_shaking(recorder, set(learned.values()), skipping, limit_s)
        if index is not None:
            learned[placement] = index
    return learned


async def _wait_for_shaking(
    recorder: Recorder, taken: set[int], skip: asyncio.Event, limit_s: float
) -> int | None:
    loop = asyncio.get_running_loop()
    end_s = loop.time() + limit_s
    looks, last = 0, None
    while loop.time() < end_s and not skip.is_set():
        await asyncio.sleep(_LISTEN_EVERY_S)
        shaken = shaken_sensor(recorder.status().sensors)
        looks = looks + 1 if shaken is not None and shaken == last else 0
        last = shaken
        if shaken is not None and shaken not in taken and looks >= _SHAKEN_LOOKS:
            return shaken
    return None
