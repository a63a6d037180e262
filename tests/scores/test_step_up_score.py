"""Gates, parts and reasons of the score."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from imu_valgus.model import Grade, Placement, SegmentFrame, Side
from imu_valgus.scores.step_up_measures import StepUpMeasures
from imu_valgus.scores.step_up_score import StepUpEvidence, score_step_ups


def measured(standing: float = 0.0, **matched: float) -> StepUpMeasures:
    values = {
        "hip_adduction": 14.0,
        "hip_internal_rotation": 8.0,
        "frontal_projection": 12.0,
        "knee_abduction": 3.0,
        "tibial_external_rotation": 4.0,
        "shank_medial_tilt": 2.0,
        "reversals": 1.0,
        **matched,
    }
    return StepUpMeasures({}, values, dict.fromkeys(values, 1.0), (standing, 0.0))


def evidence(n: int = 10, grade: Grade = Grade.GOOD) -> StepUpEvidence:
    place = Placement.THIGH_RIGHT
    frame = SegmentFrame(place, Rotation.identity(), np.eye(3) * 1e-3, grade, ("It slipped.",))
    return StepUpEvidence(
        side=Side.RIGHT,
        n_found=n + 1,
        known_share=1.0,
        matched_deg=35.0,
        frames={place: frame},
        step_height_m=0.1,
        sex=None,
        is_thigh_only=False,
        sets=[[measured() for _ in range(n)]],
    )


def test_the_score_is_the_weighted_sum_of_its_parts():
    summary, scores = score_step_ups(evidence())
    parts = (20 * (1 - 3.2 / 11.8), 20 * (1 - 6.8 / 13.4), 30 * (1 - 3.6 / 13.8), 10.0, 7.5)
    assert summary.score == pytest.approx(sum(parts))
    assert [one.share for one in summary.components[:5]] == pytest.approx(parts)
    assert len(scores) == 10
    assert summary.interval == pytest.approx((summary.score, summary.score))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"step_height_m": None}, "step height"),
        ({"sets": [[measured() for _ in range(7)]]}, "7 of 11 repetitions count"),
        ({"frames": evidence(grade=Grade.POOR).frames}, "It slipped"),
        ({"sets": [[measured(0.4 * i) for i in range(10)]]}, "standing rotation differs by 3.2°"),
    ],
)
def test_each_gate_withholds_the_score_and_says_why(change, words):
    summary, scores = score_step_ups(replace(evidence(), **change))
    assert summary.score is None
    assert summary.interval is None
    assert len(summary.withheld) == 1
    assert words in summary.withheld[0]
    assert np.isnan(scores).all()
    assert summary.components


def test_drift_between_two_sets_does_not_matter_drift_within_one_does():
    two = [[measured(0.0) for _ in range(5)], [measured(9.0) for _ in range(5)]]
    assert score_step_ups(replace(evidence(), sets=two))[0].score is not None


def test_without_any_repetition_there_are_reasons_and_no_components():
    summary, scores = score_step_ups(replace(evidence(), sets=[]))
    assert summary.withheld
    assert summary.components == ()
    assert scores.size == 0


def test_without_a_pelvis_sensor_nothing_is_called_hip():
    summary, _ = score_step_ups(replace(evidence(), is_thigh_only=True))
    assert summary.components[0].words == "thigh adduction (thigh only)"
    assert list(summary.alignment_deg)[:2] == ["femur_adduction", "femur_internal_rotation"]


def test_arms_trunk_and_pelvis_are_listed_as_not_measured():
    items = score_step_ups(evidence())[0].items
    assert [item.finding for item in items if not item.is_measured] == ["not measured"] * 3
    assert items[3].finding == "10 of 10 repetitions"
    assert items[4].finding.startswith("0 of 10")


@pytest.mark.parametrize(("n", "is_scored"), [(7, False), (8, True)])
def test_eight_repetitions_are_enough_and_seven_are_not(n, is_scored):
    assert (score_step_ups(evidence(n))[0].score is not None) is is_scored


@pytest.mark.parametrize(("drift_deg", "is_scored"), [(2.8, True), (3.2, False)])
def test_the_limit_of_the_standing_rotation_is_three_degrees(drift_deg, is_scored):
    moved = [measured(drift_deg * (number > 4)) for number in range(10)]
    summary = score_step_ups(replace(evidence(), sets=[moved]))[0]
    assert (summary.score is not None) is is_scored
