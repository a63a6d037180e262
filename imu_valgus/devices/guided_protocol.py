"""What a person is asked to do during a recording, step by step."""

import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from imu_valgus.errors import InputError
from imu_valgus.model import Side, Task

__all__ = ["DEFAULT_PROTOCOL", "ProtocolStep", "read_protocol", "single_task", "with_tap_checks"]


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


def read_protocol(path: Path) -> tuple[ProtocolStep, ...]:
    """Read a protocol from a TOML file with one ``[[step]]`` table per step.

    Parameters
    ----------
    path
        Each step has `task` and `seconds`, and may have `side`, `instruction` and
        ``tap_check = true``.

    Raises
    ------
    InputError
        If the file cannot be read or a step is not what it should be.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"Expected a protocol at '{path}', but it cannot be read ({error.strerror})."
        ) from error
    except ValueError as error:
        raise InputError(f"Expected a TOML file at '{path}', found a mistake: {error}.") from error
    steps = document.get("step")
    if not isinstance(steps, list) or not steps:
        raise InputError(
            f"Expected [[step]] tables in '{path}', found none; see docs/recording.md."
        )
    return tuple(_step(table, number, path) for number, table in enumerate(steps, start=1))


def _step(table: Any, number: int, path: Path) -> ProtocolStep:
    try:
        return ProtocolStep(
            Task(table["task"]),
            _positive(float(table["seconds"])),
            Side(table["side"]) if "side" in table else None,
            str(table.get("instruction", "")),
            _truth(table.get("tap_check", False)),
        )
    except KeyError as error:
        raise InputError(f"Step {number} of '{path}' lacks {error.args[0]!r}.") from error
    except (TypeError, ValueError, AttributeError) as error:
        tasks = ", ".join(Task)
        raise InputError(
            f"Step {number} of '{path}' has a mistake ({error}): task is one of {tasks}; seconds "
            "a positive number; side, if any, right or left; tap_check true or false."
        ) from error


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"tap_check = {value!r}")
    return value


def _positive(seconds: float) -> float:
    if not (math.isfinite(seconds) and seconds > 0.0):
        raise ValueError(f"seconds = {seconds:g}")
    return seconds


def total_seconds(steps: Sequence[ProtocolStep]) -> float:
    """Sum of the steps' times."""
    return sum(step.seconds for step in steps)
