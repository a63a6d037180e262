"""Step-ups from tilts alone: which leg leads, how often, and the phases of each repetition.

What tells a step-up, seen on the leading leg: the foot is lifted onto the step (the shank swings
back, then stops upright while the thigh stays far), the loaded leg straightens with a shank that
hardly tilts, both legs stand, the leg bends again with a calm shank, and the foot comes home (the
shank swings back once more). So the thigh makes two humps, and the swing of the shank lies at the
beginning of the first and at the end of the second. In a squat the shank leans most where the
thigh does; in a walk no second hump of that kind follows, in stepping on the spot the shank hangs
back while the thigh is high, and sitting down and standing up swing no shank at all. Where the
other leg is worn too, its swing lies the other way round (late, then early) and is asked for.

Only tilts are used (angle of "up" from its direction in standing, in the sensor's own frame):
no heading, no mounting, no calibration, and no drift.

The bends of a thigh that step-ups are made of, and how the shanks swing in them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from imu_valgus.model import BoolArray, FloatArray, Placement, Segment, Side
from imu_valgus.segmentation.excursions import Excursion, ExcursionSettings, find_excursions
from imu_valgus.signals.series import sampling_rate, smooth


@dataclass(frozen=True, slots=True)
class StepUpSettings:
    """Limits of step-ups: own choices, checked on simulated people.

    Parameters
    ----------
    thigh
        What counts as a hump of the leading thigh: a foot a hand's breadth ahead on a step of a
        few centimetres already tilts the thigh by some 20 degrees.
    swing_deg
        By how much the shank swings beyond its tilt with the loaded leg.
    other_swing_deg
        Least swing of the other shank, where it is worn.
    upright_deg
        Thigh tilt below which somebody may be standing on the step.
    top_s
        Longest stand on the step.
    repetition_s
        Shortest and longest repetition that counts.
    known_share
        A repetition with a smaller share of known samples does not count (product gate: more
        than 5 percent missing).
    least_knee_share
        Share of the set's median thigh tilt below which a repetition is too shallow to count.
    near_s
        A try that does not count is listed only this near to one that does.
    """

    thigh: ExcursionSettings = field(
        default_factory=lambda: ExcursionSettings(reach=16.0, leave=9.0)
    )
    swing_deg: float = 7.0
    other_swing_deg: float = 10.0
    upright_deg: float = 15.0
    top_s: float = 6.0
    repetition_s: tuple[float, float] = (1.2, 12.0)
    known_share: float = 0.95
    least_knee_share: float = 0.6
    near_s: float = 8.0


@dataclass(frozen=True, slots=True)
class Bend:
    """A hump of a thigh and how the shanks move in it; swings in degrees."""

    excursion: Excursion
    height_deg: float
    first_swing_deg: float
    last_swing_deg: float
    other_first_deg: float
    other_last_deg: float
    other_thigh_deg: float

    def is_up(self, settings: StepUpSettings) -> bool:
        """Whether the foot was lifted onto the step and the leg then straightened."""
        return self._is_one_way(self.first_swing_deg, self.last_swing_deg, settings) and (
            self._other_agrees(self.other_last_deg, self.other_first_deg, settings)
        )

    def is_down(self, settings: StepUpSettings) -> bool:
        """Whether the leg bent under load and the foot then came home."""
        return self._is_one_way(self.last_swing_deg, self.first_swing_deg, settings) and (
            self._other_agrees(self.other_first_deg, self.other_last_deg, settings)
        )

    def is_tap(self, settings: StepUpSettings) -> bool:
        """Whether the foot was put up and taken down again without the body following."""
        least = settings.swing_deg
        alone = not self.other_last_deg > settings.other_swing_deg
        return self.first_swing_deg > least and self.last_swing_deg > least and alone

    def _is_one_way(self, swing: float, counter: float, settings: StepUpSettings) -> bool:
        # On a very low step the straightening knee tips the shank about as far as the lift does:
        # then only the other leg tells up from down.
        most = 0.8 if np.isnan(self.other_last_deg) else 1.6
        return swing > settings.swing_deg and counter < most * swing

    def _other_agrees(self, swing: float, counter: float, settings: StepUpSettings) -> bool:
        if np.isnan(swing):
            return True
        is_leading = self.other_thigh_deg < 1.3 * self.height_deg
        return swing > settings.other_swing_deg and swing > 1.3 * counter and is_leading


@dataclass(frozen=True, slots=True, eq=False)
class Leg:
    """Smooth tilts of one leg in degrees, shape (n,), and where both sensors are known."""

    side: Side
    thigh: FloatArray
    shank: FloatArray
    is_known: BoolArray


def legs_of(tilts_deg: Mapping[Placement, FloatArray], rate_hz: float) -> dict[Side, Leg]:
    """Take the legs whose thigh and shank are both worn."""
    legs = {}
    for side in Side:
        thigh = tilts_deg.get(Placement.of(Segment.THIGH, side))
        shank = tilts_deg.get(Placement.of(Segment.SHANK, side))
        if thigh is not None and shank is not None:
            known = np.isfinite(thigh) & np.isfinite(shank)
            legs[side] = Leg(side, smooth(thigh, rate_hz), smooth(shank, rate_hz), known)
    return legs


def bends_of(
    leg: Leg, other: Leg | None, rate_hz: float, settings: StepUpSettings
) -> tuple[Bend, ...]:
    """Find the bends of a thigh; `other` is the other leg, where it is worn."""
    return tuple(
        _describe(leg, other, excursion, rate_hz)
        for excursion in find_excursions(leg.thigh, rate_hz, settings=settings.thigh)
    )


def _describe(leg: Leg, other: Leg | None, excursion: Excursion, rate_hz: float) -> Bend:
    """Describe a hump: the shank while the thigh is far, before it and after it."""
    thigh = leg.thigh[excursion.start : excursion.stop]
    shank = leg.shank[excursion.start : excursion.stop]
    height = float(thigh.max())
    far = np.flatnonzero(thigh > 0.85 * height)
    # The calmest moment while the thigh is far: the foot stands on the step.
    loaded = float(shank[far[0] : far[-1] + 1].min())
    middle = far[0] + int(np.argmin(shank[far[0] : far[-1] + 1]))
    # The foot is in the air while the thigh is raised; what the shank does near standing is lean.
    raised = np.flatnonzero(thigh > 0.5 * height)
    first = shank[raised[0] : middle + 1].max() - loaded
    last = shank[middle : raised[-1] + 1].max() - loaded
    if other is None:
        nothing = float("nan")
        return Bend(excursion, height, float(first), float(last), nothing, nothing, nothing)
    edge = round(0.2 * rate_hz)
    window = slice(max(excursion.start - edge, 0), excursion.stop + edge)
    swing = other.shank[window]
    half = swing.size // 2
    before, after = swing[:half], swing[half:]
    rest = min(float(swing[0]), float(swing[-1]))
    return Bend(
        excursion,
        height,
        float(first),
        float(last),
        float(before.max()) - rest,
        float(after.max()) - rest,
        float(other.thigh[window].max()),
    )


PHASES = ("lift", "placed", "rise", "top", "lower", "bottom")
"""Parts of a repetition in order; each begins at its own time and ends where the next begins."""

_MISSING = "% of the samples are missing"

DEFAULT_SETTINGS = StepUpSettings()


@dataclass(frozen=True, slots=True)
class FoundStepUp:
    """One step-up in samples: half-open, phases in the order of `PHASES`.

    Parameters
    ----------
    side
        The leg that leads: whose thigh rises first.
    phases
        First sample of each phase; empty for an aborted try, which has none.
    start, top, stop
        Leaving the floor, middle of the stand on the step, back at rest.
    is_valid, reason
        Whether it enters figures, and why not.
    """

    side: Side
    phases: tuple[int, ...]
    start: int
    top: int
    stop: int
    is_valid: bool = True
    reason: str = ""


def find_step_ups(
    time_s: FloatArray,
    tilts_deg: Mapping[Placement, FloatArray],
    *,
    settings: StepUpSettings = DEFAULT_SETTINGS,
) -> tuple[FoundStepUp, ...]:
    """Find step-ups, from one leg's sensors or from both.

    Parameters
    ----------
    time_s
        Uniform sample times, shape (n,).
    tilts_deg
        Tilt from neutral standing of each sensor, shape (n,), NaN where not known; a leg takes
        part when its thigh and shank are there.
    settings
        See `StepUpSettings`.

    Returns
    -------
    tuple of FoundStepUp
        In order of time. Tries that were broken off near a set are listed as not valid.
    """
    rate_hz = sampling_rate(time_s)
    legs = legs_of(tilts_deg, rate_hz)
    found: list[FoundStepUp] = []
    for side, leg in legs.items():
        bends = bends_of(leg, legs.get(side.other), rate_hz, settings)
        found += _paired(leg, bends, rate_hz, settings)
    found = _without_overlaps(found)
    judged = _judged(found, legs, rate_hz, settings)
    kept = [one for one in judged if _belongs(one, judged, rate_hz, settings)]
    return tuple(sorted(kept, key=lambda one: one.start))


def _belongs(
    one: FoundStepUp, all_found: Sequence[FoundStepUp], rate_hz: float, settings: StepUpSettings
) -> bool:
    """Whether a try that does not count is part of a set: alone it may be anything."""
    if one.is_valid or one.reason.endswith(_MISSING):
        return True
    return any(
        other.is_valid
        and other.side is one.side
        and max(other.start - one.stop, one.start - other.stop) / rate_hz < settings.near_s
        for other in all_found
    )


def _paired(
    leg: Leg, bends: Sequence[Bend], rate_hz: float, settings: StepUpSettings
) -> list[FoundStepUp]:
    found: list[FoundStepUp] = []
    for bend, follower in pairwise(bends):
        pause_s = (follower.excursion.out - bend.excursion.back) / rate_hz
        trials = (
            leg.thigh[bend.excursion.back : follower.excursion.out + 1].min() < settings.upright_deg
        )
        if (
            bend.is_up(settings)
            and follower.is_down(settings)
            and trials
            and pause_s <= settings.top_s
        ):
            found.append(_repetition(leg, bend, follower))
    reason = "broken off: the foot went back down without a stand on the step"
    found += [
        FoundStepUp(
            leg.side,
            (),
            excursion.start,
            excursion.top,
            excursion.stop,
            is_valid=False,
            reason=reason,
        )
        for bend in bends
        for excursion in [bend.excursion]
        if bend.is_tap(settings)
    ]
    return found


def _repetition(leg: Leg, up: Bend, down: Bend) -> FoundStepUp:
    first, second = up.excursion, down.excursion
    placed = _calm_after_swing(leg.shank[first.start : first.stop], leg.thigh, first)
    rise = _last_far(leg.thigh, first, after=placed)
    bottom = _first_far(leg.thigh, second)
    top, lower = first.stop, max(second.start, first.stop)
    if second.start < first.stop:
        # The stand on the step was too short to be quiet: the lowest tilt parts the two humps.
        top = lower = first.back + int(np.argmin(leg.thigh[first.back : second.out + 1]))
    phases = (first.start, placed, rise, top, lower, bottom)
    middle = (top + lower) // 2
    return FoundStepUp(leg.side, phases, first.start, middle, second.stop)


def _calm_after_swing(shank: FloatArray, thigh: FloatArray, excursion: Excursion) -> int:
    """Return the first sample after the swing at which the shank stands nearly as when loaded."""
    far = np.flatnonzero(thigh[excursion.start : excursion.stop] > 0.85 * thigh[excursion.top])
    calm = far[0] + int(np.argmin(shank[far[0] : far[-1] + 1]))
    swing = int(np.argmax(shank[: calm + 1]))
    limit = shank[calm] + 0.15 * (shank[swing] - shank[calm])
    below = np.flatnonzero(shank[swing : calm + 1] <= limit)
    return excursion.start + swing + int(below[0])


def _last_far(thigh: FloatArray, excursion: Excursion, *, after: int) -> int:
    """Return the sample from which the thigh only comes down."""
    begin = min(after, excursion.back)
    inside = thigh[begin : excursion.stop]
    far = np.flatnonzero(inside > 0.93 * inside.max())
    return begin + int(far[-1])


def _first_far(thigh: FloatArray, excursion: Excursion) -> int:
    """Return the sample at which the loaded leg has come down as far as it goes."""
    inside = thigh[excursion.start : excursion.stop]
    return excursion.start + int(np.flatnonzero(inside > 0.93 * inside.max())[0])


def _without_overlaps(found: Sequence[FoundStepUp]) -> list[FoundStepUp]:
    """Keep, where the two legs tell different stories at the same time, the one that came first."""
    kept: list[FoundStepUp] = []
    for one in sorted(found, key=lambda item: (not item.is_valid, item.start)):
        if all(one.stop <= other.start or other.stop <= one.start for other in kept):
            kept.append(one)
    return kept


def _judged(
    found: Sequence[FoundStepUp],
    legs: Mapping[Side, Leg],
    rate_hz: float,
    settings: StepUpSettings,
) -> list[FoundStepUp]:
    heights = {
        side: [
            float(leg.thigh[one.start : one.stop].max())
            for one in found
            if one.side is side and one.is_valid
        ]
        for side, leg in legs.items()
    }
    return [
        _judge(one, legs[one.side], heights[one.side], rate_hz, settings) if one.is_valid else one
        for one in found
    ]


def _judge(
    one: FoundStepUp,
    leg: Leg,
    heights: Sequence[float],
    rate_hz: float,
    settings: StepUpSettings,
) -> FoundStepUp:
    lasts_s = (one.stop - one.start) / rate_hz
    known = float(leg.is_known[one.start : one.stop].mean())
    height = float(leg.thigh[one.start : one.stop].max())
    shortest, longest = settings.repetition_s
    reason = ""
    if known < settings.known_share:
        reason = f"{100.0 * (1.0 - known):.0f} {_MISSING}"
    elif lasts_s < shortest:
        reason = f"took {lasts_s:.1f} s, too quick for a step-up with control"
    elif lasts_s > longest:
        reason = f"took {lasts_s:.1f} s, interrupted"
    elif height < settings.least_knee_share * float(np.median(heights)):
        reason = "much shallower than the others of the set"
    return replace(one, is_valid=not reason, reason=reason)
