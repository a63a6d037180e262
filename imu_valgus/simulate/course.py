"""Weeks of one person with known truth: habits that change, days that differ, straps put on anew.

All amounts are own choices that make a plausible example, as in :mod:`imu_valgus.simulate.habits`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import numpy as np

from imu_valgus.errors import InputError
from imu_valgus.model import Placement, Recording, Side, Task
from imu_valgus.model.progress import Purpose
from imu_valgus.simulate.body import GaitStyle, LegPosture, Person, random_person
from imu_valgus.simulate.clip import Movement
from imu_valgus.simulate.habits import DAY_SPREAD, BothLegs, habit_on, pain_on
from imu_valgus.simulate.movements import SeatedHipRotation, Sitting, Squat, Standing
from imu_valgus.simulate.session import SimulatedSession, simulate_session
from imu_valgus.simulate.step_up import StepUp
from imu_valgus.simulate.straps import with_slipped_strap
from imu_valgus.simulate.walking import Turn, Walk

RECORDING: Final = "session"
"""Every session of a course is one recording of this name."""

SLIPS: Final = Placement.THIGH_RIGHT
"""Whose strap gives way in the one session that goes wrong."""

_FIRST_HOUR: Final = time(9, 0, tzinfo=UTC)
_BETWEEN: Final = timedelta(minutes=40)
"""Sessions of one day follow each other at this distance."""

_DAY: Final = 0xDA7
"""What random numbers are drawn for, so that one choice never moves another."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """How long the parts of a session last; the parts themselves are always the same.

    Parameters
    ----------
    trial_s
        First and last standing.
    squats, seated_rotations
        How many; rotations for each leg.
    walk_s
        With a turn in the middle.
    step_ups, step_up_s, step_pause_s
        How many for each leg, how long one takes, and standing between.
    step_height_m
        Of the step.
    """

    trial_s: float = 5.0
    squats: int = 4
    seated_rotations: int = 3
    walk_s: float = 24.0
    step_ups: int = 9
    step_up_s: float = 3.6
    step_pause_s: float = 1.0
    step_height_m: float = 0.10

    def script(self, day: BothLegs) -> tuple[Movement, ...]:
        """Return the movements of one session with the excursions of that day."""
        seated = (
            SeatedHipRotation(side=side, count=self.seated_rotations)
            for side in (Side.RIGHT, Side.LEFT)
        )
        return (
            Standing(self.trial_s),
            Squat(count=self.squats),
            Standing(2.0),
            Sitting(2.0),
            *seated,
            Standing(2.0),
            Walk(duration_s=self.walk_s, turns=(Turn(at_s=0.5 * self.walk_s, angle_deg=180.0),)),
            Standing(3.0),
            self._step_ups(Side.RIGHT, day),
            Standing(2.0),
            self._step_ups(Side.LEFT, day),
            Standing(self.trial_s),
        )

    def _step_ups(self, side: Side, day: BothLegs) -> StepUp:
        excursions = day.of(side)
        return StepUp(
            side=side,
            count=self.step_ups,
            step_height_m=self.step_height_m,
            repetition_s=self.step_up_s,
            pause_s=self.step_pause_s,
            hip_internal_rotation_deg=excursions.hip_internal_rotation_deg,
            hip_adduction_deg=excursions.hip_adduction_deg,
            tibial_external_rotation_deg=excursions.tibial_external_rotation_deg,
            knee_abduction_deg=excursions.knee_abduction_deg,
        )


@dataclass(frozen=True, slots=True)
class CourseSession:
    """One session of a course before it is simulated.

    Parameters
    ----------
    recorded_at
        Day and hour, UTC.
    purpose
        Why it is recorded.
    seed
        Of everything drawn for this donning: how sensors sit, skin, sensor errors, noise.
    person
        Body, posture and walk of that day.
    script
        What is done.
    habit
        The excursions that days of this date spread around: the truth that a course is about.
    excursions
        Those of that day, shared by all sessions of the day.
    pain
        0 to 10.
    slips
        Whether a strap gives way in the walk.
    """

    recorded_at: datetime
    purpose: Purpose
    seed: int
    person: Person
    script: tuple[Movement, ...]
    habit: BothLegs
    excursions: BothLegs
    pain: int
    slips: bool = False


def simulated_course(
    visits: Iterable[tuple[date, Purpose]],
    *,
    start: date,
    weeks: int,
    seed: int = 1,
    protocol: Protocol | None = None,
) -> tuple[CourseSession, ...]:
    """Lay out the sessions of one person over the weeks of a programme.

    Of three or more checks one does not take place, and in another one a strap slips.

    Parameters
    ----------
    visits
        Days of the sessions planned and what each is for; those of one day follow each other.
    start, weeks
        Of the programme.
    seed
        Of the person and of everything drawn.
    protocol
        How long a session lasts.

    Returns
    -------
    tuple of CourseSession
        In order of time. The same arguments give equal sessions. Sensors, skin and their errors
        are drawn anew for every donning, also for those of one day: harsher than wearing the same
        five sensors.

    Raises
    ------
    InputError
        If the programme has no whole week.
    """
    if weeks < 1:
        raise InputError(f"Expected a course of one week or more, found {weeks}.")
    protocol = protocol or Protocol()
    ordered = sorted(visits)
    missed, slipped = _odd_ones(ordered)
    body = random_person(seed)
    sessions: list[CourseSession] = []
    for index, (day, purpose) in enumerate(ordered):
        if index == missed:
            continue
        rng = np.random.default_rng([seed, _DAY, day.toordinal()])
        habit = habit_on(day, start=start, weeks=weeks)
        moved = BothLegs(
            left=habit.left.varied(rng, DAY_SPREAD), right=habit.right.varied(rng, DAY_SPREAD)
        )
        earlier = sum(one == day for one, _ in ordered[:index])
        sessions.append(
            CourseSession(
                recorded_at=datetime.combine(day, _FIRST_HOUR) + earlier * _BETWEEN,
                purpose=purpose,
                seed=1000 * seed + index,
                person=_on_that_day(body, rng),
                script=protocol.script(moved),
                habit=habit,
                excursions=moved,
                pain=pain_on(day, start=start, weeks=weeks, seed=seed),
                slips=index == slipped,
            )
        )
    return tuple(sessions)


def simulate_course_session(planned: CourseSession) -> SimulatedSession:
    """Simulate one session of a course.

    Parameters
    ----------
    planned
        From `simulated_course`.

    Returns
    -------
    SimulatedSession
        Dated, with one recording called :data:`RECORDING`.
    """
    simulated = simulate_session(planned.person, {RECORDING: planned.script}, seed=planned.seed)
    session = simulated.session
    info = replace(session.info, recorded_at=planned.recorded_at)
    recordings: Sequence[Recording] = session.recordings
    if planned.slips:
        walk = next(one for one in recordings[0].tasks if one.task is Task.WALK)
        at_s = 0.5 * (walk.start_s + walk.end_s)
        worn = dict(recordings[0].streams)
        worn[SLIPS] = with_slipped_strap(worn[SLIPS], at_s=at_s)
        recordings = (replace(recordings[0], streams=worn),)
    return replace(simulated, session=replace(session, info=info, recordings=tuple(recordings)))


def _odd_ones(visits: Sequence[tuple[date, Purpose]]) -> tuple[int, int]:
    """Which visit does not take place, and in which a strap slips; -1 for none."""
    checks = [index for index, (_, purpose) in enumerate(visits) if purpose is Purpose.CHECK]
    if len(checks) < 3:
        return -1, -1
    return checks[len(checks) // 3], checks[2 * len(checks) // 3]


def _on_that_day(person: Person, rng: np.random.Generator) -> Person:
    """Stand and walk a little differently each day; own choices, and without any trend."""
    gait = person.gait
    walking: GaitStyle = replace(
        gait,
        transverse_gain=gait.transverse_gain * float(rng.normal(1.0, 0.05)),
        hip_rotation_offset_deg=gait.hip_rotation_offset_deg + float(rng.normal(0.0, 0.8)),
        stride_time_factor=gait.stride_time_factor * float(rng.normal(1.0, 0.01)),
    )
    return replace(
        person, right=_stood(person.right, rng), left=_stood(person.left, rng), gait=walking
    )


def _stood(posture: LegPosture, rng: np.random.Generator) -> LegPosture:
    return replace(
        posture,
        hip_rotation=posture.hip_rotation + float(rng.normal(0.0, 0.8)),
        toe_out=posture.toe_out + float(rng.normal(0.0, 1.0)),
    )
