"""Find step-ups from tilts alone: which leg leads, how often, and the phases of each repetition.

This is what a step-up looks like on the leading leg. The foot is lifted onto the step: the shank
swings back, then stands upright while the thigh is still far from the vertical. The loaded leg
straightens and its shank hardly tilts. Both legs stand. The leg bends again with a calm shank, and
the foot returns to the floor: the shank swings back once more. So the thigh makes two excursions,
with the swing of the shank at the beginning of the first and at the end of the second.

Other movements differ. In a squat the shank leans most where the thigh does. Walking has no second
excursion of that kind. In stepping on the spot the shank hangs back while the thigh is high. In
sitting down and standing up no shank swings at all. Where the other leg is worn too, its swings
must lie the other way round (late, then early).

Only tilts are used (the angle of up from its direction in standing, in the sensor's own frame), so
neither heading nor mounting nor calibration matters, and nothing drifts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from imu_valgus.model import BoolArray, FloatArray, Placement, Segment, Side
from imu_valgus.segmentation.excursions import Excursion, ExcursionSettings, find_excursions
from imu_valgus.signals.series import sampling_rate, smooth

PHASES = ("lift", "placed", "rise", "top", "lower", "bottom")
"""Phases of a repetition in order; each ends where the next one begins."""

_MISSING = "% of the samples are missing"


@dataclass(frozen=True, slots=True)
class StepUpSettings:
    """Limits of step-ups; our own choices, checked on simulated people.

    Parameters
    ----------
    thigh
        What counts as an excursion of the leading thigh. A foot placed a hand's breadth ahead on a
        step of a few centimetres already tilts the thigh by some 20 degrees.
    swing_deg
        Minimum swing of the shank beyond its tilt with the loaded leg.
    other_swing_deg
        Minimum swing of the other shank, where it is worn.
    upright_deg
        Largest thigh tilt while standing on the step.
    top_s
        Longest time of standing on the step.
    repetition_s
        Shortest and longest repetition that counts.
    known_share
        Minimum share of known samples in a repetition that counts (product gate: at most 5 percent
        missing).
    least_knee_share
        Minimum thigh tilt of a repetition that counts, as a share of the set's median.
    near_s
        Longest time between a failed attempt that is listed and a valid repetition.
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


DEFAULT_SETTINGS = StepUpSettings()


