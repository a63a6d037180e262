"""Sets of an exercise: repetitions found in a signal, with their ranges, holds and tempo."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.ndimage import binary_closing

from imu_valgus.exercises.entry import Analyser, Entry, Part
from imu_valgus.exercises.motion import SetMotion
from imu_valgus.model import BoolArray, ExerciseSet, FloatArray, Repetition, Side, Task
from imu_valgus.signals.series import runs, smooth

SMOOTHING_HZ: Final = 4.0

BRIDGED_POSTURE_S: Final = 1.0
"""Leaving the posture for a shorter time is part of the exercise."""

SHORTEST_S: Final = 0.5
"""A quicker repetition is a twitch or a knock."""

HOLD_SHARE: Final = 0.8
HOLD_RATE_SHARE: Final = 0.12
"""A hold lies above the first share of the range. It lasts from the first to the last moment that
is slower than the second share of the fastest movement in the repetition."""

EDGE_SHARE: Final = 0.06
EDGE_RATE_DEG_S: Final = 3.0
"""A repetition starts and ends where the signal is slower than the larger of a share of its fastest
movement and this rate, which is that of sway."""


def analyse_set(
    entry: Entry, motion: SetMotion, *, recording: str, side: Side | None
) -> tuple[ExerciseSet, ...]:
    """Measure an exercise in a recording.

    Parameters
    ----------
    entry
        Line of the catalogue.
    motion
        Motion of the recording, or of the part of it in which the exercise is done.
    recording
        Name of the recording.
    side
        Leg to look at; None for both.

    Returns
    -------
    tuple of ExerciseSet
        One for each leg that did the exercise. If the exercise cannot be measured or no repetition
        was found, a single set without repetitions whose note says so.
    """
    start_s, end_s = float(motion.time_s[0]), float(motion.time_s[-1])
    empty = ExerciseSet(entry.exercise.key, entry.exercise.name, recording, side, start_s, end_s)
    if entry.analyser is None:
        note = "Timed and logged only: sensors on the legs cannot measure this exercise."
        return (replace(empty, measures={"duration_s": end_s - start_s}, notes=(note,)),)
    sets = []
    for leg in Side:
        if side in {None, leg} and motion.has_leg(leg):
            repetitions = _repetitions(entry.analyser, motion, leg)
            if repetitions:
                note = entry.analyser.note
                sets.append(_filled(replace(empty, side=leg), repetitions, note))
    if sets:
        return tuple(sets)
    note = "No repetition was found. Check the name of the folder, and that the sensors were worn."
    return (replace(empty, notes=(note,)),)


def _filled(empty: ExerciseSet, repetitions: Sequence[Repetition], note: str) -> ExerciseSet:
    """Fill a set with its repetitions and the means of their measures."""
    names = dict.fromkeys(name for repetition in repetitions for name in repetition.measures)
    measures = {}
    for name in names:
        values = [repetition.measures.get(name, np.nan) for repetition in repetitions]
        if np.isfinite(values).any():
            measures[name] = float(np.nanmean(values))
    starts = np.array([repetition.start_s for repetition in repetitions])
    if starts.size > 1:
        measures["seconds_per_repetition_s"] = float(np.median(np.diff(starts)))
    return replace(
        empty,
        start_s=repetitions[0].start_s,
        end_s=repetitions[-1].end_s,
        repetitions=tuple(repetitions),
        measures=measures,
        notes=(note,) if note else (),
    )


@dataclass(frozen=True, slots=True)
class _Movement:
    """A movement out of rest and back, and its range by column: to one side, or to both."""

    part: Part
    ranges: dict[str, float]


def _repetitions(analyser: Analyser, motion: SetMotion, side: Side) -> list[Repetition]:
    signal = analyser.signal(motion, side)
    posture = analyser.posture(motion, side) & np.isfinite(signal)
    movements = [
        movement
        for movement in _movements(signal, posture, motion.rate_hz, analyser, analyser.range_name)
        if analyser.is_done(motion, side, movement.part)
    ]
    if analyser.opposite_name:
        name = analyser.opposite_name
        opposite = _movements(-signal, posture, motion.rate_hz, analyser, name)
        movements = _joined([*movements, *opposite])
    return [
        _repetition(analyser, motion, side, movement, number)
        for number, movement in enumerate(movements, start=1)
    ]


def _repetition(
    analyser: Analyser, motion: SetMotion, side: Side, movement: _Movement, number: int
) -> Repetition:
    part, last = movement.part, motion.time_s.size - 1
    return Repetition(
        Task.OTHER,
        side,
        number,
        float(motion.time_s[part.start]),
        float(motion.time_s[(part.hold_start + part.hold_stop) // 2]),
        float(motion.time_s[min(part.stop, last)]),
        measures={
            **movement.ranges,
            "hold_s": (part.hold_stop - part.hold_start) / motion.rate_hz,
            **analyser.measures(motion, side, part),
        },
    )


def _joined(movements: Sequence[_Movement]) -> list[_Movement]:
    """Join a movement to one side with the one to the other side that comes next.

    Whichever side comes first begins the repetition; two to the same side are two repetitions.
    """
    joined: list[_Movement] = []
    for movement in sorted(movements, key=lambda moved: moved.part.start):
        previous = joined[-1].ranges if joined else {}
        if len(previous) == 1 and not previous.keys() & movement.ranges.keys():
            part = replace(joined[-1].part, stop=movement.part.stop)
            joined[-1] = _Movement(part, {**previous, **movement.ranges})
        else:
            joined.append(movement)
    return joined


def _movements(
    signal: FloatArray, posture: BoolArray, rate_hz: float, analyser: Analyser, name: str
) -> list[_Movement]:
    """Find movements within the stretches of the posture; `name` is the column of their range.

    Short breaks of the posture are bridged, short stretches dropped.
    """
    width = max(round(BRIDGED_POSTURE_S * rate_hz), 1)
    bridged = binary_closing(np.pad(posture, width), np.ones(width, dtype=np.bool_))[width:-width]
    movements = []
    for first, stop in runs(bridged):
        if stop - first <= 2.0 * rate_hz:
            continue
        stretch = smooth(signal[first:stop], rate_hz, cutoff_hz=SMOOTHING_HZ)
        for part, height in _parts(stretch, rate_hz, analyser):
            samples = (part.start, part.stop, part.hold_start, part.hold_stop)
            movements.append(_Movement(Part(*(first + at for at in samples)), {name: height}))
    return movements


def _parts(signal: FloatArray, rate_hz: float, analyser: Analyser) -> list[tuple[Part, float]]:
    """Cut repetitions, with their heights, out of a signal that leaves a rest level and comes back.

    The level is where the signal is slow and low: the lower of the two places in which people
    rest, at the turning point or between repetitions. A movement to both sides rests in between.
    """
    reach = analyser.reach_deg
    rate = np.gradient(signal) * rate_hz
    slow = np.abs(rate) < max(EDGE_RATE_DEG_S, 0.15 * float(np.percentile(np.abs(rate), 95)))
    resting = signal[slow] if slow.any() else signal
    low = float(np.percentile(resting, 2.0))
    if analyser.opposite_name:
        level = float(np.median(resting))
    else:
        level = float(np.median(resting[resting <= low + 0.5 * reach]))
    parts = []
    for begin, end in runs(signal > level + 0.5 * reach):
        if begin == 0 or end == signal.size or (end - begin) / rate_hz < SHORTEST_S:
            continue
        # A small shift of posture before a large movement does not belong to the movement yet.
        threshold = level + 0.1 * (float(signal[begin:end].max()) - level)
        moving = begin + np.flatnonzero(signal[begin:end] > threshold)
        part = _part(signal, rate, int(moving[0]), int(moving[-1]) + 1)
        base = level if analyser.opposite_name else float(signal[part.start])
        height = float(np.median(signal[part.hold])) - base
        if height >= reach:
            parts.append((part, height))
    return parts


def _part(signal: FloatArray, rate: FloatArray, begin: int, end: int) -> Part:
    """Widen a movement to its edges, and find its hold."""
    top = begin + int(np.argmax(signal[begin:end]))
    fastest = float(np.abs(rate[begin:end]).max())
    limit = max(EDGE_RATE_DEG_S, EDGE_SHARE * fastest)
    before = np.flatnonzero(rate[:begin] < limit)
    after = np.flatnonzero(-rate[end:] < limit)
    start = int(before[-1]) if before.size else 0
    stop = end + int(after[0]) + 1 if after.size else signal.size
    floor = float(signal[start])
    high = signal[begin:end] > floor + HOLD_SHARE * (float(signal[top]) - floor)
    slow = np.abs(rate[begin:end]) < HOLD_RATE_SHARE * fastest
    held = np.flatnonzero(high & slow)
    if not held.size:
        return Part(start, stop, top, top + 1)
    return Part(start, stop, begin + int(held[0]), begin + int(held[-1]) + 1)
