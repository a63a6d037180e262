"""A programme of several weeks done by one simulated person, with known truth.

Habits change, days differ, and sensors are put on again for every session. All amounts are own
choices that make a plausible example, as in :mod:`imu_valgus.simulate.habits`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import numpy as np

from imu_valgus.errors import InputError
from imu_valgus.model import Placement, Recording, Side, Task
from imu_valgus.model.programme import LogEntry, Programme
from imu_valgus.model.progress import Purpose
from imu_valgus.simulate.body import GaitStyle, LegPosture, Person, random_person
from imu_valgus.simulate.clip import Movement
from imu_valgus.simulate.habits import DAY_SPREAD, BothLegs, habit_on, pain_on
from imu_valgus.simulate.movements import SeatedHipRotation, Sitting, Squat, Standing
from imu_valgus.simulate.pose import SIDES
from imu_valgus.simulate.session import SimulatedSession, simulate_session
from imu_valgus.simulate.step_up import StepUp
from imu_valgus.simulate.straps import with_slipped_strap
from imu_valgus.simulate.walking import Turn, Walk

RECORDING: Final = "session"
"""Name of the one recording of every session."""

SLIPS: Final = Placement.THIGH_RIGHT
"""Sensor whose strap slips in the one session that goes wrong."""

_FIRST_HOUR: Final = time(9, 0, tzinfo=UTC)
_BETWEEN: Final = timedelta(minutes=40)
"""Time between the sessions of one day."""

ADHERENCE: Final = 0.8
"""Mean share of the plan that is done: our choice."""

_WEEK_SPREAD: Final = 0.06
"""Standard deviation of that share between weeks: our choice."""

_DAY: Final = 0xDA7
_DIARY: Final = 0xD1A
"""Purposes of random numbers: draws for one purpose never change those for another."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """Amounts of the parts of a session; the parts themselves are always the same.

    Parameters
    ----------
    trial_s
        Duration of the first and of the last static trial.
    squats, seated_rotations
        Number of squats, and of seated hip rotations of each leg.
    walk_s
        Duration of the walk, with a turn in the middle.
    step_ups, step_up_s, step_pause_s
        Number of step-ups of each leg, time of one, and of standing between.
    step_height_m
        Height of the step.
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
        """Return the movements of one session with the excursions of its day."""
        seated = (SeatedHipRotation(side=side, count=self.seated_rotations) for side in SIDES)
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
    """Plan of one session of a course.

    Parameters
    ----------
    recorded_at
        Start of the session, UTC.
    purpose
        Purpose of the session.
    seed
        Seed of all draws for this donning: mountings, skin, sensor errors, noise.
    person
        Person with the posture and the walking style of the day.
    script
        Movements of the session.
    habit
        Mean excursions on this date: the truth that a course is about.
    excursions
        Excursions of the day, the same in all its sessions.
    pain
        Pain of the day, 0 to 10.
    slips
        Whether a strap slips during the walk.
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
    """Plan the sessions of one person over the weeks of a programme.

    With three or more checks, one of them does not take place and in another one a strap slips.

    Parameters
    ----------
    visits
        Day and purpose of each session; those of one day follow each other.
    start, weeks
        First day and length of the programme.
    seed
        Seed of the person and of all draws.
    protocol
        Amounts of the parts of a session; None for the defaults.

    Returns
    -------
    tuple of CourseSession
        Plans in order of time. The same arguments give equal plans. Sensors, skin and their errors
        are drawn again for every donning, even on the same day, which is harsher than wearing the
        same five sensors.

    Raises
    ------
    InputError
        If `weeks` is below 1.
    """
    if weeks < 1:
        raise InputError(f"A course of {weeks} weeks is too short. Ask for one week or more.")
    protocol = protocol or Protocol()
    ordered = sorted(visits)
    missed, slipped = _missed_and_slipped(ordered)
    body = random_person(seed)
    sessions: list[CourseSession] = []
    for index, (day, purpose) in enumerate(ordered):
        if index == missed:
            continue
        rng = np.random.default_rng([seed, _DAY, day.toordinal()])
        habit = habit_on(day, start=start, weeks=weeks)
        excursions = BothLegs(
            left=habit.left.varied(rng, DAY_SPREAD), right=habit.right.varied(rng, DAY_SPREAD)
        )
        earlier = sum(earlier_day == day for earlier_day, _ in ordered[:index])
        sessions.append(
            CourseSession(
                recorded_at=datetime.combine(day, _FIRST_HOUR) + earlier * _BETWEEN,
                purpose=purpose,
                seed=1000 * seed + index,
                person=_on_that_day(body, rng),
                script=protocol.script(excursions),
                habit=habit,
                excursions=excursions,
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
        Plan from :func:`simulated_course`.

    Returns
    -------
    SimulatedSession
        Session with its date and one recording called :data:`RECORDING`.
    """
    simulated = simulate_session(planned.person, {RECORDING: planned.script}, seed=planned.seed)
    session = simulated.session
    info = replace(session.info, recorded_at=planned.recorded_at)
    recordings: Sequence[Recording] = session.recordings
    if planned.slips:
        walk = next(span for span in recordings[0].tasks if span.task is Task.WALK)
        at_s = 0.5 * (walk.start_s + walk.end_s)
        streams = dict(recordings[0].streams)
        streams[SLIPS] = with_slipped_strap(streams[SLIPS], at_s=at_s)
        recordings = (replace(recordings[0], streams=streams),)
    return replace(simulated, session=replace(session, info=info, recordings=tuple(recordings)))


