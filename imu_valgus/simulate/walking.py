"""Walking: strides that vary, turns, starting and stopping, heel strikes."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from scipy.interpolate import PchipInterpolator

from imu_valgus.errors import InputError
from imu_valgus.model import FloatArray, Side, Task
from imu_valgus.simulate.body import LegPosture, Person, standing_pose
from imu_valgus.simulate.clip import Clip, Performer
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
    SIDES,
    column,
    eased,
    ramp,
    smooth_noise,
)
from imu_valgus.simulate.step_clock import STILL_S, StepClock


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
"""Longer legs swing slower: stride time goes with the root of leg length (pendulum)."""

_PACES: Final = {
    # Schwartz 2008: hip adduction range grows from 7.8 to 16 degrees and stance falls from 68 to
    # 56 % between very slow and very fast; the steps between are own choices.
    WalkSpeed.SLOW: _Pace(1.34, 0.640, 0.80, 0.80, 0.6),
    WalkSpeed.NORMAL: _Pace(1.10, 0.605, 1.00, 1.00, 1.0),
    WalkSpeed.FAST: _Pace(0.95, 0.580, 1.14, 1.22, 1.4),
}

_TURN_SHARES: Final = {"hip_rotation": 0.45, "knee_rotation": 0.15}
"""Which joints take up the angle between a planted foot and a turning body; the ankle the rest."""

_TYPICAL: Final = LegPosture()

_SAGITTAL_NOISE: Final = 0.4
"""Sagittal shape varies less than the other planes, or the feet would slide: own choice."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn while walking.

    Parameters
    ----------
    at_s
        Middle of the turn, seconds after the first step.
    angle_deg
        Counter-clockwise seen from above; −180 turns back to the right.
    duration_s
        How long it takes.
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
        About how long; whole strides are walked.
    speed
        Speed class; decides stride time, stance share and ranges.
    turns
        Turns on the way; they must not overlap.

    Raises
    ------
    InputError
        If the walk is too short for two strides.
    """

    duration_s: float = 30.0
    speed: WalkSpeed = WalkSpeed.NORMAL
    turns: tuple[Turn, ...] = ()

    def __post_init__(self) -> None:
        if self.duration_s < 4.0:
            raise InputError(
                f"Expected a walk of at least 4 s, got {self.duration_s:g} s; ask for a longer one."
            )

    def perform(self, performer: Performer) -> Clip:
        """Return the walk, beginning and ending in neutral standing."""
        pace, person = _PACES[self.speed], performer.person
        build = np.sqrt(person.leg_length_m / _REFERENCE_LEG_M)
        steps = StepClock.planned(
            performer,
            duration_s=self.duration_s,
            stride_s=pace.stride_time_s * person.gait.stride_time_factor * build,
            stance_share=pace.stance_share,
        )
        rows = _walk_rows(self, steps, performer)
        events = steps.events()
        return Clip(
            rows=rows,
            task=Task.WALK,
            start_s=steps.first_step_s,
            end_s=steps.duration_s - STILL_S,
            events=events,
        )


def _walk_rows(walk: Walk, steps: StepClock, performer: Performer) -> FloatArray:
    person, pace = performer.person, _PACES[walk.speed]
    trial = standing_pose(person).as_row()
    rows = np.tile(trial, (steps.time_s.size, 1))
    heading = _heading_deg(walk, steps)
    rows[:, column("heading")] = heading
    right = reference_phase(steps.phase, toe_off=pace.stance_share)
    gait = person.gait
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
    rows: FloatArray, side: Side, steps: StepClock, pace: _Pace, performer: Performer
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
        change -= getattr(_TYPICAL, name)  # the curves are those of people who stand like this
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


def _heading_deg(walk: Walk, steps: StepClock) -> FloatArray:
    since = steps.time_s - steps.first_step_s
    heading = np.zeros_like(since)
    for turn in walk.turns:
        heading += turn.angle_deg * ramp((since - turn.at_s) / turn.duration_s + 0.5)
    return heading


def _follow_turns(rows: FloatArray, side: Side, steps: StepClock, heading: FloatArray) -> None:
    """Keep a planted foot's direction while the body turns over it."""
    if np.ptp(heading) == 0.0:
        return
    contacts = steps.contacts(side)
    contacts = np.concatenate([[contacts[0] - 1.0], contacts])
    mid = np.interp(steps.at(contacts + 0.3, side), steps.time_s, heading)
    begin = steps.at(contacts, side)
    end = steps.at(contacts + steps.stance_share, side)
    times = np.stack([begin, np.maximum(end, begin + 1e-3)], axis=1).ravel()
    keep = np.concatenate([[True], np.diff(times) > 1e-6])
    foot = PchipInterpolator(times[keep], np.repeat(mid, 2)[keep])(
        np.clip(steps.time_s, times[0], times[-1])
    )
    lag = eased(np.asarray(foot)) - heading  # counter-clockwise positive
    rows[:, column("toe_out", side)] -= side.sign * lag
    for name, share in _TURN_SHARES.items():
        rows[:, column(name, side)] += side.sign * share * lag
