"""Sets of similar repetitions: out of rest, hold, back, pause."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from imu_valgus.errors import InputError
from imu_valgus.model import Side, Task
from imu_valgus.simulate.clip import Clip, ClipRepetition, Performer
from imu_valgus.simulate.pose import SIDES, BodyPose, Keyframes

LEAD_IN_S: Final = 0.4
"""Rest at the start and end of every clip, so that smoothing has settled where clips meet."""

_CONTACT_CHANNELS: Final = frozenset({"support", "seat_support", "planted"})
_SHIFT_S: Final = 0.3
"""Time of a weight shift, before a foot moves and after it is back: our choice."""

_TIME_SD: Final = 0.06
_AMOUNT_SD: Final = 0.04
"""Relative spread between the repetitions of a set: our choice."""

_Channel = tuple[Side | None, str, float]


@dataclass(frozen=True, slots=True)
class Timing:
    """Duration of the parts of a repetition.

    Parameters
    ----------
    out_s, hold_s, pause_s
        Way out of rest, hold, and pause after the repetition.
    back_s
        Way back; None for as long as the way out.
    """

    out_s: float
    hold_s: float
    pause_s: float
    back_s: float | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Turning point of a repetition.

    Parameters
    ----------
    legs
        Values of the channels that move, by side and name.
    body
        Values of the body's channels that move, by name.
    """

    legs: Mapping[Side, Mapping[str, float]]
    body: Mapping[str, float] = field(default_factory=dict)

    def channels(self) -> list[_Channel]:
        """Return side (None for the body), name and value of each channel."""
        groups: list[tuple[Side | None, Mapping[str, float]]] = [(None, self.body)]
        groups += [(side, self.legs.get(side, {})) for side in SIDES]
        return [(side, name, value) for side, group in groups for name, value in group.items()]


def check_count(count: int) -> None:
    """Check that a set has at least one repetition.

    Parameters
    ----------
    count
        Number of repetitions.

    Raises
    ------
    InputError
        If it is below 1.
    """
    if count < 1:
        raise InputError(f"A set of {count} is empty. Ask for at least one repetition.")


def repetition_set(
    performer: Performer,
    rest: BodyPose,
    targets: Sequence[Target],
    timing: Timing,
    *,
    count: int,
    task: Task = Task.OTHER,
    side: Side | None = None,
) -> Clip:
    """Perform repetitions that visit the targets one after another.

    Parameters
    ----------
    performer
        Person, and the variation between repetitions.
    rest
        Pose before, between and after the repetitions.
    targets
        Turning points of one repetition, each reached in `timing.out_s`.
    timing
        Duration of the parts of a repetition.
    count
        Number of repetitions.
    task, side
        Label of the clip.

    Returns
    -------
    Clip
        The set with its repetitions; the top of each is the middle of its first hold.

    Raises
    ------
    InputError
        If `count` is below 1.
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


def _key_repetition(
    keys: Keyframes,
    rest: BodyPose,
    moving: Sequence[Sequence[_Channel]],
    timing: Timing,
    performer: Performer,
    *,
    start_s: float,
) -> ClipRepetition:
    """Set the keys of one repetition of the moving joints, and return its times."""
    used = {channel[:2]: channel for channels in moving for channel in channels}
    _key_rest(keys, rest, used.values(), start_s)
    now, tops, holds = start_s, [], []
    for channels in moving:
        now += performer.vary(timing.out_s, _TIME_SD)
        hold = performer.vary(timing.hold_s, _TIME_SD)
        amount = performer.vary(1.0, _AMOUNT_SD)
        reached = []
        for side, name, value in channels:
            base = _rest_value(rest, side, name)
            reached.append((side, name, base + amount * (value - base)))
        _key(keys, reached, now)
        if hold > 0.0:
            _key(keys, reached, now + hold)
        tops.append(now + 0.5 * hold)
        holds.append(hold)
        now += hold
    back_s = timing.out_s if timing.back_s is None else timing.back_s
    now += performer.vary(back_s, _TIME_SD)
    _key_rest(keys, rest, used.values(), now)
    return ClipRepetition(None, start_s, tops[0], now, holds[0])


def _key(keys: Keyframes, channels: Iterable[_Channel], time_s: float) -> None:
    for side, name, value in channels:
        keys.set(time_s, side, **{name: value})


def _key_rest(keys: Keyframes, rest: BodyPose, channels: Iterable[_Channel], time_s: float) -> None:
    _key(keys, [(side, name, _rest_value(rest, side, name)) for side, name, _ in channels], time_s)


def _rest_value(rest: BodyPose, side: Side | None, name: str) -> float:
    return float(getattr(rest if side is None else rest.leg(side), name))
