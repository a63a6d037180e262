"""Invented courses of weeks, and the input of the two pages made from them.

Numbers are drawn with fixed seeds around round values of our own; no real person is behind them.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Final

import numpy as np

from imu_valgus.model import (
    GaitCurve,
    Grade,
    Joint,
    RepetitionCurves,
    ScoreComponent,
    Side,
    StepUpSummary,
    Task,
)
from imu_valgus.model.programme import LogEntry, Phase, PlannedExercise, Programme
from imu_valgus.model.progress import (
    Conditions,
    Footwear,
    Measure,
    MeasureKey,
    Purpose,
    SessionRecord,
)
from imu_valgus.model.session_results import SessionCurves, SessionTrust
from imu_valgus.progress.course import review_course
from imu_valgus.reports.weeks.course_input import PagesInput

START = date(2026, 3, 2)
LEGS = (Side.LEFT, Side.RIGHT)
STEP_UP = {
    "score": 62.0,
    "hip_internal_rotation_excursion_deg": 9.0,
    "hip_adduction_excursion_deg": 11.0,
    "shank_medial_tilt_deg": 6.0,
    "tibial_external_rotation_excursion_deg": 4.0,
    "knee_abduction_excursion_deg": 5.0,
}
WALK = {"hip_internal_rotation_range_deg": 10.0, "knee_internal_rotation_range_deg": 12.0}
PLAN = (
    PlannedExercise("clam_shell", 5, "20 per side"),
    PlannedExercise("step_up", 4, "10 per side"),
    PlannedExercise("short_foot", 7),
)
LONG = "Building_up_strength_without_any_pause_in_the_name_that_goes_on_and_on "


def session(
    index: int,
    day: float,
    *,
    person: str = "P07",
    change: float = 0.0,
    legs: Sequence[Side] = LEGS,
    tasks: Sequence[Task] = (Task.STEP_UP, Task.WALK),
    purpose: Purpose | None = None,
    pain: int | None = None,
    notes: str = "",
    set_aside: str = "",
    grade: Grade = Grade.GOOD,
    n: int = 12,
) -> SessionRecord:
    """Make a session with noise seeded by `index`; `change` is subtracted from its angles."""
    rng = np.random.default_rng(index)
    measures = []
    for task, names in ((Task.STEP_UP, STEP_UP), (Task.WALK, WALK)):
        for name, level in names.items() if task in tasks else ():
            for side in legs:
                way = 1.0 if name == "score" else -1.0
                size = way * change * (3.0 if name == "score" else 1.0)
                value = level + size + rng.normal(0.0, 1.2) + (1.0 if side is Side.LEFT else 0.0)
                reps = tuple((value + rng.normal(0.0, 1.5, n)).tolist())
                values = reps if task is Task.STEP_UP else ()
                measures.append(Measure(MeasureKey(name, task, side), value, 1.5, values, n))
    moment = datetime(2026, 3, 2, 9, 30, tzinfo=UTC) + timedelta(days=day)
    conditions = Conditions(
        calibration=grade, software_version="0.1.0", score_version="sas-1", fusion="vqf",
        step_height_m=0.10 if Task.STEP_UP in tasks else None, footwear=Footwear.BAREFOOT,
        sensors=("A1", "B2", "C3", "D4", "E5"),
    )  # fmt: skip
    return SessionRecord(
        f"s{index:03d}", person, moment, conditions, tuple(measures), pain, notes, set_aside,
        raw_sha256=f"{index:02x}" * 32, purpose=purpose,
    )  # fmt: skip


def gait(joint: Joint, motion: str, side: Side, size: float) -> GaitCurve:
    """Make a gait curve whose height grows with `size`."""
    percent = np.arange(101.0)
    height = {"flexion": 55.0, "adduction": 8.0, "internal_rotation": 7.0}[motion]
    mean = (height + size) * np.exp(-0.5 * ((percent - 70.0) / 12.0) ** 2) - 2.0
    return GaitCurve(joint, motion, side, mean, np.full(101, 1.5), 3.0, 20)


def step_ups(joint: Joint, motion: str, side: Side, size: float) -> RepetitionCurves:
    """Make nine step-ups whose height grows with `size`."""
    percent = np.arange(101.0)
    bump = np.sin(np.pi * percent / 100.0) ** 2
    curves = np.stack([(9.0 + size + 0.4 * k) * bump for k in range(-4, 5)])
    return RepetitionCurves(joint, motion, side, curves, np.full(9, 52.0))


def summary_of(side: Side, change: float) -> StepUpSummary:
    """Make a summary of step-ups with angles smaller by `change`."""
    parts = (ScoreComponent("A1", "hip adduction", 9.0, 2.0, "deg", 10.8, 22.6, 20.0, 80.0, 16.0),)
    names = ("hip_adduction", "hip_internal_rotation", "knee_abduction", "tibial_external_rotation")
    angles = dict(zip(names, (9.0 - change, 7.0 - change, 4.0, 3.0), strict=True))
    return StepUpSummary(
        side, "sas-1", 13, 12, 0.998, 70.0, (64.0, 75.0), parts, angles, 44.0, 1.2,
        step_height_m=0.1,
    )  # fmt: skip


def stored_with(
    sessions: Iterable[SessionRecord],
) -> tuple[dict[str, SessionCurves], dict[str, Mapping[Side, StepUpSummary]]]:
    """Make the curves and step-up summaries that match the measures of sessions."""
    curves: dict[str, SessionCurves] = {}
    summaries: dict[str, Mapping[Side, StepUpSummary]] = {}
    for record in sessions:
        places = {(m.key.task, m.key.side) for m in record.measures}
        value = next((m.value for m in record.measures if "hip_i" in m.key.name), 9.0)
        size = value - 9.0
        walks = [side for side in LEGS if (Task.WALK, side) in places]
        steps = [side for side in LEGS if (Task.STEP_UP, side) in places]
        angles = [(Joint.HIP, "adduction"), (Joint.HIP, "internal_rotation"),
                  (Joint.KNEE, "flexion"), (Joint.KNEE, "internal_rotation")]  # fmt: skip
        curves[record.session_id] = SessionCurves(
            tuple(gait(j, m, side, size) for j, m in angles for side in walks),
            tuple(step_ups(j, m, side, size) for j, m in angles for side in steps),
        )
        summaries[record.session_id] = {side: summary_of(side, -size) for side in steps}
    return curves, summaries


def pages(
    sessions: Sequence[SessionRecord],
    *,
    programme: Programme | None = None,
    log: Sequence[LogEntry] = (),
) -> PagesInput:
    """Review a course and add curves, summaries and trust values."""
    course = review_course(sessions, programme=programme, log=log)
    curves, summaries = stored_with(sessions)
    trust = {record.session_id: SessionTrust(0.004, 0.0013, 1.8) for record in sessions}
    return PagesInput(course, curves, summaries, trust)


def programme(*, weeks: int = 6, names: Sequence[str] = ("Learn", "Build up", "Keep")) -> Programme:
    """Make a programme with phases of equal length."""
    length = max(weeks * 7 // len(names), 1)
    phases = tuple(
        Phase(
            name, START + timedelta(days=i * length), START + timedelta(days=(i + 1) * length - 1)
        )
        for i, name in enumerate(names)
    )
    return Programme(START, phases, PLAN)


def log(days: int, *, share: float = 0.85, pain: int = 1) -> tuple[LogEntry, ...]:
    """Make a log in which a share of the plan was done, with pain noted every other day."""
    rng = np.random.default_rng(1)
    entries = []
    for day in range(days):
        when = START + timedelta(days=day)
        entries += [
            LogEntry(when, planned.exercise)
            for planned in PLAN
            if rng.random() < share * planned.times_per_week / 7.0 + 0.1
        ]
        if day % 2 == 0:
            entries.append(LogEntry(when, None, pain=min(pain, 10)))
    return tuple(entries)


def weekly(n: int, *, change: float = 0.0, **more: Any) -> list[SessionRecord]:
    """Make three sessions before the start, then the others evenly over six weeks or more."""
    if n < 6:
        return [session(i, 3.0 * i, **more) for i in range(n)]
    days = [-5.0, -3.0, -1.0, *np.linspace(2.0, max(44.0, 2.5 * n), n - 3).tolist()]
    last = days[-1]
    return [
        session(i, day, change=change * max(day, 0.0) / last, **more) for i, day in enumerate(days)
    ]


def _sixty() -> PagesInput:
    many = [
        session(
            i,
            2.5 * i - 5.0,
            person="A" * 80,
            change=0.1 * i,
            notes=f"{LONG * 3}<b>{i}</b>",
            set_aside="The strap of the left shank slipped." if i % 7 == 3 else "",
        )
        for i in range(60)
    ]
    return pages(
        many, programme=programme(weeks=21, names=[LONG, LONG * 2, "x" * 70]), log=log(140)
    )


def _nineteen() -> PagesInput:
    repeats = [session(100 + i, -12.0 + i, purpose=Purpose.REPEAT) for i in range(4)]
    course = [*repeats, *weekly(19, change=7.0)]
    return pages(course, programme=programme(), log=log(45, share=1.0))


def _one_leg() -> PagesInput:
    course = weekly(8, change=5.0, legs=(Side.RIGHT,))
    return pages(course, programme=programme(), log=log(44, share=0.3))


def _all_set_aside() -> PagesInput:
    return pages([session(i, 3.0 * i, set_aside="The sensors were exchanged.") for i in range(4)])


def _pain() -> PagesInput:
    hurt = [*weekly(6)[:-1], session(5, 44.0, pain=5)]
    return pages(hurt, programme=programme(), log=log(44))


_CASES: Final = {
    "one": lambda: pages(weekly(1)),
    "two": lambda: pages(weekly(2)),
    "six": lambda: pages(weekly(6, change=6.0), programme=programme(), log=log(45)),
    "nineteen": _nineteen,
    "sixty": _sixty,
    "one leg": _one_leg,
    "no walk": lambda: pages(weekly(8, tasks=(Task.STEP_UP,))),
    "no step-up": lambda: pages(weekly(8, tasks=(Task.WALK,)), programme=programme()),
    "all set aside": _all_set_aside,
    "pain": _pain,
}

NAMES: Final = tuple(_CASES)
"""Names of all kinds of courses that the pages must handle."""


@cache
def case(name: str) -> PagesInput:
    """Return one of the courses of :data:`NAMES`; each is made once."""
    return _CASES[name]()