def simulated_diary(
    programme: Programme, *, weeks: int, seed: int = 1, adherence: float = ADHERENCE
) -> tuple[LogEntry, ...]:
    """Write the diary of a person: exercises done, and pain every evening.

    Parameters
    ----------
    programme
        Programme with its plan.
    weeks
        Number of weeks to write down.
    seed
        Seed of all draws; the same seed gives the same diary.
    adherence
        Mean share of the plan that is done, 0 to 1; weeks differ around it.

    Returns
    -------
    tuple of LogEntry
        Entries in order of days.

    Raises
    ------
    InputError
        If `adherence` is not a share.
    """
    if not 0.0 <= adherence <= 1.0:
        raise InputError(f"An adherence of {adherence:g} is no share. Give a number from 0 to 1.")
    rng = np.random.default_rng([seed, _DIARY])
    entries: list[LogEntry] = []
    for week in range(weeks):
        share = float(np.clip(rng.normal(adherence, _WEEK_SPREAD), 0.0, 1.0))
        for item in programme.plan:
            days = rng.permutation(7)[: min(7, item.times_per_week)]
            done = days[rng.random(days.size) < share]
            entries += [
                LogEntry(programme.start + timedelta(weeks=week, days=int(day)), item.exercise)
                for day in sorted(done)
            ]
    for number in range(7 * weeks):
        day = programme.start + timedelta(days=number)
        pain = pain_on(day, start=programme.start, weeks=weeks, seed=seed)
        entries.append(LogEntry(day, pain=pain))
    return tuple(sorted(entries, key=lambda entry: entry.day))


def _missed_and_slipped(visits: Sequence[tuple[date, Purpose]]) -> tuple[int, int]:
    """Return which visit does not take place, and in which one a strap slips; -1 for none."""
    checks = [index for index, (_, purpose) in enumerate(visits) if purpose is Purpose.CHECK]
    if len(checks) < 3:
        return -1, -1
    return checks[len(checks) // 3], checks[2 * len(checks) // 3]


def _on_that_day(person: Person, rng: np.random.Generator) -> Person:
    """Vary standing and walking from day to day, without a trend: our choices."""
    gait = person.gait
    gait_of_day: GaitStyle = replace(
        gait,
        transverse_gain=gait.transverse_gain * float(rng.normal(1.0, 0.05)),
        hip_rotation_offset_deg=gait.hip_rotation_offset_deg + float(rng.normal(0.0, 0.8)),
        stride_time_factor=gait.stride_time_factor * float(rng.normal(1.0, 0.01)),
    )
    return replace(
        person,
        right=_posture_of_day(person.right, rng),
        left=_posture_of_day(person.left, rng),
        gait=gait_of_day,
    )


def _posture_of_day(posture: LegPosture, rng: np.random.Generator) -> LegPosture:
    return replace(
        posture,
        hip_rotation=posture.hip_rotation + float(rng.normal(0.0, 0.8)),
        toe_out=posture.toe_out + float(rng.normal(0.0, 1.0)),
    )
