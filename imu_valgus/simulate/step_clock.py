"""The clock of a walk: phases of the two legs over time, contacts, and who carries the body."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.interpolate import CubicSpline

from imu_valgus.model import EventKind, FloatArray, Side
from imu_valgus.simulate.clip import ClipEvent, Performer
from imu_valgus.simulate.pose import INTERNAL_RATE_HZ, SIDES, internal_times, ramp

_RAMP_CYCLES: Final = 0.55
"""Gait is started and stopped within about one step: own choice."""

STILL_S: Final = 0.4
_FIRST_PHASE: Final = -0.05


@dataclass(frozen=True, slots=True, eq=False)
class StepClock:
    """The clock of a walk: right leg's phase over time, in cycles, and the size of movement."""

    time_s: FloatArray
    phase: FloatArray
    size: FloatArray
    stance_share: float
    last_phase: float
    first_step_s: float
    duration_s: float

    @classmethod
    def planned(
        cls, performer: Performer, *, duration_s: float, stride_s: float, stance_share: float
    ) -> "StepClock":
        """Plan whole strides of varying length for about the duration."""
        n = max(3, round(duration_s / stride_s - 0.55))
        at_phase = np.concatenate([[_FIRST_PHASE], np.arange(0.5, n + 1.0)])
        deviations = 1.0 + performer.person.gait.stride_time_sd * np.clip(
            performer.rng.standard_normal(at_phase.size - 1), -2.5, 2.5
        )
        times = np.concatenate([[0.0], np.cumsum(np.diff(at_phase) * stride_s * deviations)])
        times += STILL_S
        time_s = internal_times(float(times[-1]) + STILL_S)
        phase = CubicSpline(times, at_phase)(np.clip(time_s, times[0], times[-1]))
        size = ramp((phase - _FIRST_PHASE) / _RAMP_CYCLES) * ramp((n + 0.5 - phase) / _RAMP_CYCLES)
        return cls(
            time_s=time_s,
            phase=np.asarray(phase, dtype=np.float64),
            size=size,
            stance_share=stance_share,
            last_phase=n + 0.5,
            first_step_s=STILL_S,
            duration_s=time_s.size / INTERNAL_RATE_HZ,
        )

    def leg_phase(self, side: Side) -> FloatArray:
        """Phase of one leg; its whole numbers are its initial contacts."""
        return self.phase + (0.0 if side is Side.RIGHT else 0.5)

    def at(self, phase: FloatArray, side: Side) -> FloatArray:
        """Return the times at which a leg has certain phases."""
        moving = np.flatnonzero(np.diff(self.phase) > 0)
        return np.interp(phase, self.leg_phase(side)[moving], self.time_s[moving])

    def contacts(self, side: Side) -> FloatArray:
        """Phases of the leg's initial contacts during the walk, the closing step included."""
        offset = 0.0 if side is Side.RIGHT else 0.5
        first, last = _FIRST_PHASE + offset + 0.1, self.last_phase + offset
        return np.arange(np.ceil(first), np.floor(last + 1e-9) + 1)

    def events(self) -> tuple[ClipEvent, ...]:
        """All contacts and toe-offs in order of time."""
        found = []
        for side in SIDES:
            contacts = self.contacts(side)
            toe_offs = contacts - 1.0 + self.stance_share
            for phases, kind in (
                (contacts, EventKind.INITIAL_CONTACT),
                (toe_offs, EventKind.TOE_OFF),
            ):
                found += [ClipEvent(float(t), side, kind) for t in self.at(phases, side)]
        first = self.first_step_s + 1e-6
        return tuple(sorted((e for e in found if e.time_s > first), key=lambda e: e.time_s))

    def support(self, side: Side) -> FloatArray:
        """Share of the body on a leg: passed on smoothly during double support."""
        phase = self.leg_phase(side)
        double = self.stance_share - 0.5
        within = phase - np.floor(phase)
        taken = ramp(within / double)
        given = ramp((within - 0.5) / double)
        walking = taken - given
        return np.asarray(0.5 + self.size * (walking - 0.5), dtype=np.float64)
