"""How an exercise that sensors can see is described: its signal, its posture, its measures."""

from collections.abc import Callable
from dataclasses import dataclass

from imu_valgus.exercises.motion import SetMotion
from imu_valgus.model import BoolArray, Exercise, FloatArray, Side

SideSignal = Callable[[SetMotion, Side], FloatArray]
SidePosture = Callable[[SetMotion, Side], BoolArray]


@dataclass(frozen=True, slots=True)
class Part:
    """Samples of one repetition: half-open [start, stop), held in [hold_start, hold_stop)."""

    start: int
    stop: int
    hold_start: int
    hold_stop: int


PartMeasures = Callable[[SetMotion, Side, Part], dict[str, float]]
PartCheck = Callable[[SetMotion, Side, Part], bool]


def no_measures(_motion: SetMotion, _side: Side, _part: Part) -> dict[str, float]:
    """Measure nothing besides range and hold."""
    return {}


def always(_motion: SetMotion, _side: Side, _part: Part) -> bool:
    """Take every repetition."""
    return True


@dataclass(frozen=True, slots=True)
class Analyser:
    """How repetitions of an exercise are found and measured.

    Parameters
    ----------
    signal
        Degrees that grow while the exercise is done, of one leg, shape (n,); any zero.
    range_name
        Column of the range: how far the signal gets in a repetition, from the rest before it.
    reach_deg
        A smaller movement is no repetition.
    posture
        Where the person is in the posture of the exercise, shape (n,).
    measures
        Further figures of a repetition.
    is_done
        Whether a movement found in the signal is a repetition of this exercise by this leg.
    opposite_name
        Name of the range to the other side, where the movement goes both ways from rest; empty
        for a movement that only leaves rest in one direction.
    note
        What is to be known about the figures.
    """

    signal: SideSignal
    range_name: str
    reach_deg: float
    posture: SidePosture
    measures: PartMeasures = no_measures
    is_done: PartCheck = always
    opposite_name: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the catalogue; None as analyser: timed and logged, or counted elsewhere."""

    exercise: Exercise
    analyser: Analyser | None = None
