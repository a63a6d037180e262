"""Description of an exercise: its data, and how its repetitions are found and measured."""

from collections.abc import Callable
from dataclasses import dataclass

from imu_valgus.exercises.motion import SetMotion
from imu_valgus.model import BoolArray, Exercise, FloatArray, Side


@dataclass(frozen=True, slots=True)
class Part:
    """One repetition as sample indices.

    Parameters
    ----------
    start, stop
        Samples of the repetition, half-open.
    hold_start, hold_stop
        Samples of its hold, half-open.
    """

    start: int
    stop: int
    hold_start: int
    hold_stop: int

    @property
    def hold(self) -> slice:
        """Samples of the hold."""
        return slice(self.hold_start, self.hold_stop)


SideSignal = Callable[[SetMotion, Side], FloatArray]
SidePosture = Callable[[SetMotion, Side], BoolArray]
PartMeasures = Callable[[SetMotion, Side, Part], dict[str, float]]
PartCheck = Callable[[SetMotion, Side, Part], bool]


def _no_measures(_motion: SetMotion, _side: Side, _part: Part) -> dict[str, float]:
    return {}


def _always(_motion: SetMotion, _side: Side, _part: Part) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Analyser:
    """How repetitions of an exercise are found and measured.

    Parameters
    ----------
    signal
        Angle of one leg in degrees that grows while the exercise is done, shape (n,). Its zero is
        arbitrary.
    range_name
        Column of the range: how far the signal moves in a repetition, from the rest before it.
    reach_deg
        Smallest movement that counts as a repetition.
    posture
        Where the leg is in the posture of the exercise, shape (n,).
    measures
        Further measures of a repetition.
    is_done
        Whether a movement found in the signal is a repetition of this exercise by this leg.
    opposite_name
        Column of the range to the other side, for a movement that leaves rest in both directions;
        empty for a movement in one direction.
    note
        Remark for the reader of the figures.
    """

    signal: SideSignal
    range_name: str
    reach_deg: float
    posture: SidePosture
    measures: PartMeasures = _no_measures
    is_done: PartCheck = _always
    opposite_name: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the catalogue.

    Parameters
    ----------
    exercise
        The exercise as data.
    analyser
        How it is measured; None if it is only timed, or counted by another part of the pipeline.
    """

    exercise: Exercise
    analyser: Analyser | None = None
