"""Stepping up and down with a chosen amount of valgus."""

from dataclasses import dataclass
from functools import partial
from typing import Final, Self

import numpy as np

from imu_valgus.errors import InputError
from imu_valgus.model import Side, Task
from imu_valgus.simulate.body import Person, standing_pose
from imu_valgus.simulate.chain import placed_leg_deg
from imu_valgus.simulate.clip import Clip, ClipRepetition, Performer
from imu_valgus.simulate.impacts import add_impacts
from imu_valgus.simulate.pose import SIDES, BodyPose, Keyframes, clipped_normal
from imu_valgus.simulate.repetitions import LEAD_IN_S, check_count

_LEAN_DEG: Final = 6.0
_LEAN_PLACED_DEG: Final = 1.0
_DROP_DEG: Final = 3.0
"""Pelvis over the loaded leg: its forward lean, and how far the free side drops: our choice."""

_LANDING: Final = 0.4
"""Impact of a foot put down with care, relative to a heel strike in walking: our choice."""

_PARTS: Final = (0.18, 0.06, 0.22, 0.12, 0.20, 0.06, 0.16)
"""Lift, load, rise, top, lower, unload, return as shares of the repetition: our choice."""


@dataclass(frozen=True, slots=True)
class StepUp:
    """Placing a foot on the step, rising, standing on it and stepping back down.

    The excursions are those of the leading leg while it carries the body, from standing. They grow
    with the bend of the loaded knee.

    Parameters
    ----------
    side
        Leg that leads.
    count
        Number of step-ups.
    step_height_m
        Height of the step.
    repetition_s, pause_s
        Time of one repetition (about 1.5 to 8 s), and of quiet standing between repetitions.
    hip_internal_rotation_deg, hip_adduction_deg
        Excursions of the hip in degrees.
    tibial_external_rotation_deg, knee_abduction_deg
        Excursions of the knee in degrees.
    excursion_sd
        Relative spread of the excursions between repetitions.

    Raises
    ------
    InputError
        If there is no repetition, or the step height is not above 0 and up to 0.45 m.
    """

    side: Side = Side.RIGHT
    count: int = 10
    step_height_m: float = 0.10
    repetition_s: float = 4.2
    pause_s: float = 1.2
    hip_internal_rotation_deg: float = 5.0
    hip_adduction_deg: float = 8.0
    tibial_external_rotation_deg: float = 4.0
    knee_abduction_deg: float = 2.0
    excursion_sd: float = 0.12

    def __post_init__(self) -> None:
        check_count(self.count)
        if not 0.0 < self.step_height_m <= 0.45:
            raise InputError(
                f"A step of {self.step_height_m:g} m cannot be stepped on. Give a step height up "
                "to 0.45 m, in metres."
            )

    def perform(self, performer: Performer) -> Clip:
        """Return the set, starting and ending in standing on the floor."""
        standing = standing_pose(performer.person)
        keys = Keyframes(rest=standing.as_row())
        now, repetitions = LEAD_IN_S, []
        landings: dict[Side, list[float]] = {side: [] for side in Side}
        for _ in range(self.count):
            excursions = {
                name: performer.vary(amount, self.excursion_sd)
                for name, amount in self._excursions().items()
            }
            plan = _Plan(self, performer.person, standing, excursions)
            length = performer.vary(self.repetition_s, 0.06)
            marks = (now + length * np.cumsum([0.0, *_PARTS])).tolist()
            plan.add_lead(keys, marks)
            plan.add_trail(keys, marks)
            plan.add_body(keys, marks)
            plan.add_supports(keys, marks)
            start, placed_at, _loaded, top, leave, low, _unloaded, end = marks
            landings[self.side] += [placed_at, end]
            landings[self.side.other] += [top, low]
            repetitions.append(ClipRepetition(self.side, start, 0.5 * (top + leave), end))
            now = end + max(0.3, performer.vary(self.pause_s, 0.15))
        rows = keys.rows(now + LEAD_IN_S)
        for side, times_s in landings.items():
            add_impacts(rows, side, np.array(times_s), _LANDING)
        return Clip(rows=rows, task=Task.STEP_UP, side=self.side, repetitions=tuple(repetitions))

    @classmethod
    def random(cls, seed: int, *, side: Side, count: int = 10, step_height_m: float = 0.10) -> Self:
        """Draw a set: excursions, tempo and how much they vary.

        Means and spreads are our choices, about as large as the single-leg squat figures of
        Nakagawa et al. (2012), J Orthop Sports Phys Ther 42:491, but smaller because a step-up is
        easier.

        Parameters
        ----------
        seed
            Seed of all draws; the two sides are drawn independently of each other.
        side, count, step_height_m
            Leg that leads, number of step-ups, and height of the step.
        """
        near = partial(clipped_normal, np.random.default_rng([seed, 0x51E9, SIDES.index(side)]))
        return cls(
            side=side,
            count=count,
            step_height_m=step_height_m,
            repetition_s=near(4.2, 0.7, 2.5, 6.0),
            pause_s=near(1.2, 0.3, 0.7, 2.0),
            hip_internal_rotation_deg=near(5.0, 4.5, -3.0, 16.0),
            hip_adduction_deg=near(8.0, 3.5, 1.0, 18.0),
            tibial_external_rotation_deg=near(4.0, 3.0, -2.0, 12.0),
            knee_abduction_deg=near(2.0, 2.0, -2.0, 8.0),
            excursion_sd=near(0.12, 0.04, 0.04, 0.25),
        )

    def _excursions(self) -> dict[str, float]:
        return {
            "hip_rotation": self.hip_internal_rotation_deg,
            "hip_adduction": self.hip_adduction_deg,
            "knee_rotation": -self.tibial_external_rotation_deg,
            "knee_adduction": -self.knee_abduction_deg,
        }


