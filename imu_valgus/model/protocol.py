"""The protocol of a recording: what a person is asked to do, step by step."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from imu_valgus.errors import InputError
from imu_valgus.model import Side, Task
from imu_valgus.model.limits import STEP_S, is_possible


@dataclass(frozen=True, slots=True)
class ProtocolStep:
    """One step of a protocol.

    Parameters
    ----------
    task
        Task that the recorded span is labelled with.
    seconds
        Duration in seconds.
    side
        The leg that does it; None for both.
    instruction
        Instruction shown to the person; empty for the usual one of the task.
    is_tap_check
        Whether the sensors are tapped together in this step, to compare their clocks.
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
        """The instruction, or the usual one of the task."""
        if self.is_tap_check and not self.instruction:
            return _TAP_INSTRUCTION
        return self.instruction or _INSTRUCTIONS[self.task].format(
            side="one" if self.side is None else self.side
        )


_INSTRUCTIONS: Final = {
    Task.STANDING: "Stand still and upright, feet hip-width apart, toes forward, arms hanging.",
    Task.SIT: "Sit on the chair, feet flat on the floor, and keep still.",
    Task.SQUAT: "Do five slow squats, as deep as is comfortable; keep your feet in place.",
    Task.SEATED_KNEE_EXTENSION: (
        "Sit. Slowly straighten the {side} knee and lower the foot again, six times."
    ),
    Task.SEATED_HIP_ROTATION: (
        "Sit. Swing the {side} foot outwards and inwards four times; keep the knee in place."
    ),
    Task.LEG_SWING: "Swing the straight {side} leg forwards and backwards, five times.",
    Task.TRUNK_BOW: "Bow forwards from the hips with straight knees, five times.",
    Task.WALK: "Walk at your usual pace; turn where you need to.",
    Task.STEP_UP: (
        "Step up slowly with the {side} leg leading, stand, step down; repeat until time is up."
    ),
    Task.CALF_RAISE: "Rise onto your toes and come down slowly, ten times.",
    Task.OTHER: "Do what was agreed beforehand.",
}

_TAP_INSTRUCTION: Final = (
    "Hold all sensors pressed together in one hand. Wait two seconds, hit that hand sharply "
    "against the other three times, a second apart, and wait again. If the sensors are already "
    "strapped on, jump three times instead."
)
_TAP_CHECK_S: Final = 12.0
"""Enough for three taps with rest before and after."""

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
"""Everything that is scored lies between two static trials, which show the drift."""

_LEAD_IN_S: Final = 5.0
_LEAD_OUT_S: Final = 3.0


def single_task(task: Task, seconds: float, side: Side | None = None) -> tuple[ProtocolStep, ...]:
    """Return the protocol of one task, with a static trial before and after it.

    Parameters
    ----------
    task
        The task; standing gets no further static trials.
    seconds
        Duration of the task in seconds.
    side
        The leg that does it; None for both.

    Returns
    -------
    tuple of ProtocolStep
        The steps in order.

    Raises
    ------
    InputError
        If the duration is not possible.
    """
    if not is_possible(seconds, STEP_S):
        raise InputError(
            f"A task cannot last {seconds:g} seconds. Give a number of seconds from {STEP_S[0]:g} "
            f"to {STEP_S[1]:g} (6 hours)."
        )
    step = ProtocolStep(task, seconds, side)
    if task is Task.STANDING:
        return (step,)
    before, after = (ProtocolStep(Task.STANDING, s) for s in (_LEAD_IN_S, _LEAD_OUT_S))
    return (before, step, after)


def with_tap_checks(steps: Sequence[ProtocolStep]) -> tuple[ProtocolStep, ...]:
    """Add a tap check before the first step of a protocol and after the last.

    Parameters
    ----------
    steps
        Steps of the protocol.

    Returns
    -------
    tuple of ProtocolStep
        The same steps between two tap checks.
    """
    check = ProtocolStep(Task.OTHER, _TAP_CHECK_S, is_tap_check=True)
    return (check, *steps, check)
