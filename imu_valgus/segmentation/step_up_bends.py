"""The bends of a thigh that step-ups are made of, and how the shanks swing in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from imu_valgus.model import BoolArray, FloatArray, Placement, Segment, Side
from imu_valgus.segmentation.humps import Hump, HumpSettings, find_humps, smooth


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

    thigh: HumpSettings = field(default_factory=lambda: HumpSettings(reach=16.0, leave=9.0))
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

    hump: Hump
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
        _describe(leg, other, hump, rate_hz)
        for hump in find_humps(leg.thigh, rate_hz, settings=settings.thigh)
    )


def _describe(leg: Leg, other: Leg | None, hump: Hump, rate_hz: float) -> Bend:
    """Describe a hump: the shank while the thigh is far, before it and after it."""
    thigh = leg.thigh[hump.start : hump.stop]
    shank = leg.shank[hump.start : hump.stop]
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
        return Bend(hump, height, float(first), float(last), nothing, nothing, nothing)
    edge = round(0.2 * rate_hz)
    window = slice(max(hump.start - edge, 0), hump.stop + edge)
    swing = other.shank[window]
    half = swing.size // 2
    before, after = swing[:half], swing[half:]
    rest = min(float(swing[0]), float(swing[-1]))
    return Bend(
        hump,
        height,
        float(first),
        float(last),
        float(before.max()) - rest,
        float(after.max()) - rest,
        float(other.thigh[window].max()),
    )