@dataclass(frozen=True, slots=True)
class _Plan:
    """Key poses of one repetition; the marks are the starts of its parts, and its end."""

    step_up: StepUp
    person: Person
    standing: BodyPose
    excursions: dict[str, float]

    def add_lead(self, keys: Keyframes, marks: list[float]) -> None:
        """Set the keys of the leading leg: lift, stand, extend, wait, bend, return."""
        side = self.step_up.side
        leg = self.standing.leg(side)
        thigh, knee = placed_leg_deg(self.person, self.standing, self.step_up.step_height_m)
        tilt = self.standing.anterior_tilt
        straight = {"hip_flexion": leg.hip_flexion, "knee_flexion": leg.knee_flexion}
        lifted = {"hip_flexion": 0.78 * thigh + tilt, "knee_flexion": knee + 18.0}

        def placed(lean: float) -> dict[str, float]:
            return {"hip_flexion": thigh + tilt + lean, "knee_flexion": knee}

        half = {name: 0.5 * (value + straight[name]) for name, value in placed(_LEAN_DEG).items()}
        start, placed_at, loaded, top, leave, low, unloaded, end = marks
        full, some, little, none = (self._loaded(share) for share in (1.0, 0.55, 0.3, 0.0))
        keys.set(start, side, **straight, **none)
        keys.set(0.5 * (start + placed_at), side, **lifted)
        keys.set(placed_at, side, **placed(_LEAN_PLACED_DEG), **little)
        keys.set(loaded, side, **placed(_LEAN_DEG), **full)
        keys.set(0.5 * (loaded + top), side, **half, **some)
        keys.set(top, side, **straight, **none)
        keys.set(leave, side, **straight, **none)
        keys.set(0.5 * (leave + low), side, **half, **some)
        keys.set(low, side, **placed(_LEAN_DEG), **full)
        keys.set(unloaded, side, **placed(_LEAN_PLACED_DEG), **little)
        keys.set(0.5 * (unloaded + end), side, **lifted)
        keys.set(end, side, **straight, **none)
        self._raise_ground(keys, side, on=(start, placed_at), off=(unloaded, end))

    def add_supports(self, keys: Keyframes, marks: list[float]) -> None:
        """Shift the weight while both feet are on the ground, so that neither is dragged."""
        start, placed_at, loaded, top, leave, low, unloaded, end = marks
        shift = 0.15 * (placed_at - start)
        wait = leave - top
        shares = (
            (start, 0.5),
            (start + shift, 0.0),
            (placed_at, 0.0),
            (loaded, 0.85),
            (loaded + 0.15 * (top - loaded), 1.0),
            (top, 1.0),
            (top + 0.4 * wait, 0.5),
            (leave - 0.4 * wait, 0.5),
            (leave, 1.0),
            (low, 1.0),
            (unloaded, 0.0),
            (end - shift, 0.0),
            (end, 0.5),
        )
        for time_s, share in shares:
            keys.set(time_s, self.step_up.side, support=share)
            keys.set(time_s, self.step_up.side.other, support=1.0 - share)

    def _loaded(self, share: float) -> dict[str, float]:
        leg = self.standing.leg(self.step_up.side)
        return {
            name: float(getattr(leg, name)) + share * amount
            for name, amount in self.excursions.items()
        }

    def add_trail(self, keys: Keyframes, marks: list[float]) -> None:
        """Set the keys of the trailing leg: stand, push off, swing up, wait, reach down, stand."""
        side = self.step_up.side.other
        leg, tilt = self.standing.leg(side), self.standing.anterior_tilt
        straight = {"hip_flexion": leg.hip_flexion, "knee_flexion": leg.knee_flexion}
        start, placed_at, loaded, top, leave, low, unloaded, end = marks
        quarter, fifth = 0.25 * (top - loaded), 0.2 * (low - leave)
        swung = {"hip_flexion": tilt + 22.0, "knee_flexion": 62.0, "foot_pitch": -30.0}
        reaching = {"hip_flexion": tilt - 2.0, "knee_flexion": 36.0, "foot_pitch": -22.0}
        keys.set(start, side, **straight, foot_pitch=0.0)
        keys.set(placed_at, side, **straight, foot_pitch=0.0)
        keys.set(loaded, side, foot_pitch=-12.0)
        keys.set(loaded + 2.0 * quarter, side, **swung)
        keys.set(top, side, **straight, foot_pitch=0.0)
        keys.set(leave, side, **straight, foot_pitch=0.0)
        keys.set(leave + 2.0 * fifth, side, **reaching)
        keys.set(low, side, **straight, foot_pitch=-6.0)
        keys.set(unloaded, side, **straight, foot_pitch=0.0)
        keys.set(end, side, **straight, foot_pitch=0.0)
        self._raise_ground(
            keys,
            side,
            on=(loaded + quarter, loaded + 3.0 * quarter),
            off=(leave + fifth, low - fifth),
        )

    def _raise_ground(
        self, keys: Keyframes, side: Side, *, on: tuple[float, float], off: tuple[float, float]
    ) -> None:
        """Change the height of the ground under the foot while the foot is in the air."""
        height = self.step_up.step_height_m
        for (begin, end), before, after in ((on, 0.0, height), (off, height, 0.0)):
            keys.set(begin + 0.4 * (end - begin), side, ground_m=before)
            keys.set(begin + 0.6 * (end - begin), side, ground_m=after)

    def add_body(self, keys: Keyframes, marks: list[float]) -> None:
        """Set the keys of the pelvis: leaning, with its free side low, over the loaded leg."""
        tilt, obliquity = self.standing.anterior_tilt, self.standing.obliquity
        start, placed_at, loaded, top, leave, low, unloaded, end = marks
        drop = self.step_up.side.sign * _DROP_DEG
        for time_s, lean, share in (
            (start, 0.0, 0.0),
            (placed_at, _LEAN_PLACED_DEG, 0.5),
            (loaded, _LEAN_DEG, 1.0),
            (top, 0.0, 0.0),
            (leave, 0.0, 0.0),
            (low, _LEAN_DEG, 1.0),
            (unloaded, _LEAN_PLACED_DEG, 0.5),
            (end, 0.0, 0.0),
        ):
            keys.set(time_s, anterior_tilt=tilt + lean, obliquity=obliquity + share * drop)
