"""The report of simulated step-ups, from sensor samples to words.

To write the reports to files: ``python -m support.step_up_cases FOLDER``.
"""

from functools import cache

import pytest
from support.step_up_cases import step_up_case

from imu_valgus.model import Analysis, Side
from imu_valgus.reports.session.html import render_report

RIGHT, LEFT = Side.RIGHT, Side.LEFT


@cache
def case(name: str) -> Analysis:
    return step_up_case(name)


def test_good_alignment_scores_high_and_poor_alignment_low_on_each_leg():
    mixed = case("mixed").step_up
    good, poor = mixed[RIGHT].score, mixed[LEFT].score
    assert good is not None
    assert poor is not None
    assert good > 90.0
    assert poor < 60.0


@pytest.mark.parametrize(("name", "scored"), [("mixed", {RIGHT, LEFT}), ("too_few", {RIGHT}),
                                              ("no_step_height", set())])  # fmt: skip
def test_each_leg_has_its_score_or_the_reason_why_not(name, scored):
    analysis = case(name)
    assert {side for side, one in analysis.step_up.items() if one.score is not None} == scored
    report = render_report(analysis)
    for side, summary in analysis.step_up.items():
        if side in scored:
            assert f"{summary.score:.0f} (95" in report
        else:
            assert summary.withheld
    assert ("There is no score, because:" in report) is (not scored)
    assert ("The left leg has no score, because:" in report) is (scored == {RIGHT})
    assert ("8 are needed" in report) is (name == "too_few")
    assert ("Give step_height_m" in report) is (name == "no_step_height")
