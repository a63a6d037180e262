"""Sets of exercises against the simulated bones that made them: for tests and studies."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from imu_valgus.exercises.catalogue import entry_named
from imu_valgus.exercises.motion import SetMotion
from imu_valgus.model import Analysis, FloatArray, Repetition, Segment
from imu_valgus.simulate import SimulatedSession

_UP = np.array([0.0, 0.0, 1.0])
_LEFT_REST_DEG = 1.5


@dataclass(frozen=True, slots=True)
class Errors:
    """One simulated set against its truth; times, holds in seconds, ranges in degrees."""

    is_exact: bool
    start_s: float
    end_s: float
    hold_s: float
    range_deg: float


def errors_of(made: SimulatedSession, analysis: Analysis, name: str) -> Errors:
    """Compare the set of a recording with the bones that made it."""
    truth = true_repetitions(made, name)
    found = [one for one in analysis.exercises if one.recording == name and one.repetitions]
    sides = {None, truth[0].side}
    if len(found) != 1 or found[0].side not in sides or len(found[0].repetitions) != len(truth):
        unknown = float("nan")
        return Errors(
            is_exact=False, start_s=unknown, end_s=unknown, hold_s=unknown, range_deg=unknown
        )
    pairs = list(zip(found[0].repetitions, truth, strict=True))
    starts = [one.start_s - true.start_s for one, true in pairs]
    ends = [one.end_s - true.end_s for one, true in pairs]
    holds = [
        one.measures["hold_s"] - true.measures["hold_s"]
        for one, true in pairs
        if "hold_s" in one.measures and "hold_s" in true.measures
    ]
    return Errors(
        is_exact=True,
        start_s=largest(starts),
        end_s=largest(ends),
        hold_s=largest(holds),
        range_deg=largest(list(_range_errors(made, name, pairs))),
    )


def _range_errors(
    made: SimulatedSession, name: str, pairs: Sequence[tuple[Repetition, Repetition]]
) -> Iterator[float]:
    entry = entry_named(name)
    if entry is None or entry.analyser is None:
        return
    bones = bone_motion(made, name)
    for one, true in pairs:
        assert true.side is not None
        signal = entry.analyser.signal(bones, true.side)
        rest, top = (int(100 * at) for at in (true.start_s - 0.5, true.top_s))
        yield one.measures[entry.analyser.range_name] - float(signal[top] - signal[rest])


def true_repetitions(made: SimulatedSession, name: str) -> tuple[Repetition, ...]:
    """Return what was done; of a wall push from where the *raised* thigh of the bones left rest.

    The simulator's times are those of the leg that the set is named after, which stands there and
    bends only later.
    """
    truth = made.truth[name].repetitions
    if name.partition("_left")[0] != "wall_push" or truth[0].side is None:
        return truth
    raised = bone_motion(made, name).forward_deg(Segment.THIGH, truth[0].side.other)
    return tuple(_where_moved(one, raised) for one in truth)


def _where_moved(one: Repetition, signal: FloatArray) -> Repetition:
    first, last = (int(100 * at) for at in (one.start_s - 0.8, one.end_s + 0.8))
    moved = first + np.flatnonzero(np.abs(signal[first:last] - signal[first]) > _LEFT_REST_DEG)
    return replace(one, start_s=moved[0] / 100.0, end_s=(moved[-1] + 1) / 100.0)


def bone_motion(made: SimulatedSession, name: str) -> SetMotion:
    """Return what an analyser would see if its sensors sat on the bones."""
    truth = made.truth[name]
    ups = {place: one.to_earth.inv().apply(_UP) for place, one in truth.orientations.items()}
    angles = {(one.joint, one.side): one for one in truth.angles}
    return SetMotion(truth.time_s, ups, angles)


def largest(values: Sequence[float]) -> float:
    """Return the value that is furthest from zero; NaN of none."""
    return max(values, key=abs) if values else float("nan")
