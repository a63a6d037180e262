"""Repetitions of an exercise in its signal: count, range, hold, tempo, and what it adds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import binary_closing

from imu_valgus.exercises.entry import Analyser, Entry, Part
from imu_valgus.exercises.motion import SetMotion
from imu_valgus.model import BoolArray, ExerciseSet, FloatArray, Repetition, Side, Task
from imu_valgus.signals.series import runs, smooth

SMOOTHING_HZ = 4.0
BRIDGED_POSTURE_S = 1.0
"""Leaving the posture for a shorter time is part of the exercise."""

SHORTEST_S = 0.5
"""A quicker repetition is a twitch or a knock."""

HOLD_SHARE = 0.8
HOLD_RATE_SHARE = 0.12
"""A hold is what lies above this share of the range, from the first to the last moment that is
slower than this share of the repetition's own fastest movement."""

EDGE_SHARE = 0.06
EDGE_RATE_DEG_S = 3.0


@dataclass(frozen=True, slots=True)
class _Run:
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class _Moved:
    """A repetition, and how far it went to the one side, to the other, or both."""

    part: Part
    ranges: dict[str, float]


def analyse_set(
    entry: Entry, motion: SetMotion, *, recording: str, side: Side | None
) -> tuple[ExerciseSet, ...]:
    """Measure an exercise in a recording.

    Parameters
    ----------
    entry
        Of the catalogue.
    motion
        The recording, or the part of it in which the exercise is done.
    recording
        Its name.
    side
        The leg that works; None looks at both.

    Returns
    -------
    tuple of ExerciseSet
        One for each leg that did it; one without repetitions where the exercise cannot be
        measured or nothing was found.
    """
    start_s, end_s = float(motion.time_s[0]), float(motion.time_s[-1])
    exercise = entry.exercise
    if entry.analyser is None:
        note = "Timed and logged: sensors on the legs do not measure this one."
        timed = ExerciseSet(
            exercise.key,
            exercise.name,
            recording,
            side,
            start_s,
            end_s,
            measures={"duration_s": end_s - start_s},
            notes=(note,),
        )
        return (timed,)
    found = []
    for leg in Side:
        if side in {None, leg} and motion.has_leg(leg):
            repetitions = _repetitions(entry.analyser, motion, leg)
            if repetitions:
                found.append(_set(entry, recording, leg, repetitions, entry.analyser.note))
    if found:
        return tuple(found)
    note = "No repetition was found; check the folder's name and that the sensors were worn."
    return (
        ExerciseSet(exercise.key, exercise.name, recording, side, start_s, end_s, notes=(note,)),
    )


def _set(
    entry: Entry,
    recording: str,
    side: Side,
    repetitions: Sequence[Repetition],
    note: str,
) -> ExerciseSet:
    names = dict.fromkeys(name for one in repetitions for name in one.measures)
    measures = {
        name: float(np.nanmean([one.measures.get(name, np.nan) for one in repetitions]))
        for name in names
        if any(np.isfinite(one.measures.get(name, np.nan)) for one in repetitions)
    }
    starts = np.array([one.start_s for one in repetitions])
    if starts.size > 1:
        measures["seconds_per_repetition_s"] = float(np.median(np.diff(starts)))
    return ExerciseSet(
        entry.exercise.key,
        entry.exercise.name,
        recording,
        side,
        repetitions[0].start_s,
        repetitions[-1].end_s,
        tuple(repetitions),
        measures,
        (note,) if note else (),
    )


def _repetitions(analyser: Analyser, motion: SetMotion, side: Side) -> list[Repetition]:
    signal = analyser.signal(motion, side)
    posture = analyser.posture(motion, side) & np.isfinite(signal)
    moved = [
        _Moved(part, {analyser.range_name: height})
        for part, height in _parts_in_posture(signal, posture, motion.rate_hz, analyser)
        if analyser.is_done(motion, side, part)
    ]
    if analyser.opposite_name:
        back = [
            _Moved(part, {analyser.opposite_name: height})
            for part, height in _parts_in_posture(-signal, posture, motion.rate_hz, analyser)
        ]
        moved = _to_and_fro(moved, back)
    return [
        _repetition(
            motion,
            side,
            one.part,
            number,
            {
                **one.ranges,
                "hold_s": (one.part.hold_stop - one.part.hold_start) / motion.rate_hz,
                **analyser.measures(motion, side, one.part),
            },
        )
        for number, one in enumerate(moved, start=1)
    ]


