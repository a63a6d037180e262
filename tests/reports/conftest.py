"""Invented but plausible analyses, one for each kind of session that a report must handle.

The curves are sums of smooth bumps of our own; no real person is behind them.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from imu_valgus.model import (
    Analysis,
    EventKind,
    Finding,
    FloatArray,
    GaitCurve,
    GaitEvent,
    Grade,
    Joint,
    JointAngles,
    MeanSd,
    Placement,
    RecordingAnalysis,
    RelativeHeading,
    Repetition,
    SegmentFrame,
    SessionInfo,
    Severity,
    Side,
    SideGait,
    StreamQuality,
    Stride,
    Task,
    TaskSpan,
    WalkSummary,
)

MOTIONS = ("flexion", "adduction", "internal_rotation")
LEGS = (Side.RIGHT, Side.LEFT)
LONG_NAME = "Recording_with_a_name_without_any_space_that_goes_on_and_on_" * 3

# Middle (% of cycle), height (deg), width (%) of each bump, after a constant.
_BUMPS: dict[tuple[Joint, str], tuple[float, tuple[tuple[float, float, float], ...]]] = {
    (Joint.HIP, "flexion"): (-8.0, ((0.0, 40.0, 22.0), (85.0, 14.0, 12.0))),
    (Joint.HIP, "adduction"): (-4.0, ((18.0, 10.0, 12.0), (64.0, -4.0, 9.0))),
    (Joint.HIP, "internal_rotation"): (4.0, ((10.0, 5.0, 10.0), (60.0, -6.0, 12.0))),
    (Joint.KNEE, "flexion"): (4.0, ((14.0, 14.0, 7.0), (72.0, 56.0, 10.0))),
    (Joint.KNEE, "adduction"): (-1.0, ((25.0, 2.0, 15.0), (74.0, 5.0, 8.0))),
    (Joint.KNEE, "internal_rotation"): (-6.0, ((12.0, 5.0, 6.0), (52.0, 9.0, 14.0))),
    (Joint.ANKLE, "flexion"): (0.0, ((45.0, 11.0, 14.0), (64.0, -20.0, 5.0))),
    (Joint.ANKLE, "adduction"): (1.0, ((60.0, 6.0, 8.0),)),
    (Joint.ANKLE, "internal_rotation"): (-5.0, ((55.0, 5.0, 10.0),)),
}


def gait_shape(joint: Joint, motion: str, percent: FloatArray) -> FloatArray:
    """Return the value of a smooth periodic curve at percent of the cycle."""
    constant, bumps = _BUMPS[Joint.HIP if joint is Joint.FEMUR else joint, motion]
    values = np.full_like(percent, constant)
    for middle, height, width in bumps:
        off = (percent - middle + 50.0) % 100.0 - 50.0
        values += height * np.exp(-0.5 * (off / width) ** 2)
    return values


def make_curve(joint: Joint, motion: str, side: Side, *, n_strides: int = 21) -> GaitCurve:
    percent = np.arange(101.0)
    late = 2.0 if side is Side.LEFT else 0.0
    shape = gait_shape(joint, motion, (percent - late) % 100.0)
    mean = shape * (1.12 if side is Side.LEFT else 1.0) + 0.8 * late
    sd = 1.5 + 0.06 * np.abs(np.gradient(mean)) * 10.0
    level = 4.5 if motion == "internal_rotation" else 1.8
    return GaitCurve(joint, motion, side, mean, sd, level, n_strides)


def make_side_gait(side: Side, *, n: int = 21, is_toe_off_reliable: bool = True) -> SideGait:
    extra = 0.004 if side is Side.LEFT else 0.0
    return SideGait(
        stride_time_s=MeanSd(1.094 + extra, 0.021, n),
        stance_share=MeanSd(0.618 + extra, 0.009, n),
        step_time_s=MeanSd(0.545 + extra, 0.014, n),
        n_strides_found=n + 2,
        is_toe_off_reliable=is_toe_off_reliable,
    )


def make_walk(joints: Sequence[Joint], sides: Sequence[Side]) -> WalkSummary:
    both = len(sides) == 2
    gaits = {side: make_side_gait(side) for side in sides}
    if not both:
        gaits = {
            side: SideGait(gait.stride_time_s, gait.stance_share, None, gait.n_strides_found)
            for side, gait in gaits.items()
        }
    return WalkSummary(
        cadence_per_min=109.6,
        sides=gaits,
        step_time_ratio=0.993 if both else None,
        curves=tuple(make_curve(j, m, s) for j in joints for m in MOTIONS for s in sides),
        walking_s=48.0,
        n_turns=3,
    )


def make_frame(placement: Placement, grade: Grade = Grade.GOOD) -> SegmentFrame:
    reasons = {
        Grade.GOOD: (),
        Grade.FAIR: ("Only two of five squats could be used.",),
        Grade.POOR: ("The flexion axis is 31° away from level while standing.",
                     "The sensor may have moved on its strap."),
    }[grade]  # fmt: skip
    size = {Grade.GOOD: 1.0, Grade.FAIR: 2.0, Grade.POOR: 4.0}[grade]
    sd = np.radians(np.array([1.1, 4.2, 0.8]) * size)
    evidence = ("standing 8.1 s", "5 squats")
    return SegmentFrame(placement, Rotation.identity(), np.diag(sd**2), grade, reasons, evidence)


def make_angles(
    joint: Joint, side: Side, time_s: FloatArray, *, gaps: Sequence[tuple[float, float]] = ()
) -> JointAngles:
    """Make angles of standing, walking with slowly changing size, and standing again."""
    phase = 100.0 * (time_s / 1.1 + (0.5 if side is Side.LEFT else 0.0))
    moving = np.clip(np.minimum(time_s - 5.0, time_s[-1] - 4.0 - time_s), 0.0, 1.0)
    size = moving * (1.0 + 0.05 * np.sin(0.3 * time_s))
    angles = np.stack([size * gait_shape(joint, m, phase % 100.0) for m in MOTIONS], axis=1)
    for start, end in gaps:
        angles[(time_s >= start) & (time_s < end)] = np.nan
    sd = np.tile([1.2, 1.9, 4.4], (time_s.size, 1))
    return JointAngles(joint, side, time_s, angles, sd)


def make_squat_angles(joint: Joint, side: Side, time_s: FloatArray) -> JointAngles:
    bend = np.sin(np.pi * np.clip((time_s - 3.0) % 4.0 / 3.0, 0.0, 1.0)) ** 2
    bend = np.where((time_s > 3.0) & (time_s < 23.0), bend, 0.0)
    size = {Joint.HIP: (70.0, -5.0, 6.0), Joint.FEMUR: (70.0, -5.0, 6.0)}
    scale = np.array(size.get(joint, (92.0, -4.0, 8.0))) * (1.2 if side is Side.LEFT else 1.0)
    wobble = 1.0 + 0.04 * np.sin(0.9 * time_s + (1.0 if side is Side.LEFT else 0.0))
    angles = (bend * wobble)[:, None] * scale + np.array([3.0, -1.0, 2.0])
    return JointAngles(joint, side, time_s, angles, np.full((time_s.size, 3), 2.5))


def make_quality(
    placements: Sequence[Placement], *, received: float = 0.9987
) -> Mapping[Placement, StreamQuality]:
    return {place: StreamQuality(60.0, received, 0.05, 0.00002) for place in placements}


def make_heading(distal: Placement, time_s: FloatArray, closure: float | None) -> RelativeHeading:
    proximal = {"shank": "thigh", "foot": "shank"}.get(distal.segment)
    above = Placement(f"{proximal}_{distal.side}") if proximal else None
    sd = np.full(time_s.size, np.radians(1.6))
    return RelativeHeading(above, distal, time_s, 0.0 * time_s, sd, closure, 2 if closure else 1)


def make_strides(side: Side, duration_s: float) -> tuple[Stride, ...]:
    starts = np.arange(6.0, duration_s - 6.0, 1.1)
    return tuple(
        Stride(side, s, s + 0.68, s + 1.1, i != 3, "turn" if i == 3 else "")
        for i, s in enumerate(starts)
    )


def make_walk_recording(
    name: str,
    placements: Sequence[Placement],
    joints: Sequence[Joint],
    sides: Sequence[Side],
    *,
    duration_s: float = 60.0,
    gaps: Sequence[tuple[float, float]] = (),
) -> RecordingAnalysis:
    time_s = np.arange(0.0, duration_s, 0.01)
    strides = tuple(stride for side in sides for stride in make_strides(side, duration_s))
    events = [GaitEvent(s.start_s, s.side, EventKind.INITIAL_CONTACT) for s in strides]
    return RecordingAnalysis(
        name=name,
        angles=tuple(make_angles(j, s, time_s, gaps=gaps) for j in joints for s in sides),
        headings=tuple(
            make_heading(p, time_s, 2.1) for p in placements if p.segment in {"shank", "thigh"}
        ),
        events=tuple(events),
        strides=strides,
        repetitions=(),
        tasks=(
            TaskSpan(Task.STANDING, 0.0, 5.0),
            TaskSpan(Task.WALK, 5.0, duration_s - 4.0),
            TaskSpan(Task.STANDING, duration_s - 4.0, duration_s),
        ),
        quality=make_quality(placements),
    )


def make_exercise_recording(
    name: str,
    placements: Sequence[Placement],
    joints: Sequence[Joint],
    sides: Sequence[Side],
    *,
    task: Task = Task.SQUAT,
) -> RecordingAnalysis:
    time_s = np.arange(0.0, 26.0, 0.01)
    hip = "femur" if Joint.FEMUR in joints else "hip"
    repetitions = []
    for i in range(5):
        leg = None if task is Task.SQUAT else (Side.RIGHT if i < 3 else Side.LEFT)
        measures = {"knee_flexion_peak_deg": 91.0 + 0.8 * i}
        if task is Task.STEP_UP:
            measures |= {
                f"{hip}_internal_rotation_excursion_deg": 5.2 - 0.4 * i,
                "knee_abduction_peak_deg": 4.1 + 0.3 * i,
                "shank_medial_tilt_deg": 2.2,
                "score": 71.0 + i,
            }
        start = 3.0 + 4.0 * i
        repetitions.append(
            Repetition(
                task, leg, i + 1, start, start + 1.5, start + 3.0, i != 4,
                "the knee did not come back to rest" if i == 4 else "", measures,
            )
        )  # fmt: skip
    return RecordingAnalysis(
        name=name,
        angles=tuple(make_squat_angles(j, s, time_s) for j in joints for s in sides),
        headings=tuple(make_heading(p, time_s, None) for p in placements if p.segment == "shank"),
        events=(),
        strides=(),
        repetitions=tuple(repetitions),
        tasks=(TaskSpan(Task.STANDING, 0.0, 3.0), TaskSpan(task, 3.0, 23.0)),
        quality=make_quality(placements),
    )


def make_analysis(
    recordings: Sequence[RecordingAnalysis],
    *,
    frames: Mapping[Placement, SegmentFrame],
    walk: WalkSummary | None = None,
    findings: Sequence[Finding] = (),
    info: SessionInfo | None = None,
    source_format: str = "plain session",
) -> Analysis:
    when = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    return Analysis(
        info=info or SessionInfo("S01", when, 1.72, "female", 0.10),
        source_format=source_format,
        software_version="0.1.0",
        fusion="vqf",
        frames=frames,
        recordings=tuple(recordings),
        walk=walk,
        findings=tuple(findings),
    )


TWO_LEGS = (
    Placement.PELVIS, Placement.THIGH_RIGHT, Placement.THIGH_LEFT, Placement.SHANK_RIGHT,
    Placement.SHANK_LEFT,
)  # fmt: skip
RIGHT_LEG = (Placement.THIGH_RIGHT, Placement.SHANK_RIGHT)
FINDINGS = (
    Finding(Severity.NOTE, "time_repaired", "Two samples out of order were put back in place.",
            "walk", Placement.SHANK_LEFT),
    Finding(Severity.NOTE, "gyro_bias", "The gyroscope bias was taken from 8.1 s of standing.",
            "walk", Placement.THIGH_LEFT),
    Finding(Severity.NOTE, "gyro_bias", "The gyroscope bias was taken from 8.1 s of standing.",
            "walk", Placement.THIGH_RIGHT),
    Finding(Severity.WARNING, "few_squats", "Only two of five squats could be used for the "
            "thigh's axis; repeat the squats more slowly for a better fit.", None,
            Placement.THIGH_LEFT),
)  # fmt: skip


def two_legs() -> Analysis:
    joints = (Joint.HIP, Joint.KNEE)
    frames = {p: make_frame(p) for p in TWO_LEGS}
    frames[Placement.THIGH_LEFT] = make_frame(Placement.THIGH_LEFT, Grade.FAIR)
    frames[Placement.SHANK_LEFT] = make_frame(Placement.SHANK_LEFT, Grade.POOR)
    return make_analysis(
        [
            make_exercise_recording("functional", TWO_LEGS, joints, LEGS),
            make_walk_recording("walk", TWO_LEGS, joints, LEGS),
            make_exercise_recording("step_up", TWO_LEGS, joints, LEGS, task=Task.STEP_UP),
        ],
        frames=frames,
        walk=make_walk(joints, LEGS),
        findings=FINDINGS,
    )


def right_leg_only() -> Analysis:
    joints, side = (Joint.FEMUR, Joint.KNEE), (Side.RIGHT,)
    return make_analysis(
        [make_walk_recording("walk", RIGHT_LEG, joints, side)],
        frames={p: make_frame(p) for p in RIGHT_LEG},
        walk=make_walk(joints, side),
        info=SessionInfo(),
        source_format="Movella DOT export",
    )


def only_squats() -> Analysis:
    joints = (Joint.HIP, Joint.KNEE)
    return make_analysis(
        [make_exercise_recording("functional", TWO_LEGS, joints, LEGS)],
        frames={p: make_frame(p) for p in TWO_LEGS},
    )


def everything_withheld() -> Analysis:
    time_s = np.arange(0.0, 30.0, 0.01)
    unknown = np.full((time_s.size, 3), np.nan)
    recording = RecordingAnalysis(
        "walk", (JointAngles(Joint.KNEE, Side.RIGHT, time_s, unknown, unknown),),
        (make_heading(Placement.SHANK_RIGHT, time_s, None),), (), make_strides(Side.RIGHT, 30.0),
        (), (TaskSpan(Task.WALK, 0.0, 30.0),), make_quality(RIGHT_LEG, received=0.41),
    )  # fmt: skip
    reasons = (
        Finding(Severity.WITHHELD, "too_many_gaps", "Expected at least 80 % of the samples of a "
                "walk, found 41 %, so no angles and no walk are given; record again with the "
                "receiver closer.", "walk", Placement.SHANK_RIGHT),
        Finding(Severity.WITHHELD, "no_stand", "No quiet stand of 1.5 s or more was found, so no "
                "sensor could be fitted to its segment."),
    )  # fmt: skip
    return make_analysis([recording], frames={}, findings=reasons)


def thirteen_recordings() -> Analysis:
    joints = (Joint.HIP, Joint.KNEE, Joint.ANKLE)
    placements = tuple(Placement)
    recordings = [
        make_walk_recording(f"walk_{i + 1:02d}", placements, joints, LEGS) for i in range(11)
    ]
    recordings.append(make_exercise_recording("squats", placements, joints, LEGS))
    recordings.append(
        make_exercise_recording("step_ups", placements, joints, LEGS, task=Task.STEP_UP)
    )
    notes = [
        Finding(Severity.NOTE, "filled", f"A gap of {10 * i} ms was filled.", f"walk_{i:02d}")
        for i in range(1, 9)
    ]
    return make_analysis(
        recordings,
        frames={p: make_frame(p) for p in placements},
        walk=make_walk(joints, LEGS),
        findings=[*FINDINGS, *notes],
    )


def very_long_names() -> Analysis:
    recording = make_walk_recording(LONG_NAME, TWO_LEGS, (Joint.HIP, Joint.KNEE), LEGS)
    info = SessionInfo("<script>alert('x')</script> & " + "Anneliese-Maximiliana" * 8)
    finding = Finding(Severity.WARNING, "long", "x" * 300 + " <b>bold</b>", LONG_NAME)
    return make_analysis(
        [recording],
        frames={p: make_frame(p) for p in TWO_LEGS},
        walk=make_walk((Joint.HIP, Joint.KNEE), LEGS),
        info=info,
        findings=[finding],
        source_format="<img src=x onerror=alert(1)>",
    )


def gaps() -> Analysis:
    joints = (Joint.FEMUR, Joint.KNEE)
    holes = [(12.0, 16.5), (30.0, 30.3), (41.0, 52.0)]
    legs = tuple(p for p in TWO_LEGS if p is not Placement.PELVIS)
    recording = make_walk_recording("walk", legs, joints, LEGS, gaps=holes)
    walk = make_walk(joints, LEGS)
    doubtful = {s: make_side_gait(s, n=4, is_toe_off_reliable=False) for s in LEGS}
    broken = GaitCurve(
        Joint.KNEE, "adduction", Side.LEFT, np.full(101, np.nan), np.full(101, np.nan), np.nan, 0
    )
    curves = (
        *(c for c in walk.curves if (c.motion, c.side, c.joint)
          != (broken.motion, broken.side, broken.joint)), broken,
    )  # fmt: skip
    return make_analysis(
        [recording],
        frames={p: make_frame(p) for p in legs},
        walk=WalkSummary(104.0, doubtful, 1.02, curves, 17.0, 0),
    )


SESSIONS: dict[str, Callable[[], Analysis]] = {
    build.__name__: build
    for build in (
        two_legs, right_leg_only, only_squats, everything_withheld, thirteen_recordings,
        very_long_names, gaps,
    )
}  # fmt: skip


@pytest.fixture(scope="session")
def analyses() -> dict[str, Analysis]:
    """Analyses of all kinds of sessions, by name."""
    return {name: build() for name, build in SESSIONS.items()}
