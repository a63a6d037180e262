"""Walking: strides that vary, turns, starts and stops, and heel strikes."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator

from imu_valgus.errors import InputError
from imu_valgus.model import EventKind, FloatArray, Side, Task
from imu_valgus.simulate.body import LegPosture, Person, standing_pose
from imu_valgus.simulate.clip import Clip, ClipEvent, Performer
from imu_valgus.simulate.gait_cycle import (
    LEG_KEYS,
    PELVIS_KEYS,
    Walker,
    pelvis_curve,
    periodic_curve,
    reference_phase,
    sagittal_cycle,
)
from imu_valgus.simulate.impacts import add_impacts
from imu_valgus.simulate.pose import (
    INTERNAL_RATE_HZ,
    SIDES,
    column,
    eased,
    internal_times,
    ramp,
    smooth_noise,
)


class WalkSpeed(StrEnum):
    """Speed class of a walk."""

    SLOW = "slow"
    NORMAL = "normal"
    FAST = "fast"


@dataclass(frozen=True, slots=True)
class _Pace:
    """Stride time at the reference leg length, stance share, gains of the planes, impact."""

    stride_time_s: float
    stance_share: float
    sagittal: float
    frontal: float
    heel_strike: float


_REFERENCE_LEG_M: Final = 0.845
"""Longer legs swing more slowly: stride time grows with the root of leg length (pendulum)."""

_PACES: Final = {
    # Schwartz 2008: hip adduction range grows from 7.8 to 16 degrees and stance falls from 68 to
    # 56 % between very slow and very fast; the steps between are our choices.
    WalkSpeed.SLOW: _Pace(1.34, 0.640, 0.80, 0.80, 0.6),
    WalkSpeed.NORMAL: _Pace(1.10, 0.605, 1.00, 1.00, 1.0),
    WalkSpeed.FAST: _Pace(0.95, 0.580, 1.14, 1.22, 1.4),
}

_TURN_SHARES: Final = {"hip_rotation": 0.45, "knee_rotation": 0.15}
"""Shares of hip and knee in the angle between a planted foot and a turning body; the ankle takes up
the rest."""

_TYPICAL: Final = LegPosture()
"""Posture of people who walk with the reference curves."""

_SAGITTAL_NOISE: Final = 0.4
"""Sagittal shape varies less than the other planes, or the feet would slide: our choice."""

_RAMP_CYCLES: Final = 0.55
"""Walking starts and stops within about one step: our choice."""

_STILL_S: Final = 0.4
_FIRST_PHASE: Final = -0.05


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn while walking.

    Parameters
    ----------
    at_s
        Middle of the turn, seconds after the first step.
    angle_deg
        Angle of the turn, counter-clockwise seen from above; −180 turns back to the right.
    duration_s
        Duration of the turn.
    """

    at_s: float
    angle_deg: float = 180.0
    duration_s: float = 3.0