@dataclass(frozen=True, slots=True)
class FoundStepUp:
    """One step-up in samples, half-open.

    Parameters
    ----------
    side
        The leg that leads: its thigh rises first.
    phases
        First sample of each phase, in the order of `PHASES`; empty for a broken-off attempt.
    start, top, stop
        Samples at which the foot leaves the floor, the middle of standing on the step, and the
        return to rest.
    is_valid, reason
        Whether the repetition counts, and why not.
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
    """Find step-ups from the sensors of one leg or of both.

    Parameters
    ----------
    time_s
        Uniform sample times, shape (n,).
    tilts_deg
        Tilt of each sensor from neutral standing, shape (n,), NaN where not known; a leg is used
        where both thigh and shank are worn.
    settings
        Limits, see `StepUpSettings`.

    Returns
    -------
    tuple of FoundStepUp
        In order of time; attempts broken off near a set are listed as not valid.
    """
    rate_hz = sampling_rate(time_s)
    legs = _legs(tilts_deg, rate_hz)
    found: list[FoundStepUp] = []
    for side, leg in legs.items():
        other = legs.get(side.other)
        bends = [
            _bend(leg, other, excursion, rate_hz)
            for excursion in find_excursions(leg.thigh, rate_hz, settings=settings.thigh)
        ]
        found += _paired(leg, bends, rate_hz, settings)
    judged = _judged(_without_overlaps(found), legs, rate_hz, settings)
    kept = [step_up for step_up in judged if _belongs(step_up, judged, rate_hz, settings)]
    return tuple(sorted(kept, key=lambda step_up: step_up.start))


@dataclass(frozen=True, slots=True, eq=False)
class _Leg:
    """Smooth tilts of one leg in degrees, shape (n,), and where both sensors are known."""

    side: Side
    thigh: FloatArray
    shank: FloatArray
    is_known: BoolArray


def _legs(tilts_deg: Mapping[Placement, FloatArray], rate_hz: float) -> dict[Side, _Leg]:
    legs = {}
    for side in Side:
        thigh = tilts_deg.get(Placement.of(Segment.THIGH, side))
        shank = tilts_deg.get(Placement.of(Segment.SHANK, side))
        if thigh is not None and shank is not None:
            known = np.isfinite(thigh) & np.isfinite(shank)
            legs[side] = _Leg(side, smooth(thigh, rate_hz), smooth(shank, rate_hz), known)
    return legs


@dataclass(frozen=True, slots=True)
class _Bend:
    """One excursion of a thigh, and how the shanks swing during it, in degrees."""

    excursion: Excursion
    height_deg: float
    first_swing_deg: float
    last_swing_deg: float
    other_first_deg: float
    other_last_deg: float
    other_thigh_deg: float

    def is_up(self, settings: StepUpSettings) -> bool:
        """Return whether the foot was lifted onto the step and the leg then straightened."""
        return self._is_one_way(self.first_swing_deg, self.last_swing_deg, settings) and (
            self._other_agrees(self.other_last_deg, self.other_first_deg, settings)
        )

    def is_down(self, settings: StepUpSettings) -> bool:
        """Return whether the leg bent under load and the foot then returned to the floor."""
        return self._is_one_way(self.last_swing_deg, self.first_swing_deg, settings) and (
            self._other_agrees(self.other_first_deg, self.other_last_deg, settings)
        )

    def is_tap(self, settings: StepUpSettings) -> bool:
        """Return whether the foot went up and down again without the body following."""
        least = settings.swing_deg
        alone = not self.other_last_deg > settings.other_swing_deg
        return self.first_swing_deg > least and self.last_swing_deg > least and alone

    def _is_one_way(self, swing: float, counter: float, settings: StepUpSettings) -> bool:
        # On a very low step the straightening knee tips the shank about as far as the lift does;
        # then only the other leg distinguishes up from down.
        most = 0.8 if np.isnan(self.other_last_deg) else 1.6
        return swing > settings.swing_deg and counter < most * swing

    def _other_agrees(self, swing: float, counter: float, settings: StepUpSettings) -> bool:
        if np.isnan(swing):
            return True
        is_leading = self.other_thigh_deg < 1.3 * self.height_deg
        return swing > settings.other_swing_deg and swing > 1.3 * counter and is_leading


def _bend(leg: _Leg, other: _Leg | None, excursion: Excursion, rate_hz: float) -> _Bend:
    """Measure how far the shanks swing before and after the calmest moment of a bend."""
    thigh = leg.thigh[excursion.start : excursion.stop]
    shank = leg.shank[excursion.start : excursion.stop]
    height = float(thigh.max())
    far = np.flatnonzero(thigh > 0.85 * height)
    # At the calmest moment while the thigh is far, the foot stands on the step.
    middle = far[0] + int(np.argmin(shank[far[0] : far[-1] + 1]))
    loaded = float(shank[middle])
    # Swings only count while the thigh is raised; near standing the shank merely leans.
    raised = np.flatnonzero(thigh > 0.5 * height)
    first = shank[raised[0] : middle + 1].max() - loaded
    last = shank[middle : raised[-1] + 1].max() - loaded
    if other is None:
        nan = float("nan")
        return _Bend(excursion, height, float(first), float(last), nan, nan, nan)
    edge = round(0.2 * rate_hz)
    window = slice(max(excursion.start - edge, 0), excursion.stop + edge)
    swing = other.shank[window]
    half = swing.size // 2
    before, after = swing[:half], swing[half:]
    rest = min(float(swing[0]), float(swing[-1]))
    return _Bend(
        excursion,
        height,
        float(first),
        float(last),
        float(before.max()) - rest,
        float(after.max()) - rest,
        float(other.thigh[window].max()),
    )


def _belongs(
    step_up: FoundStepUp, found: Sequence[FoundStepUp], rate_hz: float, settings: StepUpSettings
) -> bool:
    """Whether a repetition counts or lies near one that does; alone it may be anything."""
    if step_up.is_valid or step_up.reason.endswith(_MISSING):
        return True
    return any(
        other.is_valid
        and other.side is step_up.side
        and max(other.start - step_up.stop, step_up.start - other.stop) / rate_hz < settings.near_s
        for other in found
    )


def _paired(
    leg: _Leg, bends: Sequence[_Bend], rate_hz: float, settings: StepUpSettings
) -> list[FoundStepUp]:
    """Join each way up with the way down that follows; add attempts that were broken off."""
    found: list[FoundStepUp] = []
    for up, down in pairwise(bends):
        between = slice(up.excursion.back, down.excursion.out + 1)
        stands = leg.thigh[between].min() < settings.upright_deg
        pause_s = (down.excursion.out - up.excursion.back) / rate_hz
        if up.is_up(settings) and down.is_down(settings) and stands and pause_s <= settings.top_s:
            found.append(_repetition(leg, up.excursion, down.excursion))
    reason = "broken off: the foot went back down without standing on the step"
    taps = [bend.excursion for bend in bends if bend.is_tap(settings)]
    found += [
        FoundStepUp(leg.side, (), tap.start, tap.top, tap.stop, is_valid=False, reason=reason)
        for tap in taps
    ]
    return found


def _repetition(leg: _Leg, first: Excursion, second: Excursion) -> FoundStepUp:
    """Find the phases of a repetition from its two bends of the thigh."""
    placed = _calm_after_swing(leg.shank[first.start : first.stop], leg.thigh, first)
    rise = _last_far(leg.thigh, first, after=placed)
    bottom = _first_far(leg.thigh, second)
    top, lower = first.stop, max(second.start, first.stop)
    if second.start < first.stop:
        # Standing on the step was too short to be quiet: split the bends at the lowest tilt.
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
    """Keep the first of several overlapping step-ups of the two legs, valid ones before others."""
    kept: list[FoundStepUp] = []
    for step_up in sorted(found, key=lambda item: (not item.is_valid, item.start)):
        if all(step_up.stop <= other.start or other.stop <= step_up.start for other in kept):
            kept.append(step_up)
    return kept


def _judged(
    found: Sequence[FoundStepUp],
    legs: Mapping[Side, _Leg],
    rate_hz: float,
    settings: StepUpSettings,
) -> list[FoundStepUp]:
    """Add to each valid step-up the reason why it does not count, where there is one."""
    heights = {
        side: [
            float(leg.thigh[step_up.start : step_up.stop].max())
            for step_up in found
            if step_up.side is side and step_up.is_valid
        ]
        for side, leg in legs.items()
    }
    reasons = [
        _doubt(step_up, legs[step_up.side], heights[step_up.side], rate_hz, settings)
        if step_up.is_valid
        else step_up.reason
        for step_up in found
    ]
    return [
        replace(step_up, is_valid=not reason, reason=reason)
        for step_up, reason in zip(found, reasons, strict=True)
    ]


def _doubt(
    step_up: FoundStepUp,
    leg: _Leg,
    heights: Sequence[float],
    rate_hz: float,
    settings: StepUpSettings,
) -> str:
    """Return why a step-up does not count, or an empty text."""
    lasts_s = (step_up.stop - step_up.start) / rate_hz
    known = float(leg.is_known[step_up.start : step_up.stop].mean())
    height = float(leg.thigh[step_up.start : step_up.stop].max())
    shortest, longest = settings.repetition_s
    if known < settings.known_share:
        return f"{100.0 * (1.0 - known):.0f} {_MISSING}"
    if lasts_s < shortest:
        return f"took {lasts_s:.1f} s, too quick for a controlled step-up"
    if lasts_s > longest:
        return f"took {lasts_s:.1f} s, so it was interrupted"
    is_shallow = height < settings.least_knee_share * float(np.median(heights))
    return "much shallower than the others of the set" if is_shallow else ""
