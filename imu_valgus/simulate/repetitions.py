"""Sets of alike repetitions: out of rest, hold, back, pause."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from imu_valgus.errors import InputError
from imu_valgus.model import Side, Task
from imu_valgus.simulate.clip import Clip, ClipRepetition, Performer
from imu_valgus.simulate.pose import SIDES, BodyPose, Keyframes

LEAD_IN_S: Final = 0.4
"""Rest at the start and end of every clip, so that easing is over where clips meet."""

_CONTACT_CHANNELS: Final = frozenset({"support", "seat_support", "planted"})
_CONTACT_SHARE: Final = 0.25
"""The weight shifts in the first quarter of the way out, before the foot moves much."""

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
    used = {(where, name) for target in targets for where, name, _ in target.channels()}
    now, repetitions = LEAD_IN_S, []
    for _ in range(count):
        start = now
        _key_rest(keys, rest, used, now)
        tops: list[float] = []
        holds: list[float] = []
        for target in targets:
            out = performer.vary(timing.out_s, _TIME_SD)
            hold = performer.vary(timing.hold_s, _TIME_SD)
            amount = performer.vary(1.0, _AMOUNT_SD)
            early = now + _CONTACT_SHARE * out
            now += out
            for where, name, value in target.channels():
                exact = name in _CONTACT_CHANNELS
                base = rest_value(rest, where, name)
                asked = value if exact else base + amount * (value - base)
                keys.set(early if exact and not tops else now, where, **{name: asked})
                if hold > 0.0:
                    keys.set(now + hold, where, **{name: asked})
            tops.append(now + 0.5 * hold)
            holds.append(hold)
            now += hold
        back = performer.vary(timing.back_s, _TIME_SD)
        for where, name, value in targets[-1].channels():
            if name in _CONTACT_CHANNELS:
                keys.set(now + (1.0 - _CONTACT_SHARE) * back, where, **{name: value})
        now += back
        _key_rest(keys, rest, used, now)
        repetitions.append(ClipRepetition(side, start, tops[0], now, holds[0]))
        now += max(0.2, performer.vary(timing.pause_s, 3.0 * _TIME_SD))
    rows = keys.rows(now + LEAD_IN_S)
    return Clip(rows=rows, task=task, side=side, repetitions=tuple(repetitions))


def _key_rest(
    keys: Keyframes, rest: BodyPose, used: set[tuple[Side | None, str]], time_s: float
) -> None:
    for where, name in used:
        keys.set(time_s, where, **{name: rest_value(rest, where, name)})


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