@dataclass(frozen=True, slots=True)
class Walk:
    """Walking from standing to standing.

    Parameters
    ----------
    duration_s
        Approximate duration; the walk is made of whole strides.
    speed
        Speed class; it sets stride time, stance share and ranges.
    turns
        Turns on the way; they must not overlap.

    Raises
    ------
    InputError
        If the walk is shorter than 4 s.
    """

    duration_s: float = 30.0
    speed: WalkSpeed = WalkSpeed.NORMAL
    turns: tuple[Turn, ...] = ()

    def __post_init__(self) -> None:
        if self.duration_s < 4.0:
            raise InputError(f"A walk of {self.duration_s:g} s is too short. Ask for at least 4 s.")

    def perform(self, performer: Performer) -> Clip:
        """Return the walk, starting and ending in neutral standing."""
        pace, person = _PACES[self.speed], performer.person
        build = np.sqrt(person.leg_length_m / _REFERENCE_LEG_M)
        steps = _StepClock.planned(
            performer,
            duration_s=self.duration_s,
            stride_s=pace.stride_time_s * person.gait.stride_time_factor * build,
            stance_share=pace.stance_share,
        )
        return Clip(
            rows=_walk_rows(self, steps, performer),
            task=Task.WALK,
            start_s=_STILL_S,
            end_s=steps.time_s.size / INTERNAL_RATE_HZ - _STILL_S,
            events=steps.events(),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _StepClock:
    """Clock of a walk: phase of the right leg in cycles, and size of the movement, over time."""

    time_s: FloatArray
    phase: FloatArray
    size: FloatArray
    stance_share: float
    last_phase: float

    @classmethod
    def planned(
        cls, performer: Performer, *, duration_s: float, stride_s: float, stance_share: float
    ) -> "_StepClock":
        """Plan whole strides of varying length for about the duration."""
        n = max(3, round(duration_s / stride_s - 0.55))
        at_phase = np.concatenate([[_FIRST_PHASE], np.arange(0.5, n + 1.0)])
        deviations = 1.0 + performer.person.gait.stride_time_sd * np.clip(
            performer.rng.standard_normal(at_phase.size - 1), -2.5, 2.5
        )
        times = np.concatenate([[0.0], np.cumsum(np.diff(at_phase) * stride_s * deviations)])
        times += _STILL_S
        time_s = internal_times(float(times[-1]) + _STILL_S)
        phase = CubicSpline(times, at_phase)(np.clip(time_s, times[0], times[-1]))
        size = ramp((phase - _FIRST_PHASE) / _RAMP_CYCLES) * ramp((n + 0.5 - phase) / _RAMP_CYCLES)
        return cls(
            time_s=time_s,
            phase=np.asarray(phase, dtype=np.float64),
            size=size,
            stance_share=stance_share,
            last_phase=n + 0.5,
        )

    def leg_phase(self, side: Side) -> FloatArray:
        """Phase of one leg; its whole numbers are the initial contacts of that leg."""
        return self.phase + (0.0 if side is Side.RIGHT else 0.5)

    def at(self, phase: FloatArray, side: Side) -> FloatArray:
        """Return the times at which a leg has the given phases."""
        moving = np.flatnonzero(np.diff(self.phase) > 0)
        return np.interp(phase, self.leg_phase(side)[moving], self.time_s[moving])

    def contacts(self, side: Side) -> FloatArray:
        """Phases of the leg's initial contacts during the walk, the closing step included."""
        offset = 0.0 if side is Side.RIGHT else 0.5
        first, last = _FIRST_PHASE + offset + 0.1, self.last_phase + offset
        return np.arange(np.ceil(first), np.floor(last + 1e-9) + 1)

    def events(self) -> tuple[ClipEvent, ...]:
        """Return all initial contacts and toe-offs in order of time."""
        events = []
        for side in SIDES:
            contacts = self.contacts(side)
            toe_offs = contacts - 1.0 + self.stance_share
            for phases, kind in (
                (contacts, EventKind.INITIAL_CONTACT),
                (toe_offs, EventKind.TOE_OFF),
            ):
                events += [ClipEvent(float(t), side, kind) for t in self.at(phases, side)]
        walking = (event for event in events if event.time_s > _STILL_S + 1e-6)
        return tuple(sorted(walking, key=lambda event: event.time_s))

    def support(self, side: Side) -> FloatArray:
        """Share of the body on a leg, passed on smoothly during double support."""
        phase = self.leg_phase(side)
        double_support = self.stance_share - 0.5
        within = phase - np.floor(phase)
        walking = ramp(within / double_support) - ramp((within - 0.5) / double_support)
        return np.asarray(0.5 + self.size * (walking - 0.5), dtype=np.float64)


def _walk_rows(walk: Walk, steps: _StepClock, performer: Performer) -> FloatArray:
    pace, gait = _PACES[walk.speed], performer.person.gait
    rows = np.tile(standing_pose(performer.person).as_row(), (steps.time_s.size, 1))
    heading = np.zeros_like(steps.time_s)
    for turn in walk.turns:
        since_turn = steps.time_s - _STILL_S - turn.at_s
        heading += turn.angle_deg * ramp(since_turn / turn.duration_s + 0.5)
    rows[:, column("heading")] = heading
    right = reference_phase(steps.phase, toe_off=pace.stance_share)
    for name, gain in (
        ("obliquity", gait.frontal_gain * pace.frontal),
        ("rotation", gait.sagittal_gain * pace.sagittal),
    ):
        rows[:, column(name)] += gain * steps.size * pelvis_curve(PELVIS_KEYS[name])(right)
    for side in SIDES:
        _fill_leg(rows, side, steps, pace, performer)
        _follow_turns(rows, side, steps, heading)
    return rows


def _fill_leg(
    rows: FloatArray, side: Side, steps: _StepClock, pace: _Pace, performer: Performer
) -> None:
    person, size = performer.person, steps.size
    noise = smooth_noise(
        performer.rng,
        size.size,
        columns=6,
        sd=person.gait.shape_sd_deg,
        knot_s=0.8 * pace.stride_time_s,
    )
    cycle = sagittal_cycle(_walker(person, pace))
    phase = steps.leg_phase(side)
    at_hip, at_knee = column("hip_flexion", side), column("knee_flexion", side)
    tilt = rows[:, column("anterior_tilt")]
    hip = tilt + cycle.thigh_inclination(phase) + _SAGITTAL_NOISE * noise[:, 0]
    knee = cycle.knee_flexion(phase) + _SAGITTAL_NOISE * noise[:, 1]
    rows[:, at_hip] += size * (hip - rows[:, at_hip])
    rows[:, at_knee] += size * (knee - rows[:, at_knee])
    rows[:, column("foot_pitch", side)] = size * cycle.foot_pitch(phase)
    stretched = reference_phase(phase, toe_off=steps.stance_share)
    for i, (name, (gain, offset)) in enumerate(_leg_style(person, pace).items()):
        change = gain * periodic_curve(LEG_KEYS[name])(stretched) + offset
        change -= getattr(_TYPICAL, name)
        rows[:, column(name, side)] += size * (change + noise[:, 2 + i])
    contacts = steps.at(steps.contacts(side), side)
    add_impacts(rows, side, contacts, pace.heel_strike * size)
    rows[:, column("support", side)] = steps.support(side)


def _walker(person: Person, pace: _Pace) -> Walker:
    return Walker(
        thigh_m=person.thigh_length_m,
        shank_m=person.shank_length_m,
        foot_m=person.foot_length_m,
        ankle_m=person.ankle_height_m,
        hip_distance_m=person.hip_distance_m,
        toe_off=pace.stance_share,
        sagittal_gain=person.gait.sagittal_gain * pace.sagittal,
        frontal_gain=person.gait.frontal_gain * pace.frontal,
    )


def _leg_style(person: Person, pace: _Pace) -> dict[str, tuple[float, float]]:
    """Gain and offset of the curves outside the sagittal plane."""
    gait = person.gait
    frontal = gait.frontal_gain * pace.frontal
    return {
        "hip_adduction": (frontal, gait.hip_adduction_offset_deg),
        "hip_rotation": (gait.transverse_gain, gait.hip_rotation_offset_deg),
        "knee_adduction": (frontal, 0.0),
        "knee_rotation": (gait.transverse_gain, gait.knee_rotation_offset_deg),
    }


def _follow_turns(rows: FloatArray, side: Side, steps: _StepClock, heading: FloatArray) -> None:
    """Keep the direction of a planted foot while the body turns over it."""
    if np.ptp(heading) == 0.0:
        return
    contacts = steps.contacts(side)
    contacts = np.concatenate([[contacts[0] - 1.0], contacts])
    mid_stance = np.interp(steps.at(contacts + 0.3, side), steps.time_s, heading)
    begin = steps.at(contacts, side)
    end = steps.at(contacts + steps.stance_share, side)
    times = np.stack([begin, np.maximum(end, begin + 1e-3)], axis=1).ravel()
    keep = np.concatenate([[True], np.diff(times) > 1e-6])
    foot = PchipInterpolator(times[keep], np.repeat(mid_stance, 2)[keep])(
        np.clip(steps.time_s, times[0], times[-1])
    )
    lag = eased(np.asarray(foot)) - heading  # counter-clockwise positive
    rows[:, column("toe_out", side)] -= side.sign * lag
    for name, share in _TURN_SHARES.items():
        rows[:, column(name, side)] += side.sign * share * lag
