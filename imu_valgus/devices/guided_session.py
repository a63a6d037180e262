"""Takes a person through a protocol while the recorder runs: what now, how long, what next."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from imu_valgus.devices.capture import Recorder
from imu_valgus.devices.guided_checks import find_exchanged
from imu_valgus.devices.guided_protocol import ProtocolStep
from imu_valgus.model import Placement, TaskSpan

__all__ = ["Guide", "GuideState", "Phase"]

_LOOK_EVERY_S: Final = 0.25
_JUDGE_AFTER_S: Final = 3.0


class Phase(StrEnum):
    """What the person is doing."""

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
        Getting ready, doing, finished.
    number, count
        The step (from 1) and how many there are.
    step
        The step that is next or under way; None when finished.
    following
        The one after it, None after the last.
    elapsed_s
        In this step.
    """

    phase: Phase
    number: int
    count: int
    step: ProtocolStep | None
    following: ProtocolStep | None
    elapsed_s: float = 0.0


class Guide:
    """Labels the tasks of a protocol, by a person's pace or by a timetable.

    Parameters
    ----------
    recorder
        Already streaming when `run` begins.
    steps
        Of the protocol.
    timetable
        When each step begins and ends, in seconds from the start of `run`; None to wait for
        `advance` before each step.
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
        self._new_warnings: list[str] = []
        self.state = self._state(0, Phase.WAITING)

    @property
    def is_timed(self) -> bool:
        """Whether steps begin and end by themselves."""
        return self._timetable is not None

    @classmethod
    def timetable_of(cls, steps: Sequence[ProtocolStep]) -> tuple[TaskSpan, ...]:
        """Make the timetable of steps that follow each other at once."""
        ends = np.cumsum([step.seconds for step in steps]).tolist()
        return tuple(
            TaskSpan(step.task, end - step.seconds, end, step.side)
            for step, end in zip(steps, ends, strict=True)
        )

    def advance(self) -> None:
        """Begin the next step, or end the one under way (from the loop's own thread)."""
        self._advance.set()

    def take_warnings(self) -> tuple[str, ...]:
        """Hand over what the movements have shown since the last call."""
        warnings, self._new_warnings = tuple(self._new_warnings), []
        return warnings

    def _state(self, index: int, phase: Phase, elapsed_s: float = 0.0) -> GuideState:
        steps = (*self._steps, None, None)
        count = len(self._steps)
        number = min(index + 1, count)
        return GuideState(phase, number, count, steps[index], steps[index + 1], elapsed_s)

    async def run(self) -> None:
        """Go through all steps."""
        begin_s = asyncio.get_running_loop().time()
        for index, step in enumerate(self._steps):
            self.state = self._state(index, Phase.WAITING)
            if self._timetable is None:
                seconds = step.seconds
                await self._advance.wait()
            else:
                span = self._timetable[index]
                seconds = span.end_s - span.start_s
                await self._sleep_until(begin_s + span.start_s)
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
        """Let the person do a step until its time is over or `advance` is called."""
        loop = asyncio.get_running_loop()
        begin_s = loop.time()
        seen: dict[Placement, list[float]] = {}
        while (elapsed_s := loop.time() - begin_s) < seconds and not self._advance.is_set():
            self.state = self._state(index, Phase.DOING, elapsed_s)
            for sensor in self._recorder.status().sensors:
                if np.isfinite(sensor.motion_deg_s):
                    seen.setdefault(sensor.sensor.placement, []).append(sensor.motion_deg_s)
            if elapsed_s > _JUDGE_AFTER_S:
                self._judge(step, seen)
            # A remainder of rounding, added to a large time, would never let it pass.
            await asyncio.sleep(max(1e-3, min(_LOOK_EVERY_S, seconds - elapsed_s)))
        self._advance.clear()

    def _judge(self, step: ProtocolStep, seen: dict[Placement, list[float]]) -> None:
        motion = {
            place: float(np.sqrt(np.mean(np.square(values[len(values) // 3 :]))))
            for place, values in seen.items()
        }
        sentence = find_exchanged(step.task, step.side, motion)
        if sentence is not None and sentence not in self._warned:
            self._warned.add(sentence)
            self._new_warnings.append(sentence)

    @staticmethod
    async def _sleep_until(moment_s: float) -> None:
        wait_s = moment_s - asyncio.get_running_loop().time()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
