"""Measures and conditions that are stored of an analysis."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from imu_valgus.model import (
    Analysis,
    GaitCurve,
    Grade,
    Joint,
    MeanSd,
    Placement,
    RecordingAnalysis,
    Repetition,
    SegmentFrame,
    SessionInfo,
    Side,
    SideGait,
    Task,
    WalkSummary,
)
from imu_valgus.model.progress import MeasureKey
from imu_valgus.progress.measures import conditions_of, measures_of

_PHASE = np.linspace(0, 2 * np.pi, 101)


def _frame(placement: Placement, grade: Grade) -> SegmentFrame:
    return SegmentFrame(placement, Rotation.identity(), np.eye(3) * 1e-4, grade)


def _reps(values: list[float], *, side: Side = Side.LEFT, valid: bool = True):
    return [
        Repetition(Task.STEP_UP, side, i + 1, i, i + 0.5, i + 1, valid, "", {"score": value})
        for i, value in enumerate(values)
    ]


@pytest.fixture
def analysis() -> Analysis:
    curve = GaitCurve(
        Joint.KNEE, "flexion", Side.LEFT, 30 + 25 * np.sin(_PHASE), np.full(101, 2.0), 1.0, 40
    )
    gait = SideGait(
        MeanSd(1.1, 0.02, 40), MeanSd(0.6, 0.01, 40), None, 40, is_toe_off_reliable=False
    )
    recording = RecordingAnalysis(
        name="all",
        angles=(),
        headings=(),
        events=(),
        strides=(),
        repetitions=(
            *_reps([60.0, 70.0, 65.0, np.nan]),
            *_reps([1.0], valid=False),
            *_reps([80.0, 81.0], side=Side.RIGHT),
        ),
        tasks=(),
        quality={},
    )
    return Analysis(
        info=SessionInfo(step_height_m=0.1),
        source_format="plain session",
        software_version="0.1.0",
        fusion="vqf",
        frames={
            Placement.THIGH_LEFT: _frame(Placement.THIGH_LEFT, Grade.FAIR),
            Placement.PELVIS: _frame(Placement.PELVIS, Grade.POOR),
        },
        recordings=(recording,),
        walk=WalkSummary(109.0, {Side.LEFT: gait}, None, (curve,), 60.0, 2),
        findings=(),
    )


def test_the_middle_of_the_valid_repetitions_is_kept_with_each_of_them(analysis):
    found = {measure.key: measure for measure in measures_of(analysis)}
    score = found[MeasureKey("score", Task.STEP_UP, Side.LEFT)]
    assert score.value == 65.0
    assert score.repetitions == (60.0, 70.0, 65.0)
    assert score.sd == pytest.approx(5.0)


def test_two_repetitions_are_too_few(analysis):
    keys = {measure.key for measure in measures_of(analysis)}
    assert MeasureKey("score", Task.STEP_UP, Side.RIGHT) not in keys


def test_the_walk_gives_ranges_levels_and_times_but_no_doubtful_stance(analysis):
    found = {measure.key.name: measure for measure in measures_of(analysis)}
    assert found["knee_flexion_range_deg"].value == pytest.approx(50.0, abs=0.1)
    assert found["knee_flexion_level_deg"].value == pytest.approx(30.0, abs=1e-9)
    assert found["cadence_per_min"].value == 109.0
    assert found["cadence_per_min"].n == 40
    assert "stance_share" not in found


def test_without_a_walk_there_are_only_repetitions(analysis):
    found = measures_of(replace(analysis, walk=None))
    assert {measure.key.task for measure in found} == {Task.STEP_UP}


def test_conditions_take_the_worst_grade_of_the_legs(analysis):
    found = conditions_of(analysis, sensors=["B", "A"])
    assert found.calibration is Grade.FAIR
    assert found.sensors == ("A", "B")
    assert found.step_height_m == 0.1
    assert found.fusion == "vqf"