def _parts_in_posture(
    signal: FloatArray, posture: BoolArray, rate_hz: float, analyser: Analyser
) -> list[tuple[Part, float]]:
    return [
        (
            Part(
                *(run.start + at for at in (part.start, part.stop)),
                *(run.start + at for at in (part.hold_start, part.hold_stop)),
            ),
            height,
        )
        for run in _runs(posture, rate_hz)
        for part, height in _parts(
            smooth(signal[run.start : run.stop], rate_hz, cutoff_hz=SMOOTHING_HZ), rate_hz, analyser
        )
    ]


def _to_and_fro(there: Sequence[_Moved], back: Sequence[_Moved]) -> list[_Moved]:
    """Join a movement to one side with the one to the other side that comes next.

    Whichever side comes first begins the repetition; two to the same side are two repetitions.
    """
    joined: list[_Moved] = []
    for one in sorted((*there, *back), key=lambda moved: moved.part.start):
        last = joined[-1].ranges if joined else {}
        if len(last) == 1 and not last.keys() & one.ranges.keys():
            part = replace(joined[-1].part, stop=one.part.stop)
            joined[-1] = _Moved(part, {**last, **one.ranges})
        else:
            joined.append(one)
    return joined


def _repetition(
    motion: SetMotion, side: Side, part: Part, number: int, measures: dict[str, float]
) -> Repetition:
    last = motion.time_s.size - 1
    return Repetition(
        Task.OTHER,
        side,
        number,
        float(motion.time_s[part.start]),
        float(motion.time_s[(part.hold_start + part.hold_stop) // 2]),
        float(motion.time_s[min(part.stop, last)]),
        measures=measures,
    )


def _runs(mask: BoolArray, rate_hz: float) -> list[_Run]:
    """Stretches in the posture; short breaks are bridged, short stretches dropped."""
    width = max(round(BRIDGED_POSTURE_S * rate_hz), 1)
    padded = np.concatenate([np.zeros(width, bool), mask, np.zeros(width, bool)])
    closed = binary_closing(padded, np.ones(width, dtype=np.bool_))[width:-width]
    return [_Run(start, stop) for start, stop in runs(closed) if stop - start > 2.0 * rate_hz]


def _parts(signal: FloatArray, rate_hz: float, analyser: Analyser) -> list[tuple[Part, float]]:
    """Cut repetitions out of a signal that leaves a rest level and comes back to it.

    The level is where the signal is slow and low: the lower of the two places in which people
    rest, at the turning point or between repetitions. A movement to both sides rests in between.
    """
    reach = analyser.reach_deg
    rate = np.gradient(signal) * rate_hz
    quiet = np.abs(rate) < max(EDGE_RATE_DEG_S, 0.15 * float(np.percentile(np.abs(rate), 95)))
    resting = signal[quiet] if quiet.any() else signal
    low = float(np.percentile(resting, 2.0))
    if analyser.opposite_name:
        level = float(np.median(resting))
    else:
        level = float(np.median(resting[resting <= low + 0.5 * reach]))
    out = signal > level + 0.5 * reach
    parts = []
    for begin, end in runs(out):
        if begin == 0 or end == signal.size or (end - begin) / rate_hz < SHORTEST_S:
            continue
        # A small shift of posture before a large movement is not yet the movement.
        tall = level + 0.1 * (float(signal[begin:end].max()) - level)
        moving = begin + np.flatnonzero(signal[begin:end] > tall)
        part = _part(signal, rate, int(moving[0]), int(moving[-1]) + 1)
        base = level if analyser.opposite_name else float(signal[part.start])
        height = float(np.median(signal[part.hold_start : part.hold_stop])) - base
        if height >= reach:
            parts.append((part, height))
    return parts


def _part(signal: FloatArray, rate: FloatArray, begin: int, end: int) -> Part:
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
    still = np.flatnonzero(high & slow)
    if not still.size:
        return Part(start, stop, top, top + 1)
    return Part(start, stop, begin + int(still[0]), begin + int(still[-1]) + 1)
