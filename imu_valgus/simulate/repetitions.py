"""Sets of alike repetitions: out of rest, hold, back, pause."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from imu_valgus.errors import InputError
from imu_valgus.model import Side, Task
from imu_valgus.simulate.clip import Clip, ClipRepetition, Performer
from imu_valgus.simulate.pose import SIDES, BodyPose, Keyframes

LEAD_IN_S: Final = 0.4
"""Rest at the start and end of every clip, so that easing is over where clips meet."""

_CONTACT_CHANNELS: Final = frozenset({"support", "seat_support", "planted"})
_SHIFT_S: Final = 0.3
"""The weight shifts before a foot moves and after it is back: own choice."""

_TIME_SD: Final = 0.06
_AMOUNT_SD: Final = 0.04
"""Relative spread between repetitions of one set: own choice."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of the parts of a repetition."""

    out_s: float
    hold_s: float
    back_s: float
    pause_s: float


@dataclass(frozen=True, slots=True)
class Target:
    """Channel values of the body and of the legs at the turning point of a repetition."""

    body: Mapping[str, float] = field(default_factory=dict)
    right: Mapping[str, float] = field(default_factory=dict)
    left: Mapping[str, float] = field(default_factory=dict)

    def channels(self) -> list[tuple[Side | None, str, float]]:
        """All values with the side they belong to."""
        return [
            (side, name, value)
            for side, values in (
                (None, self.body),
                (Side.RIGHT, self.right),
                (Side.LEFT, self.left),
            )
            for name, value in values.items()
        ]

    @staticmethod
    def of_leg(
        side: Side,
        values: Mapping[str, float],
        *,
        body: Mapping[str, float] | None = None,
        other: Mapping[str, float] | None = None,
    ) -> "Target":
        """Name the leg by its side instead of by position."""
        legs = {side: values, side.other: other or {}}
        return Target(body=body or {}, right=legs[Side.RIGHT], left=legs[Side.LEFT])


def check_count(count: int) -> None:
    """Raise unless at least one repetition is asked for."""
    if count < 1:
        raise InputError(f"Expected at least one repetition, got {count}; ask for 1 or more.")


def rest_value(rest: BodyPose, side: Side | None, name: str) -> float:
    """Value of a channel in a pose."""
    return float(getattr(rest if side is None else rest.leg(side), name))


def repetition_set(
    performer: Performer,
    rest: BodyPose,
    targets: Sequence[Target],
    timing: Timing,
    *,
    count: int,
    task: Task,
    side: Side | None = None,
) -> Clip:
    """Perform repetitions that visit the targets one after another.

    Parameters
    ----------
    performer
        Whose variation between repetitions.
    rest
        Pose before, between and after.
    targets
        Turning points of one repetition, each reached in `timing.out_s`.
    timing
        Of one repetition.
    count
        How many.
    task, side
        How the clip is labelled.

    Returns
    -------
    Clip
        With one repetition entry each; its top is the middle of the first hold.

    Raises
    ------
    InputError
        If no repetition is asked for.
    """
    check_count(count)
    keys = Keyframes(rest=rest.as_row())
    contacts = [channel for channel in targets[0].channels() if channel[1] in _CONTACT_CHANNELS]
    moving = [
        [channel for channel in target.channels() if channel[1] not in _CONTACT_CHANNELS]
        for target in targets
    ]
    now, repetitions = LEAD_IN_S, []
    for _ in range(count):
        if contacts:
            _key_rest(keys, rest, contacts, now)
            now += _SHIFT_S
            _key(keys, contacts, now)
        repetition = _key_repetition(keys, rest, moving, timing, performer, start_s=now)
        repetitions.append(replace(repetition, side=side))
        now = repetition.end_s
        if contacts:
            _key(keys, contacts, now)
            now += _SHIFT_S
            _key_rest(keys, rest, contacts, now)
        now += max(0.2, performer.vary(timing.pause_s, 3.0 * _TIME_SD))
    rows = keys.rows(now + LEAD_IN_S)
    return Clip(rows=rows, task=task, side=side, repetitions=tuple(repetitions))


_Channel = tuple[Side | None, str, float]


def _key_repetition(
    keys: Keyframes,
    rest: BodyPose,
    moving: Sequence[Sequence[_Channel]],
    timing: Timing,
    performer: Performer,
    *,
    start_s: float,
) -> ClipRepetition:
    """Key one repetition of the joints that move; returns when it was."""
    used = {channel[:2]: channel for channels in moving for channel in channels}
    _key_rest(keys, rest, used.values(), start_s)
    now, tops, holds = start_s, [], []
    for channels in moving:
        now += performer.vary(timing.out_s, _TIME_SD)
        hold = performer.vary(timing.hold_s, _TIME_SD)
        amount = performer.vary(1.0, _AMOUNT_SD)
        asked = []
        for where, name, value in channels:
            base = rest_value(rest, where, name)
            asked.append((where, name, base + amount * (value - base)))
        _key(keys, asked, now)
        if hold > 0.0:
            _key(keys, asked, now + hold)
        tops.append(now + 0.5 * hold)
        holds.append(hold)
        now += hold
    now += performer.vary(timing.back_s, _TIME_SD)
    _key_rest(keys, rest, used.values(), now)
    return ClipRepetition(None, start_s, tops[0], now, holds[0])


def _key(keys: Keyframes, channels: Iterable[_Channel], time_s: float) -> None:
    for where, name, value in channels:
        keys.set(time_s, where, **{name: value})


def _key_rest(keys: Keyframes, rest: BodyPose, channels: Iterable[_Channel], time_s: float) -> None:
    _key(keys, [(w, name, rest_value(rest, w, name)) for w, name, _ in channels], time_s)


def both_legs(values: Mapping[Side, Mapping[str, float]]) -> dict[str, Mapping[str, float]]:
    """Name the two legs' values for :class:`Target`."""
    return {str(side): values[side] for side in SIDES}


def one_sided_exercise(
    performer: Performer,
    rest: BodyPose,
    target: Target,
    timing: Timing,
    *,
    count: int,
    side: Side,
) -> Clip:
    """Perform one leg's repetitions of an exercise that has no task name of its own."""
    return repetition_set(
        performer, rest, [target], timing, count=count, task=Task.OTHER, side=side
    )
