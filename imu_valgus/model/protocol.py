"""What a person is asked to do during a recording, step by step."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from imu_valgus.errors import InputError
from imu_valgus.model import Side, Task

__all__ = ["DEFAULT_PROTOCOL", "ProtocolStep", "single_task", "with_tap_checks"]


@dataclass(frozen=True, slots=True)
class ProtocolStep:
    """One thing to do.

    Parameters
    ----------
    task
        Label of the span.
    seconds
        How long.
    side
        The leg that does it, None for both.
    instruction
        What the person is told.
    is_tap_check
        Whether the sensors are tapped together in it, to compare their clocks.
    """

    task: Task
    seconds: float
    side: Side | None = None
    instruction: str = ""
    is_tap_check: bool = False

    @property
    def title(self) -> str:
        """The task in words.

        Examples
        --------
        >>> ProtocolStep(Task.STEP_UP, 60.0, Side.LEFT).title
        'step up, left leg'
        """
        if self.is_tap_check:
            return "tap check"
        words = str(self.task).replace("_", " ")
        return words if self.side is None else f"{words}, {self.side} leg"

    @property
    def words(self) -> str:
        """The instruction, or one that follows from the task."""
        if self.is_tap_check and not self.instruction:
            return _TAP_INSTRUCTION
        return self.instruction or _INSTRUCTIONS[self.task].format(
            side="one" if self.side is None else self.side
        )


_INSTRUCTIONS: Final = {
    Task.STANDING: "Stand still and upright, feet hip-wide, toes forward, arms hanging.",
    Task.SIT: "Sit on the chair, feet flat on the floor, and keep still.",
    Task.SQUAT: "Do five slow squats, as deep as is comfortable; feet stay where they are.",
    Task.SEATED_KNEE_EXTENSION: (
        "Sit. Straighten the {side} knee and lower the foot again, slowly, six times."
    ),
    Task.SEATED_HIP_ROTATION: (
        "Sit. Swing the {side} foot outwards and inwards; the knee stays where it is, four times."
    ),
    Task.LEG_SWING: "Swing the straight {side} leg forwards and backwards, five times.",
    Task.TRUNK_BOW: "Bow forwards from the hips with straight knees, five times.",
    Task.WALK: "Walk at your usual pace; turn where you need to.",
    Task.STEP_UP: (
        "Step up with the {side} leg leading, stand, step down; slowly, again and again."
    ),
    Task.CALF_RAISE: "Rise onto your toes and come down slowly, ten times.",
    Task.OTHER: "Do what was agreed.",
}

_TAP_INSTRUCTION: Final = (
    "Hold all sensors pressed together in one hand. Wait two seconds, strike it three times "
    "sharply against the other hand, a second apart, and wait again. Sensors already strapped on: "
    "jump up three times instead."
)
_TAP_CHECK_S: Final = 12.0
"""Enough for three taps with rest around them."""

DEFAULT_PROTOCOL: Final = (
    ProtocolStep(Task.STANDING, 8.0),
    ProtocolStep(Task.SQUAT, 20.0),
    ProtocolStep(Task.SEATED_KNEE_EXTENSION, 20.0, Side.RIGHT),
    ProtocolStep(Task.SEATED_KNEE_EXTENSION, 20.0, Side.LEFT),
    ProtocolStep(Task.SEATED_HIP_ROTATION, 20.0, Side.RIGHT),
    ProtocolStep(Task.SEATED_HIP_ROTATION, 20.0, Side.LEFT),
    ProtocolStep(Task.STANDING, 6.0),
    ProtocolStep(Task.WALK, 120.0),
    ProtocolStep(Task.STANDING, 8.0),
    ProtocolStep(Task.STEP_UP, 60.0, Side.RIGHT),
    ProtocolStep(Task.STANDING, 4.0),
    ProtocolStep(Task.STEP_UP, 60.0, Side.LEFT),
    ProtocolStep(Task.STANDING, 8.0),
)
"""Standing at start and end of everything that is scored: there the drift is checked."""

_LEAD_IN_S: Final = 5.0
_LEAD_OUT_S: Final = 3.0


def single_task(task: Task, seconds: float, side: Side | None = None) -> tuple[ProtocolStep, ...]:
    """Make the protocol of one task, with quiet standing before and after it.

    Raises
    ------
    InputError
        If the time is no positive number.
    """
    if not (math.isfinite(seconds) and seconds > 0.0):
        raise InputError(f"Expected a positive number of seconds, got {seconds:g}.")
    step = ProtocolStep(task, seconds, side)
    if task is Task.STANDING:
        return (step,)
    before, after = (ProtocolStep(Task.STANDING, s) for s in (_LEAD_IN_S, _LEAD_OUT_S))
    return (before, step, after)


def with_tap_checks(steps: Sequence[ProtocolStep]) -> tuple[ProtocolStep, ...]:
    """Add a tap check at the start and one at the end of a protocol."""
    check = ProtocolStep(Task.OTHER, _TAP_CHECK_S, is_tap_check=True)
    return (check, *steps, check)


def total_seconds(steps: Sequence[ProtocolStep]) -> float:
    """Sum of the steps' times."""
    return sum(step.seconds for step in steps)
