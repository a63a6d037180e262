"""The step-up section: scores side by side, or reasons; names without a pelvis sensor."""

from dataclasses import replace

import numpy as np
import pytest

from imu_valgus.model import (
    Analysis,
    ExerciseSet,
    ObservedItem,
    Repetition,
    ScoreComponent,
    Side,
    StepUpSummary,
    Task,
)
from imu_valgus.reports.session.exercises import exercises_section
from imu_valgus.reports.session.html import render_report
from imu_valgus.reports.session.step_up import step_up_section


def part(words: str = "hip adduction") -> ScoreComponent:
    return ScoreComponent("A1", words, 14.04, 2.46, "deg", 10.8, 22.6, 20.0, 72.0, 14.4)


def summary(side: Side, *, score: float | None = 72.4, **changes: object) -> StepUpSummary:
    return StepUpSummary(
        side=side,
        score_id="sas-1",
        n_found=11,
        n_valid=10,
        known_share=0.998,
        score=score,
        interval=None if score is None else (68.0, 77.0),
        components=(part(),),
        alignment_deg={"hip_adduction": 14.0, "knee_abduction": -2.0},
        matched_knee_flexion_deg=35.0,
        heading_difference_deg=0.6,
        items=(ObservedItem("Arms used for balance", "not measured", is_measured=False),),
        step_height_m=0.1,
        withheld=() if score is not None else ("the step height is not known; give it.",),
        **changes,
    )


def with_step_ups(analysis: Analysis, *summaries: StepUpSummary) -> Analysis:
    repetitions = tuple(
        Repetition(
            Task.STEP_UP, leg.side, number, 4.0 * number, 4.0 * number + 2.0, 4.0 * number + 4.0,
            is_valid=number > 1, reason="" if number > 1 else "10 % of the samples are missing",
            measures={"hip_internal_rotation_matched_deg": 5.0 + number,
                      "frontal_projection_matched_deg": 8.0,
                      **({} if leg.score is None else {"score": leg.score})},
        )
        for leg in summaries
        for number in range(1, 5)
    )  # fmt: skip
    recording = replace(analysis.recordings[0], repetitions=repetitions)
    return replace(analysis, recordings=(recording,), step_up={leg.side: leg for leg in summaries})


def page(analysis: Analysis) -> str:
    return render_report(analysis)


def test_without_step_ups_there_is_no_such_section(analyses: dict[str, Analysis]) -> None:
    assert step_up_section(analyses["two_legs"]) is None


def test_both_legs_stand_side_by_side_with_score_interval_and_parts(
    analyses: dict[str, Analysis],
) -> None:
    html = page(with_step_ups(analyses["two_legs"], summary(Side.LEFT), summary(Side.RIGHT)))
    assert "72 (95 % within this session: 68 to 77)" in html
    assert html.index("Left leg leads") < html.index("Right leg leads")
    assert "Score, 0 to 100 (definition sas-1)" in html
    assert "Hip adduction (A1)" in html
    assert "14.0 ± 2.5°" in html
    assert "10 of 11" in html
    for name in ("step-up-points-left", "step-up-points-right", "step-up-alignment",
                 "step-up-each-score"):  # fmt: skip
        assert f"{name}-" in html
    assert "10 % of the samples are missing" in html


def test_a_withheld_score_is_replaced_by_its_reason_and_nothing_is_scored(
    analyses: dict[str, Analysis],
) -> None:
    html = page(with_step_ups(analyses["two_legs"], summary(Side.LEFT, score=None)))
    assert "withheld" in html
    assert "The step height is not known; give it." in html
    assert "step-up-points-left" not in html
    assert "of 100" not in html


def test_step_ups_are_not_shown_twice(analyses: dict[str, Analysis]) -> None:
    analysis = with_step_ups(analyses["two_legs"], summary(Side.LEFT))
    assert exercises_section(analysis) is None
    assert step_up_section(analysis) is not None


def test_without_a_pelvis_sensor_the_section_speaks_of_the_thigh(
    analyses: dict[str, Analysis],
) -> None:
    thigh_only = replace(
        summary(Side.LEFT),
        is_thigh_only=True,
        components=(part("thigh adduction (thigh only)"),),
        alignment_deg={"femur_adduction": 14.0},
    )
    html = page(with_step_ups(analyses["two_legs"], thigh_only))
    assert "Thigh adduction (thigh only) (A1)" in html


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a & b"])
def test_names_of_recordings_and_notes_are_escaped(analyses: dict[str, Analysis], name) -> None:
    done = ExerciseSet("clam_shell", "Clam shell", name, Side.LEFT, 0.0, 9.0, (),
                       {"hold_s": 3.2, "range_deg": np.nan}, (name,))  # fmt: skip
    html = page(replace(analyses["two_legs"], exercises=(done,)))
    assert name not in html
    assert "Clam shell" in html
    assert "Hold (s) 3.2; Range (deg) not known" in html
